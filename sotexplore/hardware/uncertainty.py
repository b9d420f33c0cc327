"""How far a chip's figures may be off: every constant's range propagated, and which constants matter most.

A constant x with range low..high is drawn as x' = x (high / x)^u for u >= 0 and x (low / x)^-u for u < 0 (linear where an
end is 0), u from a triangular distribution on -1..1 with its peak at 0: the nominal value is the median, the ends are
never exceeded. Constants are independent, but for a cell's two resistances, which follow one junction and share their u.
The design stays the one that the nominal constants give: its copies of layers and its sub-arrays do not follow the draw.
A cell whose draw cannot be built (an access transistor wider than the cell) is pulled halfway to nominal until it can.
Bands are the 5th to 95th percentile of the draws. The sensitivity of a figure to a constant is what it does with that
constant alone at its low and at its high end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import numpy as np

from sotexplore.errors import InputError
from sotexplore.hardware import arrays, chip, constants, margin, readability, rules
from sotexplore.hardware.arrays import ArrayUnits
from sotexplore.hardware.cell import LIMITS, Cell, preset, with_arrays
from sotexplore.hardware.cell_area import at_node
from sotexplore.hardware.constants import FloatArray, Quantity
from sotexplore.hardware.logic import FOLDING_F
from sotexplore.hardware.table import CROSSBAR, WRITTEN, HardwareTable, IntArray
from sotexplore.hardware.technology import CONSTANTS, technology
from sotexplore.workload import WorkloadTable

METRICS: Final = (
    "area_m2",
    "energy_per_frame_j",
    "frame_latency_s",
    "frames_per_s",
    "power_w",
    "standby_power_w",
    "read_error_ratio",
)
BAND: Final = (5.0, 50.0, 95.0)
_READS: Final = "read_error_ratio"
_FOLLOWS: Final = {"resistance_high_ohm": "resistance_low_ohm"}
_HALVINGS: Final = 40
_SIZES: Final = ("subarray_rows", "subarray_cols", "columns_per_sense_amplifier")


@dataclass(frozen=True)
class Parameter:
    """One constant that a design's figures rest on."""

    group: str
    """`circuit` (around the sub-arrays), `technology` (devices and wires of the node), `rule` (of a sub-array, at every node),
    `cell`, or `reading` (offset and shares of ones)."""
    name: str
    unit: str
    value: float
    low: float
    high: float
    kind: str
    source: str

    def at(self, place: FloatArray) -> FloatArray:
        """The constant at u in -1..1 (beyond where its range is widened)."""
        up, down = (_moved(self.value, end, np.abs(place)) for end in (self.high, self.low))
        return np.where(place >= 0, up, down)


def _moved(value: float, end: float, share: FloatArray) -> FloatArray:
    if value > 0 and end > 0:
        return np.asarray(value * (end / value) ** share)
    return np.asarray(np.maximum(value + (end - value) * share, 0.0))


@dataclass(frozen=True)
class Sensitivity:
    """What one constant alone does to one figure."""

    parameter: Parameter
    at_low: float
    """The figure with the constant at its low end."""
    at_high: float
    nominal: float

    @property
    def swing_ratio(self) -> float:
        """Distance between both over the nominal figure."""
        return abs(self.at_high - self.at_low) / self.nominal if self.nominal else 0.0


@dataclass(frozen=True)
class Study:
    """Bands of a design's figures and what they come from."""

    nominal: dict[str, float]
    bands: dict[str, tuple[float, float, float]]
    """Metric -> 5th percentile, median, 95th percentile."""
    draws: dict[str, FloatArray]
    """Metric -> its value in each draw."""
    sensitivities: dict[str, tuple[Sensitivity, ...]]
    """Metric -> constants, the most important first."""


def parameters(cell: Cell, node_nm: int) -> tuple[Parameter, ...]:
    """Every constant with a range that a chip of this cell at this node rests on."""
    found = [
        Parameter("circuit", name, item.unit, item.value, item.low, item.high, item.kind, item.source)
        for name, item in constants.TABLE.items()
    ]
    for group, table in (("technology", CONSTANTS[node_nm]), ("rule", rules.TABLE), ("reading", margin.TABLE)):
        found += [
            Parameter(group, name, item.unit, item.value, item.low, item.high, item.kind, item.source)
            for name, item in table.items()
            if item.low < item.high
        ]
    for name, known in cell.provenance.items():
        if known.low is not None and known.high is not None and known.low < known.high and name in LIMITS:
            unit = LIMITS[name][0]
            found.append(Parameter("cell", name, unit, known.value, known.low, known.high, known.kind, known.source))
    return tuple(found)


def study(
    workload: WorkloadTable, hardware: HardwareTable, *, n_draws: int = 256, seed: int = 0,
    widen: Mapping[str, float] | float = 1.0,
) -> Study:  # fmt: skip
    """Bands and sensitivities of one design.

    Args:
        workload: one compressed network.
        hardware: one chip.
        n_draws: Monte Carlo draws.
        seed: of the draws.
        widen: factor on every range (on its logarithm), or by constant's name.

    Raises:
        InputError: more than one design, no draws, or a factor that is none.
    """
    if workload.n_designs != 1 or hardware.n_designs != 1:
        raise InputError("hardware", "one design at a time", got=hardware.n_designs, allowed="1")
    if n_draws < 2:
        raise InputError("n_draws", "too few draws", got=n_draws, allowed="2 or more")
    cell = at_node(preset(str(hardware.cell[0])), int(hardware.node_nm[0]))
    known = parameters(cell, int(hardware.node_nm[0]))
    factors = np.array([widen.get(item.name, 1.0) if isinstance(widen, Mapping) else widen for item in known])
    if not (np.isfinite(factors) & (factors >= 0)).all():
        raise InputError("widen", "not a factor", got=widen, allowed="0 or more")
    draws = np.random.default_rng(seed).triangular(-1.0, 0.0, 1.0, (n_draws, len(known))) * factors
    ends = np.concatenate([np.diag(-factors), np.diag(factors)])
    place = np.concatenate([np.zeros((1, len(known))), draws, ends])
    figures = _evaluate(workload, hardware, cell, known, _linked(known, place))
    return _summary(figures, known, n_draws)


