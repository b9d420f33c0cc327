"""Crossbar chips beside the model: the ISAAC tile and chip, VGG-8 on NeuroSim and on MNSIM."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from sotexplore.explorer.comparison import Comparison, dense, design, first
from sotexplore.hardware import circuits, constants, mapping, periphery
from sotexplore.hardware.arrays import units_of
from sotexplore.hardware.cell import preset
from sotexplore.hardware.constants import FloatArray, Process
from sotexplore.hardware.counts import Demand, Geometry

ISAAC: Final = "Shafiee et al., ISAAC, ISCA 2016, doi 10.1109/ISCA.2016.12, table I"
NEUROSIM: Final = "DNN+NeuroSim 1.4, run on VGG-8/CIFAR-10 with synthetic traces; sum of its parts"
MANUAL: Final = "manual of DNN+NeuroSim, VGG-8 W8A8, 128x128, 1-bit cells, 4-bit ADC"
MNSIM: Final = "MNSIM 2.0, run on VGG-8/CIFAR-10, 256x256"
_N_ARRAYS, _N_TILES, _SIDE, _BUFFER_BITS = 96, 168, 128, 64 * 1024 * 8
_ROUTER_W, _ROUTER_M2 = 42e-3 / 4, 0.151e-6 / 4
_OWN: Final = "the model's ADC, driver and shift-add constants come from this table: no independent check"


def isaac() -> list[Comparison]:
    """Tile and chip without routers and links, and the tile's parts, at the pace of the ADCs."""
    area, power = _tile()
    parts: dict[str, tuple[tuple[str, ...], float, float, str]] = {
        "ADCs": (("converters",), 12 * 0.0096e-6, 12 * 16e-3, _OWN),
        "DACs": (("wordline_drivers",), 12 * 0.00017e-6, 12 * 4e-3, _OWN),
        "buffer of 64 KB": (("buffers",), 0.083e-6, 20.7e-3, ""),
    }
    rows = []
    for name, (components, area_m2, power_w, reason) in parts.items():
        for quantity, unit_, value, found in (("area_m2", "m2", area_m2, area), ("power_w", "W", power_w, power)):
            model = sum(found[component] for component in components)
            why = _REASONS.get((name, quantity), reason)
            rows.append(Comparison(f"ISAAC tile, {name}", quantity, unit_, value, model, "textbook", ISAAC, why))
    tile = (0.372e-6 - _ROUTER_M2, 330e-3 - _ROUTER_W, sum(area.values()), sum(power.values()))
    for name, factor in (("tile without router", 1), (f"chip of {_N_TILES} tiles without routers and links", _N_TILES)):
        for quantity, unit_, value, model in (("area_m2", "m2", tile[0], tile[2]), ("power_w", "W", tile[1], tile[3])):
            why = _REASONS.get(("tile", quantity), "")
            rows.append(
                Comparison(f"ISAAC {name}", quantity, unit_, value * factor, model * factor, "textbook", ISAAC, why)
            )
    return rows


def _tile() -> tuple[dict[str, float], dict[str, float]]:
    """Area and power of 96 full arrays and a buffer, by component."""

    def one(value: float) -> FloatArray:
        return np.array([value])

    process = Process(one(32.0), constants.nominal())
    geometry = Geometry(rows=one(_SIDE), cols=one(_SIDE), sensed=one(1), active_rows=one(_SIDE), written=one(0))
    side = np.array([_SIDE])
    array = units_of(preset("reram-53f2"), 32, side, side, side)
    built = periphery.crossbar_unit(array, geometry, process, one(8.0))
    filters, rows, bits, single = (np.array([[value]]) for value in (16.0, float(_SIDE), 8.0, 1.0))
    full = Demand(filters=filters, rows=rows, weight_bits=bits, input_bits=single, groups=single)
    counts = mapping.crossbar(full, geometry)
    cycle_s = max(first(built.cycle_s), _SIDE * first(built.conversion_s))
    buffer = circuits.memory(float(_BUFFER_BITS), process)
    area = {name: _N_ARRAYS * first(value) for name, value in built.area_m2.items()}
    power = dict.fromkeys(periphery.ENERGY_COMPONENTS, 0.0)
    for term in built.terms:
        power[term.component] += _N_ARRAYS * first(term.unit_j) * first(getattr(counts, term.count)) / cycle_s
    power["leakage"] = _N_ARRAYS * first(built.leakage_w) + first(buffer.leakage_w)
    read_bits = _N_ARRAYS * _SIDE / cycle_s  # every array takes an input bit for each row in a cycle
    return area | {"buffers": first(buffer.area_m2)}, power | {"buffers": read_bits * first(buffer.energy_j)}


_NEUROSIM: Final[dict[str, Any]] = {
    "compute_style": "crossbar", "node_nm": 22, "adc_bits": 5, "columns_per_sense_amplifier": 8, "schedule": "pipelined",
}  # fmt: skip
# name: (cell, weight and activation bits, side, area mm2 or none, energy uJ, frames/s or none)
_RUNS: Final[tuple[tuple[str, str, int, int, float | None, float, float | None], ...]] = (
    ("SRAM 128x128 W8A8", "sram-6t", 8, 128, 76.3, 35.0, 7520.0),
    ("RRAM 128x128 W8A8", "reram-53f2", 8, 128, 100.7, 33.0, 7674.0),
    ("RRAM 128x128 W4A4", "reram-53f2", 4, 128, None, 9.05, 8527.0),
    ("RRAM 64x64 W8A8", "reram-53f2", 8, 64, 193.0, 59.2, None),
    ("RRAM 256x256 W8A8", "reram-53f2", 8, 256, 83.0, 25.7, None),
    ("6k/15k resistor 128x128 W8A8", "sot-69f2", 8, 128, None, 57.8, 5330.0),
)
# name: (cell, rows at once, tera-operations/s, tera-operations/s/W)
_MANUAL: Final = (
    ("RRAM, 32 rows", "reram-53f2", 32, 6.25, 11.25),
    ("RRAM, 64 rows", "reram-53f2", 64, 8.16, 19.88),
    ("SRAM, 32 rows", "sram-6t", 32, 6.06, 8.76),
    ("SRAM, 64 rows", "sram-6t", 64, 8.01, 17.13),
)


