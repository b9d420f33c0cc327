"""ADMM: it solves a problem with a known answer, and each fault seen in public ADMM code stays out."""

import pytest
import torch
from torch import Tensor

from sotexplore.compression import admm
from sotexplore.compression.projections import project_rows


def project_two(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: project_rows(value, 2) for name, value in weights.items()}


def solve(target: Tensor, *, rho: float, rounds: int) -> tuple[Tensor, admm.AdmmState, list[admm.Residuals]]:
    """min 1/2 ||W - target||^2 with two columns, the inner problem solved by gradient steps."""
    weight = target.clone().requires_grad_(True)
    state, history = admm.init({"w": weight}, project_two), []
    for _ in range(rounds):
        for _ in range(50):
            loss = 0.5 * (weight - target).pow(2).sum() + admm.penalty({"w": weight}, state, rho)
            (gradient,) = torch.autograd.grad(loss, weight)
            weight = (weight - gradient / (1 + rho)).detach().requires_grad_(True)
        state, residuals = admm.update({"w": weight}, state, project_two, rho)
        history.append(residuals)
    return weight, state, history


def test_a_quadratic_reaches_its_known_optimum() -> None:
    target = torch.randn(6, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    weight, state, history = solve(target, rho=1.0, rounds=80)
    best = project_rows(target, 2)
    assert torch.allclose(state.auxiliary["w"], best, atol=1e-6)
    assert torch.allclose(weight.detach(), best, atol=1e-5)
    assert history[-1].primal < 1e-5
    assert history[-1].dual < 1e-5


def test_the_penalty_is_the_squared_norm_so_the_dual_stays_bounded() -> None:
    weights = {"w": torch.tensor([[3.0, 4.0]])}
    state = admm.AdmmState({"w": torch.zeros(1, 2)}, {"w": torch.zeros(1, 2)})
    assert admm.penalty(weights, state, 2.0).item() == pytest.approx(25.0)
    target = torch.randn(6, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    _, short, _ = solve(target, rho=1.0, rounds=40)
    _, long, _ = solve(target, rho=1.0, rounds=80)
    assert float(long.dual["w"].norm()) == pytest.approx(float(short.dual["w"].norm()), rel=1e-3)


def test_no_nan_gradient_at_the_start() -> None:
    weight = torch.zeros(3, 4, requires_grad=True)
    state = admm.init({"w": weight}, project_two)
    admm.penalty({"w": weight}, state, 1.0).backward()
    assert weight.grad is not None and torch.isfinite(weight.grad).all()


def test_the_dual_carries_no_gradient_history() -> None:
    weight = torch.randn(3, 4, generator=torch.Generator().manual_seed(3), requires_grad=True)
    state = admm.init({"w": weight}, project_two)
    for _ in range(5):
        state, _ = admm.update({"w": weight}, state, project_two, 1.0)
    assert not state.dual["w"].requires_grad and not state.auxiliary["w"].requires_grad
    admm.penalty({"w": weight}, state, 1.0).backward()
    expected = weight.detach() - state.auxiliary["w"] + state.dual["w"]
    assert weight.grad is not None
    assert torch.allclose(weight.grad, expected)


def test_starts_at_the_projection_with_zero_dual() -> None:
    weights = {"w": torch.randn(3, 4, generator=torch.Generator().manual_seed(4))}
    state = admm.init(weights, project_two)
    assert torch.equal(state.auxiliary["w"], project_two(weights)["w"])
    assert not state.dual["w"].any()


def test_the_unscaled_dual_survives_a_change_of_rho() -> None:
    state = admm.AdmmState({"w": torch.zeros(2)}, {"w": torch.tensor([2.0, -4.0])})
    assert torch.equal(admm.rescale_dual(state, 10.0).dual["w"] * 10, state.dual["w"])


def test_the_weights_are_left_alone() -> None:
    weight = torch.randn(3, 4, generator=torch.Generator().manual_seed(5))
    before = weight.clone()
    state = admm.init({"w": weight}, project_two)
    admm.update({"w": weight}, state, project_two, 1.0)
    assert torch.equal(weight, before)


def nonnegative_least_squares(rho: float, *, balanced: bool) -> list[admm.Residuals]:
    """min 1/2 ||A w - b||^2, w >= 0, by 60 exact ADMM steps."""
    generator = torch.Generator().manual_seed(6)
    design = torch.randn(30, 8, generator=generator, dtype=torch.float64)
    target = torch.randn(30, generator=generator, dtype=torch.float64)
    normal, right = design.T @ design, design.T @ target

    def project(weights: dict[str, Tensor]) -> dict[str, Tensor]:
        return {name: value.clamp(min=0) for name, value in weights.items()}

    state, history = admm.init({"w": torch.zeros(8, dtype=torch.float64)}, project), []
    for _ in range(60):
        anchor = state.auxiliary["w"] - state.dual["w"]
        weight = torch.linalg.solve(normal + rho * torch.eye(8, dtype=torch.float64), right + rho * anchor)
        state, residuals = admm.update({"w": weight}, state, project, rho)
        history.append(residuals)
        wanted = admm.balanced_rho(rho, residuals) if balanced else rho
        state, rho = admm.rescale_dual(state, wanted / rho), wanted
    return history


@pytest.mark.parametrize("start", [1e-3, 1e4])
def test_residual_balancing_balances(start: float) -> None:
    """From a rho far too small or too large, balancing reaches an optimum that the fixed rho is still far from."""
    fixed = nonnegative_least_squares(start, balanced=False)[-1]
    balanced = nonnegative_least_squares(start, balanced=True)[-1]
    assert max(balanced.primal, balanced.dual) < 1e-3
    assert max(fixed.primal, fixed.dual) > 0.1