def _linked(known: tuple[Parameter, ...], place: FloatArray) -> FloatArray:
    """Constants that follow another take its place."""
    column = {item.name: index for index, item in enumerate(known) if item.group == "cell"}
    for follower, leader in _FOLLOWS.items():
        if follower in column and leader in column:
            place[:, column[follower]] = place[:, column[leader]]
    return place


def _summary(figures: dict[str, FloatArray], known: tuple[Parameter, ...], n_draws: int) -> Study:
    nominal = {name: float(values[0]) for name, values in figures.items()}
    draws = {name: values[1 : n_draws + 1] for name, values in figures.items()}
    bands = {}
    for name, values in draws.items():
        low, median, high = np.percentile(values, BAND)
        bands[name] = (float(low), float(median), float(high))
    ranked = {}
    for name, values in figures.items():
        at_low, at_high = values[n_draws + 1 :].reshape(2, -1)
        found = [
            Sensitivity(item, float(low), float(high), nominal[name])
            for item, low, high in zip(known, at_low, at_high, strict=True)
            if item.name not in _FOLLOWS
        ]
        ranked[name] = tuple(sorted(found, key=lambda item: (-item.swing_ratio, item.parameter.name)))
    return Study(nominal, bands, draws, ranked)


def _evaluate(
    workload: WorkloadTable, hardware: HardwareTable, cell: Cell, known: tuple[Parameter, ...], place: FloatArray
) -> dict[str, FloatArray]:
    """Figures of the design with the constants at each row of `place`."""
    drawn = _Drawn(hardware, cell, known, place)
    same = np.zeros(len(place), dtype=np.int64)
    nominal = chip.evaluate(workload, hardware)
    choice = chip.Choice(nominal.by_layer["copies"][same], nominal.n_subarrays[same])
    found = chip.evaluate(
        workload.take(same), hardware.take(same), values=drawn.group("circuit"), arrays=(drawn.units(), np.arange(len(place))),
        choice=choice,
    )  # fmt: skip
    figures = {name: np.asarray(getattr(found, name)) for name in METRICS if name != _READS}
    return figures | {_READS: drawn.read_error_ratio()}


class _Drawn:
    """The constants at each row of `place`, and the bare sub-arrays and reads that they give."""

    def __init__(self, hardware: HardwareTable, cell: Cell, known: tuple[Parameter, ...], place: FloatArray) -> None:
        self._hardware, self._known, self._place = hardware, known, place
        self._node_nm = int(hardware.node_nm[0])
        drawn = cast(dict[str, Any], self.group("technology") | {"rules": rules.Rules(**self.group("rule"))})
        self._tech = replace(technology(self._node_nm), **drawn)
        self._cell = _buildable(cell, known, place, self._size("columns_per_sense_amplifier"))

    def group(self, name: str) -> dict[str, Quantity]:
        """Constants of a group, one entry per draw."""
        columns = enumerate(self._known)
        return {item.name: item.at(self._place[:, index]) for index, item in columns if item.group == name}

    def _size(self, name: str) -> IntArray:
        return np.broadcast_to(getattr(self._hardware, name)[:1], (len(self._place),))

    def units(self) -> ArrayUnits:
        """Bare sub-arrays."""
        return arrays.units_of(self._cell, self._node_nm, *(self._size(name) for name in _SIZES), tech=self._tech)

    def read_error_ratio(self) -> FloatArray:
        """Share of wrong reads."""
        drawn = self.group("reading")
        reading = readability.Reading(
            self._tech, drawn["senseamp_offset_v"], drawn["input_ones_ratio"], drawn["weight_ones_ratio"]
        )
        rows, active, bits = (
            self._size(name).astype(np.float64) for name in ("subarray_rows", "active_rows", "adc_bits")
        )
        if self._hardware.compute_style[0] == CROSSBAR:
            return readability.column_error_ratio(self._cell, self._node_nm, active, bits, reading=reading)
        two_row = bool(self._hardware.operand[0] == WRITTEN)
        return np.array(readability.and_error_ratio(self._cell, self._node_nm, rows, two_row=two_row, reading=reading))


def _buildable(cell: Cell, known: tuple[Parameter, ...], place: FloatArray, shared: IntArray) -> Cell:
    """The cell at each row of `place`, pulled towards nominal where it cannot be built."""
    columns = {item: index for index, item in enumerate(known) if item.group == "cell"}
    share = np.ones(len(place))
    for _ in range(_HALVINGS):
        drawn = with_arrays(cell, {item.name: item.at(place[:, index] * share) for item, index in columns.items()})
        wrong = np.less_equal(drawn.width_f, FOLDING_F) & np.greater_equal(drawn.access_width_f, drawn.width_f)
        wrong |= np.less_equal(shared * drawn.width_f, FOLDING_F)
        wrong |= np.less(drawn.resistance_high_ohm, drawn.resistance_low_ohm)
        if not np.any(wrong):
            break
        share = np.where(wrong, share / 2, share)
    return drawn
