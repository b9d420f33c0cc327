"""ADMM beside training: when it updates, and what rho does under each of its schedules."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from sotexplore import catalogue
from sotexplore.compression import admm
from sotexplore.compression.admm_hook import AdmmHook
from sotexplore.compression.data import Dataset
from sotexplore.compression.model import CatalogueNetwork
from sotexplore.compression.recipe import Rho
from sotexplore.compression.train import Phase

PULLS = (0.1, 1.0, 10.0)
PHASE = Phase("prune", epochs=24, learning_rate=0.01, batch_size=4)
N_STEPS, EVERY = 48, 4
"""8 images in batches of 4 over 24 epochs; four updates for each of the three pulls."""
RHOS = [pull / (PHASE.effective_rate * EVERY) for pull in PULLS]


@dataclass
class Trained:
    """Behind each step: rho, rho with the residuals, and rho times the dual of the last layer."""

    hook: AdmmHook
    rhos: list[float]
    numbers: list[list[float]]
    products: list[Tensor]


def halved(weights: admm.Weights) -> dict[str, Tensor]:
    return {name: value / 2 for name, value in weights.items()}


def hook_of(rho: Rho, model: CatalogueNetwork) -> AdmmHook:
    images, labels = torch.zeros(8, 1, 8, 8, dtype=torch.uint8), torch.zeros(8, dtype=torch.int64)
    dataset = Dataset("digits", images, labels, images, labels)
    return AdmmHook(model, dataset, PHASE, pulls=PULLS, project=halved, rho=rho)


def rho_of(hook: AdmmHook) -> float:
    return float(hook.tensors()["numbers"][0])


def product_of(hook: AdmmHook) -> Tensor:
    return rho_of(hook) * hook.tensors()["dual.fc2"]


def trained(rho: Rho, n_steps: int = N_STEPS) -> Trained:
    torch.manual_seed(0)
    model = CatalogueNetwork(catalogue.network("digits-cnn"))
    found = Trained(hook_of(rho, model), [], [], [])
    for step in range(1, n_steps + 1):
        with torch.no_grad():
            model.weights()["fc2"].mul_(0.99)
        found.hook.after_step(step, N_STEPS)
        found.rhos.append(rho_of(found.hook))
        found.numbers.append(found.hook.tensors()["numbers"].tolist())
        found.products.append(product_of(found.hook))
    return found


def test_rho_grows_by_the_pulls_and_stays_where_it_is_fixed() -> None:
    growing, fixed = trained("growing").rhos, trained("fixed").rhos
    assert growing == [pytest.approx(RHOS[min(2, step // EVERY * EVERY // 16)]) for step in range(1, N_STEPS + 1)]
    assert fixed == [pytest.approx(RHOS[1])] * N_STEPS, "the geometric mean of the pulls"


def test_a_balanced_rho_follows_the_residuals_of_each_update() -> None:
    found = trained("balanced")
    assert found.rhos[:3] == [pytest.approx(RHOS[1])] * 3, "before the first update"
    assert len(set(found.rhos)) > 1
    for step in range(EVERY, N_STEPS + 1):
        before, numbers = found.rhos[step - 2], found.numbers[step - 1]
        due = admm.balanced_rho(before, admm.Residuals(*numbers[1:])) if step % EVERY == 0 else before
        assert found.rhos[step - 1] == pytest.approx(due)


def test_updates_come_every_so_many_steps_and_a_change_of_rho_leaves_rho_times_the_dual() -> None:
    found = trained("growing")
    moved = [not torch.equal(*pair) for pair in zip(found.products, found.products[1:], strict=False)]
    assert [step for step, there in enumerate(moved, start=2) if there] == list(range(EVERY, N_STEPS + 1, EVERY))
    before, model = trained("growing", 15), CatalogueNetwork(catalogue.network("digits-cnn"))
    hook = hook_of("growing", model)
    hook.restore(before.hook.tensors())
    assert hook.residual_ratios() == before.hook.residual_ratios()
    dual, rho = before.hook.tensors()["dual.fc2"], rho_of(before.hook)
    hook.after_step(16, N_STEPS)
    gap = (model.weights()["fc2"] + dual).detach() / 2
    assert torch.allclose(product_of(hook), rho * gap, rtol=1e-5), "U + W - Z at the old rho, whatever rho became"
    assert rho_of(hook) == pytest.approx(RHOS[1]) != rho
