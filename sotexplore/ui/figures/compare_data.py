"""Designs side by side as data: what they are, their figures, and the ratios to a baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sotexplore.explorer.evaluate import Evaluation
from sotexplore.explorer.exports.handover import flattened, label_of, text_of
from sotexplore.ui.formatting import MISSING, QUANTITIES, quantity_text, significant

PROFILE = ("accuracy_ratio", "area_m2", "power_w", "frames_per_s", "energy_per_frame_j", "frame_latency_s",
           "standby_power_w", "n_subarrays")  # fmt: skip
_LEFT_OUT = ("accuracy_kind", "leakage_w")
_CHOSEN = {"structure": "Structure", "prune_ratio": "Pruning ratio", "node_nm": "Node [nm]", "cell": "Memory cell",
           "area_budget_m2": "Area budget [m²]", "adc_bits": "ADC bits", "subarray_rows": "Sub-array rows",
           "subarray_cols": "Sub-array columns"}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One entry of the comparison."""

    text: str
    ratio: float | None = None
    """Over the baseline's value; None where there is none to compare with."""
    better: bool | None = None
    """Whether it is better than the baseline; None where neither or unknown."""


@dataclass(frozen=True)
class Row:
    """One field or figure of all designs."""

    group: str
    label: str
    cells: tuple[Cell, ...]

    @property
    def differs(self) -> bool:
        """Whether the designs differ in it, as shown."""
        return len({cell.text for cell in self.cells}) > 1


def comparison(evaluations: Sequence[Evaluation | None], baselines: Sequence[Evaluation | None]) -> list[Row]:
    """All fields and figures, one row each.

    Args:
        evaluations: the designs; None for one that cannot be evaluated.
        baselines: what each is compared with.
    """
    return [*_design_rows(evaluations), *_figure_rows(evaluations, baselines)]


def better_ratio(field: str, value: float | None, base: float | None) -> float | None:
    """How many times better a metric is than the baseline's, below 1 for worse; None where either is missing or 0."""
    if not value or not base:
        return None
    return value / base if QUANTITIES[field].better == "higher" else base / value


def _design_rows(evaluations: Sequence[Evaluation | None]) -> list[Row]:
    columns: list[dict[str, Any]] = [_chosen(item) for item in evaluations]
    names = list(dict.fromkeys(name for column in columns for name in column))
    return [
        Row("Design", _design_label(name), tuple(Cell(_said(column.get(name))) for column in columns)) for name in names
    ]


def _chosen(evaluation: Evaluation | None) -> dict[str, Any]:
    if evaluation is None:
        return {}
    fields = flattened(evaluation.design.to_dict())
    idle = ("adc_bits", "active_rows") if fields["hardware.compute_style"] == "and-count" else ("operand",)
    short = {name.rsplit(".", 1)[-1]: value for name, value in fields.items() if name != "schema_version"}
    key = None if evaluation.checkpoint is None else evaluation.checkpoint["key"]
    kept = {
        name: value
        for name, value in short.items()
        if name not in idle and not (name == "area_budget_m2" and value is None)
    }
    return kept | {"checkpoint": key}


def _design_label(name: str) -> str:
    words = name.replace("_", " ")
    return _CHOSEN.get(name, words[:1].upper() + words[1:])


def _said(value: Any) -> str:
    return MISSING if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _figure_rows(evaluations: Sequence[Evaluation | None], baselines: Sequence[Evaluation | None]) -> list[Row]:
    known = next((item for item in evaluations if item is not None), None)
    if known is None:
        return []
    others = [name for name in known.metrics if name not in QUANTITIES and name not in _LEFT_OUT]
    rows = []
    for name in (*QUANTITIES, *others):
        cells = tuple(_cell(name, item, base) for item, base in zip(evaluations, baselines, strict=True))
        rows.append(Row("Figures", QUANTITIES[name].label if name in QUANTITIES else label_of(name), cells))
    return rows


def _cell(name: str, evaluation: Evaluation | None, baseline: Evaluation | None) -> Cell:
    if evaluation is None:
        return Cell(MISSING)
    value = evaluation.metrics[name]
    text = text_of(name, value) if name not in QUANTITIES or name == "read_error_ratio" else quantity_text(name, value)
    if name == "accuracy_ratio":
        text = f"{text} {evaluation.metrics['accuracy_kind']}"
    base = None if baseline is None else baseline.metrics[name]
    if value is None or not base or isinstance(value, str):
        return Cell(text)
    ratio = value / base
    same = abs(ratio - 1) < 5e-4
    rises_well = name in QUANTITIES and QUANTITIES[name].better == "higher"
    return Cell(text, ratio, None if same or name not in QUANTITIES else (ratio > 1) == rises_well)


def ratio_text(ratio: float) -> str:
    """A ratio to the baseline: `×0.153`."""
    return f"×{significant(ratio)}" if ratio >= 1e-3 else f"×{ratio:.1e}"


def component_shares(evaluations: Mapping[str, Evaluation], metric: str, *, most: int) -> dict[str, list[float]]:
    """Component -> its value in each design, the largest first; those beyond `most` together as `other`.

    Args:
        evaluations: name -> design.
        metric: one that has a breakdown.
        most: components shown by themselves.
    """
    parts = [item.breakdown[metric] for item in evaluations.values()]
    names = [name for name in parts[0] if any(part[name] > 0 for part in parts)] if parts else []
    names.sort(key=lambda name: -max(part[name] / sum(part.values()) for part in parts))
    shown = {name: [part[name] for part in parts] for name in names[:most]}
    rest = [sum(part[name] for name in names[most:]) for part in parts]
    return shown | ({"other": rest} if names[most:] else {})
