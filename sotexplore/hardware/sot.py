"""Writing a row of SOT cells through their channels: the path that a two-terminal model does not have.

A cell has two transistors: the read transistor in series with the junction, and a write transistor that lets the
current from the bit-line pass through the heavy-metal channel under the junction to the source line. Reads and the
array's size are those of `subarray.figures`; a write through the channel is this:

    predecoder -> row decoder with a driver chain sized for the write word line -> the bit-lines settle -> pulse

The current of each written bit passes driver, column mux, write bit-line, write transistor, channel, source line and
return driver in series; both lines are wide and belong to writes alone. NVSim has no such path: none of this is checked
against its runs. Widths not given by the cell are design choices, marked assumed.

References:
    [1] Dong et al., "NVSim", IEEE TCAD 31(7), 2012, doi 10.1109/TCAD.2012.2185930 (the circuits around the path).
    [2] OpenNVRAM, 2T-1MTJ SOT cell in FreePDK45 (bit-line, write transistor, channel, second bit-line in series).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sotexplore.errors import InputError
from sotexplore.hardware import bitline, column, decoder, logic, rules, subarray_sizes, wires
from sotexplore.hardware.cell import Cell
from sotexplore.hardware.cell_area import at_node
from sotexplore.hardware.subarray_parts import Size, parts
from sotexplore.hardware.technology import FloatArray, Quantity, Technology, technology

N_DRIVERS: Final = rules.fixed("write_drivers")
"""Write driver, column mux and return driver in series."""
MAX_SUPPLY_V: Final = rules.fixed("max_write_supply_v")
"""What thick-oxide transistors of these nodes stand (textbook: the 2.5 V of input and output pads)."""


@dataclass(frozen=True)
class SotWrite:
    """One written row; float64 arrays of the broadcast shape of the arguments."""

    latency_s: FloatArray
    """With the predecoder."""
    energy_j: FloatArray
    """Without the predecoder: word line, bit-lines and the current from its supply."""
    channel_energy_j: FloatArray
    """Part of it that heats the channels."""
    current_energy_j: FloatArray
    """Part of it that the write current takes from its supply."""
    bitline_energy_j: FloatArray
    decoder_energy_j: FloatArray
    supply_v: FloatArray
    """What the current needs along the whole path, not under the node's own supply [V]."""
    feasible: NDArray[np.bool_]
    """The supply is not above `MAX_SUPPLY_V`; where it is, the sub-array has too many rows for this current."""
    settle_s: FloatArray
    """Of the bit-lines, before the pulse counts."""


@dataclass(frozen=True)
class _Path:
    """One write path [ohm, F] and its word line."""

    drivers_ohm: Quantity
    wire_ohm: Quantity
    access_ohm: Quantity
    bitline_f: Quantity
    wordline_f: Quantity


def _path(*, cell: Cell, wired: bitline.Lines, size: Size, tech: Technology) -> _Path:
    """Transistors as supply over saturation current, so on the safe side; the far row sees all of both wires."""
    least = column.current_width_m(cell.write_current_a, tech)
    own = cell.write_access_width_f * tech.feature_m
    access = np.where(np.greater(own, 0.0), own, least * tech.rules.write_access_ratio)
    driver = least * tech.rules.write_driver_ratio
    region = tech.rules.region_f * tech.feature_m
    drain = logic.drain_capacitance_f(width_m=access, region_m=region, tech=tech)
    driver_drain = logic.drain_capacitance_f(width_m=driver, region_m=region, tech=tech)
    read_gates = size.cols * logic.gate_capacitance_f(cell.access_width_f * tech.feature_m, tech)
    write_gates = size.cols * logic.gate_capacitance_f(access, tech)
    line_f = wired.array_height_m * wires.capacitance_f_m(tech, tech.rules.write_widening_ratio)
    return _Path(
        drivers_ohm=N_DRIVERS * tech.supply_v / (tech.on_nmos_a_m * driver),
        wire_ohm=2 * wired.array_height_m * wires.resistance_ohm_m(tech, tech.rules.write_widening_ratio),
        access_ohm=tech.supply_v / (tech.on_nmos_a_m * access),
        bitline_f=line_f + size.rows * drain / 2 + 2 * driver_drain,
        wordline_f=wired.wordline_f - read_gates + write_gates,
    )


