"""What the Technology page shows, as rows, tables and sentences: no drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import Any, Final

import pandas as pd

from sotexplore.errors import InputError
from sotexplore.explorer import cell_front, constants_table
from sotexplore.explorer.cell_front import JOINS, LEAVES, STAYS
from sotexplore.explorer.duty_curves import CELLS
from sotexplore.hardware.cell import LIMITS, PRESETS, Cell, preset
from sotexplore.ui.formatting import QUANTITIES, area, counted, error_share, percent, quantity_text, si, significant

BARS: Final = ("area_m2", "energy_per_frame_j", "frames_per_s", "power_w", "standby_power_w", "frame_latency_s")
FRONT_AXES: Final = (
    "energy_per_frame_j", "area_m2", "frames_per_s", "power_w", "standby_power_w", "frame_latency_s", "accuracy_ratio",
)  # fmt: skip
BETTER: Final = {field: item.better for field, item in QUANTITIES.items()}
_SECONDS: Final = ((3.156e7, "year"), (86_400.0, "day"), (3600.0, "hour"), (60.0, "minute"), (1.0, "second"))
MOST_YEARS: Final = 1e6
"""What lasts longer is not told apart."""
_PREFIXED: Final = ("J", "J/m", "s", "A", "V", "W", "m", "ohm", "F/m", "s/m", "A/m", "ohm m")
"""Units of constants that take a prefix; `F` is also the feature size, whose multiples stay plain."""
_LEAST_PLAIN, _MOST_PLAIN = 1e-3, 1e6
_UNIT_ENDINGS: Final = ("_j", "_s", "_m2", "_m", "_w", "_a", "_v", "_ohm", "_f", "_f2", "_fo4", "_bits")
_RAISED: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Shown:
    """A field of a cell as the form shows it."""

    field: str
    label: str
    unit: str
    factor: float
    """From SI to that unit."""
    help: str
    main: bool = True
    """Whether it stands in the form at once, not under more."""

    @property
    def title(self) -> str:
        """Label with unit."""
        return f"{self.label} [{self.unit}]" if self.unit else self.label

    @property
    def range_text(self) -> str:
        """What the schema allows, in the shown unit."""
        _, low, high = LIMITS[self.field]
        return f"{low * self.factor:g} to {high * self.factor:g} {self.unit}".strip()


FORM: Final = (
    Shown("write_current_a", "Write current", "µA", 1e6, "Current that switches the cell."),
    Shown("write_pulse_s", "Write pulse", "ns", 1e9, "How long the write current flows."),
    Shown("resistance_low_ohm", "Low resistance", "kΩ", 1e-3, "Parallel, or set, state."),
    Shown("resistance_high_ohm", "High resistance", "kΩ", 1e-3, "Anti-parallel, or reset, state; not below the low one."),
    Shown("read_power_w", "Read power", "µW", 1e6, "What a cell draws while it is sensed."),
    Shown("area_f2", "Cell area", "F²", 1.0, "With the access transistors, in squares of the feature size."),
    Shown("resistance_spread_ratio", "Resistance spread", "%", 1e2, "Standard deviation over mean, from cell to cell."),
    Shown("endurance_cycles", "Endurance", "10⁹ writes", 1e-9, "Writes that a cell survives."),
    Shown("write_energy_bit_j", "Write energy", "fJ", 1e15, "In the cell, per bit; not used where a channel is given.", False),
    Shown("channel_resistance_ohm", "Channel resistance", "Ω", 1.0, "Spin-orbit channel under the junction; 0: none.", False),
    Shown("aspect_ratio", "Aspect ratio", "", 1.0, "Height, along the bit-line, over width.", False),
    Shown("access_width_f", "Access transistor", "F", 1.0, "Width of the read transistor.", False),
    Shown("write_access_width_f", "Write transistor", "F", 1.0, "Width; 0: sized to the write current.", False),
    Shown("read_voltage_v", "Read voltage", "V", 1.0, "Over bit-line and cell.", False),
    Shown("sense_voltage_v", "Sense voltage", "mV", 1e3, "Least difference that the sense amplifier resolves.", False),
    Shown("write_voltage_v", "Write voltage", "V", 1.0, "To which a bit-line is charged; 0: the node's supply.", False),
    Shown("standby_power_bit_w", "Standby power of a bit", "pW", 1e12, "What it takes to hold a bit.", False),
)  # fmt: skip
"""The numbers of a cell in the order of the form; every field of the schema once."""
_BESIDE: Final = {
    "resistance_high_ohm": ("{:g} kΩ or more", "resistance_low_ohm", 1.0),
    "sense_voltage_v": ("below {:g} mV", "read_voltage_v", 1e3),
}
"""Field -> what another field allows it, as text; that field; from its shown unit to the text's."""