def neurosim() -> list[Comparison]:
    """VGG-8 against NeuroSim's runs and its manual."""
    return [*_neurosim_runs(), *_neurosim_manual()]


def _neurosim_runs() -> Iterator[Comparison]:
    for name, cell, bits, side, area_mm2, energy_uj, frames_per_s in _RUNS:
        sizes = {"subarray_rows": side, "subarray_cols": side, "active_rows": side}
        found = design(dense("vgg8-cifar10", bits, bits), **_NEUROSIM | sizes | {"cell": cell})
        for quantity, unit_, value, factor in (
            ("area_m2", "m2", area_mm2, 1e-6), ("energy_per_frame_j", "J", energy_uj, 1e-6), ("frames_per_s", "1/s", frames_per_s, 1.0),
        ):  # fmt: skip
            if value is not None:
                model, why = found.value(quantity), _REASONS.get((name, quantity), "")
                band = found.band(quantity)
                label = f"NeuroSim VGG-8 {name}"
                yield Comparison(label, quantity, unit_, value * factor, model, "simulated", NEUROSIM, why, band)


def _neurosim_manual() -> Iterator[Comparison]:
    for name, cell, active_rows, tera, tera_per_w in _MANUAL:
        hardware = {"subarray_rows": 128, "subarray_cols": 128, "active_rows": active_rows, "cell": cell, "adc_bits": 4}
        found = design(dense("vgg8-cifar10", 8, 8), **_NEUROSIM | hardware)
        work = found.value("operations_per_frame")
        for quantity, unit_, value, model in (
            ("operations per second", "1/s", tera, work * found.value("frames_per_s")),
            ("operations per joule", "1/J", tera_per_w, work / found.value("energy_per_frame_j")),
        ):
            why = _REASONS.get(("manual", quantity), "")
            yield Comparison(
                f"NeuroSim manual VGG-8 {name}", quantity, unit_, value * 1e12, model, "simulated", MANUAL, why
            )


def mnsim() -> list[Comparison]:
    """VGG-8 against MNSIM."""
    hardware = {
        "compute_style": "crossbar", "node_nm": 65, "cell": "reram-53f2", "columns_per_sense_amplifier": 8, "active_rows": 256,
    }  # fmt: skip
    found = design(dense("vgg8-cifar10", 8, 8), **hardware)
    rows = []
    for quantity, unit_, value in (
        ("area_m2", "m2", 1390e-6),
        ("frame_latency_s", "s", 5.15e-3),
        ("energy_per_frame_j", "J", 4.45e-3),
    ):
        model, why = found.value(quantity), _REASONS.get(("MNSIM", quantity), "")
        band = found.band(quantity)
        rows.append(Comparison("MNSIM VGG-8 W8A8", quantity, unit_, value, model, "simulated", MNSIM, why, band))
    return rows


_CONVERSIONS: Final = (
    "its 5-bit conversions take less than 0.12 pJ (all its energy over 300 million conversions); the model's follow ISAAC's "
    "converter, 0.5 pJ at 22 nm"
)
_PACE: Final = "its reads take about 2 ns a conversion; ISAAC's converter, scaled, takes 0.4 ns"
_CELLS_NEUROSIM: Final = (
    "its cells, their drivers, level shifters and switch matrices are larger at 22 nm (6T cell of 280 F2 against 146; "
    "RRAM transistors sized for writes)"
)
_LOW_OHM: Final = "; cells of kilo-ohms conduct while the columns settle"
_MNSIM_ALL: Final = (
    "the peers differ 127-fold in energy and 39-fold in latency on this network; MNSIM's tiles, 9-bit weights in differential "
    "pairs and network on chip are not in this reading"
)
_REASONS: Final[dict[tuple[str, str], str]] = {
    ("DACs", "power_w"): "a peak there; here drivers are on only while the rows settle, for half of the inputs",
    ("buffer of 64 KB", "area_m2"): "eDRAM there, SRAM at half array efficiency here",
    ("buffer of 64 KB", "power_w"): "eDRAM there, SRAM here, read for every row of every array in each cycle",
    (
        "tile",
        "area_m2",
    ): "SRAM in place of eDRAM, column sums of all 128 columns held, and each array's share of the bus",
    **{(name, "energy_per_frame_j"): _CONVERSIONS + (_LOW_OHM if "6k" in name else "") for name, *_ in _RUNS},
    **{(name, "frames_per_s"): _PACE for name, *_ in _RUNS},
    **{(name, "area_m2"): _CELLS_NEUROSIM for name, *_ in _RUNS},
    ("manual", "operations per second"): _PACE,
    ("manual", "operations per joule"): _CONVERSIONS,
    **{("MNSIM", quantity): _MNSIM_ALL for quantity in ("area_m2", "frame_latency_s", "energy_per_frame_j")},
}
