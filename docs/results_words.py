"""How the results page calls things, and how it writes numbers."""

import math
from collections.abc import Callable, Mapping

from sotexplore.explorer.results import Option, Point

TITLES = {
    "digits-cnn": "digits-cnn on scikit-learn's digits", "lenet5-mnist": "LeNet-5 on MNIST", "resnet20-cifar10": "ResNet-20 on CIFAR-10",
    "vgg8-cifar10": "VGG-8 on CIFAR-10", "vgg16-cifar10": "VGG-16 on CIFAR-10", "resnet18-cifar10": "ResNet-18 on CIFAR-10",
}  # fmt: skip
RATIOS = {
    "weights_ratio": "weights", "storage_ratio": "storage", "operations_ratio": "operations", "subarrays_ratio": "sub-arrays",
}  # fmt: skip
METHODS = {
    "admm": "ADMM", "magnitude": "magnitude", "group-lasso": "group lasso", "post-training": "ADMM pruning, post-training quantization",
}  # fmt: skip

OPTIONS: Mapping[Option, Callable[[Point], str]] = {
    "bounded_steps": lambda point: "weight steps in reach",
    "residual_bits": lambda point: f"residual adds at {point.residual_bits} bits",
    "bit_steps": lambda point: f"by way of {', '.join(map(str, point.inputs['bit_steps']))} bits",
}


def rule(point: Point) -> str:
    """What a point's levels follow, in words."""
    if "planes" in point.levels:
        return f"{point.levels['planes']} of {point.row['weight_bits']} planes"
    return f"one sign per {point.levels['fragment_rows']} rows"


def level_words(point: Point) -> str:
    """How much of a point was pruned, and by which budget."""
    row, budget = point.row, point.row.get("budget")
    share = "nothing" if row["prune_ratio"] == 0 else f"{100 * row['prune_ratio']:.1f} %"
    if not budget:
        return share
    size = f"{budget['subarray_rows']}x{budget['subarray_cols']}"
    asked = (
        f"{budget['subarrays']} sub-arrays"
        if budget["subarrays"]
        else f"{budget['subarrays_ratio']:g}× fewer sub-arrays"
    )
    return f"{share}: {asked} of {size} at {budget['weight_bits']} bits"


def accuracy(ratio: float) -> str:
    """A share of images as text."""
    return f"{100 * ratio:.2f} %"


def measured(point: Point, *, seeds: bool = True) -> str:
    """A point's accuracy with spread, marks and number of seeds."""
    spread = "" if point.spread_ratio is None else f" ± {100 * point.spread_ratio:.2f}"
    count = f" ({len(point.rows)} seed{'s' if len(point.rows) > 1 else ''})" if seeds else ""
    return f"{100 * point.accuracy_ratio:.2f}{spread} %{point.marks}{count}"


def times(ratio: float) -> str:
    """A ratio as text, rounded down, so that it never says more than there is."""
    digits = 0 if ratio >= 100 else 1
    return f"{math.floor(ratio * 10**digits + 1e-9) / 10**digits:.{digits}f}×"
