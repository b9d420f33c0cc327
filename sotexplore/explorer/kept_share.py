"""Studies as functions: the share of a checkpoint's accuracy above chance that is kept at any setting of what was varied.

share = (accuracy - chance) / (ideal accuracy - chance) on the same images, clipped to 0..1, linear between settings in
the logarithm of rows, rates and offsets.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sotexplore.fault_study import Study
from sotexplore.hardware import margin

FloatArray = NDArray[np.float64]
At = tuple[FloatArray, ...]
"""Settings: an array for each thing varied, all of one length."""
_BANDS = (0.5, 0.95)
"""Kept shares between which errors are stated apart."""
_PERCENTILE = 90
_MOST_BITS = 12
_LEAST_RATE = 1e-7
"""Rate of wrong bits below which nothing is lost (assumed: less than one bit of most networks)."""
_Z_95 = 1.96


class KeptStudy(Protocol):
    """A study that answers at any setting."""

    key: str
    checkpoint: str
    images: int
    row: Mapping[str, Any]
    at: At
    """What was varied at each point of the study."""
    shares: FloatArray
    """Kept at each point."""

    def kept(self, at: At) -> FloatArray:
        """Share that is kept."""

    def error(self, share: FloatArray, at: At) -> FloatArray:
        """Error of that share: of the images at a setting of the study, of the interpolation too between them."""


def spread_of_errors(guesses: FloatArray, errors: FloatArray, share: FloatArray) -> FloatArray:
    """90th percentile of known errors of guesses in the same band of kept shares, those of all where a band has none."""
    bands = np.digitize(guesses, _BANDS)
    overall = float(np.percentile(errors, _PERCENTILE)) if len(errors) else np.nan
    by_band = np.array(
        [
            np.percentile(errors[bands == band], _PERCENTILE) if (bands == band).any() else overall
            for band in range(len(_BANDS) + 1)
        ]
    )
    return np.where(np.isnan(share), np.nan, by_band[np.digitize(np.nan_to_num(share), _BANDS)])


class _Kept:
    """What the kinds of studies share."""

    def __init__(self, study: Study, row: Mapping[str, Any], chance: float, at: At) -> None:
        self.key, self.checkpoint, self.images, self.row, self.at = study.key, study.checkpoint, study.images, row, at
        self._study = study
        self.accuracies = np.array([point.mean_ratio for point in study.points])
        above = max(study.ideal_accuracy_ratio - chance, 1e-9)
        self.shares = np.clip((self.accuracies - chance) / above, 0.0, 1.0)

    def _sampling(self, share: FloatArray) -> FloatArray:
        """Half of the 95 % interval that the drawing of the images leaves: 1.96 sqrt((d (1 - d) + 1 / n) / n), d = 1 - share."""
        return np.asarray(_Z_95 * np.sqrt((share * (1 - share) + 1 / self.images) / self.images))


class AdcStudy(_Kept):
    """Rows driven at once by ADC bits, nothing drawn at random."""

    def __init__(self, study: Study, row: Mapping[str, Any], chance: float) -> None:
        rows, bits = (_values(study, name) for name in ("active_rows", "adc_bits"))
        most = float(max(layer["kept_rows"] for layer in row["layers"]))
        super().__init__(study, row, chance, (np.minimum(rows, most), bits))
        self._nodes = np.unique(self.at[0])
        self._table = np.array([[self._at(n, b) for n in self._nodes] for b in range(1, _MOST_BITS + 1)])

    def _at(self, rows: float, bits: int) -> float:
        """At a node: as run; 1 where sums are exact or more bits were not worth a run; fewer bits as the fewest run."""
        here = self.at[0] == rows
        run = here & (self.at[1] == bits)
        if run.any():
            return float(self.shares[run][0])
        fewest = self.at[1][here].min()
        return 1.0 if bits > fewest else float(self.shares[here & (self.at[1] == fewest)][0])

    def kept(self, at: At) -> FloatArray:
        """Share that is kept."""
        active_rows, adc_bits = at
        result = np.ones(len(active_rows))
        for bits in np.unique(adc_bits[adc_bits >= 1]):
            here, top = adc_bits == bits, 2.0**bits - 1
            line, beyond = self._table[int(bits) - 1], self._nodes > top
            nodes = np.log2(np.concatenate([[top], self._nodes[beyond]]))
            result[here] = np.interp(
                np.log2(np.maximum(active_rows[here], 1.0)), nodes, np.concatenate([[1.0], line[beyond]])
            )
        return result

    def error(self, share: FloatArray, at: At) -> FloatArray:
        """See `KeptStudy`."""
        run = ~np.isnan(self.accuracy_at(*at))
        return self._sampling(share) + np.where(run, 0.0, self._between(share))

    def accuracy_at(self, active_rows: FloatArray, adc_bits: FloatArray) -> FloatArray:
        """Accuracy at settings that were run; nan elsewhere."""
        same = (active_rows[:, None] == self.at[0]) & (adc_bits[:, None] == self.at[1])
        return np.where(same.any(axis=1), self.accuracies[same.argmax(axis=1)], np.nan)

    def _between(self, share: FloatArray) -> FloatArray:
        """Error of the interpolation, from leaving each inner number of rows out."""
        guesses, errors = [], []
        for bits in np.unique(self.at[1]):
            line = self._table[int(bits) - 1][self._nodes > 2.0**bits - 1]
            nodes = np.log2(self._nodes[self._nodes > 2.0**bits - 1])
            line, nodes = np.concatenate([[1.0], line]), np.concatenate([[np.log2(2.0**bits - 1)], nodes])
            for place in range(1, len(line) - 1):
                guess = np.interp(nodes[place], np.delete(nodes, place), np.delete(line, place))
                guesses.append(guess)
                errors.append(abs(guess - line[place]))
        return spread_of_errors(np.array(guesses), np.array(errors), share)


class RateStudy(_Kept):
    """Rates of wrong bits."""

    def __init__(self, study: Study, row: Mapping[str, Any], chance: float) -> None:
        name = next(iter(study.points[0].setting))
        super().__init__(study, row, chance, (_values(study, name),))

    def kept(self, at: At) -> FloatArray:
        """Share that is kept."""
        (rate,) = at
        order = np.argsort(self.at[0])
        nodes = np.log10(np.concatenate([[_LEAST_RATE], self.at[0][order]]))
        shares = np.concatenate([[1.0], self.shares[order]])
        return np.asarray(np.interp(np.log10(np.maximum(rate, _LEAST_RATE)), nodes, shares))

    def error(self, share: FloatArray, at: At) -> FloatArray:
        """See `KeptStudy`; chips differ by the interval over seeds of the nearest rate."""
        return self._sampling(share) + _chips(
            self._study, np.argmin(np.abs(np.log(self.at[0] / _floor(at[0]))), axis=1)
        )


class PairStudy(RateStudy):
    """Sampled cells of two rows sensed at once, at the rate that the read margin predicts of their contrast.

    The pair of a one and a zero is misread most, so that counts rise: worse than as many wrong weight bits.
    """

    def __init__(self, study: Study, row: Mapping[str, Any], chance: float) -> None:
        super().__init__(study, row, chance)
        self.at = (np.array([_pair_error(study.device or {}, ratio) for ratio in self.at[0]]),)


class CellStudy(_Kept):
    """Sampled cells of a crossbar: rows driven at once by the offset that each driven row brings, in products."""

    def __init__(self, study: Study, row: Mapping[str, Any], chance: float) -> None:
        rows, contrast = (_values(study, name) for name in ("active_rows", "tmr_ratio"))
        offsets = np.array([_offset_counts(study.device or {}, ratio) for ratio in contrast])
        super().__init__(study, row, chance, (rows, offsets))
        self._rows, self._offsets = np.unique(rows), np.unique(offsets)
        places = np.searchsorted(self._rows, rows), np.searchsorted(self._offsets, offsets)
        self._table = np.zeros((len(self._rows), len(self._offsets)))
        self._table[places] = self.shares

    def kept(self, at: At) -> FloatArray:
        """Share that is kept: linear in both logarithms; fewer rows or smaller offsets than any run as the least run."""
        active_rows, offset_counts = at
        by_rows = np.stack(
            [np.interp(np.log(_positive(offset_counts)), np.log(self._offsets), line) for line in self._table]
        )
        place = np.interp(np.log(_positive(active_rows)), np.log(self._rows), np.arange(len(self._rows)))
        below = np.minimum(place.astype(np.int64), len(self._rows) - 2)
        part, column = place - below, np.arange(len(place))
        return np.asarray(by_rows[below, column] * (1 - part) + by_rows[below + 1, column] * part)

    def error(self, share: FloatArray, at: At) -> FloatArray:
        """See `KeptStudy`; chips differ by the interval over seeds of the nearest setting; between settings half the step."""
        away = np.abs(np.log(self.at[0] / _floor(at[0]))) + np.abs(np.log(self.at[1] / _floor(at[1])))
        nearest = np.argmin(away, axis=1)
        return np.asarray(
            self._sampling(share) + _chips(self._study, nearest) + np.abs(self.shares[nearest] - share) / 2
        )


def _values(study: Study, name: str) -> FloatArray:
    return np.array([float(point.setting[name]) for point in study.points])


def _chips(study: Study, nearest: NDArray[np.int64]) -> FloatArray:
    widths = np.nan_to_num(np.array([point.half_width_ratio for point in study.points]))
    return np.asarray(widths[nearest])


def _positive(values: FloatArray) -> FloatArray:
    return np.maximum(values, 1e-12)


def _floor(values: FloatArray) -> FloatArray:
    return _positive(values)[:, None]


def _offset_counts(device: Mapping[str, float], tmr_ratio: float) -> float:
    """Offset that each driven row brings, in products, of a study's device with another contrast."""
    return float(
        margin.column_deviation_counts(
            n_rows=1.0, low_ohm=device["low_ohm"], high_ohm=device["low_ohm"] * (1 + tmr_ratio),
            series_ohm=device["series_ohm"], spread_ratio=0.0, offset_ratio=device["offset_ratio"],
        )
    )  # fmt: skip


def _pair_error(device: Mapping[str, float], tmr_ratio: float) -> float:
    """Share of wrong two-row reads that the margin predicts of a study's device with another contrast."""
    same = {name: device[name] for name in ("low_ohm", "series_ohm", "line_ohm", "spread_ratio", "offset_ratio")}
    return float(margin.tail_ratio(margin.two_row_distance(high_ohm=device["low_ohm"] * (1 + tmr_ratio), **same)))
