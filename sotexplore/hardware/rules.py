"""What a sub-array's circuits rest on at every node: layout rules, sizes of transistors, shares; each with source and range.

The rules are CACTI's and NVSim's, so that the model can be compared with NVSim's runs; their ranges are assumed. Those of the
SOT write path have no published source and are assumed altogether.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from sotexplore.hardware.constant import Constant, Quantity

_LAYOUT: Final = (
    "layout rules of CACTI 5.1, HP Labs HPL-2008-20, 2008, as used by NVSim, Dong et al., IEEE TCAD 31(7), 2012"
)
_CACTI: Final = "CACTI 6.0, HP Labs HPL-2009-85, 2009, as used by NVSim, Dong et al., IEEE TCAD 31(7), 2012"
_NVSIM: Final = "NVSim, Dong et al., IEEE TCAD 31(7), 2012, doi 10.1109/TCAD.2012.2185930, and its public constants"

TABLE: Final[dict[str, Constant]] = {
    "min_width_f": Constant(1.5, "F", "stated", _LAYOUT, 1.2, 1.8),
    "max_width_f": Constant(100.0, "F", "stated", _LAYOUT, 50.0, 200.0),
    "region_f": Constant(40.0, "F", "stated", _LAYOUT, 30.0, 50.0),
    "driver_region_f": Constant(20.0, "F", "stated", _NVSIM, 15.0, 25.0),
    "contact_f": Constant(1.0, "F", "stated", _LAYOUT, 0.9, 1.2),
    "contact_to_poly_f": Constant(0.75, "F", "stated", _LAYOUT, 0.6, 0.9),
    "poly_gap_f": Constant(1.5, "F", "stated", _LAYOUT, 1.2, 1.8),
    "diffusion_gap_f": Constant(2.0, "F", "stated", _LAYOUT, 1.6, 2.4),
    "rail_f": Constant(2.0, "F", "stated", _LAYOUT, 1.6, 2.4),
    "same_diffusion_gap_f": Constant(1.5, "F", "stated", _LAYOUT, 1.2, 1.8),
    "overlap_ratio": Constant(0.2, "1", "stated", _CACTI, 0.1, 0.3),
    "fringe_edges": Constant(3.0, "1", "stated", _NVSIM, 2.0, 4.0),
    "saturation_velocity_m_s": Constant(100000.0, "m/s", "textbook", "Sze, Ng, Physics of Semiconductor Devices, 3rd ed., 2007: about 1e7 cm/s in silicon", 80000.0, 120000.0),
    "built_in_v": Constant(0.9, "V", "textbook", "Sze, Ng, Physics of Semiconductor Devices, 3rd ed., 2007", 0.7, 1.0),
    "junction_f_m2": Constant(0.001, "F/m2", "stated", _CACTI, 0.0007, 0.0014),
    "sidewall_f_m": Constant(2.5e-10, "F/m", "stated", _CACTI, 1.8e-10, 3.5e-10),
    "channel_edge_f_m": Constant(5e-11, "F/m", "stated", _CACTI, 3.5e-11, 7e-11),
    "nand2_leakage_ratio": Constant(0.48, "1", "stated", _NVSIM, 0.4, 0.6),
    "nand3_leakage_ratio": Constant(0.31, "1", "stated", _NVSIM, 0.25, 0.4),
    "precharge_f": Constant(6.0, "F", "stated", _NVSIM, 4.0, 8.0),
    "pass_min_ratio": Constant(6.0, "1", "stated", _NVSIM, 3.0, 9.0),
    "drop_tolerance_ratio": Constant(0.2, "1", "stated", _NVSIM, 0.1, 0.4),
    "settle_ratio": Constant(2.3, "1", "textbook", "ln 10: time constants to settle to a tenth", 1.5, 3.0),
    "stage_effort": Constant(4.0, "1", "textbook", "Sutherland, Sproull, Harris, Logical Effort, 1999", 3.0, 5.0),
    "sram_pull_down_f": Constant(2.08, "F", "stated", "CACTI 6.0, HP Labs HPL-2009-85, 2009", 1.6, 2.6),
    "reference_ratio": Constant(2.0, "1", "stated", _NVSIM, 1.5, 2.0),
    "latch_pmos_f": Constant(7.5, "F", "stated", _CACTI, 6.0, 9.0),
    "latch_nmos_f": Constant(3.75, "F", "stated", _CACTI, 3.0, 4.5),
    "latch_isolation_f": Constant(12.5, "F", "stated", _CACTI, 10.0, 15.0),
    "latch_enable_f": Constant(5.0, "F", "stated", _CACTI, 4.0, 6.0),
    "output_mux_f": Constant(9.0, "F", "stated", _CACTI, 7.0, 11.0),
    "converter_area_f2": Constant(50000.0, "F2", "simulated", "HSPICE and layout of the current-to-voltage stage by the authors of NVSim, Dong et al., IEEE TCAD 31(7), 2012", 10000.0, 100000.0),
    "miller_ratio": Constant(1.5, "1", "stated", _CACTI, 1.0, 2.0),
    "vertical_permittivity_ratio": Constant(3.9, "1", "textbook", "silicon dioxide", 3.0, 3.9),
    "wire_fringe_f_m": Constant(1.15e-10, "F/m", "stated", _CACTI, 8e-11, 1.5e-10),
    "resistivity_per_k": Constant(0.0039, "1/K", "textbook", "temperature coefficient of copper", 0.0035, 0.0043),
    "write_access_ratio": Constant(2.0, "1", "assumed", "write transistor of a SOT cell over the least width for its current, so that it takes half the supply", 1.0, 4.0),
    "write_driver_ratio": Constant(10.0, "1", "assumed", "the same for each device outside the cell, so that it takes a tenth", 5.0, 20.0),
    "write_widening_ratio": Constant(4.0, "1", "assumed", "write bit-line and source line over the width of a local wire: a cell is 7 F wide", 1.0, 6.0),
}  # fmt: skip
"""Name -> value, unit, kind, source and range."""

ORGANISATION: Final[dict[str, Constant]] = {
    "folding_f": Constant(3.0, "F", "stated", _LAYOUT, 3.0, 3.0),
    "max_stages": Constant(19.0, "1", "stated", _NVSIM, 19.0, 19.0),
    "direct_lines": Constant(8.0, "1", "stated", _NVSIM, 8.0, 8.0),
    "max_block_bits": Constant(6.0, "bit", "stated", _NVSIM, 6.0, 6.0),
    "subarrays_per_mat": Constant(4.0, "1", "stated", _NVSIM, 4.0, 4.0),
    "output_selects": Constant(2.0, "1", "stated", _NVSIM, 2.0, 2.0),
    "write_drivers": Constant(3.0, "1", "assumed", "write driver, column mux and return driver in series", 3.0, 3.0),
    "vacuum_f_m": Constant(8.85e-12, "F/m", "textbook", "permittivity of vacuum, as CACTI and NVSim round it", 8.85e-12, 8.85e-12),
    "over_20c_k": Constant(7.0, "K", "stated", "300 K over the 20 degC that resistivities are given for", 7.0, 7.0),
    "junction_grading": Constant(0.5, "1", "textbook", "abrupt junction: Sze, Ng, Physics of Semiconductor Devices, 3rd ed., 2007", 0.5, 0.5),
    "sidewall_grading": Constant(0.33, "1", "textbook", "linearly graded junction, as CACTI and NVSim round it", 0.33, 0.33),
    "finger_pitch_f": Constant(2.0, "F", "assumed", "a gate and a shared contact: least height of a folded finger in a cell", 2.0, 2.0),
    "area_of_width_f2": Constant(3.0, "F2/F", "textbook", "A = 3 (W/F + 1) F2 of a cell with one transistor", 3.0, 3.0),
    "max_write_supply_v": Constant(2.5, "V", "textbook", "thick-oxide transistors of input and output pads", 2.5, 2.5),
}  # fmt: skip
"""How circuits are put together, and limits: no ranges."""


@dataclass(frozen=True)
class Rules:
    """The values of `TABLE` (a field may be an array: one entry per draw of a study)."""

    min_width_f: Quantity
    """Least width of a transistor."""
    max_width_f: Quantity
    """Greatest width of a transistor."""
    region_f: Quantity
    """Height that the transistors of one gate may take when its area is drawn."""
    driver_region_f: Quantity
    """Height that the transistors of one driver may take when its capacitance is drawn."""
    contact_f: Quantity
    """Contact."""
    contact_to_poly_f: Quantity
    """Contact to gate."""
    poly_gap_f: Quantity
    """Gate to gate without a contact."""
    diffusion_gap_f: Quantity
    """N to p diffusion."""
    rail_f: Quantity
    """Supply rail of a gate."""
    same_diffusion_gap_f: Quantity
    """Between diffusions of one kind."""
    overlap_ratio: Quantity
    """Gate overlap over ideal gate capacitance."""
    fringe_edges: Quantity
    """Fringe capacitances of a gate, in edges."""
    saturation_velocity_m_s: Quantity
    """Carriers at high field."""
    built_in_v: Quantity
    """Junction."""
    junction_f_m2: Quantity
    """Drain junction at no bias."""
    sidewall_f_m: Quantity
    """Drain side wall at no bias."""
    channel_edge_f_m: Quantity
    """Drain edge towards the channel at no bias."""
    nand2_leakage_ratio: Quantity
    """Leakage of a NAND of two averaged over its inputs, over all its PMOS leaking."""
    nand3_leakage_ratio: Quantity
    """The same of three."""
    precharge_f: Quantity
    """Precharge PMOS."""
    pass_min_ratio: Quantity
    """Least width of a column pass transistor in least widths."""
    drop_tolerance_ratio: Quantity
    """Share of a cell's low resistance that a pass transistor may add."""
    settle_ratio: Quantity
    """Column mux and write lines."""
    stage_effort: Quantity
    """Effort of a stage in the fastest chain."""
    sram_pull_down_f: Quantity
    """Pull-down of a 6T cell."""
    reference_ratio: Quantity
    """Read current over the cell's own: a reference cell draws as much; low: one reference for two columns."""
    latch_pmos_f: Quantity
    """PMOS of the sense latch."""
    latch_nmos_f: Quantity
    """NMOS of the sense latch."""
    latch_isolation_f: Quantity
    """Isolation of the sense latch."""
    latch_enable_f: Quantity
    """Enable of the sense latch."""
    output_mux_f: Quantity
    """Output mux behind the latch."""
    converter_area_f2: Quantity
    """Current-to-voltage stage of a sense amplifier; range assumed."""
    miller_ratio: Quantity
    """Average coupling of a local wire to neighbours that switch."""
    vertical_permittivity_ratio: Quantity
    """Dielectric above and below a local wire."""
    wire_fringe_f_m: Quantity
    """Fringe of a local wire."""
    resistivity_per_k: Quantity
    """Local wires."""
    write_access_ratio: Quantity
    """SOT write path."""
    write_driver_ratio: Quantity
    """SOT write path."""
    write_widening_ratio: Quantity
    """SOT write path."""


@cache
def nominal() -> Rules:
    """The table's own values."""
    return Rules(**{name: constant.value for name, constant in TABLE.items()})


def fixed(name: str) -> float:
    """A number of `ORGANISATION`."""
    return ORGANISATION[name].value