def shown_value(cell: Cell, item: Shown) -> float:
    """A field's value as the form shows it, without the dust of conversion."""
    return float(f"{getattr(cell, item.field) * item.factor:.9g}")


def changed_fields(cell: Cell, values: Mapping[str, float | None]) -> dict[str, Any]:
    """The fields whose shown value was changed, in SI units; an emptied one stays None and is refused.

    Args:
        cell: the cell that the form began with.
        values: field -> what the form says, in shown units.
    """
    found: dict[str, Any] = {}
    for item in FORM:
        value = values.get(item.field, shown_value(cell, item))
        if value != shown_value(cell, item):
            found[item.field] = None if value is None else value / item.factor
    return found


def refusal_words(error: InputError, values: Mapping[str, float | None]) -> str:
    """Why no cell can be like this, in the names and units of the form.

    Args:
        error: what refused the cell, in the schema's names and SI units.
        values: field -> what the form says, in shown units.
    """
    item = next((item for item in FORM if error.field.endswith(f".{item.field}")), None)
    if item is None:
        return str(error)
    value = values.get(item.field)
    _, low, high = LIMITS[item.field]
    beside = _BESIDE.get(item.field)
    if value is None or not low <= value / item.factor <= high:
        allowed = item.range_text
    elif beside is not None and values.get(beside[1]) is not None:
        allowed = beside[0].format(float(values[beside[1]] or 0.0) * beside[2])
    else:
        allowed = f"above 0 {item.unit}" if value == 0 else error.allowed
    got = "nothing" if value is None else f"{value:g} {item.unit}".strip()
    return f"{item.label}: {error.problem} (got {got}, allowed {allowed})"


def compared_cells(base: str, edited: str | None) -> dict[str, str]:
    """Cell -> what it is called: the base, its edited copy if there is one, and the four technologies."""
    names = [base, *([edited] if edited else []), *(name for name in CELLS if name != base)]
    labels = {name: name if name == edited else label_of(name) for name in names}
    return labels | ({edited: "edited copy"} if edited else {})


def label_of(name: str) -> str:
    """A cell's name with its technology in front, where the name does not begin with it."""
    kind = preset(name).kind
    words = {"sot": "SOT", "stt": "STT", "reram": "ReRAM", "sram": "SRAM"}.get(kind, kind)
    return f"{words}: {name}"


