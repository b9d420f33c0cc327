"""Local copper wires: resistance and capacitance per length.

References:
    [1] Ho, Mai, Horowitz, "The Future of Wires", Proc. IEEE 89(4), 2001, doi 10.1109/5.920580.
    [2] Muralimanohar et al., "CACTI 6.0", HP Labs HPL-2009-85, 2009.
"""

from __future__ import annotations

from typing import Final

from sotexplore.hardware import rules
from sotexplore.hardware.technology import Quantity, Technology

VACUUM_F_M: Final = rules.fixed("vacuum_f_m")
ROOM_ABOVE_20C_K: Final = rules.fixed("over_20c_k")
"""300 K over 20 degC, where the resistivity is given."""


def resistance_ohm_m(tech: Technology, widening_ratio: Quantity = 1.0) -> Quantity:
    """Resistance per length [ohm/m]: rho (1 + a dT) / (width x thickness) [1].

    Args:
        tech: wires of the node.
        widening_ratio: width over the usual one, which is half the pitch.
    """
    width = tech.wire_pitch_m / 2
    thickness = tech.wire_aspect_ratio * width
    resistivity = tech.wire_resistivity_ohm_m * (1 + tech.rules.resistivity_per_k * ROOM_ABOVE_20C_K)
    return resistivity / (thickness * width * widening_ratio)


def capacitance_f_m(tech: Technology, widening_ratio: Quantity = 1.0) -> Quantity:
    """Capacitance per length [F/m]: plates above and below, neighbours with a Miller factor, fringe [1].

    Args:
        tech: wires of the node.
        widening_ratio: width over the usual one at the usual spacing.
    """
    width = tech.wire_pitch_m / 2
    thickness = tech.wire_aspect_ratio * width
    spacing = tech.wire_pitch_m - width
    vertical = 2 * VACUUM_F_M * tech.rules.vertical_permittivity_ratio * width * widening_ratio / tech.wire_dielectric_m
    sides = 2 * VACUUM_F_M * tech.rules.miller_ratio * tech.wire_permittivity_ratio * thickness / spacing
    return vertical + sides + tech.rules.wire_fringe_f_m
