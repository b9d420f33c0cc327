"""The training rows of the speed table: finite, and the ratios belong to the speeds beside them."""

import pytest

from sotexplore.compression import bench


def test_the_rows_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "STEPS", {"digits-cnn": 2, "lenet5-mnist": 1})
    rows = {row["name"]: row["value"] for row in bench.rows()}
    assert len(rows) == 14 and all(value > 0 for value in rows.values())
    plain, with_admm = rows["lenet5-mnist, training, plain step"], rows["lenet5-mnist, training, ADMM step"]
    assert rows["lenet5-mnist, ADMM step over plain step"] == pytest.approx(plain / with_admm)
    assert rows["lenet5-mnist, W4 A4 step over plain step"] == pytest.approx(
        plain / rows["lenet5-mnist, training, W4 A4 step"]
    )
