"""Preset memory cells as data: every field with its value, kind, source and range.

A value that several sources disagree on spans them with its range. `assumed` values say why they are plausible.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Known(NamedTuple):
    """A cell's field as a source gives it."""

    value: float
    kind: str
    """`measured`, `secondary` (read from notes on a paper), `simulated`, `stated`, `fitted`, `assumed` or `textbook`."""
    source: str
    low: float | None = None
    high: float | None = None


_COMMON = "set-up common to the SOT-PIM simulators of Angizi and Fan, 2018-2019; not verified in print"
_RUNS = "input of the NVSim reference runs (sotexplore/hardware/reference/nvsim_subarray.csv)"
_NVSIM = "NVSim sample STT-RAM cell, Dong et al., TCAD 31(7), 2012, doi 10.1109/TCAD.2012.2185930"
_YANG = "Yang et al., IEEE EDL 2024, arXiv 2404.09125, measured on 300 mm wafers (read from notes on the paper)"
_SCOPE = "SCOPE device library, 32 nm class"
_OPENNVRAM = "OpenNVRAM, 2T-1MTJ cell in FreePDK45"
_NVMEXPLORER = "NVMExplorer cell file, Pentecost et al., HPCA 2022, arXiv 2109.01188"
_CACTI = "CACTI 6.0, HP Labs HPL-2009-85; NVSim SRAM cell"
_WORK_POINT = "general SOT work point (secondary): 10/20 kohm, 100 uA, 1 ns, 8 % spread"
_IMEC22 = "imec, IEDM 2022: > 1e12 cycles; range from imec VLSI 2018 (> 5e10) to IEDM 2023 (> 1e15)"
_AREA_RULE = "A = 3 (W/L + 1) F2 per transistor of the cell, the usual rule for one-transistor cells"

_NO_STANDBY: Final = Known(0.0, "textbook", "non-volatile: nothing to hold with power off")
_READ_V: Final = Known(0.25, "simulated", _NVSIM, 0.1, 0.4)
_SENSE_V: Final = Known(0.025, "simulated", _NVSIM, 0.01, 0.08)
_MAGNETIC: Final = {
    "standby_power_bit_w": _NO_STANDBY,
    "resistance_spread_ratio": Known(0.08, "assumed", _WORK_POINT, 0.03, 0.12),
    "read_voltage_v": _READ_V,
    "sense_voltage_v": _SENSE_V,
}
_SOT_ENDURANCE: Final = Known(1e12, "stated", _IMEC22, 5e10, 1e15)


class Preset(NamedTuple):
    """A preset cell; fields that it leaves out keep the default of `Cell`."""

    kind: str
    source: str
    fields: dict[str, Known]
    area_node_nm: int = 0
    """See `Cell`."""


