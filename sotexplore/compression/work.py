"""What the stages of one run share: its settings, its data, its journal and what it recorded."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from sotexplore.compression.compaction import compacted
from sotexplore.compression.data import Dataset
from sotexplore.compression.journal import WHOLE, Entry, Journal, check_same, part
from sotexplore.compression.model import CatalogueNetwork
from sotexplore.compression.objective import Objective, cross_entropy
from sotexplore.compression.recipe import Recipe
from sotexplore.compression.run import Epochs, Run
from sotexplore.compression.train import Hook, Phase, Progress, fit, refresh_norms
from sotexplore.store import content_key

Report = Callable[[Progress], None]


@dataclass
class Work:
    """One run on its way."""

    run: Run
    dataset: Dataset
    journal: Journal
    report: Report
    history: dict[str, list[dict[str, Any]]]
    _whole: dict[str, Tensor] = field(default_factory=dict)
    """State of the network that a compacted one was cut from, for the journal."""

    @property
    def epochs(self) -> Epochs:
        """Epochs of each stage."""
        assert self.run.epochs is not None
        return self.run.epochs

    @property
    def recipe(self) -> Recipe:
        """How the run's network is trained."""
        assert self.run.recipe is not None
        return self.run.recipe

    def phase(self, stage: str, *, suffix: str = "", **changes: Any) -> Phase:
        """The phase of a stage, by its epochs and rate; `suffix` tells rounds of it apart."""
        settings = {
            "epochs": getattr(self.epochs, stage),
            "learning_rate": getattr(self.recipe, f"{stage}_rate"),
            "batch_size": self.recipe.batch_size,
            "precision": self.recipe.precision,
            "bounded_steps": self.recipe.bounded_steps,
            "asked_rate": (f"recipe.{stage}_rate", getattr(self.recipe, f"{stage}_rate")),
        }
        return Phase(stage + suffix, **(settings | changes))

    def fit(
        self,
        model: CatalogueNetwork,
        phase: Phase,
        hook: Hook | None = None,
        objective: Objective = cross_entropy,
    ) -> None:
        """Trains one phase, from where the journal stands; a phase that it has behind it is passed over."""
        if self.journal.skips(phase.stage):
            return
        seed = int(content_key({"seed": self.run.seed, "stage": phase.stage}), 16) % 2**62
        fit(
            model, self.dataset, phase, generator=torch.Generator().manual_seed(seed), report=self._log, hook=hook,
            objective=objective, entry=self.journal.take(phase.stage), keep=self._keep,
        )  # fmt: skip

    def refresh_norms(self, model: CatalogueNetwork) -> None:
        """Re-estimates batch-norm's running statistics as the recipe says."""
        refresh_norms(model, self.dataset, augmented=self.recipe.augmented_norms)

    def compacted(self, model: CatalogueNetwork, stages: tuple[str, ...]) -> CatalogueNetwork:
        """The network to train in these stages: `model`, or where the recipe says so what is left of it without dead parts.

        Where one of the stages was interrupted, `model` first becomes what it was at their beginning.
        """
        if not self.recipe.compact:
            return model
        entry = self.journal.entry
        if entry is not None and entry.stage in stages:
            before = part(entry.tensors, WHOLE)
            check_same(entry.stage, before, model.state_dict())
            model.load_state_dict(before)
        self._whole = {f"{WHOLE}{name}": value.clone() for name, value in model.state_dict().items()}
        return compacted(model)

    def _keep(self, stage: str, epochs_done: int, tensors: dict[str, Tensor]) -> None:
        self.journal.write(Entry(stage, epochs_done, tensors | self._whole, self.history))

    def _log(self, progress: Progress) -> None:
        self.history.setdefault(progress.stage, []).append(
            {
                "loss": round(progress.loss, 6),
                "accuracy_ratio": progress.accuracy_ratio,
                "primal_residual_ratio": progress.primal_residual_ratio,
                "dual_residual_ratio": progress.dual_residual_ratio,
            }
        )
        self.report(progress)
