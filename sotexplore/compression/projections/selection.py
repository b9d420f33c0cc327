"""Choosing the strongest of a row of candidates: by rank, never by a threshold, so that counts are exact at ties."""

import torch
from torch import Tensor

from sotexplore.errors import InputError


def keep_top(energy: Tensor, count: int) -> Tensor:
    """Mask of the `count` largest entries along the last axis; ties go to the lower index.

    Args:
        energy: shape (..., n).
        count: entries to keep, 1..n.

    Returns:
        Boolean mask of the same shape with exactly `count` true along the last axis.

    Raises:
        InputError: none would be kept, or more than there are.
    """
    check_count(count, energy.shape[-1])
    order = torch.sort(energy, dim=-1, descending=True, stable=True).indices
    return torch.zeros_like(energy, dtype=torch.bool).scatter_(-1, order[..., :count], True)


def check_count(count: int, most: int, *, field: str = "count") -> None:
    """Refuses a count that would wipe out a layer, or keep more than it has.

    Raises:
        InputError: not in 1..most.
    """
    if not 1 <= count <= most:
        raise InputError(field, "out of range", got=count, allowed=f"1..{most}")
