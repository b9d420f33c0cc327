"""Whole runs on scikit-learn's digits: real data, real training, from a run file to a checkpoint."""

import errno
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save

from sotexplore import catalogue
from sotexplore.budget import kept_counts
from sotexplore.checkpoint import list_checkpoints, load_checkpoint, path_of, save_checkpoint, workloads
from sotexplore.compression import data, integer, pipeline, quantizers
from sotexplore.compression.bit_chain import predecessor
from sotexplore.compression.command import run_file
from sotexplore.compression.held_levels import SignHook
from sotexplore.compression.journal import Journal
from sotexplore.compression.model import CatalogueNetwork
from sotexplore.compression.pipeline import compress
from sotexplore.compression.plan import chain, outline, run_key, stages
from sotexplore.compression.recipe import default_recipe
from sotexplore.compression.run import Run
from sotexplore.compression.run_files import load_runs, parse_run
from sotexplore.compression.run_key import dense_inputs, run_inputs
from sotexplore.compression.train import Phase, Progress, fit
from sotexplore.errors import InputError
from sotexplore.store import check_cache, content_key

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
SHORT = {"dense": 12, "prune": 12, "retrain": 10, "quantize": 2, "finetune": 4}


def run(**compression: object) -> Run:
    point = {"structure": "filter+shape", "prune_ratio": 0.8, "weight_bits": 4, "activation_bits": 4} | compression
    return parse_run({"network": "digits-cnn", "compression": point, "epochs": SHORT})


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def test_a_run_trains_prunes_quantizes_and_measures(cache: Path) -> None:
    seen: list[Progress] = []
    made = compress(run(), cache, report=seen.append)
    assert made.row["test_images"] == 449
    assert made.row["dense_accuracy_ratio"] > 0.95
    assert made.row["accuracy_ratio"] > 0.93
    assert made.row["weights_ratio"] >= 5.0
    digits = data.load("digits")
    assert integer.accuracy(load_checkpoint(cache, made.key), digits) == made.row["accuracy_ratio"]
    pruning = [item for item in seen if item.stage == "prune"]
    assert {item.stage for item in seen} == {"dense", "prune", "retrain", "quantize", "finetune"}
    assert pruning[-1].primal_residual_ratio is not None
    assert pruning[-1].primal_residual_ratio < 0.5 * max(item.primal_residual_ratio or 0 for item in pruning)
    assert pruning[-1].dual_residual_ratio is not None and pruning[-1].dual_residual_ratio > 0


def test_the_steps_above_stay_in_the_cache_and_nothing_is_trained_twice(cache: Path) -> None:
    compress(run(), cache)
    bits = {(row["weight_bits"], row["activation_bits"]) for row in list_checkpoints(cache).rows}
    assert bits == {(32, 32), (8, 8), (8, 4), (4, 4)}
    seen: list[Progress] = []
    compress(run(), cache, report=seen.append)
    assert not seen


def test_the_pruned_shape_is_at_most_the_plan(cache: Path) -> None:
    made = compress(run(), cache)
    for item, kept in zip(workloads(made.row), kept_counts(made.network, "filter+shape", 0.8), strict=True):
        assert item.kept_filters <= kept.filters
        assert item.kept_rows <= kept.rows


def test_a_last_step_may_have_a_training_of_its_own_and_below_four_bits_starts_at_four(cache: Path) -> None:
    made = compress(run(), cache)
    few = {"recipe": {"last_step": {"epochs": 2, "rate": 0.01}}}
    hard = parse_run(run(weight_bits=2, activation_bits=3).model_dump(exclude={"recipe"}) | few)
    before = predecessor(hard)
    assert before is not None
    assert (before.compression.weight_bits, before.compression.activation_bits) == (4, 4)
    assert content_key(run_inputs(before)) == made.key
    assert content_key(run_inputs(hard)) != content_key(run_inputs(run(weight_bits=2, activation_bits=3)))
    seen: list[Progress] = []
    low = compress(hard, cache, report=seen.append)
    assert sum(item.stage == "finetune" for item in seen) == 2
    assert predecessor(parse_run(run().model_dump(exclude={"recipe"}) | few)) == predecessor(run())
    shapes = [[(item["kept_filters"], item["kept_rows"]) for item in row["layers"]] for row in (low.row, made.row)]
    assert shapes[0] == shapes[1]


