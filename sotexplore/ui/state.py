"""The dashboard's state: a design and a view of the space, in widgets and in the address.

A widget's key is the field's name in the design schema, and the address carries the same names, so that a link, a file
and the sliders say the same.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from sotexplore import catalogue
from sotexplore.design import Compression, Design, Hardware, parse_design, parse_record
from sotexplore.errors import InputError
from sotexplore.ui.formatting import QUANTITIES
from sotexplore.ui.spaces import Size

Axis = Literal[
    "Accuracy", "Area", "Power", "Frame rate", "Energy", "Latency", "Standby power", "Sub-arrays", "Utilisation",
    "Weight compression", "Storage compression", "Operations compression", "Sub-array saving", "Read errors", "Accuracy with faults",
]  # fmt: skip
"""Names of the quantities, as choices and links spell them."""
Limit = Annotated[float, Field(gt=0, allow_inf_nan=False)] | None


def _pair(value: Any) -> Any:
    """A range's two ends; an address that gives one end stands for both."""
    ends = [value] if isinstance(value, str | float | int) else value
    return None if ends is None else (ends[0], ends[-1])


def _names(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Weight = Annotated[int, Field(ge=0, le=10)]
Range = Annotated[tuple[float, float] | None, BeforeValidator(_pair)]
"""Least and greatest value that a filter lets through, in display units."""
Networks = Annotated[tuple[Literal[catalogue.NAMES], ...], BeforeValidator(_names), Field(max_length=3)]  # type: ignore[valid-type]
COMPRESSION_FIELDS = tuple(Compression.model_fields)
HARDWARE_FIELDS = tuple(name for name in Hardware.model_fields if name != "area_budget_m2")
DESIGN_FIELDS = ("network", *COMPRESSION_FIELDS, *HARDWARE_FIELDS)


class View(BaseModel):
    """How the space is shown: axes, what is drawn, and limits on the metrics in their display units."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    x: Axis = "Area"
    y: Axis = "Accuracy"
    log_x: bool = True
    log_y: bool = False
    front_only: bool = False
    between: bool = False
    """Whether designs between the checkpoints join in, with estimated accuracy."""
    unreliable: bool = False
    """Whether designs whose array reads often fail may be on the front."""
    space: Size = "Sub-array sizes"
    by_style: bool = False
    """Whether each compute style has a front of its own."""
    bands: bool = False
    """Whether the uncertainty of the figures is drawn."""
    min_accuracy_percent: Annotated[float, Field(gt=0, le=100)] | None = None
    max_area_mm2: Limit = None
    max_power_mw: Limit = None
    min_frames_per_s: Limit = None
    max_energy_uj: Limit = None
    more_networks: Networks = ()
    """Networks that are laid over the current design's, each with a front of its own."""
    only_prune_ratio: Range = None
    only_weight_bits: Range = None
    only_activation_bits: Range = None
    only_subarray_rows: Range = None
    only_subarray_cols: Range = None
    only_accuracy_percent: Range = None
    only_area_mm2: Range = None
    only_power_mw: Range = None
    only_frames_per_s: Range = None
    only_energy_uj: Range = None
    only_standby_uw: Range = None


class Weights(BaseModel):
    """How much each metric counts when one design is to be chosen, 0 to 10."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weight_accuracy: Weight = 5
    weight_area: Weight = 3
    weight_power: Weight = 2
    weight_fps: Weight = 2
    weight_energy: Weight = 0
    weight_standby: Weight = 0


VIEW_FIELDS = tuple(View.model_fields)
WEIGHED: Mapping[str, str] = {
    "weight_accuracy": "accuracy_ratio",
    "weight_area": "area_m2",
    "weight_power": "power_w",
    "weight_fps": "frames_per_s",
    "weight_energy": "energy_per_frame_j",
    "weight_standby": "standby_power_w",
}
"""Weight -> the metric that it weighs."""
AXES: Mapping[str, str] = {item.name: field for field, item in QUANTITIES.items()}
"""Name of an axis -> the metric on it."""
LIMITS: Mapping[str, tuple[str, Literal["least", "most"]]] = {
    "min_accuracy_percent": ("accuracy_ratio", "least"),
    "max_area_mm2": ("area_m2", "most"),
    "max_power_mw": ("power_w", "most"),
    "min_frames_per_s": ("frames_per_s", "least"),
    "max_energy_uj": ("energy_per_frame_j", "most"),
}
"""Limit -> the metric that it bounds and on which side."""
RANGES: Mapping[str, str] = {
    "only_prune_ratio": "prune_ratio",
    "only_weight_bits": "weight_bits",
    "only_activation_bits": "activation_bits",
    "only_subarray_rows": "subarray_rows",
    "only_subarray_cols": "subarray_cols",
    "only_accuracy_percent": "accuracy_ratio",
    "only_area_mm2": "area_m2",
    "only_power_mw": "power_w",
    "only_frames_per_s": "frames_per_s",
    "only_energy_uj": "energy_per_frame_j",
    "only_standby_uw": "standby_power_w",
}
"""Range filter -> the field or metric of the designs that it bounds on both sides."""


def design_of(values: Mapping[str, Any]) -> Design:
    """The design that flat values describe; what is missing has its default, and structure `none` prunes nothing.

    Raises:
        InputError: a value is out of range.
    """
    unpruned = {"prune_ratio": 0.0} if values.get("structure") == "none" else {}
    return parse_design(
        {
            **_present(values, ("network",)),
            "compression": {**_present(values, COMPRESSION_FIELDS), **unpruned},
            "hardware": _present(values, HARDWARE_FIELDS),
        }
    )


def values_of(design: Design) -> dict[str, Any]:
    """A design as flat values, by the names that widgets and the address use."""
    flat = {
        "network": design.network,
        **design.compression.model_dump(),
        **design.hardware.model_dump(include=set(HARDWARE_FIELDS)),
    }
    return {name: flat[name] for name in DESIGN_FIELDS}


def view_of(values: Mapping[str, Any]) -> View:
    """The view that flat values describe.

    Raises:
        InputError: a value is out of range.
    """
    return parse_record(View, _present(values, VIEW_FIELDS))


def weights_of(values: Mapping[str, Any]) -> Weights:
    """The weights that flat values describe.

    Raises:
        InputError: a value is out of range.
    """
    return parse_record(Weights, _present(values, WEIGHED))


def limits_of(view: View) -> dict[str, tuple[float | None, float | None]]:
    """Field or metric -> least and greatest value that the view lets through, in SI units: constraints and ranges together."""
    limits: dict[str, tuple[float | None, float | None]] = {}
    for name, (metric, side) in LIMITS.items():
        value = getattr(view, name)
        if value is not None:
            limits[metric] = (_si(metric, value), None) if side == "least" else (None, _si(metric, value))
    for name, field in RANGES.items():
        ends = getattr(view, name)
        if ends is not None:
            least, most = limits.get(field, (None, None))
            low, high = (_si(field, end) for end in ends)
            limits[field] = (low if least is None else max(low, least), high if most is None else min(high, most))
    return limits


def design_values(query: Mapping[str, str], offered: Mapping[str, Iterable[Any]]) -> dict[str, Any]:
    """Flat values of a design that an address's query gives; what `link_problems` tells of is left out.

    Args:
        query: name -> text, as the address gives them.
        offered: as in `link_problems`.
    """
    return {
        name: _leaf(_design_with({name: text}), name)
        for name, text in query.items()
        if name in DESIGN_FIELDS and not link_problems({name: text}, offered)
    }


def _si(field: str, value: float) -> float:
    return value / QUANTITIES[field].factor if field in QUANTITIES else value


def link_problems(query: Mapping[str, str], offered: Mapping[str, Iterable[Any]]) -> list[str]:
    """What in an address's query cannot be used, one line each; an empty list when all of it can.

    Args:
        query: name -> text, as the address gives them.
        offered: name -> the values that its control offers, where the control offers fewer than the schema.

    Returns:
        The product's one-line messages.
    """
    problems = []
    for name, text in query.items():
        try:
            _check_parameter(name, text, offered.get(name))
        except InputError as error:
            problems.append(str(error))
    return problems


def misfits(query: Mapping[str, str]) -> list[str]:
    """What in an address's query goes beyond the sub-array that the same query (or the default) has, one line each."""
    values = {**values_of(Design()), **{name: _number(text) for name, text in query.items()}}
    pairs = [("columns_per_sense_amplifier", "subarray_cols")]
    if values["compute_style"] == "crossbar":
        pairs.append(("active_rows", "subarray_rows"))
    return [
        str(InputError(name, f"does not fit {values[bound]} {bound}", got=values[name], allowed=f"1..{values[bound]}"))
        for name, bound in pairs
        if name in query
        and isinstance(values[name], int)
        and isinstance(values[bound], int)
        and values[name] > values[bound] > 0
    ]


def _check_parameter(name: str, text: str, offered: Iterable[Any] | None) -> None:
    if name not in (*DESIGN_FIELDS, *VIEW_FIELDS, *WEIGHED):
        raise InputError(
            name[:60], "unknown name in the link", got=text, allowed="names of design fields and of the view"
        )
    values = {name: text}
    record: BaseModel = (
        view_of(values) if name in VIEW_FIELDS else weights_of(values) if name in WEIGHED else _design_with(values)
    )
    if offered is not None and _leaf(record, name) not in offered:
        raise InputError(name, "is not offered", got=text, allowed=", ".join(map(str, offered)))


def _design_with(values: Mapping[str, str]) -> Design:
    """A design from texts: numbers are read as numbers."""
    return design_of({name: _number(text) for name, text in values.items()})


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _leaf(record: BaseModel, name: str) -> Any:
    return values_of(record)[name] if isinstance(record, Design) else getattr(record, name)


def _present(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}
