"""Knee, weighted choice and hypervolume, against cases that are clear by hand and against brute force."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotexplore.errors import InputError
from sotexplore.explorer.choice import (
    Axis,
    goodness,
    hypervolume,
    knee,
    knee_reason,
    weighted,
    weighted_reason,
)
from sotexplore.explorer.pareto import front_mask

AREA = Axis("area_m2", "area", "lower", log=True, show=lambda value: f"{1e6 * value:.3g} mm2")
ACCURACY = Axis("accuracy_ratio", "accuracy", "higher", log=False, show=lambda value: f"{100 * value:.2f} %")
VALUES = st.lists(st.tuples(st.floats(1e-9, 1e-3), st.floats(0.5, 0.999)), min_size=1, max_size=40)


def designs(pairs: list[tuple[float, float]]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["area_m2", "accuracy_ratio"]).set_index(np.arange(len(pairs)) + 100)


def front_of(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[front_mask(frame, maximize=["accuracy_ratio"], minimize=["area_m2"])]


def test_the_knee_of_a_bent_front_is_its_corner_and_the_reason_says_what_it_costs() -> None:
    front = designs([(1e-8, 0.90), (2e-8, 0.98), (1e-6, 0.99)])
    found = knee(front, AREA, ACCURACY)
    assert found is not None
    assert front.iloc[found.place]["accuracy_ratio"] == 0.98
    assert knee_reason(front, found, AREA, ACCURACY) == (
        "From the design with the best accuracy to here, area improves by a factor of 50 and costs 1.00 % of accuracy. "
        "Going on to the best area gains a factor of 2 more and costs 8.00 %."
    )


def test_a_straight_front_and_a_front_of_two_have_no_knee() -> None:
    assert knee(designs([(1e-8, 0.90), (1e-7, 0.91), (1e-6, 0.92)]), AREA, ACCURACY) is None
    assert knee(designs([(1e-8, 0.90), (1e-6, 0.92)]), AREA, ACCURACY) is None
    assert knee(designs([]), AREA, ACCURACY) is None


@given(VALUES)
def test_the_knee_lies_farthest_beyond_the_line_between_the_ends(pairs: list[tuple[float, float]]) -> None:
    front = front_of(designs(pairs))
    found = knee(front, AREA, ACCURACY)
    if found is None:
        return
    x, y = np.log(front["area_m2"].to_numpy()), front["accuracy_ratio"].to_numpy()
    x, y = (x.max() - x) / np.ptp(x), (y - y.min()) / np.ptp(y)
    assert x[found.place] + y[found.place] == pytest.approx((x + y).max())
    assert x[found.first] == 1
    assert y[found.second] == 1


@given(VALUES, st.floats(0, 10), st.floats(0, 10))
def test_the_weighted_choice_is_on_the_front_and_has_the_best_score(
    pairs: list[tuple[float, float]], area: float, accuracy: float
) -> None:
    if area + accuracy == 0:
        return
    frame = designs(pairs)
    found = weighted(frame, {"area_m2": area, "accuracy_ratio": accuracy}, (AREA, ACCURACY))
    assert found is not None
    good = {axis.metric: goodness(frame[axis.metric].to_numpy(), axis) for axis in (AREA, ACCURACY)}
    score = (area * good["area_m2"] + accuracy * good["accuracy_ratio"]) / (area + accuracy)
    assert found.score_ratio == pytest.approx(score.max(), abs=1e-9)
    assert score[frame.index.get_loc(found.index)] == pytest.approx(score.max(), abs=1e-9)
    if area > 0 and accuracy > 0:
        chosen = frame.loc[found.index]
        better = (frame["area_m2"] < chosen["area_m2"]) & (frame["accuracy_ratio"] > chosen["accuracy_ratio"])
        assert not better.any()


def test_weights_decide_and_the_reason_names_every_weighted_metric() -> None:
    frame = designs([(1e-8, 0.90), (2e-8, 0.98), (1e-6, 0.99)])
    small = weighted(frame, {"area_m2": 10, "accuracy_ratio": 1}, (AREA, ACCURACY))
    exact = weighted(frame, {"area_m2": 0, "accuracy_ratio": 1}, (AREA, ACCURACY))
    even = weighted(frame, {"area_m2": 1, "accuracy_ratio": 1}, (AREA, ACCURACY))
    assert small and exact and even
    assert (small.index, exact.index, even.index) == (100, 102, 101)
    assert even.runner_up in (100, 102)
    text = weighted_reason(frame, even, (AREA, ACCURACY))
    assert "area 0.02 mm2 (best 0.01 mm2, 85 % of the way from the worst)" in text
    assert "accuracy 98.00 % (best 99.00 %" in text
    assert "area" not in weighted_reason(frame, exact, (AREA, ACCURACY))


def test_designs_without_a_weighted_metric_are_passed_over() -> None:
    frame = designs([(1e-8, np.nan), (2e-8, 0.9)])
    found = weighted(frame, {"area_m2": 1, "accuracy_ratio": 1}, (AREA, ACCURACY))
    assert found is not None
    assert found.index == 101
    assert found.runner_up is None
    assert weighted(frame.iloc[:1], {"accuracy_ratio": 1}, (AREA, ACCURACY)) is None


@pytest.mark.parametrize("weights", [{"area_m2": -1}, {"area_m2": np.nan}, {"area_m2": 0.0}, {}])
def test_weights_that_are_none_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(InputError, match="weights"):
        weighted(designs([(1e-8, 0.9)]), weights, (AREA, ACCURACY))


def test_factors_of_nothing_are_refused() -> None:
    with pytest.raises(InputError, match="area_m2"):
        goodness(np.array([0.0, 1.0]), AREA)


def test_the_hypervolume_of_a_staircase_by_hand() -> None:
    front = designs([(1e-8, 0.90), (1e-7, 0.95)])
    found = hypervolume(front, AREA, ACCURACY, reference=(1e-6, 0.85))
    assert found is not None
    assert found.ideal == (1e-8, 0.95)
    assert found.share_ratio == pytest.approx(1.0 * 0.5 + 0.5 * 0.5)


@given(VALUES, VALUES)
def test_more_designs_never_dominate_less(pairs: list[tuple[float, float]], more: list[tuple[float, float]]) -> None:
    reference, ideal = (2e-3, 0.4), designs([(1e-10, 0.9999)])
    few, many = (
        hypervolume(front_of(pd.concat([designs(items), ideal * [10, 0.99]])), AREA, ACCURACY, reference=reference)
        for items in (pairs, pairs + more)
    )
    assert few and many
    assert 0 < few.share_ratio <= 1
    box_few = few.share_ratio * np.log(reference[0] / few.ideal[0]) * (few.ideal[1] - reference[1])
    box_many = many.share_ratio * np.log(reference[0] / many.ideal[0]) * (many.ideal[1] - reference[1])
    assert box_many >= box_few * (1 - 1e-9)


def test_nothing_has_no_hypervolume() -> None:
    assert hypervolume(designs([]), AREA, ACCURACY, reference=(1e-6, 0.8)) is None
    assert hypervolume(designs([(1e-6, 0.9)]), AREA, ACCURACY, reference=(1e-6, 0.8)) is None
