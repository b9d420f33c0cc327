"""The figures of the current design, or the reason why it has none, for all parts of a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import streamlit as st

from sotexplore.design import Design
from sotexplore.errors import InputError
from sotexplore.explorer.evaluate import Evaluation
from sotexplore.ui import controls, engine, state
from sotexplore.ui.formatting import plain
from sotexplore.ui.state import View

_LATEST = "_latest"


@dataclass(frozen=True)
class Assessment:
    """The current design's figures; `problem` says why there are none."""

    design: Design | None
    evaluation: Evaluation | None
    baseline: Evaluation | None
    problem: str = ""


def assess(values: Mapping[str, Any], cache: Path, cache_state: str) -> Assessment:
    """The figures of the design that the controls describe, or the reason why there are none."""
    design = None
    try:
        design = state.design_of(values)
        evaluation = engine.evaluation(design.model_dump_json(), cache, cache_state)
        baseline = engine.baseline(design.network, design.hardware.model_dump_json(), cache, cache_state)
    except InputError as error:
        return Assessment(design, None, None, str(error))
    return Assessment(design, evaluation, baseline)


def show_problem(problem: str) -> None:
    """Says why the current design has no figures."""
    if problem:
        st.error(plain(problem), title="This combination cannot be built", icon=":material/block:")


class Latest:
    """The current design's figures, as parts of the page that are not drawn again find them when they are used."""

    def __init__(self, assessment: Assessment) -> None:
        self.assessment = assessment
        self.whole = self.ahead_whole = True
        """Whether the page is running as a whole, as the fragments learn that run on their own later."""

    def __call__(self) -> Evaluation | None:
        """The figures; None where the design cannot be built."""
        return self.assessment.evaluation


def latest(assessment: Assessment) -> Latest:
    """The holder of this session's current figures."""
    holder: Latest = st.session_state.setdefault(_LATEST, Latest(assessment))
    holder.assessment, holder.whole, holder.ahead_whole = assessment, True, True
    return holder


def context_of(values: Mapping[str, Any], view: View, cache_state: str) -> str:
    """Stands for everything that the figures and the star depend on, but for the sliders that move the design alone."""
    others = {name: value for name, value in values.items() if name not in controls.STEPPED}
    facts = repr((sorted(others.items()), view.model_dump_json(), cache_state))
    return blake2b(facts.encode(), digest_size=8).hexdigest()
