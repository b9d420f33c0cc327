"""How stored bits are lost with time and with reads."""

import math
from typing import Final

ATTEMPT_TIME_S: Final = 1e-9
"""Time between a free layer's attempts to switch, tau_0 (textbook: about 1 ns)."""
THERMAL_STABILITY: Final = {"sot": (32.0 + 50.0) / 2, "stt": 60.0}
"""Delta of magnetic cells. SOT: middle of 32-50, general SOT work point (secondary). STT: keeps 99.9999 % of bits for ten
years, which products are designed for (assumed)."""
_NEVER: Final = 700.0
"""Thermal stability beyond which exp() overflows and nothing switches."""


def thermal_stability(kind: str) -> float:
    """Delta of a kind of cell; infinite for kinds that no barrier is known of, which then lose nothing."""
    return THERMAL_STABILITY.get(kind, math.inf)


def retention_loss_ratio(*, storage_time_s: float, thermal_stability: float) -> float:
    """Share of bits lost after a time: p = (1 - exp(-2 t / tau)) / 2, tau = tau_0 exp(Delta).

    Neel-Arrhenius switching over a barrier of Delta k T, alike in both directions (assumed). A. V. Khvalkovskiy et al.,
    J. Phys. D 46 (2013) 074001, doi 10.1088/0022-3727/46/7/074001.

    Args:
        storage_time_s: t.
        thermal_stability: Delta.
    """
    if storage_time_s == 0 or thermal_stability > _NEVER:
        return 0.0
    rate = math.exp(-thermal_stability) / ATTEMPT_TIME_S
    return -math.expm1(-2 * storage_time_s * rate) / 2


def odd_ratio(ratio: float, times: float) -> float:
    """Chance of an odd number of switches in n tries of chance p each: (1 - (1 - 2 p)^n) / 2.

    Args:
        ratio: p, 0..1; above 1/2 taken as 1/2, for the mean of odd and even n.
        times: n.
    """
    if ratio == 0 or times == 0:
        return 0.0
    if ratio >= 0.5:
        return 0.5
    return -math.expm1(times * math.log1p(-2 * ratio)) / 2
