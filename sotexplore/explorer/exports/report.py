"""The report: one HTML file with live charts that opens without a network or a server."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from plotly.offline import get_plotlyjs

from sotexplore.errors import InputError
from sotexplore.explorer.evaluate import METRICS, RATIO_METRICS, Evaluation
from sotexplore.explorer.exports.handover import (
    KINDS,
    HandOver,
    cell_facts,
    flattened,
    label_of,
    layer_kind,
    metric_kind,
    provenance,
    text_of,
    unit_of,
)
from sotexplore.explorer.exports.report_figures import comparison_chart, design_charts
from sotexplore.explorer.versions import versions
from sotexplore.hardware import constants

MAX_DESIGNS = 12
_COMPARED = ("accuracy_ratio", "area_m2", "power_w", "frames_per_s", "energy_per_frame_j", "frame_latency_s",
             "standby_power_w", "n_subarrays")  # fmt: skip
_LAYER_UNITS = {"area_m2": "area_m2", "energy_j": "energy_per_frame_j", "latency_s": "frame_latency_s"}


def report_bytes(items: Sequence[HandOver]) -> bytes:
    """The report of some designs; plotly.js is inside.

    Raises:
        InputError: more designs than a reader can take in.
    """
    if len(items) > MAX_DESIGNS:
        raise InputError("designs", "are too many for a report", got=len(items), allowed=f"1..{MAX_DESIGNS}")
    sections = [_section(item) for item in items]
    comparison = comparison_chart(items, _COMPARED) if len(items) > 1 else None
    page = _template().render(
        title=items[0].name if len(items) == 1 else f"{len(items)} designs",
        sections=sections,
        comparison=comparison,
        charts=[*([comparison] if comparison else []), *(chart for section in sections for chart in section["charts"])],
        versions=versions(),
        kinds=KINDS,
        assumed=[item for item in constants.TABLE.values() if item.kind == "assumed"],
        plotly=get_plotlyjs(),
    )
    return page.encode()


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    text = files("sotexplore.explorer.exports").joinpath("report.html.j2").read_text(encoding="utf-8")
    return environment.from_string(text)


def _section(item: HandOver) -> dict[str, Any]:
    evaluation = item.evaluation
    return {
        "name": item.name,
        "design": {name: value for name, value in flattened(evaluation.design.to_dict()).items() if value is not None},
        "figures": [_figure(name, item) for name in (*METRICS, "read_error_ratio") if name != "accuracy_kind"],
        "charts": design_charts(evaluation),
        "layers": _layer_table(evaluation),
        "cell": [
            {"name": label_of(name), "value": f"{known.value:.4g}", "unit": unit_of(name), "kind": known.kind,
             "source": known.source}
            for name, known in cell_facts(evaluation)
        ],
        "provenance": provenance(evaluation),
        "notes": evaluation.notes,
        "cautions": evaluation.cautions,
    }  # fmt: skip


def _figure(name: str, item: HandOver) -> dict[str, str]:
    evaluation, baseline = item.evaluation, item.baseline
    value = evaluation.metrics[name]
    dense = None if baseline is None or name in RATIO_METRICS else baseline.metrics[name]
    return {
        "label": label_of(name),
        "text": text_of(name, value),
        "dense": text_of(name, dense) if dense is not None else "",
        "ratio": f"{value / dense:.3g}" if dense and value is not None else "",
        "kind": metric_kind(name, evaluation),
    }


def _layer_table(evaluation: Evaluation) -> dict[str, Any]:
    columns = list(dict.fromkeys(name for row in evaluation.layers for name in row))
    return {
        "heads": [(label_of(name), "" if name in ("name", "kind") else layer_kind(name, evaluation)) for name in columns],
        "rows": [[_cell_text(name, row.get(name)) for name in columns] for row in evaluation.layers],
    }  # fmt: skip


def _cell_text(name: str, value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if name in _LAYER_UNITS or name == "utilization_ratio":
        return text_of(_LAYER_UNITS.get(name, name), value)
    return f"{value:,.0f}"
