"""Six technologies on the convolutions of LeNet-5 (ISVLSI 2019), and the works next to it, beside the model."""

from functools import cache
from typing import Any, Final

from sotexplore.explorer import validation_readings
from sotexplore.explorer.comparison import Comparison, Design, dense, design, first, layers_of
from sotexplore.explorer.validation_readings import Reading
from sotexplore.workload import WorkloadTable

ISVLSI: Final = "Angizi et al., ISVLSI 2019, doi 10.1109/isvlsi.2019.00044 (read from notes on the paper)"
IMCE: Final = "Angizi et al., IMCE, ASP-DAC 2018 (abstract)"
_WRITTEN: Final = {"operand": "written"}
_ANALOG: Final = {"compute_style": "crossbar", "columns_per_sense_amplifier": 64, "cell": "reram-53f2"}
# technology: (hardware, area mm2, energy uJ, latency ms)
TECHNOLOGIES: Final[dict[str, tuple[dict[str, Any] | None, float, float, float]]] = {
    "SOT-MRAM": (_WRITTEN | {"cell": "sot-69f2"}, 0.018, 0.85, 0.9),
    "STT-MRAM": (_WRITTEN | {"cell": "stt-54f2"}, 0.012, 0.78, 1.8),
    "digital ReRAM": (_WRITTEN | {"cell": "reram-53f2"}, 0.0097, 1.9, 1.3),
    "SRAM": (_WRITTEN | {"cell": "sram-6t"}, 0.64, 1.6, 0.7),
    "analog ReRAM": (_ANALOG, 0.06, 13.5, 5.8),
    "DRAM": (None, 0.16, 2.1, 13.5),
}
AREA_READING: Final = "read as one 256x256 compute sub-array; the notes do not say what the area includes"


DIGITAL: Final = ("SOT-MRAM", "STT-MRAM", "digital ReRAM", "SRAM")
_LABEL: Final = "ISVLSI 2019 LeNet-5 convolutions W:A=1:8, "
_FIGURES: Final = (("energy_per_frame_j", "J", 1e-6), ("frame_latency_s", "s", 1e-3), ("area_m2", "m2", 1e-6))
_OTHER_STT: Final = "the SCOPE cell: 0.1 pJ and 20 ns a write"


def convolutions() -> WorkloadTable:
    """Both convolutions at W:A = 1:8."""
    return layers_of(dense("lenet5-mnist", 1, 8), ("conv1", "conv2"))


@cache
def lenet_convolutions(technology: str) -> Design | None:
    """The convolutions on the product's own design of one technology; None where it is not modelled."""
    hardware = TECHNOLOGIES[technology][0]
    return None if hardware is None else design(convolutions(), **hardware)


def technologies() -> list[Comparison]:
    """Energy, latency and area of each technology: the paper's reading first, then the others."""
    rows = []
    for name in TECHNOLOGIES:
        if name in DIGITAL:
            rows += _rows(name, validation_readings.PAPER, "")
        else:
            rows += _whole(name)
    for name in DIGITAL:
        for reading in validation_readings.READINGS[1:]:
            rows += _rows(name, reading, f", read as {reading.text}")
    return rows + _rows("STT-MRAM", validation_readings.PAPER, f", read with {_OTHER_STT}", cell="stt-scope-53f2")


def _reference(name: str) -> dict[str, float]:
    _, area_mm2, energy_uj, latency_ms = TECHNOLOGIES[name]
    values = {"energy_per_frame_j": energy_uj, "frame_latency_s": latency_ms, "area_m2": area_mm2}
    return {quantity: values[quantity] * factor for quantity, _, factor in _FIGURES}


def _rows(name: str, reading: Reading, suffix: str, **change: Any) -> list[Comparison]:
    """One technology under a reading."""
    hardware = TECHNOLOGIES[name][0] or {}
    found = validation_readings.evaluate(convolutions(), reading, **hardware | change)
    values = {
        "energy_per_frame_j": found.energy_per_frame_j, "frame_latency_s": found.frame_latency_s, "area_m2": found.subarray_m2,
    }  # fmt: skip
    own = lenet_convolutions(name) if reading is validation_readings.OWN else None
    rows = []
    for quantity, unit, _ in _FIGURES:
        reason = f"{_OTHER_READING}{suffix}" if suffix else _REASONS.get((name, quantity), "")
        if quantity == "area_m2":
            reason = "; ".join(filter(None, (AREA_READING, reason)))
        band = own.band(quantity) if own is not None and quantity != "area_m2" else None
        rows.append(
            Comparison(
                f"{_LABEL}{name}{suffix}",
                quantity,
                unit,
                _reference(name)[quantity],
                values[quantity],
                "secondary",
                ISVLSI,
                reason,
                band,
            )
        )
    return rows


def _whole(name: str) -> list[Comparison]:
    """A technology that is a design of the product, or not modelled."""
    found = lenet_convolutions(name)
    rows = []
    for quantity, unit, _ in _FIGURES:
        value, band, reason = (
            None,
            None,
            "not modelled: destructive reads, row copies and refresh of DRAM are outside the model",
        )
        if found is not None:
            is_area = quantity == "area_m2"
            value = validation_readings.subarray_area_m2(found.figures) if is_area else found.value(quantity)
            band = None if is_area else found.band(quantity)
            reason = "; ".join(filter(None, (AREA_READING if is_area else "", _REASONS.get((name, quantity), ""))))
        rows.append(
            Comparison(
                f"{_LABEL}{name}", quantity, unit, _reference(name)[quantity], value, "secondary", ISVLSI, reason, band
            )
        )
    return rows


