"""The model beside every reference point that it can express: rows for the command line and for a page.

The choice of constants and of each reference's reading is written down in docs/decisions/2026-11-23-constants.md.
"""

from collections.abc import Iterable
from typing import Any

from sotexplore.explorer import validation_converters, validation_crossbars, validation_isvlsi, validation_subarrays
from sotexplore.explorer.comparison import Comparison


def comparisons(*, every_run: bool = True) -> list[Comparison]:
    """All comparisons.

    Args:
        every_run: with each of NVSim's runs, not only their medians and percentiles.
    """
    rows = [
        *validation_isvlsi.technologies(),
        validation_isvlsi.memory_share(),
        validation_isvlsi.analog_share(),
        *validation_isvlsi.imce(),
        *validation_crossbars.isaac(),
        *validation_crossbars.neurosim(),
        *validation_crossbars.mnsim(),
        *validation_converters.adcs(),
        *validation_subarrays.opennvram(),
        *validation_subarrays.nvsim_summary(),
    ]
    return rows + list(validation_subarrays.nvsim_runs()) if every_run else rows


def records(rows: Iterable[Comparison]) -> list[dict[str, Any]]:
    """The rows as plain data with the contract's keys."""
    return [row.to_dict() for row in rows]
