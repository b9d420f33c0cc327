"""Behind the arrays: shifted counts held exactly, planes of a filter added with their weights."""

import numpy as np
from numpy.typing import NDArray

from sotexplore.simulation.planes import PlaneWeights

_EXACT_FLOAT32 = 2**24


def accumulator_type(largest: int) -> type[np.float32] | type[np.float64]:
    """The narrowest float that holds whole numbers up to `largest` exactly."""
    return np.float32 if largest < _EXACT_FLOAT32 else np.float64


def signed_sums(planes: NDArray[np.floating], weights: PlaneWeights) -> NDArray[np.int64]:
    """Planes of each filter shifted and added or taken off: (P, n_pixels) to (n_filters, n_pixels)."""
    by_filter = planes.astype(np.int64).reshape(-1, weights.n_planes, planes.shape[1])
    result = np.zeros((len(by_filter), planes.shape[1]), np.int64)
    for plane, weight in enumerate(weights.of_planes):
        result += by_filter[:, plane] * weight
    return result
