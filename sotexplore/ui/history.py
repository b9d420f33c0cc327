"""Steps that can be undone and redone, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

LONGEST = 200
"""Steps that are kept; the oldest is forgotten first."""


@dataclass(frozen=True)
class History:
    """States one after another, and which of them is the present one."""

    states: tuple[Mapping[str, Any], ...] = ()
    place: int = -1

    @property
    def present(self) -> Mapping[str, Any] | None:
        """The state that was reached; None at the very start."""
        return self.states[self.place] if self.states else None

    @property
    def can_undo(self) -> bool:
        """Whether there is a state before the present one."""
        return self.place > 0

    @property
    def can_redo(self) -> bool:
        """Whether a state was undone that can be taken up again."""
        return self.place < len(self.states) - 1


def noted(history: History, state: Mapping[str, Any]) -> History:
    """The history with `state` as its latest step; the same history where nothing changed.

    What was undone before is forgotten, as in any editor.
    """
    if history.present == state:
        return history
    kept = (*history.states[: history.place + 1], dict(state))[-LONGEST:]
    return History(kept, len(kept) - 1)


def undone(history: History) -> History:
    """One step back; the same history at its start."""
    return replace(history, place=history.place - 1) if history.can_undo else history


def redone(history: History) -> History:
    """One step forward again; the same history at its end."""
    return replace(history, place=history.place + 1) if history.can_redo else history
