"""Pareto fronts over any columns of a table of designs."""

from collections.abc import Sequence

import moocore
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sotexplore.errors import InputError


def front_mask(frame: pd.DataFrame, *, maximize: Sequence[str] = (), minimize: Sequence[str] = ()) -> NDArray[np.bool_]:
    """Which rows no other row dominates; of equal rows the first one.

    A row with a missing value in an objective (accuracy unknown) is never on the front.

    Args:
        frame: one design per row.
        maximize: columns that should be large.
        minimize: columns that should be small.

    Returns:
        Boolean mask of shape (n_rows,).

    Raises:
        InputError: no objective, a column named twice, missing, or not numeric.
    """
    names = [*maximize, *minimize]
    _check(frame, names)
    signs = np.array([-1.0] * len(maximize) + [1.0] * len(minimize))
    values = frame[names].to_numpy(dtype=np.float64, na_value=np.nan) * signs
    known = np.isfinite(values).all(axis=1)
    mask = np.zeros(len(frame), dtype=np.bool_)
    if known.any():
        mask[np.flatnonzero(known)] = moocore.is_nondominated(values[known])
    return mask


def _check(frame: pd.DataFrame, names: Sequence[str]) -> None:
    numeric = [
        name for name in frame.columns if pd.api.types.is_numeric_dtype(frame[name]) and frame[name].dtype != bool
    ]
    allowed = ", ".join(numeric)
    if not names:
        raise InputError("objectives", "none given", got="nothing", allowed=allowed)
    for name in names:
        if name not in numeric:
            raise InputError("objectives", "not a numeric column", got=name, allowed=allowed)
        if names.count(name) > 1:
            raise InputError("objectives", "named twice", got=name, allowed="each column once")
