"""Fronts against brute force."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotexplore.errors import InputError
from sotexplore.explorer.pareto import front_mask


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=30))
def test_the_front_is_what_nothing_dominates(points: list[tuple[int, int, int]]) -> None:
    frame = pd.DataFrame(points, columns=["good", "bad", "worse"])
    mask = front_mask(frame, maximize=["good"], minimize=["bad", "worse"])
    costs = frame.to_numpy() * np.array([-1, 1, 1])
    for index, cost in enumerate(costs):
        dominated = ((costs <= cost).all(1) & (costs < cost).any(1)).any()
        repeated = (costs[:index] == cost).all(1).any()
        assert mask[index] == (not dominated and not repeated)


def test_unknown_values_stay_off_the_front() -> None:
    frame = pd.DataFrame({"accuracy": [np.nan, 0.9], "area": [1.0, 2.0]})
    assert front_mask(frame, maximize=["accuracy"], minimize=["area"]).tolist() == [False, True]
    assert front_mask(frame.assign(accuracy=np.nan), maximize=["accuracy"], minimize=["area"]).tolist() == [
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("maximize", "minimize"),
    [([], []), (["name"], []), (["nothing"], []), (["area"], ["area"]), (["area", "area"], [])],
)
def test_bad_objectives(maximize: list[str], minimize: list[str]) -> None:
    frame = pd.DataFrame({"name": ["a"], "area": [1.0]})
    with pytest.raises(InputError, match=r"^objectives: "):
        front_mask(frame, maximize=maximize, minimize=minimize)
