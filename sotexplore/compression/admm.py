"""Scaled-form ADMM: min f(W) s.t. W in S, by turns of training, projection and dual update.

    L = f(W) + sum_i rho/2 ||W_i - Z_i + U_i||^2;   Z <- Proj_S(W + U);   U <- U + W - Z
    (Boyd et al., Foundations and Trends in Machine Learning 3(1), 2011, section 3.1.1)

Pure functions on a state that is replaced, never changed. U and Z carry no gradient history.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

Weights = Mapping[str, Tensor]
Projection = Callable[[Weights], dict[str, Tensor]]


@dataclass(frozen=True)
class AdmmState:
    """Auxiliary variable Z (feasible) and scaled dual U, one tensor per layer name, shapes as the weights."""

    auxiliary: Weights
    dual: Weights


@dataclass(frozen=True)
class Residuals:
    """Norms over all layers: primal ||W - Z||, dual rho ||Z - Z_before||, and ||W|| to compare them with."""

    primal: float
    dual: float
    weight: float


def init(weights: Weights, project: Projection) -> AdmmState:
    """Z at Proj_S(W), U at zero."""
    values = _detached(weights)
    return AdmmState(project(values), {name: torch.zeros_like(value) for name, value in values.items()})


def penalty(weights: Weights, state: AdmmState, rho: float) -> Tensor:
    """rho/2 sum_i ||W_i - Z_i + U_i||^2: squared norms, differentiable everywhere, in W only."""
    terms = [(value - state.auxiliary[name] + state.dual[name]).pow(2).sum() for name, value in weights.items()]
    return 0.5 * rho * torch.stack(terms).sum()


def update(weights: Weights, state: AdmmState, project: Projection, rho: float) -> tuple[AdmmState, Residuals]:
    """One projection and dual step.

    Returns:
        The new state and the residuals of this step.
    """
    values = _detached(weights)
    auxiliary = project({name: value + state.dual[name] for name, value in values.items()})
    dual = {name: state.dual[name] + value - auxiliary[name] for name, value in values.items()}
    primal = _norm({name: value - auxiliary[name] for name, value in values.items()})
    moved = _norm({name: auxiliary[name] - state.auxiliary[name] for name in values})
    return AdmmState(auxiliary, dual), Residuals(primal, rho * moved, _norm(values))


def balanced_rho(rho: float, residuals: Residuals, *, imbalance: float = 3.0, factor: float = 2.0) -> float:
    """Rho for the next step: up where the primal residual dominates, down where the dual one does (ibid., 3.4.1).

    Args:
        rho: penalty weight now.
        residuals: of the last step.
        imbalance: ratio of the residuals from which on rho moves.
        factor: by how much.
    """
    if residuals.primal > imbalance * residuals.dual:
        return rho * factor
    return rho / factor if residuals.dual > imbalance * residuals.primal else rho


def rescale_dual(state: AdmmState, factor: float) -> AdmmState:
    """The state after rho was multiplied by `factor`: the unscaled dual rho U stays, so U shrinks (ibid., 3.4.1)."""
    return AdmmState(state.auxiliary, {name: value / factor for name, value in state.dual.items()})


def _detached(weights: Weights) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in weights.items()}


def _norm(tensors: Weights) -> float:
    return float(torch.stack([value.pow(2).sum() for value in tensors.values()]).sum().sqrt())
