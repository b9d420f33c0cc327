"""The schemas of a design and of a space of designs: one for files, URL, widgets and the command line."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from sotexplore import catalogue
from sotexplore.errors import InputError

SCHEMA_VERSION = 1
Structure = Literal[
    "none", "filter", "shape", "filter+shape", "channel", "irregular", "tile", "tile-rows", "tile-columns", "column-proportional",
    "mixed",
]  # fmt: skip
SMALLER_STRUCTURES = ("filter", "shape", "filter+shape", "channel")
"""What they leave is a smaller dense matrix."""
TILE_STRUCTURES = ("tile", "tile-rows", "tile-columns", "column-proportional")
"""Cut by the weights that one sub-array holds."""
INNER_STRUCTURES = ("irregular", *TILE_STRUCTURES)
"""They leave zeros inside the matrix."""
PLANNED_STRUCTURES: tuple[Structure, ...] = ("none", *SMALLER_STRUCTURES, *INNER_STRUCTURES)  # type: ignore[assignment]
"""All but `mixed`, whose layers differ and which a checkpoint alone tells."""
ComputeStyle = Literal["and-count", "crossbar"]
Operand = Literal["streamed", "written"]
Schedule = Literal["sequential", "pipelined"]
Node = Literal[22, 32, 45, 65]
MAX_FILE_BYTES = 1_000_000
RecordT = TypeVar("RecordT", bound=BaseModel)


def _no_truth_value(allowed: str) -> BeforeValidator:
    def check(value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError(allowed)
        return value

    return BeforeValidator(check)


Whole = Annotated[int, _no_truth_value("a whole number")]
"""A whole number that is not `true` or `false`."""
Number = Annotated[float, _no_truth_value("a number")]
"""A number that is not `true` or `false`."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Compression(_Record):
    """What compression is asked to do: structure, removed share of weights, bits."""

    structure: Structure = "filter+shape"
    prune_ratio: Annotated[Number, Field(ge=0, lt=1)] = 0.9
    weight_bits: Annotated[Whole, Field(ge=1, le=8)] = 4
    activation_bits: Annotated[Whole, Field(ge=1, le=8)] = 4

    @model_validator(mode="after")
    def _structure_goes_with_ratio(self) -> Self:
        if self.structure == "none" and self.prune_ratio > 0:
            raise InputError(
                "compression.structure",
                "prunes nothing",
                got="none",
                allowed="a structure that prunes, or prune_ratio 0",
            )
        return self


class Hardware(_Record):
    """What the chip is made of. Sizes in cells, node in nm, area in m2."""

    compute_style: ComputeStyle = "and-count"
    node_nm: Node = 45
    cell: Annotated[str, Field(min_length=1, max_length=60)] = "sot-69f2"
    subarray_rows: Annotated[Whole, Field(ge=32, le=2048)] = 256
    subarray_cols: Annotated[Whole, Field(ge=32, le=2048)] = 512
    columns_per_sense_amplifier: Annotated[Whole, Field(ge=1, le=64)] = 1
    adc_bits: Annotated[Whole, Field(ge=1, le=12)] = 5
    active_rows: Annotated[Whole, Field(ge=1, le=2048)] = 128
    operand: Operand = "streamed"
    schedule: Schedule = "pipelined"
    area_budget_m2: Annotated[Number, Field(gt=0, allow_inf_nan=False)] | None = None
    packing: bool = False
    """Small layers share sub-arrays (sequential schedule)."""

    @model_validator(mode="after")
    def _sizes_agree(self) -> Self:
        if self.subarray_cols % self.columns_per_sense_amplifier:
            raise InputError(
                "hardware.columns_per_sense_amplifier",
                "does not divide the sub-array's columns",
                got=self.columns_per_sense_amplifier,
                allowed=f"a divisor of {self.subarray_cols}",
            )
        if self.packing and self.schedule == "pipelined":
            raise InputError(
                "hardware.packing",
                "layers of a pipeline work at once and share no sub-array",
                got="true",
                allowed="false, or schedule: sequential",
            )
        return self


class Tile(_Record):
    """The sub-array whose weights are a tile of pruning: its size in cells, and the weight bits at which it is filled."""

    compute_style: ComputeStyle = "crossbar"
    subarray_rows: Annotated[Whole, Field(ge=32, le=2048)] = 128
    subarray_cols: Annotated[Whole, Field(ge=32, le=2048)] = 128
    weight_bits: Annotated[Whole, Field(ge=1, le=8)] = 4


