"""What sub-arrays cost in accuracy: the ADC's range and rows driven at once, and, as a choice, spread and offset of reads.

From the studies of the cache (`sotexplore faults`), as the share of a checkpoint's accuracy above chance that is kept:
interpolated between the settings of its own study, or else weighted over the studied checkpoints of the network by
their distance in compression. ADC and reads are taken as independent: their kept shares are multiplied.
An accuracy is `measured` where every sum is exact, or where just that setting was run on the whole test set;
`estimated` with its error elsewhere; `unknown` where the network has no study.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sotexplore.explorer.accuracy import coordinates
from sotexplore.explorer.kept_share import AdcStudy, At, CellStudy, KeptStudy, PairStudy, RateStudy, spread_of_errors
from sotexplore.explorer.resolve import Point
from sotexplore.fault_study import Study
from sotexplore.hardware import reads
from sotexplore.hardware.table import CROSSBAR, WRITTEN, HardwareTable

FloatArray = NDArray[np.float64]
_OTHER_STRUCTURE = 1.0
"""Distance between checkpoints of different structures: as one factor of two in weights or bits (assumed)."""
KINDS = np.array(["unknown", "estimated", "measured"])
_UNKNOWN, _ESTIMATED, _MEASURED = range(3)


@dataclass(frozen=True)
class Conditions:
    """What of each hardware setting matters to accuracy, each different combination once."""

    is_crossbar: NDArray[np.bool_]
    active_rows: FloatArray
    """Rows driven at once, those of the sub-array at most."""
    adc_bits: FloatArray
    is_even: NDArray[np.bool_]
    """Whether every drive but the last of a dot product has as many rows."""
    read_error_ratio: FloatArray
    """And-count."""
    reads_pairs: NDArray[np.bool_]
    """And-count: two rows sensed at once."""
    offset_counts: FloatArray
    """Crossbar: see `reads.column_offset_counts`."""

    @property
    def n(self) -> int:
        """Combinations."""
        return len(self.active_rows)


@dataclass(frozen=True)
class ArrayAccuracy:
    """Accuracies of one compressed network on many arrays; nan where unknown or, for errors, where measured."""

    ratio: FloatArray
    kind: NDArray[np.str_]
    error_ratio: FloatArray
    with_faults_ratio: FloatArray
    """With the read errors of the cells' resistance spread and the amplifiers' offset; always estimated."""
    with_faults_error_ratio: FloatArray

    def take(self, index: NDArray[np.int64]) -> "ArrayAccuracy":
        """Some of them."""
        return ArrayAccuracy(*(getattr(self, name)[index] for name in self.__dataclass_fields__))


def conditions(hardware: HardwareTable) -> tuple[Conditions, NDArray[np.int64]]:
    """The different conditions of some chips, and which of them each chip has."""
    crossbar = hardware.compute_style == CROSSBAR
    rows = np.minimum(hardware.active_rows, hardware.subarray_rows)
    columns = np.stack(
        [
            crossbar,
            np.where(crossbar, rows, 0),
            np.where(crossbar, hardware.adc_bits, 0),
            crossbar & (hardware.subarray_rows % rows == 0),
            np.where(crossbar, 0.0, reads.read_error_ratio(hardware)),
            ~crossbar & (hardware.operand == WRITTEN),
            np.where(crossbar, reads.column_offset_counts(hardware), 0.0),
        ],
        axis=1,
    ).astype(np.float64)
    found, index = np.unique(columns, axis=0, return_inverse=True)
    one = found.T
    return Conditions(one[0] > 0, one[1], one[2], one[3] > 0, one[4], one[5] > 0, one[6]), np.asarray(index).reshape(-1)


class ArrayModel:
    """Answers for one network, from the studies of its checkpoints."""

    def __init__(self, studies: Sequence[Study], rows: Sequence[Mapping[str, Any]], *, n_classes: int) -> None:
        self._chance = 1 / n_classes
        by_key = {row["key"]: row for row in rows if row["weight_bits"] <= 8}
        known = [study for study in studies if study.checkpoint in by_key]
        self._adc = _Family([AdcStudy(study, by_key[study.checkpoint], self._chance) for study in _of(known, "adc")])
        self._cells = _Family(
            [CellStudy(study, by_key[study.checkpoint], self._chance) for study in _of(known, "crossbar-cells")]
        )
        self._bits = _Family(
            [RateStudy(study, by_key[study.checkpoint], self._chance) for study in _of(known, "weight-errors")]
        )
        self._pairs = _Family([PairStudy(study, by_key[study.checkpoint], self._chance) for study in _of(known, "tmr")])

    def of(self, point: Point, chips: Conditions) -> ArrayAccuracy:
        """Accuracies of a compressed network under some conditions."""
        ideal, base_error = point.accuracy.ratio, point.accuracy.error_ratio or 0.0
        if ideal is None:
            nothing = np.full(chips.n, np.nan)
            return ArrayAccuracy(nothing, KINDS[np.zeros(chips.n, np.int64)], nothing, nothing, nothing)
        most_rows = max(item.kept_rows for item in point.workload)
        rows = np.minimum(chips.active_rows, most_rows)
        exact = ~chips.is_crossbar | (rows <= np.exp2(chips.adc_bits) - 1)
        share, error = self._adc.kept(point, (rows, chips.adc_bits))
        share, error = np.where(exact, 1.0, share), np.where(exact, 0.0, error)
        above = ideal - self._chance
        whole = self._whole_runs(point, chips, rows, exact)
        ratio = np.where(np.isnan(whole), self._chance + above * share, whole)
        kind = np.where(exact | ~np.isnan(whole), _MEASURED, np.where(np.isnan(ratio), _UNKNOWN, _ESTIMATED))
        if point.accuracy.kind != "measured":
            kind = np.minimum(kind, _ESTIMATED)
        stated = np.where(kind == _ESTIMATED, base_error + above * error, np.nan)
        read_share, read_error = self._of_reads(point, chips, rows)
        faulty = self._chance + (ratio - self._chance) * read_share
        faulty_error = np.nan_to_num(stated) + above * read_error
        return ArrayAccuracy(ratio, KINDS[kind], stated, faulty, np.where(np.isnan(faulty), np.nan, faulty_error))

    def _of_reads(self, point: Point, chips: Conditions, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Share that read errors leave, and its error."""
        rates = (chips.read_error_ratio,)
        of_bits, of_pairs = self._bits.kept(point, rates), self._pairs.kept(point, rates)
        of_cells = self._cells.kept(point, (rows, chips.offset_counts))
        share, error = (
            np.where(chips.is_crossbar, cell, np.where(chips.reads_pairs, pair, bit))
            for cell, pair, bit in zip(of_cells, of_pairs, of_bits, strict=True)
        )
        perfect = np.where(chips.is_crossbar, chips.offset_counts == 0, chips.read_error_ratio == 0)
        return np.where(perfect, 1.0, share), np.where(perfect, 0.0, error)

    def _whole_runs(self, point: Point, chips: Conditions, rows: FloatArray, exact: NDArray[np.bool_]) -> FloatArray:
        """Accuracy of settings that were run on the whole test set; nan elsewhere."""
        own = self._adc.own(point)
        if own is None or point.row is None or own.images != point.row["test_images"]:
            return np.full(chips.n, np.nan)
        same = own.accuracy_at(np.where(chips.active_rows > rows, rows, chips.active_rows), chips.adc_bits)
        return np.where(chips.is_even & ~exact, same, np.nan)


