"""The Share page: a link to a view, a bundle for a colleague, files opened, designs exported."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from sotexplore.checkpoint import Listing
from sotexplore.design import MAX_FILE_BYTES, Design
from sotexplore.errors import InputError
from sotexplore.explorer.bundle import Bundle, bundle_bytes, differences, read_file
from sotexplore.explorer.evaluate import Evaluation
from sotexplore.explorer.exports.handover import HandOver
from sotexplore.explorer.exports.registry import FORMATS, export_bytes, file_name
from sotexplore.store import dashboard_directory
from sotexplore.ui import arrival, controls, current, engine, permalink, pins, state
from sotexplore.ui.formatting import plain
from sotexplore.ui.permalink import Pin

CURRENT = "Current design"
DEFAULT_PAGE = "explore"
_HEAVY = ("html",)
"""Formats that are made only once they are asked for."""
_OPENED = "_opened"
_FIRST_PAGES = ("explore", "compare", "design")


def pages() -> list[str]:
    """The dashboard's pages that a link can open, by file name."""
    found = {path.stem for path in (dashboard_directory() / "pages").glob("*.py")}
    return sorted(
        found, key=lambda name: (_FIRST_PAGES.index(name) if name in _FIRST_PAGES else len(_FIRST_PAGES), name)
    )


def link_to(page: str, base: str) -> str:
    """The address that opens a page with the current design, view and pins.

    Args:
        page: file name of the page.
        base: address of the dashboard.
    """
    path = "" if page == DEFAULT_PAGE else page
    design, view = current.values(), arrival.view_now()
    text = permalink.encode(design=design, view=view, pins=pins.pinned())
    empty = text == permalink.encode(design={}, view={})
    return f"{base}/{path}" if empty else f"{base}/{path}?{permalink.LINK}={text}"


def base_address() -> str:
    """The dashboard's own address, as this browser knows it."""
    parts = urlsplit(st.context.url or "http://localhost:8501")
    return f"{parts.scheme}://{parts.netloc}"


def show_link() -> None:
    """The link, ready to copy."""
    st.subheader("Link to this view", anchor=False)
    page = st.segmented_control(
        "Opens on", pages(), default=DEFAULT_PAGE, key="share_page", format_func=str.capitalize, required=True,
        persist_state="session",
    )  # fmt: skip
    link = link_to(page, base_address())
    st.code(link, language=None, wrap_lines=True)
    count = len(pins.pinned())
    pinned = f" and {count} pinned {'design' if count == 1 else 'designs'}" if count else ""
    st.caption(
        f"{len(link):,} characters. It holds the current design, the axes, constraints and filters{pinned}; what has its "
        "default is left out. It does not hold checkpoints: where they differ, the page says so."
    )


def hand_overs(evaluation: Evaluation | None, cache: Path, cache_state: str) -> dict[str, HandOver]:
    """The designs that can be handed over, by name: the current one, then the pins that can be evaluated."""
    found = {} if evaluation is None else {CURRENT: _handed(_own_name(evaluation), evaluation, cache, cache_state)}
    for pin in pins.pinned():
        try:
            found[pin.name if pin.name != CURRENT else f"{CURRENT} (pinned)"] = _handed(
                pin.name, engine.evaluation_of(pin.design, cache, cache_state), cache, cache_state
            )
        except InputError:
            continue
    return found


def _handed(name: str, evaluation: Evaluation, cache: Path, cache_state: str) -> HandOver:
    design = evaluation.design
    dense = engine.baseline(design.network, design.hardware.model_dump_json(), cache, cache_state)
    return HandOver(name, evaluation, dense)


def _own_name(evaluation: Evaluation) -> str:
    return f"{evaluation.design.network}, {pins.name_of(evaluation.design)}"


def show_exports(found: Mapping[str, HandOver]) -> None:
    """Which designs to export, and a button for each format."""
    st.subheader("Export designs", anchor=False)
    if not found:
        st.info("The current design cannot be built and nothing is pinned.", icon=":material/info:")
        return
    chosen = st.pills(
        "Designs", list(found), selection_mode="multi", format_func=plain, default=[next(iter(found))], key="export_designs",
        help="Several designs go into one table or report, or into a zip with a file for each.",
    )  # fmt: skip
    items = [found[name] for name in chosen]
    with st.grid(3, min_column_width=260, gap="small"):
        for form in FORMATS:
            with st.container(gap="xsmall"):
                _export_button(form, items)
    st.caption(
        "Every file says which numbers are measured, counted, modelled, estimated or assumed, and the versions behind them."
    )


def _export_button(form: str, items: Sequence[HandOver]) -> None:
    chosen = FORMATS[form]
    data, problem = _data(form, items)
    name, media_type = file_name(items, form) if items else ("", "")
    st.download_button(
        chosen.label, data, name, media_type, key=f"export_{form}", icon=":material/download:", width="stretch",
        on_click="ignore", disabled=bool(problem),
    )  # fmt: skip
    st.caption(plain(problem or chosen.help))


def _data(form: str, items: Sequence[HandOver]) -> tuple[bytes | Callable[[], bytes], str]:
    """The file's content, or what makes it, or why there is none."""
    if not items:
        return b"", "Choose a design above."
    if form in _HEAVY:
        return partial(export_bytes, items, form), ""
    try:
        return export_bytes(items, form), ""
    except InputError as error:
        return b"", str(error)


