"""What a run may ask of its integer levels, whatever groups it removes: one sign per fragment, or few bit-planes.

Records and checks without torch; `held_levels` does what they ask for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sotexplore.design import Whole
from sotexplore.errors import InputError
from sotexplore.workload import Network


class Levels(BaseModel):
    """What the integer weights are held to: one of the two."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fragment_rows: Annotated[Whole, Field(ge=1, le=2048)] | None = None
    """Consecutive array rows of a filter whose weights share one sign (FORMS, ISCA 2021); of every layer."""
    planes: Annotated[Whole, Field(ge=1, le=7)] | None = None
    """Bit-planes that each filter uses, which it chooses; of the layers that have the run's own weight bits."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.fragment_rows is None) == (self.planes is None):
            raise InputError(
                "levels.fragment_rows", "stands beside planes or both are missing", got=self.fragment_rows,
                allowed="one of the two",
            )  # fmt: skip
        return self

    def rule(self) -> "LayerRule":
        """What a layer is held to that these are asked of."""
        return LayerRule(self.fragment_rows or 0, self.planes or 0)

    def inputs(self) -> dict[str, Any]:
        """What a checkpoint's key and row say."""
        return self.model_dump(exclude_none=True)


@dataclass(frozen=True)
class LayerRule:
    """What one layer is held to; 0 where it is not."""

    fragment_rows: int = 0
    planes: int = 0

    def facts(self) -> dict[str, int]:
        """The layer's entries in a checkpoint's row."""
        named = {"fragment_rows": self.fragment_rows, "planes": self.planes}
        return {name: value for name, value in named.items() if value}


def layer_rules(levels: Levels | None, network: Network, own_bits: frozenset[str]) -> dict[str, LayerRule]:
    """What each layer is held to, by name; layers that are free are left out.

    Args:
        levels: what the run asks for.
        network: the network.
        own_bits: layers whose weight bits are given for themselves; planes leave them alone, as they do the network's first
            and last layer where it fixes their bits.
    """
    if levels is None:
        return {}
    if levels.fragment_rows is not None:
        return {layer.name: levels.rule() for layer in network.layers}
    edges = {network.layers[0].name, network.layers[-1].name} if network.edge_weight_bits else set()
    free = [layer.name for layer in network.layers if layer.name not in edges | own_bits]
    return dict.fromkeys(free, levels.rule())


def check_levels(
    levels: Levels | None, rules: Mapping[str, LayerRule], bits: Mapping[str, int], own: Mapping[str, Levels]
) -> None:
    """Refuses what the weights' bits do not allow.

    Args:
        levels: what the run asks for of the whole network.
        rules: what each layer is held to, by name.
        bits: weight bits by layer name.
        own: what single layers are asked for, by name.

    Raises:
        InputError: as many planes as bits or more, weights of one bit, or no layer that planes are asked of.
    """
    if levels is not None and levels.planes is not None and not set(rules) - set(own):
        raise InputError(
            "levels.planes", "names no layer: all have weight bits of their own", got=levels.planes,
            allowed="a layer with the run's weight bits",
        )  # fmt: skip
    for name, rule in rules.items():
        field = f"per_layer.{name}.levels" if name in own else "levels"
        if rule.planes >= bits[name]:
            allowed = f"1..{bits[name] - 1}" if bits[name] > 1 else "weights of 2 bits or more"
            problem = f"is not below the weight bits {bits[name]}"
            raise InputError(f"{field}.planes", problem, got=rule.planes, allowed=allowed)
        if rule.fragment_rows and bits[name] == 1:
            problem = f"leaves one value to a fragment of {name}, whose weights are +1 or -1"
            raise InputError(
                f"{field}.fragment_rows", problem, got=rule.fragment_rows, allowed="weights of 2 bits or more"
            )
