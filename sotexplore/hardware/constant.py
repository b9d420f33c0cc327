"""One number of the model with where it comes from, and the types that numbers have."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Quantity = float | FloatArray


@dataclass(frozen=True)
class Constant:
    """One number of the model, traceable to where it comes from."""

    value: float
    unit: str
    kind: str
    """`measured`, `secondary`, `simulated`, `stated`, `fitted`, `assumed` or `textbook`."""
    source: str
    low: float
    """Low end of the range that a study of uncertainty should use."""
    high: float
    """High end of that range."""