class Design(_Record):
    """One design: a network, how it is compressed (or the checkpoint that holds it), and the hardware."""

    schema_version: Literal[1] = 1
    network: str = "lenet5-mnist"
    compression: Compression = Compression()
    checkpoint: Annotated[str, Field(pattern=r"^[0-9a-f]{8,64}$")] | None = None
    hardware: Hardware = Hardware()

    @model_validator(mode="before")
    @classmethod
    def _checkpoint_stands_alone(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and data.get("checkpoint") is not None and data.get("compression") is not None:
            raise InputError(
                "checkpoint", "stands beside compression", got=data["checkpoint"], allowed="one of the two"
            )
        return data

    @model_validator(mode="after")
    def _network_is_known(self) -> Self:
        catalogue.network(self.network)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The design as plain data, as a file holds it."""
        data = self.model_dump(mode="json", exclude_none=False)
        data.pop("compression" if self.checkpoint else "checkpoint")
        if not self.hardware.packing:
            data["hardware"].pop("packing")
        return data

    def to_yaml(self) -> str:
        """The design as a YAML file's text."""
        return yaml.safe_dump(self.to_dict(), sort_keys=False)

    def to_json(self) -> str:
        """The design as a JSON file's text."""
        return json.dumps(self.to_dict(), indent=2) + "\n"


def parse_design(data: object) -> Design:
    """A design from plain data.

    Raises:
        InputError: unknown key, wrong type, or value out of range; the message names the field.
    """
    return parse_record(Design, data)


def load_design(path: Path | str) -> Design:
    """A design from a YAML or JSON file.

    Raises:
        InputError: file missing, too large, not YAML, or not a design.
    """
    return parse_design(read_mapping(path))


def read_mapping(path: Path | str) -> dict[str, Any]:
    """The mapping that a YAML or JSON file holds.

    Raises:
        InputError: file missing, over a megabyte, not text, not YAML, or not a mapping.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("file", "does not exist", got=path, allowed="a YAML or JSON file")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise InputError("file", "is too large", got=f"{path.stat().st_size} bytes", allowed=f"{MAX_FILE_BYTES} bytes")
    try:
        text = path.read_text(encoding="utf-8")
    except (ValueError, OSError) as error:
        raise InputError("file", "is not YAML or JSON", got=f"{path}: {error}", allowed="YAML or JSON text") from None
    return parse_mapping(text, str(path))


def parse_mapping(text: str, name: str) -> dict[str, Any]:
    """The mapping that YAML or JSON text holds.

    Args:
        text: of a file.
        name: of that file, for messages.

    Raises:
        InputError: not YAML, or not a mapping.
    """
    try:
        data = yaml.load(text, _Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError("file", "is not YAML or JSON", got=f"{name}: {error}", allowed="YAML or JSON text") from None
    if not isinstance(data, dict):
        raise InputError(
            "file", "does not hold a mapping", got=f"{name}: {type(data).__name__}", allowed="keys and values"
        )
    return data


def parse_record(model: type[RecordT], data: object) -> RecordT:
    """`data` as a record of type `model`, with pydantic's complaint put in the product's form.

    Raises:
        InputError: names the first offending field, its value and what is allowed.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _input_error(model, error) from None


class _Loader(yaml.SafeLoader):
    """Plain data only, each key once, no aliases (which could unfold without end)."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = [key for index, key in enumerate(keys) if key in keys[:index]]
        if repeated:
            raise yaml.YAMLError(f"the key {repeated[0]} is given twice")
        return super().construct_mapping(node, deep=deep)


def _input_error(model: type[BaseModel], error: ValidationError) -> InputError:
    first = error.errors(include_url=False)[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        return InputError(_absolute(cause.field, first["loc"]), cause.problem, got=cause.got, allowed=cause.allowed)
    field = ".".join(str(part) for part in first["loc"]) or "document"
    if first["type"] == "extra_forbidden":
        return InputError(
            field, "unknown key", got=field.rsplit(".", 1)[-1], allowed=", ".join(_keys_at(model, first["loc"]))
        )
    if first["type"] in ("model_type", "model_attributes_type", "dict_type"):
        named = first["type"] == "dict_type"
        keys = "names" if named else ", ".join(_keys_at(model, (*first["loc"], "")))
        return InputError(field, "is no mapping", got=first["input"], allowed=f"a mapping of {keys}")
    given = first["input"]
    got = "nothing" if first["type"] == "missing" else repr(given) if isinstance(given, str) else given
    return InputError(
        field, _problem(first["type"]), got=got, allowed=_range(model, first["loc"]) or _allowed(first["msg"])
    )


def _absolute(field: str, location: tuple[int | str, ...]) -> str:
    """A field as a record's own check names it, from the root: what is above the record stands before it."""
    above = [str(part) for part in location]
    own = field.partition(".")[0]
    return ".".join([*(above[: above.index(own)] if own in above else above), field])


def _allowed(message: str) -> str:
    """Pydantic's sentence as what completes "allowed"."""
    if message == "Field required":
        return "a value"
    return re.sub(r"^(Value error, |Input should be |\w+ should have )| after validation, not \d+$", "", message)


def _range(model: type[BaseModel], location: tuple[int | str, ...]) -> str:
    """The interval that the field's schema states, as text; empty where it states none."""
    if not location or str(location[-1]) not in (record := _record_at(model, location)).model_fields:
        return ""
    bounds: dict[str, Any] = {}
    for item in record.model_fields[str(location[-1])].metadata:
        bounds |= {name: getattr(item, name) for name in ("ge", "gt", "le", "lt") if hasattr(item, name)}
    if "ge" in bounds and "le" in bounds:
        return f"{bounds['ge']}..{bounds['le']}"
    signs = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
    return ", ".join(f"{signs[name]} {value}" for name, value in bounds.items())


def _problem(kind: str) -> str:
    return {"missing": "is missing", "value_error": "does not fit"}.get(kind, "invalid value")


def _keys_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    return list(_record_at(model, location).model_fields)


def _record_at(model: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel]:
    """The record that holds the last part of a location; a name in a mapping of records is one of them."""
    for part in location[:-1]:
        given = model.model_fields[str(part)].annotation if str(part) in model.model_fields else None
        for inner in _types_in(given):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                model = inner
    return model


def _types_in(annotation: Any) -> Iterator[Any]:
    """A type and those that it is made of."""
    yield annotation
    for inner in get_args(annotation):
        yield from _types_in(inner)
