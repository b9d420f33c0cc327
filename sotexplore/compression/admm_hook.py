"""ADMM riding along with training: penalty on every step, projection and dual update every so often, growing rho."""

import math
from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

from sotexplore.compression import admm
from sotexplore.compression.data import Dataset
from sotexplore.compression.journal import part
from sotexplore.compression.model import CatalogueNetwork
from sotexplore.compression.recipe import Rho
from sotexplore.compression.train import Phase

PRUNE_PULLS: Final = (0.1, 0.3, 1.0, 3.0)
QUANTIZE_PULLS: Final = (0.1, 0.5, 2.0)
"""How hard the penalty draws, from the beginning of a phase to its end; see `AdmmHook`."""
UPDATES_PER_PULL: Final = 4


class AdmmHook:
    """The `Hook` of one ADMM phase.

    rho is given by `pulls`: rho * effective rate * steps between two updates, the number of time constants by which the
    penalty alone would draw W to Z - U. The same pulls suit any data set's size and learning rate. `growing` goes
    through the pulls, `fixed` stays at their geometric mean, `balanced` starts there and follows the residuals.
    """

    def __init__(
        self,
        model: CatalogueNetwork,
        dataset: Dataset,
        phase: Phase,
        *,
        pulls: tuple[float, ...],
        project: admm.Projection,
        rho: Rho = "growing",
    ) -> None:
        self._model, self._project = model, project
        self._every = max(1, phase.n_steps(dataset) // (len(pulls) * UPDATES_PER_PULL))
        self._rhos = [pull / (phase.effective_rate * self._every) for pull in pulls]
        self._policy = rho
        if rho != "growing":
            self._rhos = [math.exp(sum(map(math.log, self._rhos)) / len(self._rhos))]
        self._rho = self._rhos[0]
        self._state = admm.init(model.weights(), project)
        self._residuals = admm.Residuals(0.0, 0.0, 1.0)

    def penalty(self) -> Tensor:
        """What is added to the loss."""
        return admm.penalty(self._model.weights(), self._state, self._rho)

    def after_step(self, step: int, total: int) -> None:
        """Projection, dual update and growth of rho, where they are due."""
        if step % self._every:
            return
        self._state, self._residuals = admm.update(self._model.weights(), self._state, self._project, self._rho)
        wanted = self._rhos[min(len(self._rhos) - 1, step * len(self._rhos) // total)]
        if self._policy == "balanced":
            wanted = admm.balanced_rho(self._rho, self._residuals)
        self._state, self._rho = admm.rescale_dual(self._state, wanted / self._rho), wanted

    def residual_ratios(self) -> tuple[float, float]:
        """Primal and dual residual of the last update, over ||W||."""
        return self._residuals.primal / self._residuals.weight, self._residuals.dual / self._residuals.weight

    def tensors(self) -> dict[str, Tensor]:
        """What a journal keeps."""
        numbers = [self._rho, self._residuals.primal, self._residuals.dual, self._residuals.weight]
        kept = {"numbers": torch.tensor(numbers, dtype=torch.float64)}
        kept |= {f"auxiliary.{name}": value for name, value in self._state.auxiliary.items()}
        return kept | {f"dual.{name}": value for name, value in self._state.dual.items()}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Goes on from what `tensors` gave."""
        self._rho, *residuals = tensors["numbers"].tolist()
        self._residuals = admm.Residuals(*residuals)
        weights = self._model.weights()
        auxiliary, dual = (
            {name: value.to(weights[name].device) for name, value in part(tensors, prefix).items()}
            for prefix in ("auxiliary.", "dual.")
        )
        self._state = admm.AdmmState(auxiliary, dual)