def technology_table(frame: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Figures as rows, technologies as columns; why one cannot be built in its last row."""
    rows: dict[str, list[str]] = {
        QUANTITIES[name].label: [quantity_text(name, value) for value in frame[name]] for name in BARS
    }
    rows["Read errors"] = [error_share(value) for value in frame["read_error_ratio"]]
    rows["Energy to load all weights"] = [si(value, "J") for value in frame["weight_load_energy_j"]]
    rows["Time to load all weights"] = [si(value, "s") for value in frame["weight_load_latency_s"]]
    rows["Supply that a write needs"] = [si(value, "V") if value > 0 else "–" for value in frame["write_supply_v"]]
    rows["Keeps weights without power"] = ["no" if preset(name).volatile else "yes" for name in frame["cell"]]
    table = pd.DataFrame(rows, index=[labels[name] for name in frame["cell"]]).T
    return table.rename_axis("Figure").reset_index()


def problems(frame: pd.DataFrame, labels: Mapping[str, str]) -> list[str]:
    """Why technologies cannot carry the design, one line each."""
    return [f"{labels[row['cell']]}: {row['problem']}" for row in frame.to_dict("records") if row["problem"]]


def change_words(changes: pd.DataFrame, fields: Sequence[str]) -> str:
    """How many designs leave, join and stay, and how far those that stay move."""
    counts = {status: int((changes["status"] == status).sum()) for status in (LEAVES, JOINS, STAYS)}
    stays = changes[changes["status"] == STAYS]
    moved = [
        f"{QUANTITIES[field].label.lower()} by up to {percent(shift, decimals=1)}"
        for field, axis in zip(fields, ("x", "y"), strict=True)
        if len(stays) and (shift := float((stays[f"{axis}_after"] / stays[f"{axis}_before"] - 1).abs().max())) >= 5e-4
    ]
    tail = (
        f"; those that stay move: {', '.join(moved)}"
        if moved
        else "; those that stay keep their place"
        if len(stays)
        else ""
    )
    return f"**{counted(counts[LEAVES], 'design')} left the front, {counts[JOINS]:,} joined, {counts[STAYS]:,} stayed**{tail}."


def space_words(before: pd.DataFrame, after: pd.DataFrame, fields: Sequence[str]) -> str:
    """What became of all designs, on the front or not, in a sentence."""
    usable = [int(cell_front.usable(frame).sum()) for frame in (before, after)]
    shifts = [
        f"{QUANTITIES[field].label.lower()} of {counted(cell_front.moved(before, after, field), 'design')}"
        for field in fields
        if field != "accuracy_ratio"
    ]
    return (
        f"Of {len(before):,} designs {usable[0]:,} could be on a front before and {usable[1]:,} of {len(after):,} now (reads reliable, "
        f"writes within what transistors stand). The edit changes the {' and the '.join(shifts)}. A write current is felt by "
        "operands that are written, by the loading of weights, and by the supply that a write needs."
    )


def change_table(changes: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    """The designs that leave, join and stay, in display units."""
    order = {LEAVES: 0, JOINS: 1, STAYS: 2}
    listed = changes.sort_values("x_before").sort_values("status", key=lambda column: column.map(order), kind="stable")
    across, up = QUANTITIES[x], QUANTITIES[y]
    crossbar = listed["compute_style"] == "crossbar"
    return pd.DataFrame(
        {
            "Front": listed["status"],
            "Why": listed["reason"],
            "Pruned": listed["structure"] + " " + listed["prune_ratio"].map(lambda ratio: percent(ratio, decimals=1)),
            "Bits": "W" + listed["weight_bits"].astype(str) + " A" + listed["activation_bits"].astype(str),
            "Style": listed["compute_style"].where(crossbar, "and-count, " + listed["operand"].astype(str)),
            "Sub-array": listed["subarray_rows"].astype(str) + "×" + listed["subarray_cols"].astype(str),
            f"{across.short_title} before": listed["x_before"] * across.factor,
            "after": listed["x_after"] * across.factor,
            f"{up.short_title} before": listed["y_before"] * up.factor,
            "after ": listed["y_after"] * up.factor,
        }
    )


def battery_j(*, capacity_mah: float, voltage_v: float) -> float:
    """Energy [J] of a battery of that charge and voltage."""
    return capacity_mah * 1e-3 * 3600 * voltage_v


def duration(seconds: float | None) -> str:
    """A time as people say it: `3.2 hours`, `11 years`."""
    if seconds is None or not isfinite(seconds):
        return "unlimited"
    if seconds > MOST_YEARS * _SECONDS[0][0]:
        return "over a million years"
    size, name = next(((size, name) for size, name in _SECONDS if seconds >= size), _SECONDS[-1])
    text = significant(seconds / size, 2)
    return f"{text} {name}" if text == "1" else f"{text} {name}s"


def duty_table(
    at_rate: pd.DataFrame, wear: pd.DataFrame, labels: Mapping[str, str], frames_per_hour: float
) -> pd.DataFrame:
    """What each technology draws at one rate, how long the battery and its cells last.

    Args:
        at_rate: from `duty_curves`, one rate.
        wear: from `wear`.
        labels: cell -> what it is called.
        frames_per_hour: that rate.
    """
    worn = {row["cell"]: row for row in wear.to_dict("records")}
    rows = []
    for row in at_rate.to_dict("records"):
        cell = worn[row["cell"]]
        writes = cell["operand_writes_per_cell_per_frame"]
        rate_s = frames_per_hour / 3600
        lasts = None if not writes > 0 else cell["endurance_cycles"] / (writes * rate_s)
        rows.append(
            {
                "Technology": labels[row["cell"]],
                "Average power": si(row["power_w"], "W"),
                "Battery lasts": duration(row["battery_life_s"]),
                "Between frames": "power off" if not preset(row["cell"]).volatile
                else "weights reloaded" if row["reloads"] else "cells stay powered",
                "Endurance [writes]": _plain_number(cell["endurance_cycles"]),
                "Writes per frame": f"{writes:,.0f}" if isfinite(writes) else "–",
                "Cells last, this rate": duration(lasts) if isfinite(writes) else "cannot be built",
                "Cells last, full rate": duration(cell["lifetime_s"]) if isfinite(writes) else "cannot be built",
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def constants_frame(node_nm: int, cell: str) -> pd.DataFrame:
    """Every constant that a design of this node and cell rests on: group, value, unit, range, kind, source."""
    groups = {
        "circuits": constants_table.circuit_records(),
        f"devices and wires, {node_nm} nm": constants_table.technology_records(node_nm),
        "scaling between nodes": constants_table.scaling_records(),
        "layout and organisation": constants_table.rule_records(),
        "read margin, limits, duty cycle": constants_table.other_records(),
        f"cell {cell}": cell_records(cell),
    }
    frame = pd.concat([pd.DataFrame(rows).assign(group=name) for name, rows in groups.items()], ignore_index=True)
    return frame[["group", *constants_table.COLUMNS]]


def cell_records(name: str) -> list[dict[str, Any]]:
    """Numbers of a cell, with what is known of their origin."""
    if name in PRESETS:
        return constants_table.cell_records(name)
    cell = preset(name)
    rows = []
    for field, (unit, _, _) in LIMITS.items():
        known = cell.provenance.get(field)
        rows.append(
            {
                "name": field, "value": getattr(cell, field), "unit": unit, "low": known.low if known else None,
                "high": known.high if known else None, "kind": known.kind if known else "assumed",
                "source": known.source if known else cell.source, "derivation": "",
            }
        )  # fmt: skip
    return rows


def shown_constants(frame: pd.DataFrame) -> pd.DataFrame:
    """Constants as they are read: numbers with the prefix of their unit.

    Args:
        frame: from `constants_frame`.
    """
    rows = frame.to_dict("records")
    return pd.DataFrame(
        {
            "Group": [row["group"] for row in rows],
            "Name": [_constant_name(row["name"]) for row in rows],
            "Value": [constant_text(row["value"], row["unit"]) for row in rows],
            "Least": [constant_text(row["low"], row["unit"]) for row in rows],
            "Most": [constant_text(row["high"], row["unit"]) for row in rows],
            "Kind": [row["kind"] for row in rows],
            "Source": [row["source"] for row in rows],
            "Derivation": [row["derivation"] for row in rows],
        }
    )


def _constant_name(name: str) -> str:
    """A constant's name as words; its unit stands with its value."""
    return name.rpartition("_")[0].replace("_", " ") if name.endswith(_UNIT_ENDINGS) else name.replace("_", " ")


def constant_text(value: float | None, unit: str) -> str:
    """A constant with its unit: `3.75 fJ`, `0.0279 F/m²`, `10¹²`."""
    if value is None or not isfinite(value):
        return ""
    symbol = unit.replace("ohm", "Ω").replace("m2", "m²").replace("F2", "F²").replace("V2", "V²")
    if unit == "m2":
        return area(value)
    if unit in _PREFIXED or (unit == "F" and 0 < abs(value) < _LEAST_PLAIN):
        return si(value, symbol)
    return _plain_number(value) if unit == "1" else f"{_plain_number(value)} {symbol}"


def _plain_number(value: float) -> str:
    if value == 0 or _LEAST_PLAIN <= abs(value) < _MOST_PLAIN:
        text = significant(value, 4)
        return text.rstrip("0").rstrip(".") if "." in text else text
    exponent = floor(log10(abs(value)) + 1e-9)
    mantissa = f"{value / 10.0**exponent:.4g}"
    power = f"10{str(exponent).translate(_RAISED)}"
    return power if mantissa == "1" else f"{mantissa}·{power}"


def found_constants(frame: pd.DataFrame, words: str, kinds: Sequence[str]) -> pd.DataFrame:
    """The constants that have all of the words somewhere, and one of the kinds (all where none is chosen)."""
    text = frame.map(str).agg(" ".join, axis=1).str.lower()
    kept = frame["kind"].isin(kinds) if kinds else pd.Series(True, index=frame.index)
    for word in words.lower().split():
        kept &= text.str.contains(word, regex=False)
    return frame[kept]
