"""The Compress page, run without a browser; the worker's own tests train, here none is started."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from sotexplore.checkpoint import path_of
from sotexplore.compression.plan import run_key
from sotexplore.compression.run import Run
from sotexplore.compression.run_files import parse_run
from sotexplore.design import Tile
from sotexplore.errors import InputError
from sotexplore.explorer import area_budget
from sotexplore.jobs import launch, progress, queue
from sotexplore.jobs.listing import job_records
from sotexplore.jobs.process import this_process
from sotexplore.jobs.record import Job, Process
from sotexplore.ui import compress_budget, compress_form, compress_page

ROOT = Path(__file__).resolve().parents[2]
GONE = Process(pid=2**22 - 3, began="1 another boot")
NO_TORCH = """
import sys
from streamlit.testing.v1 import AppTest
page = AppTest.from_file("app.py", default_timeout=120).run().switch_page("pages/compress.py").run()
assert not page.exception, page.exception
page.selectbox(key="run_network").set_value("digits-cnn").run()
assert page.button(key="run_start").label == "Start run"
loaded = [name for name in sys.modules if name.split(".")[0] in ("torch", "torchvision")]
assert not loaded, loaded
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOTEXPLORE_CACHE", str(tmp_path))
    monkeypatch.setenv("SOTEXPLORE_DATA", str(tmp_path / "nowhere"))
    return tmp_path


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The caches whose worker was asked for."""
    asked: list[Path] = []
    monkeypatch.setattr(launch, "start_worker", asked.append)
    return asked


def open_page(network: str = "digits-cnn") -> AppTest:
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    page.session_state["run_network"] = network
    page.run()
    page.switch_page("pages/compress.py").run()
    assert not page.exception
    return page


def digits(**fields: object) -> Run:
    return parse_run({"network": "digits-cnn"} | fields)


def texts(page: AppTest) -> str:
    elements = (*page.markdown, *page.caption, *page.info, *page.warning, *page.error)
    return "\n".join(str(element.value) for element in elements).replace("\\", "")


def queued(cache: Path) -> tuple[Job, ...]:
    return queue.read(cache).jobs


def epoch(stage: str, seconds: float, number: int = 1) -> progress.Epoch:
    return progress.Epoch(
        step=0, stage=stage, epoch=number, epochs=30, loss=0.5, accuracy_ratio=0.9, images_per_s=1e3, seconds=seconds,
        ended_at_s=1.0,
    )  # fmt: skip


def test_an_empty_queue_says_what_to_do(cache: Path) -> None:
    page = open_page()
    assert "press **Start run**" in texts(page)
    assert not page.button(key="run_start").disabled
    assert "102 epochs. Their time is unknown" in texts(page)


def test_the_form_begins_with_the_current_design(cache: Path) -> None:
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    page.query_params["network"] = "digits-cnn"
    page.query_params["prune_ratio"] = "0.7"
    page.query_params["weight_bits"] = "2"
    page.run()
    page.switch_page("pages/compress.py").run()
    assert page.selectbox(key="run_network").value == "digits-cnn"
    assert page.slider(key="run_prune_ratio").value == pytest.approx(0.7)
    assert page.slider(key="run_weight_bits").value == 2


def test_start_queues_what_the_controls_say_and_wakes_a_worker(cache: Path, woken: list[Path]) -> None:
    page = open_page()
    page.slider(key="run_prune_ratio").set_value(0.5).run()
    page.slider(key="run_weight_bits").set_value(8).run()
    page.number_input(key="run_seed").set_value(7).run()
    page.number_input(key="run_epochs_dense_digits-cnn").set_value(3).run()
    page.button(key="run_start").click().run()
    assert not page.exception
    (job,) = queued(cache)
    assert (job.state, job.run.seed, job.run.compression.prune_ratio) == ("queued", 7, 0.5)
    assert (job.run.compression.weight_bits, job.run.compression.activation_bits) == (8, 4)
    assert job.run.epochs is not None
    assert job.run.epochs.model_dump() == {"dense": 3, "prune": 16, "retrain": 20, "quantize": 4, "finetune": 8}
    assert woken[0] == cache
    assert page.button(key="run_start").disabled
    assert "This run is in the queue." in texts(page)
    assert "digits-cnn · filter+shape 50.0 % · W8 A4 · seed 7" in texts(page)


def test_imagenet_is_offered_and_says_what_is_missing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page("resnet18-imagenet")
    (error,) = page.error
    assert error.value.replace("\\", "").startswith("data: imagenet is missing: imagenet/train not found (got ")
    assert "images are not downloaded" in texts(page) and "--download" not in texts(page)
    assert page.button(key="run_start").disabled
    for part in ("train", "val"):
        (cache / "nowhere" / "imagenet" / part).mkdir(parents=True)
    monkeypatch.setenv("TORCH_HOME", str(cache))
    page.run()
    assert "the weights of resnet18-imagenet are missing: resnet18-f37072fd.pth" in page.error[0].value.replace(
        "\\", ""
    )
    (cache / "hub" / "checkpoints").mkdir(parents=True)
    (cache / "hub" / "checkpoints" / "resnet18-f37072fd.pth").touch()
    page.number_input(key="run_epochs_dense_resnet18-imagenet").set_value(0).run()
    assert not page.error
    assert "Dense training" not in texts(page)
    page.button(key="run_start").click().run()
    (job,) = queued(cache)
    assert job.run.epochs is not None and job.run.epochs.dense == 0


def test_two_sessions_see_the_same_queue(cache: Path) -> None:
    first, second = open_page(), open_page()
    first.button(key="run_start").click().run()
    second.run()
    (job,) = queued(cache)
    assert "digits-cnn · filter+shape 90.0 % · W4 A4 · seed 0" in texts(second)
    second.button(key=f"cancel_{job.id}").click().run()
    first.run()
    assert queued(cache)[0].state == "cancelled"
    for page in (first, second):
        assert page.button(key=f"resume_{job.id}")
    first.button(key=f"remove_{job.id}").click().run()
    second.run()
    assert "press **Start run**" in texts(second)


def test_missing_data_are_said_before_the_start_with_what_to_do(cache: Path) -> None:
    page = open_page("lenet5-mnist")
    (error,) = page.error
    assert error.value.replace("\\", "").startswith(
        "data: mnist is missing: MNIST/raw/train-images-idx3-ubyte not found (got "
    )
    assert "Set `SOTEXPLORE_DATA` to the folder" in texts(page)
    assert page.button(key="run_start").disabled


def test_a_ratio_out_of_reach_is_told_in_the_products_form(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compress_form, "MAX_PRUNE_RATIO", 0.9995)
    page = open_page()
    page.selectbox(key="run_structure").set_value("filter").run()
    page.slider(key="run_prune_ratio").set_value(0.999).run()
    (error,) = page.error
    assert error.value.replace("\\", "").startswith("compression.prune_ratio: filter pruning cannot go that far")
    assert page.button(key="run_start").disabled
    page.slider(key="run_prune_ratio").set_value(0.5).run()
    assert not page.error
    assert not page.button(key="run_start").disabled


def test_without_a_structure_the_network_is_only_quantized(cache: Path) -> None:
    page = open_page()
    page.selectbox(key="run_structure").set_value("none").run()
    assert page.slider(key="run_prune_ratio").disabled
    page.button(key="run_start").click().run()
    assert queued(cache)[0].run.compression.prune_ratio == 0


def test_tiles_are_those_that_a_run_file_has_by_default_and_hold_no_single_bits(cache: Path) -> None:
    page = open_page()
    assert "mixed" not in page.selectbox(key="run_structure").options
    page.selectbox(key="run_structure").set_value("tile-rows").run()
    assert "Tiles hold what a 128 × 128 crossbar holds at 4 bits" in texts(page)
    page.slider(key="run_weight_bits").set_value(1).run()
    (error,) = page.error
    assert "leaves no zero for the weights that tile-rows prunes inside" in error.value.replace("\\", "")
    assert page.button(key="run_start").disabled
    page.slider(key="run_weight_bits").set_value(8).run()
    page.button(key="run_start").click().run()
    assert queued(cache)[0].run.tile == Tile()


def test_a_budget_of_tiles_counts_crossbars(cache: Path) -> None:
    page = open_page()
    page.selectbox(key="run_structure").set_value("tile").run()
    page.segmented_control(key="run_goal").set_value(compress_budget.BUDGET).run()
    assert "Tiles are the sub-arrays counted below, which must be crossbars" in texts(page)
    assert "budget.compute_style: has no tiles" in page.error[0].value.replace("\\", "")
    page.segmented_control(key="run_compute_style").set_value("crossbar").run()
    assert not page.error
    page.button(key="run_start").click().run()
    run = queued(cache)[0].run
    assert run.budget is not None and run.tile is not None
    assert (run.tile.subarray_rows, run.tile.weight_bits) == (run.budget.subarray_rows, run.compression.weight_bits)


def test_a_checkpoint_that_is_there_is_not_trained_again(cache: Path) -> None:
    path = path_of(cache, run_key(digits()))
    path.parent.mkdir()
    path.touch()
    page = open_page()
    assert "The cache holds its checkpoint already" in texts(page)
    assert page.button(key="run_start").disabled


def test_the_time_is_that_of_epochs_that_were_timed_here(cache: Path) -> None:
    job = queue.submit(cache, digits(seed=5))
    for number in (1, 2, 3):
        progress.append(queue.progress_path(cache, job.id), epoch("dense", 2.0, number))
    page = open_page()
    assert "102 epochs. About **3 min 24 s**" in texts(page)


def test_a_lost_worker_is_told_and_the_run_resumed(cache: Path, woken: list[Path]) -> None:
    job = queue.submit(cache, digits())
    queue.take_next(cache, GONE)
    page = open_page()
    assert queue.LOST_WORKER in texts(page)
    page.button(key=f"resume_{job.id}").click().run()
    assert queued(cache)[0].state == "queued"
    assert woken


def test_a_failure_shows_its_reason_and_can_be_tried_again(cache: Path) -> None:
    job = queue.submit(cache, digits())
    queue.take_next(cache, this_process())
    queue.end(cache, job.id, "fail", "cache: cannot be written: No space left on device (got /x, allowed y)")
    page = open_page()
    assert "cache: cannot be written: No space left on device" in texts(page)
    page.button(key=f"retry_{job.id}").click().run()
    assert queued(cache)[0].state == "queued"


def test_a_running_job_shows_its_figures_and_course(cache: Path) -> None:
    job = queue.submit(cache, digits())
    queue.take_next(cache, this_process())
    progress.append(queue.progress_path(cache, job.id), epoch("dense", 2.0))
    page = open_page()
    assert "loss 0.5000 · accuracy 90.00 % · 1,000 images/s" in texts(page)
    assert any("Course of digits-cnn" in item.value.replace("\\", "") for item in page.subheader)
    (progress_bar,) = page.get("progress")
    assert "dense 1/30 · epoch 1 of 102" in str(progress_bar.proto.text).replace("\\", "")


def test_waiting_jobs_get_a_worker_after_a_restart_of_the_machine(cache: Path, woken: list[Path]) -> None:
    queue.submit(cache, digits())
    open_page()
    assert woken
    (queue.folder_of(cache) / launch.LOG).touch()
    woken.clear()
    open_page()
    assert not woken, "a worker that was just started is not started again"


def test_unreadable_files_are_named(cache: Path) -> None:
    queue.submit(cache, digits())
    (queue.folder_of(cache) / "torn.json").write_text("{")
    page = open_page()
    assert "torn.json: job: is not JSON" in texts(page)


def test_many_ended_runs_are_cut_short(cache: Path) -> None:
    template = queue.submit(cache, digits())
    path = queue.folder_of(cache) / f"{template.id}.json"
    data = json.loads(path.read_text()) | {"state": "cancelled", "ended_at_s": 1.0}
    path.unlink()
    for number in range(compress_page.ENDED_SHOWN + 3):
        job_id = f"20261124-120000-{number:06d}-{'0' * 16}"
        (queue.folder_of(cache) / f"{job_id}.json").write_text(json.dumps(data | {"id": job_id}))
    page = open_page()
    assert len([button for button in page.button if button.label == "Remove"]) == compress_page.ENDED_SHOWN
    assert "3 earlier runs not shown" in texts(page)


def test_the_page_never_loads_torch(cache: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    code = NO_TORCH.replace('"app.py"', repr(str(ROOT / "app.py")))
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_a_budget_in_sub_arrays_takes_the_place_of_the_ratio(cache: Path) -> None:
    page = open_page()
    page.segmented_control(key="run_goal").set_value(compress_budget.BUDGET).run()
    assert not page.exception
    assert not [slider for slider in page.slider if slider.key == "run_prune_ratio"]
    page.segmented_control(key="run_compute_style").set_value("crossbar").run()
    page.select_slider(key="run_subarray_rows").set_value(128).run()
    page.select_slider(key="run_subarray_cols").set_value(128).run()
    assert (
        "Of 128 × 128 (crossbar), at the bits below. The dense 8-bit network takes 22; at least 4 are needed."
        in texts(page)
    )
    number = page.number_input(key="run_subarrays_digits-cnn_crossbar_128_128")
    assert number.value == 22 // 4
    number.set_value(3).run()
    (error,) = page.error
    assert error.value.replace("\\", "").startswith(
        "budget.subarrays: is less than the layers' floors take (got 3, allowed 4"
    )
    assert page.button(key="run_start").disabled
    page.number_input(key="run_subarrays_digits-cnn_crossbar_128_128").set_value(6).run()
    page.button(key="run_start").click().run()
    (job,) = queued(cache)
    assert job.run.budget is not None
    assert job.run.budget.model_dump(exclude_none=True) == {
        "subarrays": 6, "compute_style": "crossbar", "subarray_rows": 128, "subarray_cols": 128, "weight_bits": 4,
        "activation_bits": 4, "floor_ratio": 0.0,
    }  # fmt: skip
    assert "digits-cnn · filter+shape to 6 sub-arrays of 128 × 128 (crossbar) · W4 A4 · seed 0" in texts(page)
    (record,), _ = job_records(cache)
    assert record["prune_ratio"] is None
    assert record["budget"]["subarrays"] == 6


def test_a_budget_in_area_becomes_the_sub_arrays_that_it_has_room_for(cache: Path) -> None:
    page = open_page()
    page.segmented_control(key="run_goal").set_value(compress_budget.AREA).run()
    assert not page.exception and not page.error
    place = "digits-cnn_and-count_256_512"
    number = page.number_input(key=f"run_area_mm2_{place}")
    (caption,) = [text for text in texts(page).splitlines() if text.startswith("Room for ")]
    assert "of 256 × 512 (and-count). At the bits below, with sot-69f2 at 45 nm" in caption
    held = int(caption.split()[2])
    number.set_value(2 * number.value).run()
    (caption,) = [text for text in texts(page).splitlines() if text.startswith("Room for ")]
    more = int(caption.split()[2])
    assert held < more <= 3 * held
    number = page.number_input(key=f"run_area_mm2_{place}")
    page.button(key="run_start").click().run()
    (job,) = queued(cache)
    assert job.run.budget is not None and job.run.budget.subarrays == more
    number.set_value(0.0001).run()
    (error,) = page.error
    assert error.value.replace("\\", "").startswith(
        "budget.area_m2: is less than the layers' floors and their buffers take"
    )
    assert page.button(key="run_start").disabled


def test_hardware_that_cannot_be_built_is_told_at_the_button(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> tuple[float, float]:
        raise InputError("hardware.subarray_rows", "more than the sense margin allows", got=256, allowed="32..64")

    page = open_page()
    monkeypatch.setattr(area_budget, "chip_areas_m2", refuse)
    page.segmented_control(key="run_goal").set_value(compress_budget.AREA).run()
    assert not page.exception
    (error,) = page.error
    assert error.value.replace("\\", "").startswith("hardware.subarray_rows: more than the sense margin allows")
    assert page.button(key="run_start").disabled


def test_without_a_structure_a_budget_is_not_asked_for(cache: Path) -> None:
    page = open_page()
    page.segmented_control(key="run_goal").set_value(compress_budget.BUDGET).run()
    page.selectbox(key="run_structure").set_value("none").run()
    page.button(key="run_start").click().run()
    (job,) = queued(cache)
    assert (job.run.budget, job.run.compression.prune_ratio) == (None, 0)


def test_the_form_begins_with_a_network_whose_data_are_here(cache: Path) -> None:
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    page.switch_page("pages/compress.py").run()
    assert page.selectbox(key="run_network").value == "digits-cnn"
    assert "The data of lenet5-mnist, the current design's network, are not on this machine." in texts(page)
    assert not page.button(key="run_start").disabled
    page.selectbox(key="run_network").set_value("vgg8-cifar10").run()
    assert page.error


@pytest.mark.parametrize("name", ["compress", "validation"])
def test_the_address_of_a_page_without_controls_holds_the_design(cache: Path, name: str) -> None:
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    page.query_params["weight_bits"] = "2"
    page.query_params["prune_ratio"] = "0.489"
    page.query_params["active_rows"] = "5"
    page.switch_page(f"pages/{name}.py").run()
    assert not page.exception
    assert page.query_params == {"weight_bits": "2", "prune_ratio": "0.489"}
    (warning,) = page.warning
    assert "active" in warning.value
    page.switch_page("pages/explore.py").run()
    assert page.slider(key="weight_bits").value == 2
    assert page.slider(key="prune_ratio").value == pytest.approx(0.489)
