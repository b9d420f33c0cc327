"""What is shown of a design that the pointer is on: its full configuration and figures."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from sotexplore.ui.formatting import QUANTITIES, counted, error_share, percent, si

FIELDS = (
    "structure", "prune_ratio", "weight_bits", "activation_bits", "subarray_rows", "subarray_cols", "compute_style",
    "accuracy_ratio", "accuracy_kind", "area_m2", "power_w", "frames_per_s", "energy_per_frame_j", "standby_power_w",
    "n_subarrays", "active_rows", "read_error_ratio", "checkpoint", "adc_bits",
)  # fmt: skip
"""What each point carries behind its identifier, in this order."""
SHARED = ("network", "node_nm", "cell", "schedule", "columns_per_sense_amplifier", "operand")
"""What most often is the same for all points of a trace, and then said once; it follows `FIELDS` where it is not."""
_TEXTS: Mapping[str, Callable[[float], str]] = {
    "accuracy_ratio": percent,
    "frames_per_s": lambda value: si(value, "FPS", digits=4),
    "standby_power_w": lambda value: si(value, "W"),
    "n_subarrays": lambda value: counted(value, "sub-array"),
    "active_rows": lambda value: counted(value, "active row"),
    "read_error_ratio": error_share,
    "columns_per_sense_amplifier": lambda value: f"{counted(value, 'column')} per sense amplifier",
    "node_nm": lambda value: f"{value:.0f} nm",
}


def hover(part: pd.DataFrame) -> tuple[list[list[Any]], str]:
    """What each point carries, its identifier first, and the template that shows it.

    Args:
        part: designs of one compute style.
    """
    varying = [name for name in SHARED if part[name].nunique() > 1]
    fields = [*FIELDS, *varying]
    columns = [part.index.tolist(), *(_column(part, name) for name in fields)]
    slots = {name: f"%{{customdata[{place}]}}" for place, name in enumerate(fields, 1)}
    slots |= {name: str(_column(part.iloc[:1], name)[0]) for name in SHARED if name not in varying}
    return [list(row) for row in zip(*columns, strict=True)], _template(slots, str(part["compute_style"].iloc[0]))


def _template(slots: Mapping[str, str], style: str) -> str:
    def number(name: str, form: str) -> str:
        return slots[name].replace("]}", f"]:{form}}}")

    peripheral = (
        f"{slots['adc_bits']}-bit ADC · {slots['active_rows']}"
        if style == "crossbar"
        else f"operand {slots['operand']}"
    )
    lines = (
        f"<b>{slots['structure']} {number('prune_ratio', '.1%')} · W{slots['weight_bits']} A{slots['activation_bits']}</b>",
        slots["network"],
        f"{slots['compute_style']} · {slots['subarray_rows']} × {slots['subarray_cols']} sub-arrays",
        f"accuracy {slots['accuracy_ratio']} ({slots['accuracy_kind']})",
        f"area {number('area_m2', '.4~g')} mm² · {slots['n_subarrays']}",
        f"power {number('power_w', '.4~g')} mW · {slots['frames_per_s']} · standby {slots['standby_power_w']}",
        f"energy {number('energy_per_frame_j', '.4~g')} µJ per frame",
        f"read errors: {slots['read_error_ratio']}",
        slots["checkpoint"],
        f"{slots['node_nm']} · {slots['cell']} · {slots['schedule']} · {slots['columns_per_sense_amplifier']}",
        peripheral,
    )
    return "<br>".join(lines) + "<extra></extra>"


def _column(part: pd.DataFrame, name: str) -> list[Any]:
    """A field's values as they are shown, or as numbers that the template formats."""
    quantity, text = QUANTITIES.get(name), _TEXTS.get(name)
    if name == "checkpoint":
        return [_origin(*pair) for pair in zip(part["checkpoint"], part["seed"], strict=True)]
    if text is not None:
        return [text(value) for value in part[name].astype(float)]
    if quantity is not None and quantity.factor != 1:
        return (part[name] * quantity.factor).tolist()
    return part[name].tolist()


def _origin(checkpoint: str | None, seed: float | None) -> str:
    """Which checkpoint a design's accuracy and shape are those of."""
    return f"checkpoint {checkpoint}, seed {seed:.0f}" if isinstance(checkpoint, str) else "no checkpoint: as planned"
