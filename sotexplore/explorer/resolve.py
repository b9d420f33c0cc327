"""Compression settings and checkpoint keys resolved against the cache: what a chip holds and how accurate it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sotexplore import catalogue
from sotexplore.budget import planned_workload
from sotexplore.checkpoint import workloads
from sotexplore.design import Compression
from sotexplore.errors import InputError
from sotexplore.explorer.accuracy import Accuracy, AccuracyModel
from sotexplore.explorer.space import COMPRESSION_FIELDS
from sotexplore.workload import LayerWorkload

BASELINE_BITS = 8
"""Bits of the dense network that sub-arrays are compared with, and the most that an array holds."""


@dataclass(frozen=True)
class Point:
    """A compression setting resolved: what the chip has to hold, how accurate it is."""

    setting: Compression
    workload: tuple[LayerWorkload, ...]
    accuracy: Accuracy
    row: Mapping[str, Any] | None


class Resolver:
    """Resolves compression settings and checkpoint keys of one network against the rows of a cache."""

    def __init__(self, network: str, rows: Sequence[Mapping[str, Any]]) -> None:
        self.network = catalogue.network(network)
        self._rows = [row for row in rows if row["network"] == network]
        self.accuracy = AccuracyModel(self._rows)

    def of(self, compression: Compression | str) -> Point:
        """The point of a setting or of a checkpoint's key.

        Raises:
            InputError: no such checkpoint for this network, or one of the dense float network.
        """
        if isinstance(compression, str):
            return self._of_row(self._row(compression))
        accuracy = self.accuracy.of(compression)
        if accuracy.row is not None:
            return Point(compression, workloads(accuracy.row), accuracy, accuracy.row)
        plan = planned_workload(self.network, **compression.model_dump())
        return Point(compression, plan, accuracy, None)

    def _row(self, key: str) -> Mapping[str, Any]:
        row = next((row for row in self._rows if row["key"] == key), None)
        if row is None:
            raise InputError(
                "checkpoint",
                f"not in the cache for {self.network.name}",
                got=key,
                allowed="a key listed by `sotexplore checkpoints`",
            )
        if row["weight_bits"] > BASELINE_BITS:
            raise InputError(
                "checkpoint",
                "is the dense float network, which no array holds",
                got=key,
                allowed="a quantized checkpoint",
            )
        return row

    def _of_row(self, row: Mapping[str, Any]) -> Point:
        setting = Compression(**{name: row[name] for name in COMPRESSION_FIELDS})
        return Point(setting, workloads(row), Accuracy(row["accuracy_ratio"], "measured", row=row), row)
