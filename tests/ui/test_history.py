"""Undo and redo as plain values."""

from hypothesis import given
from hypothesis import strategies as st

from sotexplore.ui.history import LONGEST, History, noted, redone, undone

STATES = st.lists(st.integers(0, 5).map(lambda bits: {"weight_bits": bits}), min_size=1, max_size=30)


def filled(states: list[dict[str, int]]) -> History:
    history = History()
    for state in states:
        history = noted(history, state)
    return history


@given(STATES)
def test_undoing_goes_back_through_every_change_and_redoing_forward(states: list[dict[str, int]]) -> None:
    changes = [state for place, state in enumerate(states) if place == 0 or state != states[place - 1]]
    history = filled(states)
    seen = [history.present]
    while history.can_undo:
        history = undone(history)
        seen.append(history.present)
    assert seen == changes[::-1]
    while history.can_redo:
        history = redone(history)
    assert history == filled(states)


def test_a_new_step_forgets_what_was_undone() -> None:
    history = undone(filled([{"a": 1}, {"a": 2}]))
    assert history.can_redo
    after = noted(history, {"a": 3})
    assert not after.can_redo
    assert [undone(after).present, after.present] == [{"a": 1}, {"a": 3}]


def test_nothing_happens_at_the_ends_and_for_the_same_state() -> None:
    history = filled([{"a": 1}])
    assert undone(history) == redone(history) == noted(history, {"a": 1}) == history
    assert History().present is None


def test_the_history_is_bounded() -> None:
    history = filled([{"a": number} for number in range(LONGEST + 50)])
    assert len(history.states) == LONGEST
    assert history.present == {"a": LONGEST + 49}
