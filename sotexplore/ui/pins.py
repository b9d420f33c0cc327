"""Pinned designs: kept in the session and in the address of every page, so that a reload and a copied address keep them."""

from collections.abc import Container, Sequence
from pathlib import Path

import streamlit as st

from sotexplore.design import Design
from sotexplore.errors import InputError
from sotexplore.explorer.evaluate import Evaluation
from sotexplore.ui import controls, current, engine, permalink, state
from sotexplore.ui.formatting import percent, plain
from sotexplore.ui.permalink import MAX_NAME, MAX_PINS, SHORT_KEY, Pin

_PINS, _SAID = "_pins", "_pins_said"


def pinned() -> tuple[Pin, ...]:
    """The pinned designs, in their order."""
    found: tuple[Pin, ...] = st.session_state.get(_PINS, ())
    return found


def take_from_address() -> tuple[str, ...]:
    """Reads the pins of the address at the start of a session.

    Returns:
        What could not be kept, one line each.
    """
    text = st.query_params.get(permalink.PINS)
    if text is None or _PINS in st.session_state:
        return ()
    shared = permalink.decode(text, {})
    put(shared.pins)
    return shared.problems


def keep_in_address() -> None:
    """Writes the pins into the address, where it does not say them already; at the end of every run."""
    text = permalink.encode(design={}, view={}, pins=pinned()) if pinned() else None
    if text is None:
        st.query_params.pop(permalink.PINS, None)
    elif st.query_params.get(permalink.PINS) != text:
        st.query_params[permalink.PINS] = text


def put(pins: Sequence[Pin]) -> None:
    """Takes these pins in place of those there are, each with a name of its own."""
    named: list[Pin] = []
    for pin in pins[:MAX_PINS]:
        name = _free_name(pin.name or name_of(pin.design), {item.name for item in named})
        named.append(Pin(name, pin.design, pin.checkpoint))
    st.session_state[_PINS] = tuple(named)


def add(pin: Pin) -> bool:
    """Adds a pin with a name of its own; False where there is no room or the design is pinned already."""
    if len(pinned()) >= MAX_PINS or pin.design in [item.design for item in pinned()]:
        return False
    put([*pinned(), pin])
    return True


def remove(place: int) -> None:
    """Takes the pin at that place away."""
    put([item for index, item in enumerate(pinned()) if index != place])


def rename(place: int, name: str) -> None:
    """Gives the pin at that place another name; an empty one gives it back its own."""
    items = list(pinned())
    old = items[place]
    others = {item.name for item in items} - {old.name}
    wanted = " ".join(name.split())[:MAX_NAME] or name_of(old.design)
    items[place] = Pin(_free_name(wanted, others), old.design, old.checkpoint)
    put(items)


def move(place: int, step: int) -> None:
    """Moves the pin at that place by one step; at an end it stays."""
    items = list(pinned())
    target = place + step
    if 0 <= target < len(items):
        items[place], items[target] = items[target], items[place]
        put(items)


def pin_of(evaluation: Evaluation, name: str = "") -> Pin:
    """A pin of an evaluated design, named after what is special about it."""
    key = None if evaluation.checkpoint is None else evaluation.checkpoint["key"][:SHORT_KEY]
    return Pin((name or name_of(evaluation.design))[:MAX_NAME], evaluation.design, key)


def name_of(design: Design) -> str:
    """A short name: pruning, bits, sub-array, style."""
    asked, hardware = design.compression, design.hardware
    pruned = (
        "dense" if asked.structure == "none" else f"{percent(asked.prune_ratio, decimals=1).replace('.0 ', ' ')} pruned"
    )
    what = (
        f"checkpoint {design.checkpoint[:SHORT_KEY]}"
        if design.checkpoint
        else f"{pruned} W{asked.weight_bits}A{asked.activation_bits}"
    )
    return f"{what}, {hardware.subarray_rows}×{hardware.subarray_cols} {hardware.compute_style}"


def button(cache: Path, cache_state: str, *, label: str = "Pin") -> None:
    """A button that pins the current design, whatever it is when the button is pressed, and says where that led."""
    said = st.session_state.pop(_SAID, None)
    if said:
        st.toast(said, icon=":material/keep:")
    st.button(
        label, key="pin", icon=":material/keep:", help="Keep the current design for Compare: up to six, side by side.",
        on_click=_pin_current, args=(cache, cache_state),
    )  # fmt: skip


def _pin_current(cache: Path, cache_state: str) -> None:
    try:
        pin = pin_of(engine.evaluation_of(current.design(), cache, cache_state))
    except InputError as error:
        st.session_state[_SAID] = f"Not pinned: {plain(str(error))}"
        return
    here = pin.design in [item.design for item in pinned()]
    if here:
        st.session_state[_SAID] = "This design is pinned already."
    elif not add(pin):
        st.session_state[_SAID] = f"Not pinned: {MAX_PINS} designs are pinned; unpin one on Compare."
    else:
        st.session_state[_SAID] = f"Pinned, {len(pinned())} of {MAX_PINS}: Compare shows them side by side."


def move_here(design: Design) -> None:
    """Moves the current design to a pinned one; in a callback. Sizes that no control offers take the nearest offered."""
    values = state.values_of(design)
    offered = controls.offered()
    for name, steps in offered.items():
        if name != "cell" and values.get(name) not in steps:
            values[name] = min(steps, key=lambda step: abs(step - values[name]))
    current.move_to(values)


def _free_name(name: str, taken: Container[str]) -> str:
    if name not in taken:
        return name
    numbered = (f"{name[: MAX_NAME - 4]} ({number})" for number in range(2, 99))
    return next(other for other in numbered if other not in taken)
