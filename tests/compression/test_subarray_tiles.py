"""From a budget in sub-arrays to masks, and from masks to the sub-arrays that hardware counts."""

import numpy as np
import pytest
import torch
from torch import Tensor

from sotexplore import catalogue
from sotexplore.compression import projections as pr
from sotexplore.compression.masks import LayerMask, choose_masks, remove_unused_paths
from sotexplore.compression.subarray_tiles import held_tiles, weight_energies
from sotexplore.design import Hardware, Structure
from sotexplore.hardware import mapping
from sotexplore.hardware.table import HardwareTable
from sotexplore.subarray_budget import allocate, subarrays_of_ratio, weights_of_subarray
from sotexplore.workload import IMAGE, Layer, LayerWorkload, Network, workload_table

CROSSBAR = Hardware(compute_style="crossbar", subarray_rows=128, subarray_cols=128)
AND_COUNT = Hardware(compute_style="and-count", subarray_rows=128, subarray_cols=128, operand="written")


def weights_of(network: Network, seed: int = 0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {layer.name: torch.randn(layer.n_filters, layer.n_rows, generator=generator) for layer in network.layers}


def counted(network: Network, masks: dict[str, LayerMask], hardware: Hardware, bits: int) -> int:
    workload = tuple(
        LayerWorkload(
            layer, int(masks[layer.name].filters.sum()), int(masks[layer.name].rows.sum()),
            network.weight_bits(index, bits), network.input_bits(index, bits),
        )
        for index, layer in enumerate(network.layers)
    )  # fmt: skip
    columns = {name: np.nan if value is None else value for name, value in hardware.model_dump().items()}
    return int(mapping.n_subarrays(workload_table([workload]), HardwareTable.from_columns(columns, 1)).sum())


@pytest.mark.parametrize("hardware", [CROSSBAR, AND_COUNT], ids=["crossbar", "and-count"])
@pytest.mark.parametrize("structure", ["filter", "shape", "filter+shape"])
@pytest.mark.parametrize(("name", "ratio"), [("lenet5-mnist", 8), ("resnet20-cifar10", 2)])
def test_masks_take_no_more_subarrays_than_asked_for(
    name: str, ratio: float, structure: Structure, hardware: Hardware
) -> None:
    network = catalogue.network(name)
    weights = weights_of(network)
    budget = subarrays_of_ratio(network, hardware, ratio)
    allocation = allocate(
        network, weight_energies(weights), budget,
        structure=structure, weight_bits=4, activation_bits=4, hardware=hardware,
    )  # fmt: skip
    masks = choose_masks(network, weights, allocation.counts)
    for layer, kept in zip(network.layers, allocation.counts, strict=True):
        assert int(masks[layer.name].filters.sum()) == kept.filters
        assert int(masks[layer.name].rows.sum()) == kept.rows
    assert counted(network, masks, hardware, 4) == allocation.n_subarrays <= budget
    assert counted(network, remove_unused_paths(network, masks), hardware, 4) <= budget


def test_tiles_that_stay_are_the_subarrays_that_are_needed() -> None:
    """conv2 of LeNet-5 at 8 bits on 128x128 crossbars: 16 filters and 128 inputs a tile, 4 x 4 tiles."""
    layer = catalogue.network("lenet5-mnist").layer("conv2")
    tile = pr.Block(*weights_of_subarray(LayerWorkload(layer, 50, 500, 8, 8), CROSSBAR))
    assert (tile.n_filters, tile.n_rows) == (16, 128)
    weights = weights_of(catalogue.network("lenet5-mnist"))["conv2"]
    for count in (1, 5, 16):
        mask = pr.block_mask(weights**2, tile, count)
        assert held_tiles(mask, tile) == count
    assert held_tiles(torch.ones(50, 500, dtype=torch.bool), tile) == 16


def test_filters_that_a_written_operand_leaves_room_for() -> None:
    item = LayerWorkload(Layer("a", "fc", IMAGE, 256, 64, 1, 1), 64, 256, 4, 8)
    assert weights_of_subarray(item, AND_COUNT) == (30, 128)
