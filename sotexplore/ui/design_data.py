"""What the Design page shows, as rows, tables and sentences: no drawing."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from sotexplore.explorer.bands import SHOWN
from sotexplore.explorer.evaluate import SHARED, Evaluation
from sotexplore.explorer.floor import LayerTiles
from sotexplore.explorer.next_steps import METRICS, Step
from sotexplore.explorer.stages import Pipeline
from sotexplore.hardware.uncertainty import Study
from sotexplore.ui.design_words import KNOBS, step_words, value_text
from sotexplore.ui.figures.tiles import squares
from sotexplore.ui.figures.tornado import Row, Side
from sotexplore.ui.formatting import QUANTITIES, change, percent, plain, quantity_text

MOST_BARS: Final = 12
COMPARED: Final = (
    "accuracy_ratio", "area_m2", "energy_per_frame_j", "frames_per_s", "frame_latency_s", "power_w", "standby_power_w",
    "n_subarrays", "utilization_ratio", "weights_ratio", "storage_ratio", "operations_ratio",
)  # fmt: skip
GREATER, LESS, OTHER = "@c0", "@c1", "@c2"
LAYER_HELP: Final[Mapping[str, str]] = {
    "Filters": "Output channels of the layer as defined; beside it those that pruning kept.",
    "kept": "Filters that pruning kept.",
    "Inputs": "Inputs of one dot product: rows of the weight matrix.",
    "kept ": "Inputs that pruning kept.",
    "W bits": "Bits of a weight; each takes one cell.",
    "A bits": "Bits of the activations that the layer reads.",
    "Copies": "Copies of the layer that share its output pixels, where an area budget buys them.",
    "Sub-arrays": "With copies.",
    "dense 8-bit": "Sub-arrays of the dense layer at 8 bits on the same hardware.",
    "Utilisation [%]": "Share of the layer's cells that hold a weight bit.",
    "Array operations": "Reads of a sub-array per frame, over all sub-arrays of the layer.",
    "Time [µs]": "The layer's stage: from its first array access to its last output.",
}


@dataclass(frozen=True)
class Depth:
    """Everything that the page says of one design."""

    evaluation: Evaluation
    baseline: Evaluation
    pipeline: Pipeline
    tiles: list[LayerTiles]
    steps: list[Step]
    study: Study


def knob_metrics(metrics: Mapping[str, Any], steps: Sequence[Step]) -> list[str]:
    """The figures that steps move: accuracy joins where any step has one."""
    known = any(step.accuracy_ratio is not None for step in steps) and metrics["accuracy_ratio"]
    return [*(["accuracy_ratio"] if known else []), *METRICS]


def knob_rows(steps: Sequence[Step], metric: str) -> list[Row]:
    """A row for each knob, with its step down and its step up; a row for each other choice."""
    rows: dict[str, list[Side]] = {}
    for step in steps:
        value = step.accuracy_ratio if metric == "accuracy_ratio" else step.metrics.get(metric)
        if value is None:
            continue
        name = KNOBS[step.knob]
        label = f"{name}: {step.after}" if step.direction == 0 else name
        rows.setdefault(label, []).append(
            Side(value, _step_text(step), {-1: LESS, 0: OTHER, 1: GREATER}[step.direction])
        )
    return [Row(label, tuple(sides)) for label, sides in rows.items()]


def _step_text(step: Step) -> str:
    change_text = f"{value_text(step.knob, step.before)} → {value_text(step.knob, step.after)}"
    accuracy = (
        "accuracy unknown"
        if step.accuracy_ratio is None
        else f"accuracy {percent(step.accuracy_ratio)}, {step.accuracy_kind}"
    )
    reads = "" if step.reads_reliably else "<br>array reads often fail: that accuracy does not hold"
    return f"{change_text}<br>{accuracy}{reads}"


def refused(steps: Sequence[Step]) -> str:
    """The steps that cannot be built."""
    names = sorted({step_words(step) for step in steps if step.problem})
    return f"Cannot be built: {plain('; '.join(names))}." if names else ""


def tiles_words(tiles: Sequence[LayerTiles]) -> str:
    """How many sub-arrays there were, are, and what a square stands for."""
    dense, kept = sum(item.dense for item in tiles), sum(item.kept for item in tiles)
    total = sum(item.kept * item.copies for item in tiles)
    copies = f", {total:,} with copies" if total > kept else ""
    scale = squares(tiles).per_square
    square = f" One square stands for up to {scale} sub-arrays of a layer." if scale > 1 else ""
    return f"Dense at 8 bits: {dense:,} sub-arrays. Now: {kept:,}{copies}.{square}"


def by_layer(evaluation: Evaluation, field: str) -> dict[str, float]:
    """A figure of every layer, and of what they share."""
    names = {SHARED: "shared by all layers"}
    return {names.get(layer["name"], layer["name"]): layer[field] for layer in evaluation.layers}


def top_parts(parts: Mapping[str, float]) -> dict[str, float]:
    """The largest parts, and the rest of them as one."""
    names = sorted(parts, key=lambda name: -parts[name])
    if len(names) <= MOST_BARS + 1:
        return dict(parts)
    rest = names[MOST_BARS:]
    return {
        **{name: parts[name] for name in names[:MOST_BARS]},
        f"{len(rest)} others": sum(parts[name] for name in rest),
    }


def layer_frame(evaluation: Evaluation, tiles: Sequence[LayerTiles]) -> pd.DataFrame:
    """The per-layer table, in display units."""
    dense = {item.name: item.dense for item in tiles}
    rows = []
    for layer in evaluation.layers:
        shared = layer["name"] == SHARED
        rows.append(
            {
                "Layer": "shared by all" if shared else layer["name"],
                "Kind": None if shared else layer["kind"],
                "Filters": None if shared else layer["filters"],
                "kept": layer.get("kept_filters"),
                "Inputs": None if shared else layer["rows"],
                "kept ": layer.get("kept_rows"),
                "W bits": layer.get("weight_bits"),
                "A bits": layer.get("input_bits"),
                "Copies": layer.get("copies"),
                "Sub-arrays": layer.get("n_subarrays"),
                "dense 8-bit": dense.get(layer["name"]),
                "Utilisation [%]": None if shared else 100 * layer["utilization_ratio"],
                "Array operations": layer.get("n_array_operations"),
                "Area [mm²]": 1e6 * layer["area_m2"],
                "Energy [µJ]": 1e6 * layer["energy_j"],
                "Time [µs]": 1e6 * layer["latency_s"],
            }
        )
    frame = pd.DataFrame(rows)
    whole = [
        "Filters",
        "kept",
        "Inputs",
        "kept ",
        "W bits",
        "A bits",
        "Copies",
        "Sub-arrays",
        "dense 8-bit",
        "Array operations",
    ]
    return frame.astype(dict.fromkeys(whole, "Int64"))


def constant_metrics(study: Study) -> list[str]:
    """The figures that constants move, as far as there is one to move."""
    return [name for name, value in study.nominal.items() if value > 0 and name in QUANTITIES]


def constant_rows(study: Study, metric: str) -> list[Row]:
    """The constants that move a figure most, with both ends of their ranges."""
    rows = []
    for item in study.sensitivities[metric][:SHOWN]:
        known = item.parameter
        if item.swing_ratio <= 0:
            continue
        text = f"{known.name} = {{}} {known.unit}, nominal {known.value:.4g} ({known.kind})<br>{_wrapped(known.source)}"
        low, high = (text.format(f"{end:.4g}") for end in (known.low, known.high))
        label = f"{known.name.replace('_', ' ')} ({known.group})"
        rows.append(Row(label, (Side(item.at_low, low, LESS), Side(item.at_high, high, GREATER))))
    return rows


def _wrapped(text: str, width: int = 70) -> str:
    return "<br>".join(textwrap.wrap(text, width))


def band_words(study: Study, metric: str) -> str:
    """The figure with its band."""
    low, _, high = (quantity_text(metric, value) for value in study.bands[metric])
    nominal = quantity_text(metric, study.nominal[metric])
    return (
        f"**{QUANTITIES[metric].label}: {nominal}**, between {low} and {high} for nine in ten draws of all constants within their "
        "ranges. What the model leaves out is not in this band: see Validation."
    )


def compared_frame(found: Depth) -> pd.DataFrame:
    """The design against the dense 8-bit network: a row for each figure."""
    rows = []
    for field in COMPARED:
        value, dense = found.evaluation.metrics[field], found.baseline.metrics[field]
        shift = change(field, value, dense)
        rows.append(
            {
                "Figure": QUANTITIES[field].label,
                "This design": quantity_text(field, value),
                "Dense, 8 bit": quantity_text(field, dense),
                "Change": shift.text if shift else "–",
                "": shift.verdict if shift else "–",
            }
        )
    return pd.DataFrame(rows)
