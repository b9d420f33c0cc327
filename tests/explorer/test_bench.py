"""The speed table's shape, and that threads and chunks change nothing."""

import numpy as np
import pytest

from sotexplore.explorer import batch, bench
from sotexplore.hardware import chip


def test_the_table_has_the_contracts_keys_and_positive_numbers() -> None:
    rows = bench.rows(2000)
    assert rows and all(set(row) == {"name", "value", "unit"} and row["value"] > 0 for row in rows)
    assert {row["unit"] for row in rows} >= {"designs/s", "s"}


@pytest.mark.parametrize(("threads", "size"), [(1, 7), (2, 100), (3, 65_536)])
def test_chunks_and_threads_change_nothing(threads: int, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "CHUNK", size)
    workload, hardware = bench.designs(300, seed=1)
    together = chip.evaluate(workload, hardware)
    for name, values in batch.metrics(workload, hardware, bench.METRICS, threads=threads).items():
        np.testing.assert_allclose(values, getattr(together, name), rtol=1e-12)