class _Family:
    """Studies of one kind on the checkpoints of one network."""

    def __init__(self, studies: Sequence[KeptStudy]) -> None:
        best: dict[str, KeptStudy] = {}
        for study in sorted(studies, key=lambda item: (item.images, item.key)):
            best[study.checkpoint] = study
        self._studies = list(best.values())
        self._across: tuple[FloatArray, FloatArray] | None = None

    def own(self, point: Point) -> Any:
        """The study of the point's own checkpoint, with the most images; None where there is none."""
        key = None if point.row is None else point.row["key"]
        return next((study for study in self._studies if study.checkpoint == key), None)

    def kept(self, point: Point, at: At) -> tuple[FloatArray, FloatArray]:
        """Share of the accuracy above chance that is kept, and its error; nan where nothing can be said."""
        own = self.own(point)
        if own is not None:
            share = own.kept(at)
            return share, own.error(share, at)
        others = self._studies
        unknown = np.full(len(at[0]), np.nan)
        if len(others) < 3:
            return unknown, unknown
        place = _place(point.setting.model_dump())
        share = _weighted(others, place, at)
        if self._across is None:
            self._across = self._left_out()
        return share, spread_of_errors(*self._across, share)

    def _left_out(self) -> tuple[FloatArray, FloatArray]:
        """Kept shares as the other studies give them, and how far off they are."""
        found = []
        for study in self._studies:
            others = [item for item in self._studies if item is not study]
            guess = _weighted(others, _place(study.row), study.at)
            found.append((guess, np.abs(guess - study.shares)))
        return np.concatenate([guess for guess, _ in found]), np.concatenate([error for _, error in found])


def _weighted(studies: Sequence[KeptStudy], place: tuple[FloatArray, str], at: At) -> FloatArray:
    """Kept shares of other checkpoints, weighted by the inverse square of their distance."""
    weights = np.array([1 / (0.1 + _distance(place, _place(study.row))) ** 2 for study in studies])
    shares = np.stack([study.kept(at) for study in studies])
    return np.asarray((weights[:, None] * shares).sum(axis=0) / weights.sum())


def _place(setting: Mapping[str, Any]) -> tuple[FloatArray, str]:
    place = coordinates(setting["prune_ratio"], setting["weight_bits"], setting["activation_bits"])
    return place, "none" if setting["prune_ratio"] == 0 else setting["structure"]


def _distance(one: tuple[FloatArray, str], other: tuple[FloatArray, str]) -> float:
    differ = one[1] != other[1] and "none" not in (one[1], other[1])
    return float(np.sqrt(((one[0] - other[0]) ** 2).sum() + (_OTHER_STRUCTURE if differ else 0.0)))


def _of(studies: Sequence[Study], family: str) -> list[Study]:
    return [study for study in studies if study.family == family]
