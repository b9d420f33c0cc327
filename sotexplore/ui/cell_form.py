"""The form that edits a copy of a memory cell, and hands it over as a file or as a cell of the user's own."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from sotexplore.design import Design
from sotexplore.errors import InputError
from sotexplore.explorer import cell_copy
from sotexplore.hardware import cell as cells
from sotexplore.hardware import trial_cells
from sotexplore.hardware.cell import Cell
from sotexplore.ui import current
from sotexplore.ui import technology_data as data
from sotexplore.ui.figures.curves import Look, looks
from sotexplore.ui.formatting import plain

_BASE, _FORM = "tech_base", "tech_{}_{}"
_NAME, _SAVED = "tech_name_{}", "_tech_saved"


@dataclass(frozen=True)
class Trial:
    """The cell that the form began with, its edited copy, and the design they are tried on."""

    design: Design
    """With the base cell."""
    base: str
    edited: str | None
    """Name that the model knows the copy by; None where nothing was changed."""
    refused: bool
    """Whether the form describes no cell, so that the base stands in for it."""
    copy: Cell
    labels: dict[str, str]
    look: dict[str, Look]


def show(design: Design) -> Trial:
    """The form; returns the cell as it stands, or the base cell where the edited one is refused."""
    with st.container(border=True):
        st.subheader("Edit a copy of a cell", anchor=False)
        names = cells.names()
        base = st.selectbox(
            "Start from", names, index=names.index(design.hardware.cell) if design.hardware.cell in names else 0, key=_BASE,
            help="A preset, or a cell of your own (docs/cells.md). The preset itself is never changed.", persist_state="session",
        )  # fmt: skip
        st.caption(plain(cells.preset(base).source))
        values = _numbers(base)
        copy, problem = _edited(base, values)
        if problem:
            st.error(plain(problem), title="No cell can be like this", icon=":material/block:")
        _show_saving(copy, base)
    edited = trial_cells.hold(copy) if copy != cells.preset(base) else None
    labels = data.compared_cells(base, edited)
    on_base = design.model_copy(update={"hardware": design.hardware.model_copy(update={"cell": base})})
    return Trial(on_base, base, edited, bool(problem), copy, labels, looks(labels, edited))


def _numbers(base: str) -> dict[str, float | None]:
    """One number for each field of the schema, in the units that people speak."""
    cell = cells.preset(base)
    values: dict[str, float | None] = {}
    with st.grid(4, min_column_width=150, gap="small"):
        for item in data.FORM:
            if item.main:
                values[item.field] = _number(cell, base, item)
    with st.expander("More fields"), st.grid(4, min_column_width=150, gap="small"):
        for item in data.FORM:
            if not item.main:
                values[item.field] = _number(cell, base, item)
    return values


def _number(cell: Cell, base: str, item: data.Shown) -> float | None:
    return st.number_input(
        item.title, value=data.shown_value(cell, item), step=None, format="%.10g", key=_FORM.format(base, item.field),
        help=f"{item.help} Allowed: {item.range_text}.", persist_state="session",
    )  # fmt: skip


def _edited(base: str, values: Mapping[str, float | None]) -> tuple[Cell, str]:
    """The edited copy, or the base cell and why there is none."""
    cell = cells.preset(base)
    changes = data.changed_fields(cell, values)
    if not changes:
        return cell, ""
    try:
        return cell_copy.edited_copy(base, changes), ""
    except InputError as error:
        return cell, data.refusal_words(error, values)


def _reset(base: str) -> None:
    cell = cells.preset(base)
    for item in data.FORM:
        st.session_state[_FORM.format(base, item.field)] = data.shown_value(cell, item)


def _show_saving(copy: Cell, base: str) -> None:
    """Name, download and saving of the copy."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name of the copy", f"{base}-edited", key=_NAME.format(base), persist_state="session", width=260,
            help="Letters, digits, . _ -; a design then says `cell: NAME`.",
        )  # fmt: skip
        try:
            text = cell_copy.cell_yaml(copy, name)
        except InputError as error:
            st.error(plain(str(error)), title="Not a name for a cell", icon=":material/block:")
            return
        st.download_button(
            "Download YAML", text, f"{name}.yaml", "application/yaml", icon=":material/download:", on_click="ignore"
        )
        st.button(
            "Save as my cell", icon=":material/save:", on_click=_save, args=(copy, name),
            help="Into the folder of your cells (docs/cells.md); the controls then offer it.",
        )  # fmt: skip
        st.button("Back to the preset", icon=":material/restart_alt:", on_click=_reset, args=(base,), type="tertiary")
    _show_saved()


def _save(copy: Cell, name: str) -> None:
    try:
        cell_copy.save_copy(copy, name)
        st.session_state[_SAVED] = (name, "")
    except InputError as error:
        st.session_state[_SAVED] = ("", str(error))


def _show_saved() -> None:
    """What became of the last saving, said until the next."""
    name, problem = st.session_state.get(_SAVED, ("", ""))
    if problem:
        st.error(plain(problem), title="Not saved", icon=":material/block:")
    if name:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.success(f"{plain(name)} is saved and can be chosen as memory cell.", icon=":material/check:", width=420)
            st.button(
                "Use it in the current design",
                icon=":material/memory:",
                on_click=current.move_to,
                args=({"cell": name},),
            )
