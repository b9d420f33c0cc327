"""Group lasso, the baseline beside ADMM: the norms of filters and array rows are pulled towards zero while training.

L = f(W) + lambda sum_g sqrt(|g|) ||W_g||   (Wen et al., Learning Structured Sparsity, NeurIPS 2016, equation 2)
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from sotexplore.compression.model import CatalogueNetwork

_STRENGTH = 2e-5
"""lambda per layer; assumed, of the order that the authors' released solvers use (1e-5 to 1e-4)."""
_SMALL = 1e-12


class GroupLassoHook:
    """The `Hook` of a group-lasso phase; it has no state of its own."""

    def __init__(self, model: CatalogueNetwork) -> None:
        self._model = model

    def penalty(self) -> Tensor:
        """What is added to the loss."""
        return _STRENGTH * torch.stack([lasso(weight) for weight in self._model.weights().values()]).sum()

    def after_step(self, step: int, total: int) -> None:
        """Nothing is due."""

    def residual_ratios(self) -> tuple[float | None, float | None]:
        """A lasso has no residuals."""
        return None, None

    def tensors(self) -> dict[str, Tensor]:
        """Nothing to keep."""
        return {}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Nothing to take back."""


def lasso(matrix: Tensor) -> Tensor:
    """Sum over filters and over array rows of sqrt(group size) times the group's norm; differentiable at zero."""
    energy = matrix * matrix
    filters = (energy.sum(1) + _SMALL).sqrt().sum() * matrix.shape[1] ** 0.5
    rows = (energy.sum(0) + _SMALL).sqrt().sum() * matrix.shape[0] ** 0.5
    total: Tensor = filters + rows
    return total
