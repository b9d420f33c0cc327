"""The chain of bits: from which run's result another starts."""

from typing import Any

from sotexplore import catalogue
from sotexplore.compression.recipe import PLAIN, Recipe
from sotexplore.compression.run import LayerPoint, Run

_FIRST_BITS, _FOUR_BITS, _THREE_BITS = 8, 4, 3


def predecessor(run: Run) -> Run | None:
    """The run whose result this one starts from: one step up the chain of bits; None for the first, 8-bit one.

    Few bit-planes are the last step of all, from the same bits with every plane; signs of fragments are held all along.

    Post-training quantization goes to its bits at once. Activations step down before weights, each along the recipe's
    `bit_steps` (bits between start from the next of these above), weights of layers with fewer bits of their own by as many steps; where
    the recipe has a `last_step`, what has fewer than 4 bits starts at 4, or what has fewer than 3 at 3 where that is one of the
    steps.
    """
    if run.recipe is not None and run.recipe.method == "post-training":
        return None
    change: dict[str, Any] | None = _with_all_planes(run) if _on_few_planes(run) else _bits_above(run)
    if change is None:
        return None
    plain = None if run.recipe is None else run.recipe.model_copy(update={"bit_error_ratio": 0.0, "last_step": None})
    return run.model_copy(update=change | {"recipe": plain})


def _on_few_planes(run: Run) -> bool:
    """Whether a filter of the run is held to few bit-planes."""
    asked = [run.levels, *(item.levels for item in (run.per_layer or {}).values())]
    return any(item is not None and item.planes is not None for item in asked)


def _with_all_planes(run: Run) -> dict[str, Any]:
    """What changes of a run that is held to few planes where all are there."""
    free = run.levels is None or run.levels.planes is not None
    layers = {
        name: item.model_copy(update={"levels": None}) if item.levels is not None and item.levels.planes else item
        for name, item in (run.per_layer or {}).items()
    }
    return {"levels": None if free else run.levels, "per_layer": _stated(layers)}


def _bits_above(run: Run) -> dict[str, Any] | None:
    """What changes of a run one step up in bits; None where there is none."""
    point, recipe = run.compression, run.recipe or PLAIN
    least = 0
    if recipe.last_step and (start := _start_of_last_step(recipe, min(point.weight_bits, point.activation_bits))):
        least = start
        bits = {name: max(getattr(point, name), start) for name in ("weight_bits", "activation_bits")}
    elif point.weight_bits < _FIRST_BITS:
        bits = {"weight_bits": recipe.steps_above(point.weight_bits)[-1]}
    elif any(
        item.weight_bits is not None and item.weight_bits < _FIRST_BITS for item in (run.per_layer or {}).values()
    ):
        bits = {}
    elif point.activation_bits < _FIRST_BITS:
        bits = {"activation_bits": recipe.steps_above(point.activation_bits)[-1]}
    else:
        return None
    above = point.model_copy(update=bits)
    return {"compression": above, "per_layer": _layers_above(run, recipe, above.weight_bits, least)}


def _start_of_last_step(recipe: Recipe, bits: int) -> int | None:
    """The bits of both at which a last step to few bits starts; None from 4 bits on, where it is one like the others."""
    if bits < _THREE_BITS and _THREE_BITS in recipe.bit_steps:
        return _THREE_BITS
    return _FOUR_BITS if bits < _FOUR_BITS else None


def _layers_above(run: Run, recipe: Recipe, weight_bits: int, least: int) -> dict[str, LayerPoint] | None:
    """The layers' own settings where the others have `weight_bits`: what has fewer goes up a step too, and to `least` bits."""
    network, found = catalogue.network(run.network), {}
    for name, item in (run.per_layer or {}).items():
        own = item.weight_bits
        if own is not None and own < max(weight_bits, least):
            own = max(recipe.steps_above(own)[-1], least)
        if own == network.weight_bits(network.index(name), weight_bits):
            own = None
        found[name] = item.model_copy(update={"weight_bits": own})
    return _stated(found)


def _stated(layers: dict[str, LayerPoint]) -> dict[str, LayerPoint] | None:
    """The layers that differ from the network's others; None where none does."""
    return {name: item for name, item in layers.items() if item != LayerPoint()} or None
