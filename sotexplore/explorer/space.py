"""A space of designs: for every field of a design a value, a list, or {start, stop, step}."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sotexplore.design import Compression, Design, Hardware, parse_design, read_mapping
from sotexplore.errors import InputError

MAX_DESIGNS = 5_000_000
COMPRESSION_FIELDS = tuple(Compression.model_fields)
HARDWARE_FIELDS = tuple(Hardware.model_fields)
_MAX_STEPS = 10_000


@dataclass(frozen=True)
class Space:
    """The product of all axes: networks x (compression settings or checkpoints) x hardware.

    Every value was checked against the design's schema. `compressions` holds settings or checkpoint keys.
    """

    networks: tuple[str, ...]
    compressions: tuple[Compression | str, ...]
    hardware_axes: Mapping[str, tuple[Any, ...]]

    @property
    def size(self) -> int:
        """Designs in the space."""
        return len(self.networks) * len(self.compressions) * self.n_hardware

    @property
    def n_hardware(self) -> int:
        """Hardware settings in the space."""
        return prod(len(values) for values in self.hardware_axes.values())

    def hardware_columns(self) -> dict[str, NDArray[Any]]:
        """Every hardware setting, one array per field, all of length `n_hardware`."""
        sizes = [len(values) for values in self.hardware_axes.values()]
        indices = np.indices(sizes).reshape(len(sizes), -1)
        return {
            field: _axis_array(field, values)[index]
            for (field, values), index in zip(self.hardware_axes.items(), indices, strict=True)
        }


def load_space(path: Path | str) -> Space:
    """A space from a YAML or JSON file.

    Raises:
        InputError: see `parse_space`.
    """
    return parse_space(read_mapping(path))


def parse_space(data: Mapping[str, Any]) -> Space:
    """A space from plain data laid out as a design file.

    Raises:
        InputError: unknown key, a value that no design may have, an empty list, too many designs.
    """
    body = dict(data)
    sections = {name: _section(body, name) for name in ("compression", "hardware")}
    parse_design(
        {key: value for key, value in body.items() if key not in ("network", "checkpoint")} | _firsts(sections)
    )
    networks = _values("network", body.get("network", Design().network))
    if "checkpoint" in body and body["checkpoint"] is not None:
        if sections["compression"]:
            raise InputError(
                "checkpoint", "does not go with compression", got=body["checkpoint"], allowed="one of the two"
            )
        compressions: tuple[Compression | str, ...] = tuple(
            _key(item) for item in _values("checkpoint", body["checkpoint"])
        )
    else:
        compressions = _compressions(sections["compression"])
    axes = _hardware_axes(sections["hardware"])
    for name in networks:
        parse_design({"network": name})
    space = Space(tuple(networks), compressions, axes)
    if space.size > MAX_DESIGNS:
        raise InputError("space", "holds too many designs", got=space.size, allowed=f"1..{MAX_DESIGNS}")
    return space


def _section(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = body.get(name) or {}
    if not isinstance(section, Mapping):
        raise InputError(name, "is not a mapping", got=section, allowed="keys and values")
    return dict(section)


def _firsts(sections: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """The sections with known keys dropped, so that parsing them finds the unknown ones."""
    known = {"compression": COMPRESSION_FIELDS, "hardware": HARDWARE_FIELDS}
    return {name: {key: None for key in section if key not in known[name]} for name, section in sections.items()}


def _compressions(section: Mapping[str, Any]) -> tuple[Compression, ...]:
    defaults = Compression().model_dump()
    axes = [_values(f"compression.{name}", section.get(name, defaults[name])) for name in COMPRESSION_FIELDS]
    settings = []
    for values in product(*axes):
        chosen = dict(zip(COMPRESSION_FIELDS, values, strict=True))
        if chosen["prune_ratio"] == 0:
            chosen["structure"] = "none"
        settings.append(parse_design({"compression": chosen}).compression)
    return tuple(dict.fromkeys(settings))


def _hardware_axes(section: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    defaults = Hardware().model_dump()
    axes = {name: _values(f"hardware.{name}", section.get(name, defaults[name])) for name in HARDWARE_FIELDS}
    for name, values in axes.items():
        for value in values:
            parse_design({"hardware": {name: value} | _partner(name)})
    return {
        name: tuple(
            getattr(parse_design({"hardware": {name: value} | _partner(name)}).hardware, name) for value in values
        )
        for name, values in axes.items()
    }


def _partner(name: str) -> dict[str, Any]:
    """Companion values that let one field be checked alone: 1 column divides everything, packing needs `sequential`."""
    partner = {} if name == "columns_per_sense_amplifier" else {"columns_per_sense_amplifier": 1}
    return partner | ({"schedule": "sequential"} if name == "packing" else {})


def _values(field: str, given: Any) -> tuple[Any, ...]:
    if isinstance(given, Mapping):
        return _range(field, given)
    values = tuple(given) if isinstance(given, list | tuple) else (given,)
    if not values:
        raise InputError(field, "is an empty list", got=given, allowed="at least one value")
    return tuple(dict.fromkeys(values)) if all(not isinstance(value, list | dict) for value in values) else values


def _range(field: str, given: Mapping[str, Any]) -> tuple[float | int, ...]:
    if set(given) != {"start", "stop", "step"} or not all(
        isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)
        for value in given.values()
    ):
        raise InputError(field, "is not a range", got=dict(given), allowed="{start, stop, step}, all numbers")
    start, stop, step = given["start"], given["stop"], given["step"]
    if step <= 0 or stop < start or (stop - start) / step > _MAX_STEPS:
        raise InputError(
            field, "is not a range", got=dict(given), allowed=f"start <= stop, step > 0, at most {_MAX_STEPS} steps"
        )
    count = int((stop - start) / step + 1e-9) + 1
    whole = all(isinstance(value, int) for value in (start, stop, step))
    return tuple(start + index * step if whole else round(start + index * step, 12) for index in range(count))


def _key(value: Any) -> str:
    return str(parse_design({"checkpoint": value}).checkpoint)


def _axis_array(field: str, values: tuple[Any, ...]) -> NDArray[Any]:
    if field == "area_budget_m2":
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return np.array(values)
