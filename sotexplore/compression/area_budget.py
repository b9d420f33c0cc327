"""A chip area as budget of a run file, which becomes a number of sub-arrays as the file is read."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sotexplore import catalogue
from sotexplore.compression.run import Run
from sotexplore.design import Hardware, Number, Whole, parse_record
from sotexplore.errors import InputError


class AreaBudget(BaseModel):
    """The area of a chip with one copy of each layer, none shared, and the hardware that the chip is made of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    area_m2: Annotated[Number, Field(gt=0, allow_inf_nan=False)]
    hardware: Hardware = Hardware()
    weight_bits: Annotated[Whole, Field(ge=1, le=8)] | None = None
    """None: those of the run."""
    activation_bits: Annotated[Whole, Field(ge=1, le=8)] | None = None
    """None: those of the run."""
    floor_ratio: Annotated[Number, Field(ge=0, le=1)] = 0.0
    floors: dict[str, Annotated[Number, Field(ge=0, le=1)]] | None = None
    """Both as of a budget in sub-arrays."""

    @model_validator(mode="after")
    def _one_copy_of_streamed_operands(self) -> Self:
        for name, value, allowed in (
            ("operand", self.hardware.operand, "streamed"),
            ("packing", self.hardware.packing, False),
            ("area_budget_m2", self.hardware.area_budget_m2, None),
        ):
            if value != allowed:
                raise InputError(
                    f"budget.hardware.{name}", "does not go with budget.area_m2", got=value,
                    allowed="left out" if allowed is None else str(allowed).lower(),
                )  # fmt: skip
        return self


class _Asked(BaseModel):
    """For messages that name the field as a run file does."""

    budget: AreaBudget


SubarraysOfArea = Callable[[Run, AreaBudget], int]
"""Run, and budget with its bits filled in, to the sub-arrays that a chip of that area has room for."""


def with_subarrays(data: Mapping[str, Any], subarrays_of_area: SubarraysOfArea | None) -> dict[str, Any]:
    """A run's plain data with an area in its budget replaced by the number of sub-arrays that it has room for.

    Raises:
        InputError: not such a budget, less area than the layers' floors take, or nobody here who knows areas.
    """
    given = data.get("budget")
    if not isinstance(given, Mapping) or "area_m2" not in given:
        return dict(data)
    for name in ("subarrays", "subarrays_ratio"):
        if given.get(name) is not None:
            raise InputError(f"budget.{name}", "stands beside area_m2", got=given[name], allowed="one of the two")
    if subarrays_of_area is None:
        raise InputError("budget.area_m2", "is for run files", got=given["area_m2"], allowed="subarrays")
    run, budget = parse_record(Run, dict(data) | {"budget": None}), parse_record(_Asked, {"budget": given}).budget
    catalogue.network(run.network)
    bits = {
        name: getattr(run.compression if getattr(budget, name) is None else budget, name)
        for name in ("weight_bits", "activation_bits")
    }
    number = subarrays_of_area(run, budget.model_copy(update=bits))
    counted = {name: getattr(budget.hardware, name) for name in ("compute_style", "subarray_rows", "subarray_cols")}
    return dict(data) | {
        "budget": {"subarrays": number, "floor_ratio": budget.floor_ratio, "floors": budget.floors} | counted | bits
    }