def show_bundle(found: Mapping[str, HandOver], listing: Listing) -> None:
    """The whole view with designs, figures and checkpoint keys as one file."""
    st.subheader("Bundle for a colleague", anchor=False)
    st.caption(
        "One JSON file with this view, the current and the pinned designs, their figures, the rows of their checkpoints "
        "and the model's version. Whoever opens it is told what differs on their side."
    )
    if CURRENT not in found:
        st.info("The current design cannot be built, so there is no view to bundle.", icon=":material/info:")
        return
    view = permalink.view_changes(arrival.view_now())
    st.download_button(
        "Save bundle", bundle_bytes(list(found.values()), view, listing.rows), "sotexplore-bundle.json", "application/json",
        key="save_bundle", icon=":material/inventory_2:", on_click="ignore",
    )  # fmt: skip


def show_opening(cache: Path, cache_state: str) -> None:
    """Takes a file, says what it holds and what differs here, and opens it once asked to."""
    st.subheader("Open a file", anchor=False)
    given = st.file_uploader(
        "Bundle or design file", type=["json", "yaml", "yml"], key="opened_file",
        max_upload_size=max(1, MAX_FILE_BYTES // 1_000_000),
        help="A bundle, a design file (YAML or JSON), or a design exported as JSON or YAML; at most 1 MB.",
    )  # fmt: skip
    told = st.session_state.pop(_OPENED, None)
    if told:
        st.success(told, icon=":material/check:")
    if given is None:
        return
    try:
        found = read_file(given.name, given.getvalue())
    except InputError as error:
        st.error(
            f"{plain(str(error))}\n\nNothing was changed.", title="This file cannot be opened", icon=":material/block:"
        )
        return
    if isinstance(found, Bundle):
        _show_bundle_found(found, cache, cache_state)
    else:
        _show_design_found(found, Path(given.name).stem, cache, cache_state)


def _show_bundle_found(bundle: Bundle, cache: Path, cache_state: str) -> None:
    here = [_evaluated(item.design, cache, cache_state)[0] for item in bundle.designs]
    names = ", ".join(plain(item.name) for item in bundle.designs)
    st.markdown(f"**Bundle** with {len(bundle.designs)} {'design' if len(bundle.designs) == 1 else 'designs'}: {names}")
    told = differences(bundle, here)
    if told:
        lines = "\n".join(f"- {plain(text)}" for text in told[:12])
        st.warning(lines, title="Not everything is here as it was there", icon=":material/warning:")
    else:
        st.success("Versions, constants, checkpoints and all figures are the same here.", icon=":material/check:")
    count = len(pins.pinned())
    st.button(
        "Open this bundle", key="open_bundle", icon=":material/folder_open:", on_click=_open_bundle, args=(bundle,),
        type="primary", help="Sets the design, the view and the pins" + (f"; your {count} pins give way." if count else "."),
    )  # fmt: skip


def _open_bundle(bundle: Bundle) -> None:
    first, *others = bundle.designs
    view, problems = {}, []
    for name, value in bundle.view.items():
        try:
            view[name] = state.view_of({name: value}).model_dump()[name]
        except (InputError, KeyError):
            problems.append(name)
    whole = _has_controls(first.design)
    pinned = others if whole else bundle.designs
    pins.put([Pin(item.name[:60], item.design, item.checkpoint and item.checkpoint[:8]) for item in pinned])
    arrival.show(permalink.design_changes(first.design) if whole else {}, view)
    left = f" Not known here and left out: {plain(', '.join(problems))}." if problems else ""
    st.session_state[_OPENED] = f"The bundle is open: Explore and Compare show it.{left}"


def _show_design_found(design: Design, name: str, cache: Path, cache_state: str) -> None:
    evaluation, problem = _evaluated(design, cache, cache_state)
    st.markdown(f"**Design** {plain(name)}: {plain(design.network)}, {plain(pins.name_of(design))}")
    if evaluation is None:
        st.error(plain(problem), title="This design cannot be built here", icon=":material/block:")
        return
    whole = _has_controls(design)
    with st.container(horizontal=True):
        st.button("Pin it", key="pin_opened", icon=":material/keep:", on_click=_pin_opened, args=(evaluation, name))
        st.button(
            "Set the controls to it", key="take_opened", icon=":material/tune:", on_click=_take_opened, args=(design,),
            disabled=not whole,
        )  # fmt: skip
    if not whole:
        st.caption(
            "It has a checkpoint, an area budget or a size that no control offers: pinned, nothing of it is lost."
        )


def _evaluated(design: Design, cache: Path, cache_state: str) -> tuple[Evaluation | None, str]:
    try:
        return engine.evaluation_of(design, cache, cache_state), ""
    except InputError as error:
        return None, str(error)


def _has_controls(design: Design) -> bool:
    """Whether the controls can say the design, so that moving there loses nothing."""
    changes: Mapping[str, Any] = permalink.design_changes(design)
    shared = permalink.decode(permalink.encode(design=changes, view={}), controls.offered())
    return dict(shared.design) == dict(changes)


def _pin_opened(evaluation: Evaluation, name: str) -> None:
    done = pins.add(pins.pin_of(evaluation, name))
    st.session_state[_OPENED] = f"{plain(name)} is pinned." if done else "Not pinned: it is pinned already, or six are."


def _take_opened(design: Design) -> None:
    current.move_to(state.values_of(design))
    st.session_state[_OPENED] = "The controls are set to it."