PRESET_DATA: Final[dict[str, Preset]] = {
    "sot-69f2": Preset(
        "sot",
        f"69 F2 SOT cell; geometry: {_COMMON}; electrical: {_RUNS}",
        _MAGNETIC
        | {
            "area_f2": Known(69.0, "assumed", _COMMON, 50.0, 100.0),
            "aspect_ratio": Known(1.34, "assumed", _COMMON, 0.57, 2.0),
            "resistance_low_ohm": Known(6e3, "assumed", _RUNS, 2.47e3, 10.89e3),
            "resistance_high_ohm": Known(15e3, "assumed", _RUNS + ", TMR 150 %", 12e3, 23.85e3),
            "read_power_w": Known(10e-6, "assumed", _RUNS, 5e-6, 30e-6),
            "write_current_a": Known(100e-6, "assumed", _WORK_POINT, 40e-6, 680e-6),
            "write_pulse_s": Known(
                1e-9, "stated", "1 ns: NYCU/TSMC, Nature Electronics 2025, s41928-025-01434-x", 0.21e-9, 2e-9
            ),
            "write_energy_bit_j": Known(60e-15, "assumed", _RUNS + ", (100 uA)^2 x 6 kohm x 1 ns", 6e-15, 252e-15),
            "access_width_f": Known(4.5, "assumed", _COMMON, 3.0, 8.5),
            "endurance_cycles": _SOT_ENDURANCE,
            "channel_resistance_ohm": Known(560.0, "simulated", _OPENNVRAM, 300.0, 1000.0),
            "write_access_width_f": Known(0.0, "assumed", "sized to the write current at each node"),
        },
    ),
    "sot-wafer-2024": Preset(
        "sot",
        f"SOT device from silicon: {_YANG}; the access transistors are assumed",
        _MAGNETIC
        | {
            "area_f2": Known(
                172.0,
                "assumed",
                _AREA_RULE + ", W = 51 F and 4.5 F at 45 nm; at other nodes by the same rule",
                69.0,
                250.0,
            ),
            "aspect_ratio": Known(1.34, "assumed", _COMMON, 0.57, 2.0),
            "resistance_low_ohm": Known(10.89e3, "secondary", _YANG, 10.0e3, 11.8e3),
            "resistance_high_ohm": Known(23.85e3, "secondary", _YANG + ", TMR 119 %", 21.9e3, 25.8e3),
            "read_power_w": Known(
                10e-6 * 6.0 / 10.89,
                "assumed",
                "as sot-69f2 at equal read voltage: in inverse ratio of R_P",
                3e-6,
                15e-6,
            ),
            "write_current_a": Known(
                (680e-6 + 880e-6) / 2, "secondary", _YANG + ", critical current at 2 ns", 680e-6, 880e-6
            ),
            "write_pulse_s": Known(2e-9, "secondary", _YANG, 1e-9, 5e-9),
            "write_energy_bit_j": Known(
                780e-6**2 * 776.0 * 2e-9, "secondary", _YANG + ", I^2 R_channel t", 0.72e-12, 1.2e-12
            ),
            "access_width_f": Known(4.5, "assumed", _COMMON, 3.0, 8.5),
            "endurance_cycles": _SOT_ENDURANCE,
            "channel_resistance_ohm": Known(776.0, "secondary", _YANG, 700.0, 850.0),
            "write_access_width_f": Known(0.0, "assumed", "sized to the write current at each node"),
        },
        area_node_nm=45,
    ),
    "sot-scope-100f2": Preset(
        "sot",
        f"{_SCOPE}; access transistor of the {_NVSIM}",
        _MAGNETIC
        | {
            "area_f2": Known(100.0, "simulated", _SCOPE, 69.0, 130.0),
            "aspect_ratio": Known(0.57, "simulated", _NVSIM, 0.57, 1.34),
            "resistance_low_ohm": Known(6e3, "simulated", _SCOPE, 2.47e3, 10.89e3),
            "resistance_high_ohm": Known(12e3, "simulated", _SCOPE, 9e3, 23.85e3),
            "read_power_w": Known(23.4e-6, "assumed", _RUNS, 10e-6, 30e-6),
            "write_current_a": Known(40.82e-6, "simulated", _NVSIM, 40e-6, 100e-6),
            "write_pulse_s": Known(10e-9, "simulated", _SCOPE, 1e-9, 10e-9),
            "write_energy_bit_j": Known(
                102e-15, "simulated", _SCOPE + "; 0.252 pJ elsewhere in its papers", 60e-15, 252e-15
            ),
            "access_width_f": Known(8.5, "simulated", _NVSIM, 4.5, 8.5),
            "endurance_cycles": Known(1e14, "simulated", _SCOPE, 5e10, 1e15),
            "channel_resistance_ohm": Known(560.0, "simulated", _OPENNVRAM, 300.0, 1000.0),
            "write_access_width_f": Known(0.0, "assumed", "sized to the write current at each node"),
        },
    ),
    "sot-freepdk45-2t": Preset(
        "sot",
        f"{_OPENNVRAM}; write current: {_WORK_POINT}",
        _MAGNETIC
        | {
            "area_f2": Known(52.0, "assumed", _AREA_RULE + ", W = 12 F and 3.3 F", 45.0, 100.0),
            "aspect_ratio": Known(1.0, "assumed", "square for want of a layout", 0.5, 2.0),
            "resistance_low_ohm": Known(2.47e3, "simulated", _OPENNVRAM + ", RA 5 ohm um2", 2.2e3, 2.7e3),
            "resistance_high_ohm": Known(
                2.47e3 * 2.46, "assumed", "TMR 146 %: NYCU/TSMC, Nature Electronics 2025", 4.9e3, 6.7e3
            ),
            "read_power_w": Known(
                10e-6 * 6.0 / 2.47,
                "assumed",
                "as sot-69f2 at equal read voltage: in inverse ratio of R_P",
                10e-6,
                40e-6,
            ),
            "write_current_a": Known(100e-6, "assumed", _WORK_POINT, 50e-6, 300e-6),
            "write_pulse_s": Known(1e-9, "assumed", _WORK_POINT, 0.5e-9, 2e-9),
            "write_energy_bit_j": Known(100e-6**2 * 560.0 * 1e-9, "assumed", "I^2 R_channel t", 2e-15, 50e-15),
            "access_width_f": Known(150 / 45, "simulated", _OPENNVRAM + ", 150 nm", 2.5, 4.5),
            "endurance_cycles": _SOT_ENDURANCE,
            "channel_resistance_ohm": Known(560.0, "simulated", _OPENNVRAM, 300.0, 1000.0),
            "write_access_width_f": Known(2 * 270 / 45, "simulated", _OPENNVRAM + ", 2 x 270 nm", 6.0, 12.0),
        },
    ),
    "stt-54f2": Preset(
        "stt",
        _NVMEXPLORER,
        _MAGNETIC
        | {
            "area_f2": Known(54.0, "simulated", _NVMEXPLORER, 30.0, 100.0),
            "aspect_ratio": Known(1.46, "simulated", _NVMEXPLORER, 0.54, 1.46),
            "resistance_low_ohm": Known(3e3, "simulated", _NVMEXPLORER, 1.4e3, 6e3),
            "resistance_high_ohm": Known(6e3, "simulated", _NVMEXPLORER, 3.9e3, 12e3),
            "read_power_w": Known(30e-6, "simulated", _NVMEXPLORER, 4e-6, 40e-6),
            "write_current_a": Known(80e-6, "simulated", _NVMEXPLORER, 40e-6, 150e-6),
            "write_pulse_s": Known(10e-9, "simulated", _NVMEXPLORER, 5e-9, 20e-9),
            "write_energy_bit_j": Known(1e-12, "simulated", _NVMEXPLORER, 0.1e-12, 2e-12),
            "access_width_f": Known(6.0, "simulated", _NVMEXPLORER, 4.0, 8.0),
            "endurance_cycles": Known(1e12, "assumed", "between SCOPE's 1e9 and the 1e15 often claimed", 1e9, 1e15),
        },
    ),
    "stt-scope-53f2": Preset(
        "stt",
        f"{_SCOPE}; electrical: {_NVSIM}",
        _MAGNETIC
        | {
            "area_f2": Known(53.0, "simulated", _SCOPE, 30.0, 100.0),
            "aspect_ratio": Known(0.57, "simulated", _NVSIM, 0.54, 1.46),
            "resistance_low_ohm": Known(6e3, "simulated", _NVSIM, 3e3, 6e3),
            "resistance_high_ohm": Known(12e3, "simulated", _NVSIM, 6e3, 12e3),
            "read_power_w": Known(41e-15 / 10e-9, "simulated", _SCOPE + ", 41 fJ in 10 ns", 2e-6, 30e-6),
            "write_current_a": Known(40.82e-6, "simulated", _NVSIM, 40e-6, 150e-6),
            "write_pulse_s": Known(20e-9, "simulated", _SCOPE, 5e-9, 20e-9),
            "write_energy_bit_j": Known(100e-15, "simulated", _SCOPE, 100e-15, 1e-12),
            "access_width_f": Known(8.5, "simulated", _NVSIM, 4.0, 8.5),
            "endurance_cycles": Known(1e9, "simulated", _SCOPE, 1e9, 1e15),
        },
    ),
    "reram-53f2": Preset(
        "reram",
        _NVMEXPLORER,
        {
            "area_f2": Known(53.0, "simulated", _NVMEXPLORER, 16.0, 100.0),
            "aspect_ratio": Known(1.0, "simulated", _NVMEXPLORER, 0.5, 2.0),
            "resistance_low_ohm": Known(1e6, "simulated", _NVMEXPLORER + ", at the read voltage", 1e4, 1e6),
            "resistance_high_ohm": Known(1e7, "simulated", _NVMEXPLORER + ", at the read voltage", 1e5, 1e7),
            "read_power_w": Known(0.16e-6, "simulated", _NVMEXPLORER, 0.1e-6, 10e-6),
            "write_current_a": Known(2.0 / 100e3, "simulated", _NVMEXPLORER + ", 2 V over 100 kohm", 10e-6, 100e-6),
            "write_pulse_s": Known(10e-9, "simulated", _NVMEXPLORER, 10e-9, 100e-9),
            "write_energy_bit_j": Known(0.6e-12, "simulated", _NVMEXPLORER, 0.6e-12, 5e-12),
            "write_voltage_v": Known(2.0, "simulated", _NVMEXPLORER, 1.0, 3.0),
            "access_width_f": Known(6.0, "simulated", _NVMEXPLORER, 2.0, 8.0),
            "endurance_cycles": Known(
                1e8, "assumed", "filamentary oxide cells: 1e6 to 1e12 in the literature", 1e6, 1e12
            ),
            "standby_power_bit_w": _NO_STANDBY,
            "resistance_spread_ratio": Known(
                0.15, "assumed", "read-noise sigma default of DNN+NeuroSim 1.0", 0.05, 0.3
            ),
            "read_voltage_v": Known(0.4, "simulated", _NVMEXPLORER, 0.1, 0.5),
            "sense_voltage_v": _SENSE_V,
        },
    ),
    "sram-6t": Preset(
        "sram",
        f"six-transistor cell: {_CACTI}; leakage: {_SCOPE}",
        {
            "area_f2": Known(146.0, "textbook", _CACTI, 140.0, 280.0),
            "aspect_ratio": Known(1.46, "textbook", _CACTI, 0.4, 1.6),
            "resistance_low_ohm": Known(0.0, "textbook", "holds a voltage, not a resistance"),
            "resistance_high_ohm": Known(0.0, "textbook", "holds a voltage, not a resistance"),
            "read_power_w": Known(0.0, "textbook", "the bit-line swing is counted instead"),
            "write_current_a": Known(0.0, "textbook", "the bit-line swing is counted instead"),
            "write_pulse_s": Known(0.0, "textbook", "a write takes as long as a read"),
            "write_energy_bit_j": Known(0.0, "textbook", "the bit-line swing is counted instead"),
            "access_width_f": Known(1.31, "textbook", _CACTI, 1.0, 2.0),
            "endurance_cycles": Known(1e18, "assumed", "no known wear by writing"),
            "standby_power_bit_w": Known(27.5e-12, "simulated", _SCOPE, 5e-12, 1e-9),
            "resistance_spread_ratio": Known(0.0, "textbook", "holds a voltage, not a resistance"),
            "read_voltage_v": Known(0.25, "textbook", "unused: SRAM is read against half the supply"),
            "sense_voltage_v": Known(0.08, "simulated", _CACTI, 0.05, 0.1),
        },
    ),
}
