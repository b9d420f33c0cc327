"""A view as short text for an address: what differs from the defaults, compressed, with a version in front.

The text is `1` and the URL-safe base64 of a zlib stream with a preset dictionary. `1` is the version of what is inside:
`[design, view, pins]`, each design and the view as field -> value for what differs from the defaults, each pin as
`[name, checkpoint's key, design]`. The dictionary belongs to the version and never changes with it.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sotexplore.design import Design, parse_design
from sotexplore.errors import InputError
from sotexplore.ui import state

LINK, PINS = "s", "pins"
"""Names in the address: a whole view, and the pins alone."""
VERSION = "1"
MAX_CHARACTERS = 4000
MAX_BYTES = 40_000
MAX_PINS = 6
MAX_NAME = 60
SHORT_KEY = 8
"""Digits of a checkpoint's key that a pin carries."""
_DICTIONARY = (
    b'"only_standby_uw":["only_energy_uj":["only_frames_per_s":["only_power_mw":["only_area_mm2":["only_accuracy_percent":['
    b'"only_subarray_cols":["only_subarray_rows":["only_activation_bits":["only_weight_bits":["only_prune_ratio":['
    b'"more_networks":["bands":true"by_style":true"space":"unreliable":true"between":true"front_only":true"log_x":false'
    b'"log_y":true"x":"Energy""y":"Power""Frame rate""Latency""Standby power""Sub-arrays""max_energy_uj":"max_power_mw":'
    b'"area_budget_m2":"checkpoint":"reram-"stt-"sram-"sot-wafer-2024"cell":"vgg16-imagenet"resnet50-imagenet"'
    b'"resnet18-imagenet"resnet18-cifar10"vgg16-cifar10"vgg8-cifar10"digits-cnn"resnet20-cifar10"network":"'
    b'"operand":"written","active_rows":64,"adc_bits":8,"columns_per_sense_amplifier":8,"schedule":"sequential",'
    b'"node_nm":22,"node_nm":32,"node_nm":65,"structure":"none","structure":"shape","structure":"filter",'
    b'"min_frames_per_s":1000.0,"max_area_mm2":1.0,"min_accuracy_percent":99.0,"compute_style":"crossbar",'
    b'"subarray_cols":1024,"subarray_rows":1024,"subarray_cols":128,"subarray_rows":128,"subarray_cols":256,'
    b'"activation_bits":2,"weight_bits":2,"activation_bits":8,"weight_bits":8,"prune_ratio":0.95,"prune_ratio":0.98,'
    b'"prune_ratio":0.0,"prune_ratio":0.5,"prune_ratio":0.8,[{},{},[]]'
)
"""Of version 1; what stands last is found cheapest."""


@dataclass(frozen=True)
class Pin:
    """A design kept for comparison."""

    name: str
    design: Design
    checkpoint: str | None = None
    """First digits of the key of the checkpoint that answered when it was pinned."""


@dataclass(frozen=True)
class Shared:
    """What a link carries; of a link that was opened, what could be kept, and one line for each thing that could not."""

    design: Mapping[str, Any] = field(default_factory=dict)
    """Flat values that differ from the default design."""
    view: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the view that differ from the default view."""
    pins: tuple[Pin, ...] = ()
    problems: tuple[str, ...] = ()


def encode(*, design: Mapping[str, Any], view: Mapping[str, Any], pins: Sequence[Pin] = ()) -> str:
    """The text of a design, a view and pins.

    Args:
        design: flat values (see `state.values_of`); those of the default design are left out.
        view: fields of `state.View`; likewise.
        pins: at most six.
    """
    listed = [[pin.name, pin.checkpoint, design_changes(pin.design)] for pin in pins]
    content = [_changes(design, state.values_of(Design())), view_changes(view), listed]
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_DEFAULT_STRATEGY, _DICTIONARY)
    raw = json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    return VERSION + base64.urlsafe_b64encode(packer.compress(raw) + packer.flush()).decode().rstrip("=")


def decode(text: str, offered: Mapping[str, Iterable[Any]]) -> Shared:
    """What the text carries; never raises.

    Args:
        text: as `encode` made it, or anything.
        offered: field -> the values that its control offers, where the control offers fewer than the schema.
    """
    try:
        design, view, pins = _content(text)
    except InputError as error:
        return Shared(problems=(str(error),))
    problems: list[str] = []
    kept = _kept_design(design, offered, problems)
    shown = _kept_view(view, problems)
    return Shared(kept, shown, _kept_pins(pins, problems), tuple(problems))


def design_changes(design: Design) -> dict[str, Any]:
    """A design as flat fields, those that differ from the default design; also those without a control."""
    return _changes(_flat(design), _flat(Design()))


def design_with(changes: Mapping[str, Any]) -> Design:
    """The design of `design_changes`.

    Raises:
        InputError: a field is unknown or out of range.
    """
    flat = {name: changes[name] for name in changes if name not in ("checkpoint", "area_budget_m2")}
    unknown = next((name for name in flat if name not in state.DESIGN_FIELDS), None)
    if unknown is not None:
        raise InputError(unknown[:60], "unknown field", got=changes[unknown], allowed=", ".join(state.DESIGN_FIELDS))
    data = state.design_of(flat).to_dict()
    if "area_budget_m2" in changes:
        data["hardware"]["area_budget_m2"] = changes["area_budget_m2"]
    if changes.get("checkpoint") is not None:
        del data["compression"]
        data["checkpoint"] = changes["checkpoint"]
    return parse_design(data)


def view_changes(view: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a view that differ from the default view, as plain data."""
    default = state.View().model_dump(mode="json")
    return _changes(state.view_of(view).model_dump(mode="json"), default)