def test_a_last_step_without_admm_starts_at_the_weights_as_they_are(cache: Path, tmp_path: Path) -> None:
    """One epoch at a rate that moves nothing leaves the weights where the step before had them, not on fewer levels."""

    def asked(**own: bool) -> Run:
        last = {"recipe": {"last_step": {"epochs": 1, "rate": 1e-9} | own}}
        return parse_run(run(weight_bits=2, activation_bits=4).model_dump(exclude={"recipe"}) | last)

    assert run_inputs(asked(admm=True)) == run_inputs(asked())
    assert run_inputs(asked(admm=False))["last_step"]["admm"] is False
    assert predecessor(asked(admm=False)) == predecessor(asked())
    above = predecessor(asked())
    assert above is not None
    before = compress(above, cache)
    seen: list[Progress] = []
    made = compress(asked(admm=False), cache, report=seen.append)
    assert [item.stage for item in seen] == ["finetune"]
    planned = stages(asked(admm=False), tmp_path)
    assert [stage.name for stage in planned if stage.step == planned[-1].step] == ["finetune"]
    for after, first in zip(made.layers, before.layers, strict=True):
        matrix = torch.tensor(first.levels * first.weight_step[:, None])
        step = quantizers.fit_weight_step(matrix, after.weight_bits)
        assert np.array_equal(after.levels, quantizers.weight_levels(matrix, step, after.weight_bits).numpy())


def test_the_same_seed_gives_the_same_checkpoint(tmp_path: Path) -> None:
    quick = parse_run({"network": "digits-cnn", "seed": 3, "epochs": dict.fromkeys(SHORT, 1)})
    first, second = compress(quick, tmp_path / "a"), compress(quick, tmp_path / "b")
    files = [folder / "checkpoints" / f"{first.key}.safetensors" for folder in (tmp_path / "a", tmp_path / "b")]
    assert first.key == second.key
    assert files[0].read_bytes() == files[1].read_bytes()


class Interrupter:
    """Interrupts a run in a given epoch of a stage, and notes what was trained."""

    def __init__(self, stage: str = "", epoch: int = 0) -> None:
        self.stop, self.seen = (stage, epoch), []

    def __call__(self, progress: Progress) -> None:
        self.seen.append((progress.stage, progress.epoch))
        if (progress.stage, progress.epoch) == self.stop:
            raise KeyboardInterrupt


QUICK = parse_run({"network": "digits-cnn", "compression": {"weight_bits": 8}, "epochs": dict.fromkeys(SHORT, 3)})


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("uninterrupted")
    return path_of(folder, compress(QUICK, folder).key).read_bytes()