_OTHER_READING: Final = "another reading than the paper's notes ask for, to show what it is worth"
_WRITES: Final = (
    "the figure leaves 32 fJ for each bit that is sensed or written; the cell's 1 pJ a written bit, of the file that the "
    "preset is from, makes half of the model's: with 0.1 pJ (the row of the SCOPE cell) it falls by half"
)
_SENSING: Final = (
    "the figure implies 56 fJ for each of 15 million sensed bits, all included; here the chip's controller takes 3 pJ a step, "
    "which is 0.8 uJ of the model's"
)
_MEGAOHM: Final = "cells of 1 Mohm move a bit-line slowly, and 10 ns a write count for each row operation; the paper's cell is not known"
_STAGE: Final = (
    "counters, sums and bus beside the array are as large as its cells here; the paper's are 1 / 23.5 of them"
)
_CONVERSION: Final = (
    "the figures imply 69 pJ and 30 ns for each of 195 thousand conversions; published 8-bit converters take 1.7 to 3.3 pJ "
    "and about 1 ns, and NeuroSim lies below the model, not above"
)
_REASONS: Final[dict[tuple[str, str], str]] = {
    ("SOT-MRAM", "energy_per_frame_j"): _SENSING,
    ("STT-MRAM", "energy_per_frame_j"): _WRITES,
    ("digital ReRAM", "frame_latency_s"): _MEGAOHM,
    ("STT-MRAM", "area_m2"): _STAGE,
    ("digital ReRAM", "area_m2"): _STAGE,
    ("SRAM", "area_m2"): "the paper's SRAM is 36 times its SOT: no sub-array of equal capacity fits both",
    ("analog ReRAM", "energy_per_frame_j"): _CONVERSION,
    ("analog ReRAM", "frame_latency_s"): _CONVERSION,
    ("analog ReRAM", "area_m2"): "four converters for 256 columns here; the paper's number of converters is not known",
}


def analog_share() -> Comparison:
    """Buffers and converters of the analog design over its compute area."""
    found = lenet_convolutions("analog ReRAM")
    assert found is not None
    area = {name: first(value) for name, value in found.figures.area_by_component.items()}
    compute = sum(area.values()) - area["cell_arrays"]
    share = (area["buffers"] + area["converters"] + area["wordline_drivers"]) / compute
    return Comparison(
        "ISVLSI 2019, analog ReRAM", "buffers, DAC and ADC over compute area", "1", 0.85, share, "secondary", ISVLSI,
        "the paper says more than 85 %; here bus, accumulators and latches of the sub-arrays are compute area too",
    )  # fmt: skip


def memory_share() -> Comparison:
    """Memory over compute area of the SOT design."""
    found = validation_readings.evaluate(
        convolutions(), validation_readings.PAPER, **(TECHNOLOGIES["SOT-MRAM"][0] or {})
    )
    return Comparison(
        "ISVLSI 2019, SOT-MRAM", "memory over compute area", "1", 23.53, found.memory_over_compute_ratio, "secondary", ISVLSI,
        "here every sub-array computes and holds a 32-bit sum for each of its rows, most of its compute area; the paper's "
        "writes counts back into its cells, and may share its counters among sub-arrays",
    )  # fmt: skip


def imce() -> list[Comparison]:
    """AlexNet's energy at both ends of what low bit-width may mean, and against analog ReRAM."""
    hardware: dict[str, Any] = _WRITTEN | {"subarray_cols": 512}
    rows = []
    for bits in (1, 8):
        found = design(dense("alexnet-imagenet", 1, bits), **hardware)
        label = f"IMCE AlexNet, low bit-width read as W:A=1:{bits}"
        energy, band = found.value("energy_per_frame_j"), found.band("energy_per_frame_j")
        rows.append(Comparison(label, "energy_per_frame_j", "J", 785.25e-6, energy, "stated", IMCE, _BETWEEN, band))
        read = validation_readings.evaluate(dense("alexnet-imagenet", 1, bits), validation_readings.PAPER, **hardware)
        label = f"{label}, read as {validation_readings.PAPER.text}"
        rows.append(
            Comparison(
                label, "energy_per_frame_j", "J", 785.25e-6, read.energy_per_frame_j, "stated", IMCE, _SAME_GROUP
            )
        )
    analog = design(dense("alexnet-imagenet", 1, 8), **_ANALOG).value("energy_per_frame_j")
    label = "IMCE AlexNet W:A=1:8, analog ReRAM over SOT"
    return [*rows, Comparison(label, "energy ratio", "1", 3.0, analog / energy, "stated", IMCE, _CHEAP)]


_BETWEEN: Final = "the abstract does not say which bit-widths: this is one end of what low bit-width may mean"
_SAME_GROUP: Final = (
    "the reading that ISVLSI 2019 of the same group asks for: it brings this abstract's figure, whose bit-widths are not given, "
    "further away, not nearer"
)
_CHEAP: Final = (
    "with converters as published since ISAAC (about 1.7 pJ) and sense amplifiers as in NVSim (0.1 pJ a bit), a conversion of "
    "128 rows costs less than 128 sensed bits: the order of the two turns around"
)
