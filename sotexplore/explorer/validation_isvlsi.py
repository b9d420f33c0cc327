"""Six technologies on the convolutions of LeNet-5 (ISVLSI 2019), and the works next to it, beside the model."""

from functools import cache
from typing import Any, Final

from sotexplore.explorer.comparison import Comparison, Design, dense, design, first, layers_of
from sotexplore.hardware.chip import ChipFigures

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


@cache
def lenet_convolutions(technology: str) -> Design | None:
    """Both convolutions at W:A = 1:8 on one technology; None where it is not modelled."""
    hardware = TECHNOLOGIES[technology][0]
    if hardware is None:
        return None
    return design(layers_of(dense("lenet5-mnist", 1, 8), ("conv1", "conv2")), **hardware)


def subarray_area_m2(found: ChipFigures) -> float:
    """One sub-array with what stands beside it."""
    outside = ("buffers", "post_processing", "controller")
    return sum(first(area) for name, area in found.area_by_component.items() if name not in outside) / first(
        found.n_subarrays
    )


def technologies() -> list[Comparison]:
    """Energy, latency and area of each technology."""
    rows = []
    for name, (_, area_mm2, energy_uj, latency_ms) in TECHNOLOGIES.items():
        found = lenet_convolutions(name)
        points = (
            ("energy_per_frame_j", "J", energy_uj * 1e-6),
            ("frame_latency_s", "s", latency_ms * 1e-3),
            ("area_m2", "m2", area_mm2 * 1e-6),
        )
        for quantity, unit, reference in points:
            label = f"ISVLSI 2019 LeNet-5 convolutions W:A=1:8, {name}"
            value, band, reason = _of_model(found, name, quantity)
            rows.append(Comparison(label, quantity, unit, reference, value, "secondary", ISVLSI, reason, band))
    return rows


def _of_model(found: Design | None, name: str, quantity: str) -> tuple[float | None, tuple[float, float] | None, str]:
    """Value, band and reason of one figure of one technology."""
    if found is None:
        return None, None, "not modelled: destructive reads, row copies and refresh of DRAM are outside the model"
    reason = _REASONS.get((name, quantity), "")
    if quantity == "area_m2":
        return subarray_area_m2(found.figures), None, "; ".join(filter(None, (AREA_READING, reason)))
    return found.value(quantity), found.band(quantity), reason


_SENSE: Final = (
    "the figure implies 56 fJ for each of 15 million sensed bits, all included; NVSim's current-to-voltage stage alone takes "
    "103 fJ here, as in the hand count of 30 pJ a row operation"
)
_OVERLAP: Final = (
    "the figure implies 6 to 12 ns for each of 149 thousand row operations; here counting, shifting and accumulating hide "
    "behind the next access, and only operands are written, not intermediate results"
)
_CAPACITY: Final = (
    "the paper's chips hold 32 Mb whatever the network: at 27.5 pW a bit that leaks 0.3 uJ in a frame, which a chip sized to "
    "the network does not"
)
_STAGE: Final = "sense amplifiers of 50,000 F2 on every column are most of it; the paper's are its own and smaller"
_CONVERSION: Final = (
    "the figures imply 69 pJ and 30 ns for each of 195 thousand conversions; published 8-bit converters take 1.7 to 3.3 pJ "
    "and about 1 ns, and NeuroSim lies below the model, not above"
)
_REASONS: Final[dict[tuple[str, str], str]] = {
    ("SOT-MRAM", "energy_per_frame_j"): _SENSE,
    ("STT-MRAM", "energy_per_frame_j"): _SENSE
    + "; operand writes of 1 pJ a bit and a read current of 30 uW a cell come on top",
    ("SRAM", "energy_per_frame_j"): _CAPACITY,
    ("SOT-MRAM", "frame_latency_s"): _OVERLAP,
    ("STT-MRAM", "frame_latency_s"): _OVERLAP,
    ("digital ReRAM", "frame_latency_s"): _OVERLAP,
    ("SRAM", "frame_latency_s"): _OVERLAP,
    ("SOT-MRAM", "area_m2"): _STAGE,
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


def imce() -> list[Comparison]:
    """AlexNet's energy at both ends of what low bit-width may mean, and against analog ReRAM."""
    hardware: dict[str, Any] = _WRITTEN | {"subarray_cols": 512}
    rows = []
    for bits in (1, 8):
        found = design(dense("alexnet-imagenet", 1, bits), **hardware)
        label = f"IMCE AlexNet, low bit-width read as W:A=1:{bits}"
        energy, band = found.value("energy_per_frame_j"), found.band("energy_per_frame_j")
        rows.append(Comparison(label, "energy_per_frame_j", "J", 785.25e-6, energy, "stated", IMCE, _BETWEEN, band))
    analog = design(dense("alexnet-imagenet", 1, 8), **_ANALOG).value("energy_per_frame_j")
    label = "IMCE AlexNet W:A=1:8, analog ReRAM over SOT"
    return [*rows, Comparison(label, "energy ratio", "1", 3.0, analog / energy, "stated", IMCE, _CHEAP)]


_BETWEEN: Final = "the abstract does not say which bit-widths: this is one end of what low bit-width may mean"
_CHEAP: Final = (
    "with converters as published since ISAAC (about 1.7 pJ) and sense amplifiers as in NVSim (0.1 pJ a bit), a conversion of "
    "128 rows costs less than 128 sensed bits: the order of the two turns around"
)
