"""The chain of bits: from which run's result another starts."""

from sotexplore.compression.recipe import PLAIN, Recipe
from sotexplore.compression.run import LayerPoint, Run

_FIRST_BITS, _FOUR_BITS, _THREE_BITS = 8, 4, 3


def predecessor(run: Run) -> Run | None:
    """The run whose result this one starts from: one step up the chain of bits; None for the first, 8-bit one.

    Few bit-planes are the last step of all, from the same bits with every plane; signs of fragments are held all along.

    Post-training quantization goes to its bits at once. Activations step down before weights, each along the recipe's
    `bit_steps` (bits between start from the next of these above); where the recipe has a `last_step`, what has fewer than
    4 bits starts at 4, or what has fewer than 3 at 3 where that is one of the steps.
    """
    point = run.compression
    if run.recipe is not None and run.recipe.method == "post-training":
        return None
    change = {} if _on_few_planes(run) else _bits_above(run)
    if change is None:
        return None
    plain = None if run.recipe is None else run.recipe.model_copy(update={"bit_error_ratio": 0.0, "last_step": None})
    return run.model_copy(
        update={
            "compression": point.model_copy(update=change),
            "recipe": plain,
            "levels": None if _on_few_planes(run) else run.levels,
            "per_layer": _layers_above(run, change),
        }
    )


def _on_few_planes(run: Run) -> bool:
    return run.levels is not None and run.levels.planes is not None


def _bits_above(run: Run) -> dict[str, int] | None:
    """The bits that are more one step up; None where there is none."""
    point, recipe = run.compression, run.recipe or PLAIN
    if recipe.last_step and (start := _start_of_last_step(recipe, min(point.weight_bits, point.activation_bits))):
        return {name: max(getattr(point, name), start) for name in ("weight_bits", "activation_bits")}
    if point.weight_bits < _FIRST_BITS:
        return {"weight_bits": recipe.steps_above(point.weight_bits)[-1]}
    if point.activation_bits < _FIRST_BITS:
        return {"activation_bits": recipe.steps_above(point.activation_bits)[-1]}
    return None


def _start_of_last_step(recipe: Recipe, bits: int) -> int | None:
    """The bits of both at which a last step to few bits starts; None from 4 bits on, where it is one like the others."""
    if bits < _THREE_BITS and _THREE_BITS in recipe.bit_steps:
        return _THREE_BITS
    return _FOUR_BITS if bits < _FOUR_BITS else None


def _layers_above(run: Run, change: dict[str, int]) -> dict[str, LayerPoint] | None:
    """The layers' own settings one step up: no layer has fewer bits there than the step."""
    bits, found = change.get("weight_bits"), {}
    for name, item in (run.per_layer or {}).items():
        own = item.weight_bits
        if bits is not None and own is not None:
            own = None if own < bits else own
        above = item.model_copy(update={"weight_bits": own})
        if above != LayerPoint():
            found[name] = above
    return found or None