def _flat(design: Design) -> dict[str, Any]:
    flat = {**state.values_of(design), "area_budget_m2": design.hardware.area_budget_m2}
    if design.checkpoint is None:
        return flat
    return {name: value for name, value in flat.items() if name not in state.COMPRESSION_FIELDS} | {
        "checkpoint": design.checkpoint
    }


def _changes(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in defaults or value != defaults[name]}


def _content(text: str) -> tuple[Any, Any, Any]:
    if len(text) > MAX_CHARACTERS:
        raise InputError("link", "is too long", got=f"{len(text)} characters", allowed=f"{MAX_CHARACTERS} characters")
    if not text.startswith(VERSION):
        raise InputError("link", "is of another version", got=text[:1] or "nothing", allowed=VERSION)
    try:
        packed = base64.b64decode(text[1:] + "=" * (-len(text[1:]) % 4), altchars=b"-_", validate=True)
        opener = zlib.decompressobj(zlib.MAX_WBITS, zdict=_DICTIONARY)
        raw = opener.decompress(packed, MAX_BYTES)
        if not opener.eof or opener.unused_data:
            raise ValueError
        design, view, pins = json.loads(raw)
    except (ValueError, TypeError, RecursionError, binascii.Error, zlib.error):
        raise InputError(
            "link", "is cut short or damaged, nothing of it could be kept", got=text, allowed="a whole link"
        ) from None
    return design, view, pins


def _kept_design(given: Any, offered: Mapping[str, Iterable[Any]], problems: list[str]) -> dict[str, Any]:
    """The values of a design that can be had, each by itself and then together."""
    if not isinstance(given, dict):
        problems.append(str(InputError("design", "is no mapping", got=given, allowed="fields and values")))
        return {}
    kept = {}
    for name, value in given.items():
        told = (
            state.link_problems({name: _text(value)}, offered) if name in state.DESIGN_FIELDS else _unknown(name, value)
        )
        problems += told
        if not told:
            kept[name] = value
    return _fitting(kept, problems)


def _fitting(kept: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    """The values without those that do not go with the others."""
    try:
        values = state.values_of(state.design_of(kept))
    except InputError as error:
        problems.append(str(error))
        field = error.field.rsplit(".", 1)[-1]
        left = {name: value for name, value in kept.items() if name != field}
        return _fitting(left, problems) if len(left) < len(kept) else {}
    return {name: values[name] for name in kept}


def _kept_view(given: Any, problems: list[str]) -> dict[str, Any]:
    if not isinstance(given, dict):
        problems.append(str(InputError("view", "is no mapping", got=given, allowed="fields and values")))
        return {}
    kept = {}
    for name, value in given.items():
        try:
            if name not in state.VIEW_FIELDS:
                raise InputError(name[:60], "unknown name", got=value, allowed="fields of the view")
            kept[name] = getattr(state.view_of({name: value}), name)
        except InputError as error:
            problems.append(str(error))
    return kept


def _kept_pins(given: Any, problems: list[str]) -> tuple[Pin, ...]:
    if not isinstance(given, list):
        problems.append(str(InputError("pins", "is no list", got=given, allowed="pinned designs")))
        return ()
    if len(given) > MAX_PINS:
        problems.append(str(InputError("pins", "are too many", got=len(given), allowed=f"the first {MAX_PINS}")))
    kept = []
    for item in given[:MAX_PINS]:
        try:
            kept.append(_pin(item))
        except InputError as error:
            problems.append(f"pin: {error}")
    return tuple(kept)


def _pin(given: Any) -> Pin:
    match given:
        case [str(name), None | str() as key, dict(changes)]:
            return Pin(name[:MAX_NAME], design_with(changes), key[:SHORT_KEY] if key else None)
    raise InputError("pins", "is no pin", got=given, allowed="name, checkpoint, design")


def _unknown(name: str, value: Any) -> list[str]:
    return [str(InputError(name[:60], "unknown name", got=value, allowed="fields of the design"))]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
