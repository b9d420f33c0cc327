"""What a study varies: named plans of settings, from the rows and bits of an ADC to bit errors and resistances."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sotexplore.checkpoint import LayerCheckpoint
from sotexplore.errors import InputError
from sotexplore.hardware.cell import preset
from sotexplore.simulation.arrays import Arrays
from sotexplore.simulation.device import Device, device_of
from sotexplore.simulation.faults import Faults

Setting = Mapping[str, float]
OF_ARRAYS = ("active_rows", "adc_bits")
OF_DEVICE = ("tmr_ratio", "spread_ratio", "offset_ratio")
CELL, NODE_NM = "sot-69f2", 45
"""Whose resistances studies of cells start from."""
_RATES = (1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
_ADC_BITS = {8: (1, 3), 16: (2, 4), 32: (2, 5), 64: (2, 6), 128: (3, 7), 256: (3, 7), 512: (4, 8)}
"""Active rows, and the fewest and most bits worth running: below them nothing is left, above them sums are exact."""
_CROSSBAR = Arrays(compute_style="crossbar", subarray_rows=512, subarray_cols=512, adc_bits=8, active_rows=128)
_WRITTEN = Arrays(operand="written")


@dataclass(frozen=True)
class Plan:
    """A study to run: the chip, and the settings that it is given one after another."""

    family: str
    arrays: Arrays
    base: Faults
    settings: tuple[Setting, ...]
    is_drawn: bool = True
    """Whether anything is drawn at random, so that seeds differ."""


def _device(n_rows: int) -> Device:
    return device_of(preset(CELL), NODE_NM, n_rows)


def _varied(name: str, values: tuple[float, ...]) -> tuple[Setting, ...]:
    return tuple({name: value} for value in values)


def _adc_settings(most_rows: int) -> tuple[Setting, ...]:
    """Active rows up to the first that reaches every row of the network's largest dot product."""
    found: list[Setting] = []
    for rows, (low, high) in _ADC_BITS.items():
        found += [{"active_rows": rows, "adc_bits": bits} for bits in range(low, high + 1)]
        if rows >= most_rows:
            break
    return tuple(found)


def plan(family: str, layers: tuple[LayerCheckpoint, ...]) -> Plan:
    """The plan of a family for a checkpoint.

    Raises:
        InputError: no such family.
    """
    if family == "adc":
        most = max(len(layer.rows) for layer in layers)
        return Plan(family, _CROSSBAR, Faults(), _adc_settings(most), is_drawn=False)
    if family == "crossbar-cells":
        grid = tuple({"active_rows": rows, "tmr_ratio": tmr} for rows in (8, 32, 128) for tmr in (1.0, 1.5, 3.0, 8.0))
        return Plan(family, _CROSSBAR, Faults(device=_device(_CROSSBAR.subarray_rows)), grid)
    if family == "crossbar-offset":
        grid = tuple(
            {"active_rows": rows, "offset_ratio": offset}
            for rows in (32, 128)
            for offset in (0.0, 0.001, 0.003, 0.006, 0.012, 0.024)
        )
        return Plan(family, _CROSSBAR, Faults(device=_device(_CROSSBAR.subarray_rows)), grid)
    if family not in _SIMPLE:
        raise InputError("family", "unknown", got=family, allowed=", ".join(FAMILIES))
    return _SIMPLE[family]


_CELLS = Faults(device=_device(_WRITTEN.subarray_rows))
_SIMPLE = {
    item.family: item
    for item in (
        Plan("read-errors", Arrays(), Faults(), _varied("read_error_ratio", _RATES)),
        Plan("weight-errors", Arrays(), Faults(), _varied("weight_write_error_ratio", _RATES)),
        Plan("stuck-at-zero", Arrays(), Faults(), _varied("stuck_at_zero_ratio", _RATES[2:])),
        Plan("stuck-at-one", Arrays(), Faults(), _varied("stuck_at_one_ratio", _RATES[2:])),
        Plan("operand-errors", _WRITTEN, Faults(), _varied("operand_write_error_ratio", _RATES[2:])),
        Plan("tmr", _WRITTEN, _CELLS, _varied("tmr_ratio", (0.3, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0))),
        Plan("spread", _WRITTEN, _CELLS, _varied("spread_ratio", (0.03, 0.06, 0.08, 0.1, 0.12, 0.16, 0.2))),
    )
}
FAMILIES = ("adc", "crossbar-cells", "crossbar-offset", *_SIMPLE)


def arrays_at(arrays: Arrays, setting: Setting) -> Arrays:
    """The sub-arrays with the setting's rows and bits."""
    changes: dict[str, Any] = {name: int(value) for name, value in setting.items() if name in OF_ARRAYS}
    return replace(arrays, **changes)


def faults_at(base: Faults, setting: Setting, seed: int) -> Faults:
    """The faults with those of the setting, and the seed.

    Raises:
        InputError: unknown fault, or its value out of range.
    """
    device, changes = base.device, dict[str, Any]()
    for name, value in setting.items():
        if name in OF_DEVICE:
            device = _device_at(device, name, value)
        elif name == "seed" or not isinstance(getattr(base, name, None), float | int):
            if name not in OF_ARRAYS:
                allowed = "a number of the faults, " + ", ".join((*OF_DEVICE, *OF_ARRAYS))
                raise InputError("faults", "unknown fault", got=name, allowed=allowed)
        else:
            changes[name] = value
    return replace(base, seed=seed, device=device, **changes)


def _device_at(device: Device | None, name: str, value: float) -> Device:
    if device is None:
        raise InputError("faults.device", "is not sampled", got="none", allowed=f"a device to vary {name} of")
    if name == "tmr_ratio":
        return replace(device, high_ohm=device.low_ohm * (1 + value))
    return replace(device, spread_ratio=value) if name == "spread_ratio" else replace(device, offset_ratio=value)
