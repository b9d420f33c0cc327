"""Checkpoints that their network cannot run are refused, by name of what is wrong."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from random_networks import plain_case

from sotexplore.errors import InputError
from sotexplore.simulation.arrays import Arrays
from sotexplore.simulation.run import simulate


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "other"}, r"checkpoint\.layers"),
        ({"weight_bits": 32}, "checkpoint"),
        ({"weight_bits": 2}, r"second\.levels"),
        ({"weight_bits": 1}, r"second\.levels"),
        ({"input_bits": 3}, r"second\.input_bits"),
        ({"rows": np.arange(108, dtype=np.uint16) + 1}, r"second\.rows"),
        ({"filters": np.zeros(24, np.uint16)}, r"second\.filters"),
        ({"filters": np.arange(23, dtype=np.uint16)}, r"second\.levels"),
        ({"bias": np.zeros(3, np.int64)}, r"second\.bias"),
        ({"shift": 70}, r"second\.shift"),
    ],
)
def test_a_layer_that_does_not_match_is_refused(change: dict[str, Any], field: str) -> None:
    case = plain_case(count=1)
    layers = (case.layers[0], replace(case.layers[1], **change), case.layers[2])
    with pytest.raises(InputError, match=field):
        simulate(case.network, layers, case.images, Arrays())


def test_missing_layers_are_refused() -> None:
    case = plain_case(count=1)
    with pytest.raises(InputError, match=r"checkpoint\.layers"):
        simulate(case.network, case.layers[:2], case.images, Arrays())


def test_a_layer_that_reads_signed_activations_is_refused() -> None:
    case = plain_case(count=1)
    network = replace(case.network, layers=(replace(case.network.layers[0], relu=False), *case.network.layers[1:]))
    with pytest.raises(InputError, match="unsigned"):
        simulate(network, case.layers, case.images, Arrays())


def test_images_of_another_shape_are_refused() -> None:
    case = plain_case(count=1)
    with pytest.raises(InputError, match="images"):
        simulate(case.network, case.layers, case.images[:, :, 1:], Arrays())
    with pytest.raises(InputError, match="images"):
        simulate(case.network, case.layers, case.images.astype(np.int64), Arrays())


def test_written_operands_that_leave_no_row_are_refused() -> None:
    case = plain_case(count=1)
    with pytest.raises(InputError, match="subarray_rows"):
        simulate(case.network, case.layers, case.images, Arrays(subarray_rows=8, operand="written"))
