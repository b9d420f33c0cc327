"""How far a design's figures may be off, and what to ask about first: bands and a tornado, as data for a page."""

from pathlib import Path
from typing import Any, Final

from sotexplore.checkpoint import list_checkpoints
from sotexplore.design import Design
from sotexplore.explorer.evaluate import hardware_columns
from sotexplore.explorer.resolve import Resolver
from sotexplore.hardware.table import HardwareTable
from sotexplore.hardware.uncertainty import METRICS, Sensitivity, Study, study
from sotexplore.workload import workload_table

SHOWN: Final = 12
"""Constants of a tornado."""


def design_study(design: Design, cache: Path, *, n_draws: int = 256, seed: int = 0) -> Study:
    """Bands and sensitivities of one design.

    Args:
        design: the design.
        cache: folder of the checkpoints.
        n_draws: Monte Carlo draws.
        seed: of the draws.

    Raises:
        InputError: see `evaluate.evaluate_design` and `uncertainty.study`.
    """
    point = Resolver(design.network, list_checkpoints(cache).rows).of(design.checkpoint or design.compression)
    hardware = HardwareTable.from_columns(hardware_columns(design.hardware), 1)
    return study(workload_table([point.workload]), hardware, n_draws=n_draws, seed=seed)


def records(found: Study) -> dict[str, Any]:
    """Plain data: `bands` (metric -> nominal, low, median, high) and `sensitivities` (metric -> constants, strongest first)."""
    bands = {
        name: dict(zip(("nominal", "low", "median", "high"), (found.nominal[name], *found.bands[name]), strict=True))
        for name in METRICS
    }
    ranked = {name: [_record(item) for item in found.sensitivities[name][:SHOWN]] for name in METRICS}
    return {"bands": bands, "sensitivities": ranked}


def _record(item: Sensitivity) -> dict[str, Any]:
    known = item.parameter
    return {
        "constant": known.name, "group": known.group, "unit": known.unit, "value": known.value, "low": known.low,
        "high": known.high, "kind": known.kind, "source": known.source, "at_low": item.at_low, "at_high": item.at_high,
        "swing_ratio": item.swing_ratio,
    }  # fmt: skip
