"""One published figure beside the model's: the row that `validate` prints and a page draws."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final

import numpy as np

from sotexplore import catalogue
from sotexplore.hardware import chip
from sotexplore.hardware.chip import ChipFigures
from sotexplore.hardware.uncertainty import Study, study
from sotexplore.workload import WorkloadTable, dense_workload, workload_table

OFF_BY: Final = 1.5
"""A ratio beyond this, either way, needs a reason."""
N_DRAWS: Final = 256
DEFAULTS: Final[Mapping[str, Any]] = {
    "compute_style": "and-count", "node_nm": 45, "cell": "sot-69f2", "subarray_rows": 256, "subarray_cols": 256,
    "columns_per_sense_amplifier": 1, "adc_bits": 8, "active_rows": 128, "operand": "streamed", "schedule": "sequential",
    "area_budget_m2": None,
}  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """A reference point, what the model says of it, and why they differ."""

    reference: str
    quantity: str
    unit: str
    reference_value: float
    model_value: float | None
    """None where the model cannot express the reference."""
    kind: str
    """Of the reference: measured, simulated, stated, secondary, textbook."""
    source: str
    reason: str = ""
    """Why it is off by more than `OFF_BY`, or what the row does not show."""
    band: tuple[float, float] | None = None
    """5th and 95th percentile of the model's value over the ranges of its constants, for whole chips."""

    @property
    def ratio(self) -> float | None:
        """Model over reference."""
        return None if self.model_value is None else self.model_value / self.reference_value

    @property
    def is_off(self) -> bool:
        """Whether the ratio needs a reason."""
        return self.ratio is None or not 1 / OFF_BY <= self.ratio <= OFF_BY

    def to_dict(self) -> dict[str, Any]:
        """Plain data with the contract's keys, the reason only where there is one."""
        row: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("reference", "quantity", "unit", "reference_value", "model_value", "ratio", "kind", "source")
        }
        if self.band is not None:
            row |= {"model_low": self.band[0], "model_high": self.band[1]}
        return row | ({"reason": self.reason} if self.reason else {})


@cache
def dense(network: str, weight_bits: int, activation_bits: int) -> WorkloadTable:
    """The dense network at these bits, one design."""
    found = catalogue.network(network)
    return workload_table([dense_workload(found, weight_bits=weight_bits, activation_bits=activation_bits)])


def layers_of(workload: WorkloadTable, names: Sequence[str]) -> WorkloadTable:
    """The layers of these names alone."""
    place = np.array([index for index, layer in enumerate(workload.layers) if layer.name in names])
    columns = (getattr(workload, item.name) for item in fields(workload)[1:])
    return WorkloadTable(tuple(workload.layers[index] for index in place), *(values[:, place] for values in columns))


@dataclass(frozen=True)
class Design:
    """One design with its figures and their bands."""

    figures: ChipFigures
    study: Study

    def value(self, name: str) -> float:
        """A figure."""
        return first(getattr(self.figures, name))

    def band(self, name: str) -> tuple[float, float]:
        """5th and 95th percentile of a figure of `uncertainty.METRICS`."""
        low, _, high = self.study.bands[name]
        return low, high


def design(workload: WorkloadTable, **hardware: Any) -> Design:
    """One design; what `hardware` leaves out is as in `DEFAULTS`."""
    table = chip.HardwareTable.from_columns({**DEFAULTS, **hardware}, 1)
    return Design(chip.evaluate(workload, table), study(workload, table, n_draws=N_DRAWS))


def first(values: Any) -> float:
    """The figure of the only design."""
    return float(np.asarray(values).reshape(-1)[0])
