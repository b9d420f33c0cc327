"""An edited cell: held under a name, tried on a design and on a front, written as a file."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotexplore.design import Compression, Design, Hardware
from sotexplore.errors import InputError
from sotexplore.explorer import cell_copy, cell_front, technologies
from sotexplore.explorer.evaluate import evaluate_design
from sotexplore.hardware import cell_files, trial_cells
from sotexplore.hardware.cell import LIMITS, PRESETS, preset
from sotexplore.hardware.sot import MAX_SUPPLY_V

BETTER = {"accuracy_ratio": "higher", "energy_per_frame_j": "lower", "area_m2": "lower", "frames_per_s": "higher"}
AXES = {"x": "energy_per_frame_j", "y": "frames_per_s"}
SETTING = Compression(weight_bits=2, activation_bits=2)


def test_a_held_cell_goes_by_a_name_of_its_fields() -> None:
    copy = cell_copy.edited_copy("sot-69f2", {"write_current_a": 3e-4})
    name = trial_cells.hold(copy)
    assert trial_cells.MARK in name
    assert preset(name).write_current_a == 3e-4
    assert trial_cells.hold(copy) == name
    assert trial_cells.hold(cell_copy.edited_copy("sot-69f2", {"write_current_a": 4e-4})) != name
    assert preset("sot-69f2").write_current_a != 3e-4


def test_held_cells_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_cells, "_MOST", 3)
    names = [
        trial_cells.hold(cell_copy.edited_copy("stt-54f2", {"write_pulse_s": pulse * 1e-9})) for pulse in range(2, 8)
    ]
    assert trial_cells.find(names[-1]) is not None
    assert trial_cells.find(names[0]) is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"write_current_a": 1.0}, "write_current_a"),
        ({"resistance_high_ohm": 10.0}, "resistance_high_ohm"),
        ({"area_f2": None}, "area_f2"),
        ({"colour": 1.0}, "colour"),
    ],
)
def test_what_no_cell_may_have_is_refused_by_name(changes: dict[str, float], field: str) -> None:
    with pytest.raises(InputError) as caught:
        cell_copy.edited_copy("sot-69f2", changes)
    assert caught.value.field == f"hardware.cell.{field}"


@settings(deadline=None, max_examples=15)
@given(name=st.sampled_from(sorted(PRESETS)), scale=st.floats(0.5, 1.0))
def test_a_copy_reads_back_from_its_file(name: str, scale: float, tmp_path_factory: pytest.TempPathFactory) -> None:
    copy = cell_copy.edited_copy(name, {"endurance_cycles": PRESETS[name].endurance_cycles * scale})
    path = tmp_path_factory.mktemp("cells") / "mine.yaml"
    path.write_text(cell_copy.cell_yaml(copy, "mine"), encoding="utf-8")
    back = cell_files.load(path)
    for field in LIMITS:
        assert getattr(back, field) == getattr(copy, field), field
    assert (back.kind, back.volatile, back.separate_write_port) == (copy.kind, copy.volatile, copy.separate_write_port)
    changed = copy.endurance_cycles != PRESETS[name].endurance_cycles
    assert (back.provenance["endurance_cycles"].source == cell_copy.EDITED) == changed
    assert back.provenance["area_f2"] == PRESETS[name].provenance["area_f2"]


def test_a_saved_copy_is_a_cell_of_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cell_files.FOLDER_VARIABLE, str(tmp_path))
    copy = cell_copy.edited_copy("sot-69f2", {"write_pulse_s": 2e-9})
    path = cell_copy.save_copy(copy, "my-sot")
    assert path == tmp_path / "my-sot.yaml"
    assert preset("my-sot").write_pulse_s == 2e-9
    before = path.read_bytes()
    for name in ("my-sot", "sot-69f2", "../evil", "a b", ""):
        with pytest.raises(InputError):
            cell_copy.save_copy(copy, name)
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["my-sot.yaml"]


def test_technologies_have_the_figures_of_their_designs(empty_cache: Path) -> None:
    design = Design()
    work, hardware = technologies.workload_of(design, empty_cache), technologies.hardware_fields(design)
    frame = technologies.on_technologies(work, hardware, ["sot-69f2", "sram-6t"]).set_index("cell")
    for name in frame.index:
        alone = evaluate_design(Design(hardware=Hardware(cell=name)), empty_cache)
        for metric in ("area_m2", "energy_per_frame_j", "frames_per_s", "standby_power_w", "read_error_ratio"):
            assert frame.loc[name, metric] == pytest.approx(alone.metrics[metric], rel=1e-12), (name, metric)


def test_a_cell_that_cannot_carry_the_design_says_why_and_the_others_stay(empty_cache: Path) -> None:
    poor = trial_cells.hold(cell_copy.edited_copy("sot-69f2", {"resistance_high_ohm": 6100.0}))
    design = Design()
    work, hardware = technologies.workload_of(design, empty_cache), technologies.hardware_fields(design)
    frame = technologies.on_technologies(work, hardware, [poor, "sot-69f2"])
    assert "margin" in frame["problem"][0]
    assert np.isnan(frame["area_m2"][0])
    assert frame["problem"][1] == ""
    assert np.isfinite(frame["area_m2"][1])
    assert technologies.buildable(hardware, [poor, "sot-69f2"]) == ["sot-69f2"]


def test_lifetime_falls_with_the_rate_and_ends_where_the_design_does(empty_cache: Path) -> None:
    design = Design()
    work, hardware = technologies.workload_of(design, empty_cache), technologies.hardware_fields(design)
    worn = technologies.wear(work, hardware, ["sot-69f2", "reram-53f2"])
    lines = technologies.lifetimes(worn, [1.0, 10.0, 1e9])
    assert set(lines["frames_per_hour"]) == {1.0, 10.0}
    sot = lines[lines["cell"] == "sot-69f2"].set_index("frames_per_hour")["lifetime_s"]
    assert sot[1.0] == pytest.approx(10 * sot[10.0])
    row = worn.set_index("cell").loc["sot-69f2"]
    assert sot[1.0] == pytest.approx(3600 * row["endurance_cycles"] / row["operand_writes_per_cell_per_frame"])
    assert lines[lines["cell"] == "reram-53f2"]["lifetime_s"].max() < sot.max()


def frames(cache: Path, changes: dict[str, float]) -> tuple:
    edited = trial_cells.hold(cell_copy.edited_copy("sot-69f2", changes))
    return cell_front.cell_frame(Design(), "sot-69f2", cache), cell_front.cell_frame(Design(), edited, cache)


def test_the_same_cell_changes_no_front(empty_cache: Path) -> None:
    before = cell_front.cell_frame(Design(), "sot-69f2", empty_cache)
    changes = cell_front.front_changes(before, before, **AXES, better=BETTER)
    assert len(changes)
    assert set(changes["status"]) == {"stays"}
    assert (changes["x_before"] == changes["x_after"]).all()


def test_a_write_current_beyond_the_supply_empties_the_front(empty_cache: Path) -> None:
    before, after = frames(empty_cache, {"write_current_a": 4e-3})
    assert before["write_supply_v"].max() <= MAX_SUPPLY_V < after["write_supply_v"].max()
    changes = cell_front.front_changes(before, after, **AXES, better=BETTER)
    gone = changes[changes["status"] == "leaves"]
    assert len(gone)
    assert "writes need more voltage than transistors stand" in set(gone["reason"])


def test_fronts_before_and_after_are_those_of_the_frames(empty_cache: Path) -> None:
    before, after = frames(empty_cache, {"read_power_w": 3e-5, "resistance_high_ohm": 9000.0})
    changes = cell_front.front_changes(before, after, **AXES, better=BETTER)
    for frame, statuses in ((before, ("stays", "leaves")), (after, ("stays", "joins"))):
        on = cell_front.on_front(frame, **AXES, better=BETTER)
        assert on.sum() == changes["status"].isin(statuses).sum()
        points = frame.loc[on, list(AXES.values())].to_numpy()
        usable = frame.loc[cell_front.usable(frame), list(AXES.values())].to_numpy()
        for energy, rate in points:
            beaten = (usable[:, 0] <= energy) & (usable[:, 1] >= rate)
            assert not (beaten & ((usable[:, 0] < energy) | (usable[:, 1] > rate))).any()
    assert (changes["reason"] != "").equals(changes["status"] != "stays")


def test_accuracy_is_an_axis_where_checkpoints_are_and_none_where_not(empty_cache: Path) -> None:
    frame = cell_front.cell_frame(Design(), "sot-69f2", empty_cache)
    assert not cell_front.on_front(frame, x="area_m2", y="accuracy_ratio", better=BETTER).any()
    assert (frame["weight_bits"].isin((1, 2, 4, 8))).all()