@pytest.mark.parametrize(
    "stop", [("dense", 2), ("prune", 2), ("prune", 3), ("retrain", 1), ("quantize", 2), ("finetune", 3)]
)
def test_an_interrupted_run_goes_on_to_the_identical_result(
    tmp_path: Path, uninterrupted: bytes, stop: tuple[str, int]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        compress(QUICK, tmp_path, report=Interrupter(*stop))
    again = Interrupter()
    made = compress(QUICK, tmp_path, resume=True, report=again)
    assert path_of(tmp_path, made.key).read_bytes() == uninterrupted
    assert again.seen[0] == stop
    assert not list((tmp_path / "runs").iterdir())


def test_without_resume_the_unfinished_step_starts_anew(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        compress(QUICK, tmp_path, report=Interrupter("prune", 3))
    again = Interrupter()
    compress(QUICK, tmp_path, report=again)
    assert again.seen[0] == ("prune", 1)


def test_a_damaged_journal_counts_as_none(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        compress(QUICK, tmp_path, report=Interrupter("dense", 3))
    (left,) = (tmp_path / "runs").glob("*.safetensors")
    left.write_bytes(left.read_bytes()[:100])
    again, told = Interrupter("dense", 2), list[str]()
    with pytest.raises(KeyboardInterrupt):
        compress(QUICK, tmp_path, resume=True, report=again, tell=told.append)
    assert again.seen[0] == ("dense", 1)
    assert told == [f"unfinished training put aside as {left.stem}.aside: it is damaged"]


def test_unfinished_training_is_put_aside_until_the_run_is_done(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        compress(QUICK, tmp_path, report=Interrupter("dense", 3))
    (left,) = (tmp_path / "runs").glob("*.safetensors")
    kept, told = left.read_bytes(), list[str]()
    with pytest.raises(KeyboardInterrupt):
        compress(QUICK, tmp_path, report=Interrupter("dense", 1), tell=told.append)
    assert told == [f"unfinished training put aside as {left.stem}.aside: --resume would have gone on from it"]
    aside = left.with_suffix(".aside")
    assert aside.read_bytes() == kept
    aside.replace(left)
    again = Interrupter()
    compress(QUICK, tmp_path, resume=True, report=again, tell=told.append)
    assert again.seen[0] != ("dense", 1) and len(told) == 1
    assert not list((tmp_path / "runs").iterdir())


def test_a_damaged_checkpoint_on_the_way_says_what_mends_it(tmp_path: Path) -> None:
    path = path_of(tmp_path, content_key(dense_inputs(QUICK)))
    path.parent.mkdir(parents=True)
    path.write_bytes(b"damaged")
    with pytest.raises(InputError, match=r"without the file it is trained anew\)$"):
        compress(QUICK, tmp_path)
    assert path.read_bytes() == b"damaged"


def test_a_cache_without_room_for_journals_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(InputError, match=r"^cache: cannot be written: File exists"):
        compress(QUICK, tmp_path)
    with pytest.raises(InputError, match=r"^cache: cannot be written: File exists"):
        check_cache(tmp_path)


@pytest.mark.parametrize("stage", ["dense", "retrain"])
@pytest.mark.parametrize("change", ["missing", "foreign", "reshaped", "header", "stage"])
def test_a_journal_of_another_version_is_refused_or_counts_as_none(tmp_path: Path, stage: str, change: str) -> None:
    compact = QUICK.model_dump() | {"recipe": {"compact": True}}
    item = parse_run(compact)
    with pytest.raises(KeyboardInterrupt):
        compress(item, tmp_path, report=Interrupter(stage, 2))
    (left,) = (tmp_path / "runs").glob("*.safetensors")
    with safe_open(left, framework="pt") as handle:
        header, tensors = handle.metadata(), {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118
    prefix = "model." if stage == "dense" else "whole."
    name = next(key for key in tensors if key.startswith(prefix) and key.endswith("weight_mask"))
    if change == "missing":
        del tensors[name]
    elif change == "foreign":
        tensors[f"{prefix}layers.0.older"] = torch.zeros(1)
    elif change == "reshaped":
        tensors[name] = tensors[name][:1]
    elif change == "header":
        header = {"sotexplore_journal": "[]"}
    else:
        header = {"sotexplore_journal": header["sotexplore_journal"].replace(f'"{stage}"', '"older"', 1)}
    left.write_bytes(save(tensors, metadata=header))
    kept = left.read_bytes()
    if change == "header":
        again = Interrupter(stage, 1)
        with pytest.raises(KeyboardInterrupt):
            compress(item, tmp_path, resume=True, report=again)
        return
    named = "older" if change == "stage" else stage
    with pytest.raises(
        InputError, match=f"^resume: stage {named} was interrupted under another version.*without --resume"
    ):
        compress(item, tmp_path, resume=True)
    assert left.read_bytes() == kept


def test_the_quick_recipe_makes_one_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(
        "network: digits-cnn\ncompression: {prune_ratio: 0.5, weight_bits: 8, activation_bits: 8}\nepochs: {dense: 2, prune: 2, retrain: 1, quantize: 1, finetune: 1}\n"
    )
    (made,) = run_file(path, tmp_path / "cache", data=None, resume=False)
    assert made.row["prune_ratio"] == 0.5
    captured = capsys.readouterr()
    assert not captured.out
    assert "primal residual" in captured.err and "dual residual" in captured.err


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_recipes_are_valid(path: Path) -> None:
    assert load_runs(path)


@pytest.mark.parametrize(
    ("bits", "expected"),
    [
        ((4, 4), (8, 4)),
        ((8, 4), (8, 8)),
        ((2, 8), (4, 8)),
        ((1, 2), (2, 2)),
        ((3, 8), (4, 8)),
        ((6, 8), (8, 8)),
        ((8, 3), (8, 4)),
    ],
)
def test_the_chain_of_bits(bits: tuple[int, int], expected: tuple[int, int]) -> None:
    before = predecessor(run(weight_bits=bits[0], activation_bits=bits[1]))
    assert before is not None
    assert (before.compression.weight_bits, before.compression.activation_bits) == expected
    assert predecessor(run(weight_bits=8, activation_bits=8)) is None


def in_steps(steps: list[int], weight_bits: int, activation_bits: int, **recipe: object) -> Run:
    point = {"structure": "filter+shape", "weight_bits": weight_bits, "activation_bits": activation_bits}
    return parse_run({"network": "digits-cnn", "compression": point, "recipe": {"bit_steps": steps, **recipe}})


def on_the_way(asked: Run) -> list[tuple[int, int]]:
    return [(item.compression.weight_bits, item.compression.activation_bits) for item in chain(asked)]


def test_a_recipe_names_the_bits_of_the_chain() -> None:
    down = [8, 4, 3, 2, 1]
    assert on_the_way(in_steps(down, 1, 3)) == [(8, 8), (8, 4), (8, 3), (4, 3), (3, 3), (2, 3), (1, 3)]
    assert on_the_way(in_steps([8, 6, 2], 4, 8)) == [(8, 8), (6, 8), (4, 8)]
    assert on_the_way(in_steps([8], 2, 2)) == [(8, 8), (8, 2), (2, 2)]
    last = {"epochs": 2, "rate": 0.01}
    assert on_the_way(in_steps(down, 2, 2, last_step=last))[-2:] == [(3, 3), (2, 2)]
    assert on_the_way(in_steps(down, 3, 4, last_step=last))[-2:] == [(4, 4), (3, 4)]
    assert on_the_way(in_steps([8, 4, 2], 2, 2, last_step=last))[-2:] == [(4, 4), (2, 2)]


def test_a_chain_of_other_bits_shares_the_checkpoints_before_them() -> None:
    """What has the same steps above it is the same training, and so has the same key."""
    plain, own = chain(in_steps([8, 4, 2, 1], 2, 4)), chain(in_steps([8, 4, 3, 2, 1], 2, 4))
    keys = [[run_key(item) for item in way] for way in (plain, own)]
    assert on_the_way(plain[-1]) == [(8, 8), (8, 4), (4, 4), (2, 4)]
    assert on_the_way(own[-1]) == [(8, 8), (8, 4), (4, 4), (3, 4), (2, 4)]
    assert keys[1][:3] == keys[0][:3]
    assert keys[1][3] == run_key(in_steps([8, 4, 2, 1], 3, 4)), "3 bits start at 4 either way"
    assert keys[1][4] != keys[0][3]


@pytest.mark.parametrize("steps", [[4, 2], [8, 2, 4], [8, 4, 4], [8, 9], [8, 0], []])
def test_a_chain_of_bits_that_does_not_lead_down_is_refused(steps: list[int]) -> None:
    with pytest.raises(InputError, match=r"recipe\.bit_steps"):
        in_steps(steps, 2, 2)


def test_two_bits_by_way_of_three(tmp_path: Path) -> None:
    few = dict.fromkeys(SHORT, 1)
    asked = in_steps([8, 4, 3, 2], 2, 8).model_copy(update={"epochs": run().epochs.model_copy(update=few)})
    made = compress(asked, tmp_path)
    found = {row["weight_bits"]: row for row in list_checkpoints(tmp_path).rows if row["weight_bits"] <= 8}
    assert sorted(found) == [2, 3, 4, 8]
    assert found[2]["key"] == made.key


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("network: vgg16-imagenet\nrecipe: {pretrained: false}\nepochs: {dense: 0}", "epochs.dense"),
        ("network: digits-cnn\nrecipe: {pretrained: true}", "recipe.pretrained"),
        ("network: nonsense", "network"),
        ("network: digits-cnn\nepoch: 3", "epoch"),
        ("network: digits-cnn\nseed: []", "seed"),
        ("network: digits-cnn\nseed: true", "seed"),
        ("network: digits-cnn\nepochs: {prune: yes}", "epochs.prune"),
        ("network: digits-cnn\nrecipe: {distillation: true}", "recipe.distillation"),
        ("network: digits-cnn\nrecipe: {last_step: {epochs: 1, rate: true}}", "recipe.last_step.rate"),
        ("network: digits-cnn\nbudget: {subarrays: true}", "budget.subarrays"),
        ("network: digits-cnn\ntrain_images: 1", "train_images"),
        ("network: digits-cnn\nbudget: {subarrays_ratio: .inf}", "budget.subarrays_ratio"),
        ("network: digits-cnn\nepochs: {dense: 0}", "epochs.dense"),
        ("network: digits-cnn\ncompression: {weight_bits: [4, 9]}", "compression.weight_bits"),
        ("network: digits-cnn\ncompression: 4", "compression"),
        ("compression: {weight_bits: 4}", "network"),
    ],
)
def test_bad_run_files(tmp_path: Path, text: str, field: str) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=f"^{field}: "):
        load_runs(path)


def test_missing_and_damaged_data_name_the_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^data: mnist is missing or damaged"):
        data.load("mnist", tmp_path)
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (raw / f"{name}-ubyte").write_bytes(b"\0\0\x08\x03")
    with pytest.raises(
        InputError, match=r"^data: mnist is damaged: MNIST/raw/train-images-idx3-ubyte is not the published"
    ):
        data.load("mnist", tmp_path)
    with pytest.raises(InputError, match=r"^dataset: "):
        data.load("svhn", tmp_path)


@pytest.mark.cifar10
def test_files_that_are_not_the_published_ones_are_told_from_missing_ones(tmp_path: Path) -> None:
    shutil.copytree(Path(os.environ["SOTEXPLORE_DATA"]) / "cifar-10-batches-py", tmp_path / "cifar-10-batches-py")
    batch = tmp_path / "cifar-10-batches-py" / "data_batch_2"
    batch.write_bytes(batch.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"^data: cifar10 is missing or damaged: its files are not the published ones"):
        data.load("cifar10", tmp_path)


def test_a_rehearsal_on_more_images_than_there_are_is_refused(tmp_path: Path) -> None:
    asked = parse_run({"network": "digits-cnn", "train_images": 1349})
    with pytest.raises(InputError, match=r"^train_images: is more than .*digits \(got 1349, allowed 2\.\.1348"):
        compress(asked, tmp_path)


def test_a_rehearsal_on_too_many_images_is_refused_before_anything_is_said_or_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, cache = tmp_path / "run.yaml", tmp_path / "cache"
    path.write_text("network: digits-cnn\ntrain_images: 1349\n")
    with pytest.raises(InputError, match=r"^train_images: "):
        run_file(path, cache, data=None)
    assert capsys.readouterr() == ("", "")
    assert not cache.exists() or not list(cache.iterdir())


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("file", "start"), [("train-images-idx3-ubyte", 20_000_000), ("t10k-labels-idx1-ubyte", 9_000)]
)
def test_zeros_in_a_file_of_the_right_size_are_found(file: str, start: int, tmp_path: Path) -> None:
    shutil.copytree(Path(os.environ["SOTEXPLORE_DATA"]) / "MNIST", tmp_path / "MNIST")
    path = tmp_path / "MNIST" / "raw" / file
    whole = path.read_bytes()
    path.write_bytes(whole[:start] + bytes(len(whole) - start))
    with pytest.raises(InputError, match=f"^data: mnist is damaged: MNIST/raw/{file} is not the published file"):
        data.load("mnist", tmp_path)


def test_a_checkpoint_of_another_network_under_the_key_is_refused(tmp_path: Path) -> None:
    item = run(prune_ratio=0.5, weight_bits=8, activation_bits=8)
    other = next(
        row["key"] for row in list_checkpoints(RECIPES.parent / "cache").rows if row["network"] == "lenet5-mnist"
    )
    foreign = load_checkpoint(RECIPES.parent / "cache", other)
    save_checkpoint(tmp_path, replace(foreign, key=content_key(dense_inputs(item))))
    with pytest.raises(
        InputError, match=r"^checkpoint: .* holds another network \(got lenet5-mnist, allowed digits-cnn"
    ):
        compress(item, tmp_path)


def test_a_full_disk_is_told_in_words_and_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("sotexplore.store.os.fsync", full)
    with pytest.raises(InputError, match=r"^cache: cannot be written: No space left on device .*--resume"):
        compress(run(), tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_two_processes_are_not_at_the_same_run(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "0" * 16)
    journal.open(resume=True)
    code = (
        "import sys; from pathlib import Path; from sotexplore.compression.journal import Journal\n"
        "Journal(Path(sys.argv[1]), '0' * 16).open(resume=True)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode and "run: is being trained by another process" in refused.stderr
    journal.close()
    assert subprocess.run(command, check=False).returncode == 0


def test_a_ratio_beyond_reach_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="prune_ratio"):
        compress(run(prune_ratio=0.9999), tmp_path)
    assert not list(tmp_path.rglob("*.safetensors"))


def test_a_loss_that_is_not_finite_stops_the_run() -> None:
    model = CatalogueNetwork(catalogue.network("digits-cnn"))
    with pytest.raises(InputError, match=r"^learning_rate: the loss of stage dense is not finite \(got 1e\+30"):
        fit(model, data.load("digits"), Phase("dense", 1, 1e30), generator=torch.Generator(), report=lambda _: None)


class Breaker(SignHook):
    """Breaks a weight behind the last step, whose loss was finite."""

    def after_step(self, step: int, total: int) -> None:
        if step == total:
            self._model.layers[0].weight.data[0, 0] = torch.nan


def test_a_weight_that_is_not_finite_stops_the_run() -> None:
    model, few = CatalogueNetwork(catalogue.network("digits-cnn")), data.load("digits").first(256)
    phase = Phase("finetune", 1, 0.01, asked_rate=("recipe.last_step.rate", 0.02))
    with pytest.raises(
        InputError, match=r"^recipe\.last_step\.rate: the weights of stage finetune are not finite \(got 0\.02"
    ):
        fit(model, few, phase, generator=torch.Generator(), report=lambda _: None, hook=Breaker(model))


def test_augmentation_shifts_within_two_pixels() -> None:
    image = torch.zeros(64, 1, 28, 28)
    image[:, 0, 14, 14] = 1
    moved = data.augment(image, "mnist", torch.Generator().manual_seed(0)).nonzero()[:, 2:] - 14
    assert len(moved) == 64
    assert moved.abs().max() == 2
    assert len(moved.unique(dim=0)) > 10


def test_torchvision_imports_beside_a_cpu_only_torch() -> None:
    from sotexplore.compression.torchvision_import import import_datasets

    assert hasattr(import_datasets(), "CIFAR10")


@pytest.mark.real_data
def test_mnist_is_whole() -> None:
    mnist = data.load("mnist")
    assert mnist.train_images.shape == (60000, 1, 28, 28)
    assert mnist.test_labels.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.mark.real_data
@pytest.mark.parametrize("point", [(0.0, 8, 8), (0.9, 4, 4), (0.98, 2, 2)])
def test_shipped_checkpoints_measure_what_they_say(point: tuple[float, int, int]) -> None:
    shipped = Path(__file__).resolve().parents[2] / "cache"
    rows = [
        row
        for row in list_checkpoints(shipped).rows
        if row["network"] == "lenet5-mnist"
        and (row["prune_ratio"], row["weight_bits"], row["activation_bits"]) == point
    ]
    mnist = data.load("mnist", os.environ["SOTEXPLORE_DATA"])
    assert rows
    assert integer.accuracy(load_checkpoint(shipped, rows[0]["key"]), mnist) == rows[0]["accuracy_ratio"]


def test_a_run_file_may_hold_a_list_of_runs_and_lists_of_seeds(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(
        "network: digits-cnn\nseed: [0, 2]\nruns:\n"
        "- {compression: {prune_ratio: [0.5, 0.8]}}\n"
        "- {network: lenet5-mnist, seed: 5, recipe: {distillation: 0.3}}\n"
    )
    runs = load_runs(path)
    assert [(run.network, run.seed) for run in runs] == [
        ("digits-cnn", 0), ("digits-cnn", 0), ("digits-cnn", 2), ("digits-cnn", 2), ("lenet5-mnist", 5),
    ]  # fmt: skip
    assert runs[4].recipe == default_recipe("lenet5-mnist").model_copy(update={"distillation": 0.3})


@pytest.mark.parametrize("text", ["runs: []", "runs: 3", "runs: [3]"])
def test_a_list_of_runs_that_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(f"network: digits-cnn\n{text}\n")
    with pytest.raises(InputError, match=r"^runs: is no list of runs"):
        load_runs(path)


def test_a_recipe_takes_what_it_leaves_out_from_its_network() -> None:
    run = parse_run({"network": "resnet20-cifar10", "recipe": {"distillation": 0.25}})
    assert run.recipe is not None
    assert (run.recipe.distillation, run.recipe.precision) == (0.25, "bfloat16")
    with pytest.raises(InputError, match=r"^recipe\.rho: "):
        parse_run({"network": "digits-cnn", "recipe": {"rho": "wild"}})


def test_keys_of_shipped_checkpoints_stay() -> None:
    """Their recipe is the plain one, and what is plain is no part of a key."""
    shipped = {row["key"] for row in list_checkpoints(RECIPES.parent / "cache").rows}
    for name in ("lenet5-front", "lenet5-light", "lenet5-structures", "digits-quick", "digits-grid"):
        for item in load_runs(RECIPES / f"{name}.yaml"):
            assert content_key(run_inputs(item)) in shipped, (name, item)


@pytest.mark.parametrize("method", ["magnitude", "group-lasso"])
def test_the_baselines_prune_to_the_same_counts_and_say_what_they_are(tmp_path: Path, method: str) -> None:
    base = {"network": "digits-cnn", "compression": {"prune_ratio": 0.8, "weight_bits": 8, "activation_bits": 8}}
    made = compress(parse_run(base | {"epochs": dict.fromkeys(SHORT, 2), "recipe": {"method": method}}), tmp_path)
    assert made.row["method"] == method
    assert ("prune" in made.history["stages"]) == (method != "magnitude")
    assert len(made.history["stages"]["retrain"]) == (4 if method == "magnitude" else 2)
    assert made.row["weights_ratio"] >= 5.0


def test_progressive_compact_distilled_and_purified_resumes_to_the_identical_result(tmp_path: Path) -> None:
    recipe = {"progressive_steps": 2, "compact": True, "distillation": 0.5, "purify_tolerance": 0.01, "rho": "balanced"}
    item = parse_run(
        {"network": "digits-cnn", "compression": {"weight_bits": 8, "activation_bits": 8}, "recipe": recipe,
         "epochs": dict.fromkeys(SHORT, 4)}
    )  # fmt: skip
    whole = compress(item, tmp_path / "whole")
    assert set(whole.history["stages"]) == {"prune.1", "retrain.1", "prune.2", "retrain.2", "quantize", "finetune"}
    expected = path_of(tmp_path / "whole", whole.key).read_bytes()
    for stop in (("retrain.1", 2), ("prune.2", 1), ("retrain.2", 1), ("quantize", 3), ("finetune", 2)):
        cache = tmp_path / "-".join(map(str, stop))
        with pytest.raises(KeyboardInterrupt):
            compress(item, cache, report=Interrupter(*stop))
        made = compress(item, cache, resume=True)
        assert path_of(cache, made.key).read_bytes() == expected, stop


def test_a_device_that_is_not_there() -> None:
    with pytest.raises(InputError, match=r"^device: unknown device"):
        data.chosen_device("tpu")


@pytest.fixture
def sixteen_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """CIFAR-10 cut down to sixteen training and sixteen test images."""
    cifar = data.load("cifar10").first(16)
    few = data.Dataset(
        "cifar10", cifar.train_images, cifar.train_labels, cifar.test_images[:16], cifar.test_labels[:16]
    )
    monkeypatch.setattr(pipeline, "load_data", lambda *_: few)


REHEARSAL = {"train_images": 16, "epochs": dict.fromkeys(SHORT, 1), "recipe": {"batch_size": 8}}


@pytest.mark.real_data
@pytest.mark.usefixtures("sixteen_images")
@pytest.mark.parametrize("network", ["vgg8-cifar10", "vgg16-cifar10", "resnet18-cifar10", "resnet20-cifar10"])
def test_the_large_networks_run_end_to_end_on_a_subset(tmp_path: Path, network: str) -> None:
    point = {"prune_ratio": 0.95, "weight_bits": 8, "activation_bits": 8}
    made = compress(parse_run(REHEARSAL | {"network": network, "compression": point}), tmp_path)
    assert made.row["train_images"] == 16 and made.row["test_images"] == 16
    assert made.row["weights_ratio"] >= 19


@pytest.mark.real_data
@pytest.mark.usefixtures("sixteen_images")
def test_a_last_step_of_finer_adds_without_admm_resumes_to_the_identical_result(tmp_path: Path) -> None:
    """As the points of ResNet-20 that stand beside published results are trained, wrong bits on top."""
    last = {"epochs": 3, "rate": 0.006, "residual_bits": 8, "admm": False}
    point = {"prune_ratio": 0, "weight_bits": 2, "activation_bits": 2}
    recipe = REHEARSAL["recipe"] | {"last_step": last, "bit_error_ratio": 0.01}  # type: ignore[operator]
    item = parse_run(REHEARSAL | {"network": "resnet20-cifar10", "compression": point, "recipe": recipe})
    cache = tmp_path / "whole"
    key = compress(item, cache).key
    expected = path_of(cache, key).read_bytes()
    path_of(cache, key).unlink()
    with pytest.raises(KeyboardInterrupt):
        compress(item, cache, report=Interrupter("finetune", 2))
    assert compress(item, cache, resume=True).key == key
    assert path_of(cache, key).read_bytes() == expected


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.usefixtures("sixteen_images")
def test_the_whole_plan_for_large_networks_runs_on_a_subset(tmp_path: Path) -> None:
    """Every run of the file, one epoch of each stage: what an unattended run on a GPU goes through."""
    runs = load_runs(RECIPES / "cifar-large.yaml")
    for item in runs:
        asked = {"network": item.network, "compression": item.compression.model_dump()}
        compress(parse_run(REHEARSAL | asked), tmp_path)
    rows = list_checkpoints(tmp_path).rows
    for network in {item.network for item in runs}:
        assert sum(row["network"] == network and row["weight_bits"] <= 8 for row in rows) >= 12


def test_an_outline_names_every_checkpoint_once_and_what_is_made(cache: Path) -> None:
    made = compress(run(), cache)
    ahead = run(weight_bits=2)
    rows = outline([run(), ahead], cache)
    assert len({row["key"] for row in rows}) == len(rows)
    bits = [(row["weight_bits"], row["activation_bits"]) for row in rows]
    assert bits == [(32, 32), (8, 8), (8, 4), (4, 4), (2, 4)]
    assert next(row for row in rows if row["key"] == made.key)["made"]
    assert rows[0]["epochs"] == SHORT["dense"] and rows[2]["epochs"] == SHORT["quantize"] + SHORT["finetune"]
    assert rows[1]["epochs"] == sum(SHORT.values()) - SHORT["dense"]
