"""The design's sub-array for NVSim: a cell file and a configuration of one mat of 2 x 2 such sub-arrays, in a zip.

The set-up is that of the reference runs behind the model: low-operating-power devices at 300 K, aggressive local wires
without repeaters, internal sensing. NVSim has no spin-orbit cell: it stands as MRAM with its write current through the
bit-line, so a write is not that of a cell with a write path of its own.

Reference: Dong et al., "NVSim", IEEE TCAD 31(7), 2012, doi 10.1109/TCAD.2012.2185930.
"""

from collections.abc import Mapping
from typing import Final

from sotexplore.errors import InputError
from sotexplore.explorer.exports.handover import HandOver, cell_facts, provenance, slug
from sotexplore.explorer.exports.pack import zip_bytes
from sotexplore.hardware.cell import Cell, preset

_TYPES: Final[Mapping[str, str]] = {"sot": "MRAM", "stt": "MRAM", "reram": "memristor", "sram": "SRAM"}
_SUBARRAYS_PER_MAT: Final = 4
_COMMENT: Final = "// "


def nvsim_bytes(item: HandOver) -> bytes:
    """A zip of `NAME.cell` and `NAME.cfg`; run `nvsim NAME.cfg` in its folder.

    Raises:
        InputError: NVSim has no such cell, or takes no such size (it takes powers of two).
    """
    hardware = item.evaluation.design.hardware
    cell = preset(hardware.cell)
    if cell.kind not in _TYPES:
        raise InputError("hardware.cell", "has no NVSim cell type", got=cell.kind, allowed=", ".join(_TYPES))
    for name in ("subarray_rows", "subarray_cols", "columns_per_sense_amplifier"):
        size = getattr(hardware, name)
        if size & (size - 1):
            raise InputError(f"hardware.{name}", "NVSim takes powers of two only", got=size, allowed="32, 64, 128, ...")
    name = slug(f"{cell.name}-{hardware.subarray_rows}x{hardware.subarray_cols}")
    head = [f"{_COMMENT}{key}: {value}" for key, value in provenance(item.evaluation).items()]
    kinds = [f"{_COMMENT}{key}: {known.kind}, {known.source}" for key, known in cell_facts(item.evaluation)]
    return zip_bytes(
        {
            f"{name}.cell": _text([*head, *kinds, *_cell_lines(cell)]),
            f"{name}.cfg": _text([*head, *_configuration_lines(item, f"{name}.cell")]),
        }
    )


def _text(lines: list[str]) -> bytes:
    return ("\n".join(" ".join(line.split()) for line in lines) + "\n").encode()


def _cell_lines(cell: Cell) -> list[str]:
    lines = [
        f"-MemCellType: {_TYPES[cell.kind]}",
        f"-CellArea (F^2): {cell.area_f2:.9g}",
        f"-CellAspectRatio: {cell.aspect_ratio:.9g}",
    ]
    if cell.kind == "sram":
        return [*lines, "-ReadMode: voltage", "-AccessType: CMOS", f"-AccessCMOSWidth (F): {cell.access_width_f:.9g}"]
    lines += [
        f"-ResistanceOn (ohm): {cell.resistance_low_ohm:.9g}",
        f"-ResistanceOff (ohm): {cell.resistance_high_ohm:.9g}",
        "-ReadMode: current",
        f"-ReadVoltage (V): {cell.read_voltage_v:.9g}",
        f"-MinSenseVoltage (mV): {cell.sense_voltage_v * 1e3:.9g}",
        f"-ReadPower (uW): {cell.read_power_w * 1e6:.9g}",
    ]
    for way in ("Reset", "Set"):
        lines += [
            f"-{way}Mode: current",
            f"-{way}Current (uA): {cell.write_current_a * 1e6:.9g}",
            f"-{way}Pulse (ns): {cell.write_pulse_s * 1e9:.9g}",
            f"-{way}Energy (pJ): {cell.write_energy_bit_j * 1e12:.9g}",
        ]
    return [*lines, "-AccessType: CMOS", f"-AccessCMOSWidth (F): {cell.access_width_f:.9g}"]


def _configuration_lines(item: HandOver, cell_file: str) -> list[str]:
    hardware = item.evaluation.design.hardware
    n_bytes = _SUBARRAYS_PER_MAT * hardware.subarray_rows * hardware.subarray_cols // 8
    capacity = f"-Capacity (KB): {n_bytes // 1024}" if n_bytes % 1024 == 0 else f"-Capacity (B): {n_bytes}"
    word = hardware.subarray_cols // hardware.columns_per_sense_amplifier
    return [
        "-DesignTarget: RAM",
        "-OptimizationTarget: ReadLatency",
        "-EnablePruning: Yes",
        f"-ProcessNode: {hardware.node_nm}",
        capacity,
        f"-WordWidth (bit): {word}",
        "-DeviceRoadmap: LOP",
        "-LocalWireType: LocalAggressive",
        "-LocalWireRepeaterType: RepeatedNone",
        "-LocalWireUseLowSwing: No",
        "-GlobalWireType: LocalAggressive",
        "-GlobalWireRepeaterType: RepeatedNone",
        "-GlobalWireUseLowSwing: No",
        "-Routing: H-tree",
        "-InternalSensing: true",
        f"-MemoryCellInputFile: {cell_file}",
        "-Temperature (K): 300",
        "-BufferDesignOptimization: latency",
        "-ForceBank (Total AxB, Active CxD): 1x1, 1x1",
        "-ForceMat (Total AxB, Active CxD): 2x2, 1x1",
        f"-ForceMuxSenseAmp: {hardware.columns_per_sense_amplifier}",
        "-ForceMuxOutputLev1: 1",
        "-ForceMuxOutputLev2: 1",
    ]
