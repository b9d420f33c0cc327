"""What a checkpoint depends on, from which its key is made: what is at its default is no part of it."""

from typing import Any

from sotexplore.compression import recipe as recipes
from sotexplore.compression.run import Budget, Run

RECIPE_VERSION = 1
"""Raised whenever the same inputs would train to something else, but for arithmetic that only rounds sums elsewhere."""


def dense_inputs(run: Run) -> dict[str, Any]:
    """What the dense network of a run depends on."""
    assert run.epochs is not None and run.recipe is not None
    plain = {
        "kind": "dense",
        "recipe": RECIPE_VERSION,
        "network": run.network,
        "seed": run.seed,
        "epochs": run.epochs.dense,
    }
    return plain | recipes.dense_inputs(run.recipe) | _subset_inputs(run)


def run_inputs(run: Run) -> dict[str, Any]:
    """What a compressed checkpoint depends on."""
    assert run.epochs is not None and run.recipe is not None
    compression = run.compression.model_dump(mode="json")
    if run.budget is not None or run.compression.structure == "mixed":
        compression.pop("prune_ratio")
    elif run.compression.prune_ratio == 0:
        compression["structure"] = "none"
    plain = {
        "kind": "compressed",
        "recipe": RECIPE_VERSION,
        "network": run.network,
        "seed": run.seed,
        "epochs": run.epochs.model_dump(),
        "compression": compression,
    }
    return (
        plain
        | recipes.inputs(run.recipe, min(run.compression.weight_bits, run.compression.activation_bits))
        | _subset_inputs(run)
        | _budget_inputs(run)
        | _layer_inputs(run)
        | _level_inputs(run)
    )


def _subset_inputs(run: Run) -> dict[str, Any]:
    return {} if run.train_images is None else {"train_images": run.train_images}


def _budget_inputs(run: Run) -> dict[str, Any]:
    """The budget, without what takes no sub-array: bits of activations, and layers' own floors where there are none."""
    if run.budget is None:
        return {}
    counted = run.budget.model_copy(update={"activation_bits": Budget.model_fields["activation_bits"].default})
    return {"budget": counted.model_dump(exclude={"floors"} if counted.floors is None else None)}


def _level_inputs(run: Run) -> dict[str, Any]:
    return {} if run.levels is None else {"levels": run.levels.inputs()}


def _layer_inputs(run: Run) -> dict[str, Any]:
    """Tile and the layers' own settings, where there are any."""
    tile = {} if run.tile is None or not _prunes(run) else {"tile": run.tile.model_dump()}
    if run.per_layer is None:
        return tile
    own = {name: item.model_dump(exclude_defaults=True) for name, item in run.per_layer.items()}
    return tile | {"per_layer": own}


def _prunes(run: Run) -> bool:
    return run.compression.structure == "mixed" or run.compression.prune_ratio > 0