def _size_and_bits(rows: ArrayLike, cols: ArrayLike, n_bits: ArrayLike) -> tuple[Size, FloatArray]:
    bits = np.asarray(n_bits)
    allowed = "1 to the number of columns"
    if bits.dtype.kind not in "iu":
        raise InputError("hardware.n_bits", "not an integer", got=n_bits, allowed=allowed)
    size = subarray_sizes.check(rows=rows, cols=cols, columns_per_sense_amplifier=1)
    if np.any(bits < 1) or np.any(bits > size.cols):
        raise InputError("hardware.n_bits", "out of range", got=n_bits, allowed=allowed)
    return size, bits.astype(np.float64)


def sot_write(
    *, cell: Cell, node_nm: int, rows: ArrayLike, cols: ArrayLike, n_bits: ArrayLike, tech: Technology | None = None
) -> SotWrite:
    """Latency and energy of writing `n_bits` cells of one row through their channels.

    Equations: V = max(Vdd, I (R_drivers + R_wires + R_access + R_channel));
    E = n (I V t_pulse + C_bl V^2) + E_decoder; t = t_predecoder + t_decoder + ln 10 RC + t_pulse.
    Every written column charges one of its two lines once, by the direction of its current.

    Args:
        cell: a SOT cell with a channel resistance.
        node_nm: process node [nm].
        rows: word lines, 32 to 2048.
        cols: bit-lines, 32 to 2048.
        n_bits: bits written at once, 1 to `cols`.
        tech: devices and wires, where not those of the node's table.

    Raises:
        InputError: for a cell without a channel, or a size out of range.
    """
    if not cell.has_channel:
        got = f"{cell.kind}, {cell.channel_resistance_ohm} ohm"
        raise InputError("hardware.cell", "no spin-orbit channel to write through", got=got, allowed="sot, above 0 ohm")
    cell = at_node(cell, node_nm)
    size, bits = _size_and_bits(rows, cols, n_bits)
    subarray_sizes.check_pitch(cell=cell, size=size)
    tech = tech or technology(node_nm)
    built = parts(cell=cell, size=size, drive="sized", tech=tech)
    path = _path(cell=cell, wired=built.wired, size=size, tech=tech)
    row = decoder.line_decoder(
        lines=size.rows,
        load_f=path.wordline_f,
        wire_s=path.wordline_f * built.wired.wordline_ohm / 2,
        rise_s=built.predecoder.rise_s,
        drive="sized",
        tech=tech,
    )
    values = _evaluate(cell=cell, path=path, row=row, predecode_s=built.predecoder.latency_s, bits=bits, tech=tech)
    shape = np.broadcast_shapes(*(np.shape(value) for value in values.values()))
    arrays = {name: np.array(np.broadcast_to(value, shape), np.float64) for name, value in values.items()}
    return SotWrite(feasible=arrays["supply_v"] <= MAX_SUPPLY_V, **arrays)


def _evaluate(
    *, cell: Cell, path: _Path, row: decoder.Decoded, predecode_s: Quantity, bits: FloatArray, tech: Technology
) -> dict[str, Quantity]:
    current, pulse = cell.write_current_a, cell.write_pulse_s
    series = path.drivers_ohm + path.wire_ohm + path.access_ohm + cell.channel_resistance_ohm
    supply = np.maximum(tech.supply_v, current * series)
    settle = tech.rules.settle_ratio * path.bitline_f * (path.drivers_ohm + path.wire_ohm / 4)
    driven = bits * current * supply * pulse
    charged = bits * path.bitline_f * supply**2
    return {
        "latency_s": predecode_s + row.latency_s + settle + pulse,
        "energy_j": driven + charged + row.energy_j,
        "channel_energy_j": bits * current**2 * cell.channel_resistance_ohm * pulse,
        "current_energy_j": driven,
        "bitline_energy_j": charged,
        "decoder_energy_j": row.energy_j,
        "supply_v": supply,
        "settle_s": settle,
    }
