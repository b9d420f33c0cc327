"""Levels held to a rule, from a run file to integers: real training on scikit-learn's digits."""

from pathlib import Path

import numpy as np
import pytest
import torch

from sotexplore import catalogue
from sotexplore.checkpoint import Checkpoint, list_checkpoints, load_checkpoint, path_of, workloads
from sotexplore.cli import main
from sotexplore.compression import data, integer
from sotexplore.compression.bit_chain import predecessor
from sotexplore.compression.compaction import compacted, expand
from sotexplore.compression.held_levels import SignHook, clamp_signs, hold, violations
from sotexplore.compression.level_rules import LayerRule
from sotexplore.compression.model import CatalogueNetwork, quantized_pixels
from sotexplore.compression.pipeline import compress
from sotexplore.compression.plan import chain, outline, run_key
from sotexplore.compression.run import Run, rules_of
from sotexplore.compression.run_files import parse_run
from sotexplore.compression.train import Progress, evaluate
from sotexplore.design import Compression, Design
from sotexplore.errors import InputError
from sotexplore.explorer.evaluate import evaluate_design
from sotexplore.explorer.listing import checkpoint_records
from sotexplore.explorer.results import points
from sotexplore.jobs.record import Job, from_json, to_json
from sotexplore.ratios import bits_per_weight, index_bits
from tests.compression.test_structures import accuracy_in_integers

CACHE = Path(__file__).resolve().parents[2] / "cache"
EPOCHS = {"dense": 6, "prune": 3, "retrain": 3, "quantize": 2, "finetune": 4}
FRAGMENTS, PLANES = {"fragment_rows": 8}, {"planes": 2}


def run(levels: dict[str, int] | None, *, bits: int = 4, **more: object) -> Run:
    point = {"structure": "filter+shape", "prune_ratio": 0.8, "weight_bits": bits, "activation_bits": 8}
    rule = {} if levels is None else {"levels": levels}
    return parse_run({"network": "digits-cnn", "compression": point, "epochs": EPOCHS} | rule | more)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all, so that the dense network is trained once."""
    return tmp_path_factory.mktemp("cache")


def broken(made: Checkpoint, rules: dict[str, LayerRule]) -> int:
    """Breaches of all layers, counted apart from the product's own count."""
    total = 0
    for item in made.layers:
        rule, levels = rules[item.name], item.levels.astype(int)
        if rule.fragment_rows:
            for start in range(0, levels.shape[1], rule.fragment_rows):
                part = levels[:, start : start + rule.fragment_rows]
                total += int(((part > 0).any(1) & (part < 0).any(1)).sum())
            total += int((np.abs(levels) > 2 ** (item.weight_bits - 1) - 1).sum())
        if rule.planes:
            digits = [{plane for value in row for plane in range(item.weight_bits) if value % 2**item.weight_bits >> plane & 1}
                      for row in levels.tolist()]  # fmt: skip
            total += sum(len(used) > rule.planes for used in digits)
    return total


IRREGULAR = {"compression": {"structure": "irregular", "prune_ratio": 0.6, "weight_bits": 4, "activation_bits": 8}}
WHOLE = {"compression": {"structure": "none", "prune_ratio": 0, "weight_bits": 4, "activation_bits": 8}}
BUDGET = {
    "compression": {"structure": "filter+shape", "weight_bits": 4, "activation_bits": 8},
    "budget": {"subarrays": 12, "subarray_rows": 64, "subarray_cols": 64},
}
COMPACT = {"recipe": {"compact": True}}


@pytest.mark.parametrize("levels", [FRAGMENTS, PLANES], ids=["fragments", "planes"])
@pytest.mark.parametrize("more", [{}, IRREGULAR, WHOLE, BUDGET, COMPACT], ids=["pruned", "irregular", "whole", "budget", "compact"])  # fmt: skip
def test_integers_keep_the_rule(cache: Path, levels: dict[str, int], more: dict[str, object]) -> None:
    asked = run(levels, **more)
    made = load_checkpoint(cache, compress(asked, cache).key)
    rules = rules_of(asked, made.network)
    assert set(rules) == {layer.name for layer in made.network.layers}
    assert set(violations(made, rules)) == set(rules) and not any(violations(made, rules).values())
    assert broken(made, dict(rules)) == 0
    assert accuracy_in_integers(made) == made.row["accuracy_ratio"] == integer.accuracy(made, data.load("digits"))
    assert made.row["accuracy_ratio"] > 0.8
    assert made.row["levels"] == levels
    for item in made.layers:
        assert len(np.unique(item.levels)) > 2
    items = workloads(made.row)
    assert [(item.fragment_rows, item.planes) for item in items] == [
        (levels.get("fragment_rows", 0), levels.get("planes", 0))
    ] * 4


def test_without_the_rule_it_would_be_broken(cache: Path) -> None:
    made = compress(run(None), cache)
    for levels in (FRAGMENTS, PLANES):
        rules = rules_of(run(levels), made.network)
        found = violations(made, rules)
        assert all(found.values())
        assert broken(made, dict(rules)) >= sum(found.values())


def test_storage_counts_what_the_rule_frees(cache: Path) -> None:
    signs, planes = (compress(run(levels), cache).row for levels in (FRAGMENTS, PLANES))
    for row, bits in ((signs, 3), (planes, 2)):
        items = workloads(row)
        assert all(bits_per_weight(item) == bits for item in items)
        index = 0
        for item in items:
            index += 0 if item.kept_filters == item.layer.n_filters else item.layer.n_filters
            index += 0 if item.kept_rows == item.layer.n_rows else item.layer.n_rows
            index += item.kept_filters * (-(-item.kept_rows // 8) if bits == 3 else 4)
        assert sum(map(index_bits, items)) == index
        stored = bits * sum(item.surviving_weights for item in items) + index
        assert row["storage_ratio"] == pytest.approx(sum(item.layer.n_weights for item in items) * 32 / stored)
    plain = compress(run(None), cache).row
    assert planes["storage_ratio"] > signs["storage_ratio"] > plain["storage_ratio"]
    assert planes["weights_ratio"] == plain["weights_ratio"]


def test_the_chain_holds_signs_all_along_and_comes_to_planes_last() -> None:
    first, *rest = chain(run(FRAGMENTS))
    assert first.compression.weight_bits == 8 and all(item.levels == first.levels for item in rest)
    before = predecessor(run(PLANES))
    assert before is not None and run_key(before) == run_key(run(None))
    assert [item.compression.weight_bits for item in chain(run(PLANES))] == [8, 4, 4]
    eight = predecessor(run(PLANES, bits=8))
    assert eight is not None and eight.levels is None and predecessor(eight) is None
    last = run(PLANES, recipe={"last_step": {"epochs": 2, "rate": 0.01}, "bit_error_ratio": 0.01})
    above = predecessor(last)
    assert above is not None and run_key(above) == run_key(run(None))


def test_keys_of_runs_without_a_rule_are_what_they_were() -> None:
    point = {"structure": "filter+shape", "prune_ratio": 0.9, "weight_bits": 4, "activation_bits": 4}
    plain = {"network": "digits-cnn", "compression": point, "recipe": {"bounded_steps": False}}
    assert run_key(parse_run(plain)) == "4193f6497443ce3b"
    assert len({run_key(parse_run(plain | {"levels": rule})) for rule in (FRAGMENTS, PLANES, {"planes": 3})}) == 3


def test_a_run_in_the_queue_keeps_its_rule() -> None:
    job = Job(id="20260101-000000-000000-0123456789abcdef", run=run(PLANES), queued_at_s=0.0)
    assert from_json(to_json(job)).run == run(PLANES)


def test_quantization_at_once_keeps_the_rule(cache: Path) -> None:
    for levels in (FRAGMENTS, {"planes": 3}):
        asked = run(levels, recipe={"method": "post-training"})
        assert predecessor(asked) is None
        made = compress(asked, cache)
        assert not any(violations(made, rules_of(asked, made.network)).values())


def test_faults_in_training_go_with_a_rule(cache: Path) -> None:
    asked = run(FRAGMENTS, recipe={"bit_error_ratio": 0.01})
    made = compress(asked, cache)
    assert made.row["accuracy_ratio"] > 0.8
    assert not any(violations(made, rules_of(asked, made.network)).values())


class Interrupter:
    """Interrupts a run in a given epoch of a stage of its last step."""

    def __init__(self, stage: str, epoch: int) -> None:
        self.stop = (stage, epoch)

    def __call__(self, progress: Progress) -> None:
        if (progress.stage, progress.epoch) == self.stop:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("levels", "stop", "compact"),
    [
        (FRAGMENTS, ("prune", 2), True), (FRAGMENTS, ("retrain", 1), False), (FRAGMENTS, ("finetune", 1), True),
        (PLANES, ("quantize", 1), True), (PLANES, ("finetune", 1), False), (PLANES, ("finetune", 1), True),
    ],
)  # fmt: skip
def test_an_interrupted_run_goes_on_to_the_identical_result(
    cache: Path, tmp_path: Path, levels: dict[str, int], stop: tuple[str, int], compact: bool
) -> None:
    asked = run(levels, bits=8, recipe={"compact": compact})
    whole = path_of(cache, compress(asked, cache).key).read_bytes()
    (tmp_path / "checkpoints").mkdir()
    for path in (cache / "checkpoints").iterdir():
        if path.stem != run_key(asked):
            (tmp_path / "checkpoints" / path.name).symlink_to(path)
    with pytest.raises(KeyboardInterrupt):
        compress(asked, tmp_path, report=Interrupter(*stop))
    compress(asked, tmp_path, resume=True)
    assert path_of(tmp_path, run_key(asked)).read_bytes() == whole


def held(cache: Path, levels: dict[str, int]) -> CatalogueNetwork:
    """A pruned network whose weights are put on the rule's levels."""
    made = compress(run(None), cache)
    model = integer.restore(made).eval()
    bits = {layer.name: 4 for layer in model.network.layers}
    hold(model, bits, rules_of(run(levels), model.network))
    model.set_bits(4, 8)
    model.fit_activation_steps(quantized_pixels(data.load("digits").train_images[:64]))
    model.fit_weight_steps()
    return model


@pytest.mark.parametrize("levels", [FRAGMENTS, PLANES], ids=["fragments", "planes"])
def test_compaction_takes_the_rule_along(cache: Path, levels: dict[str, int]) -> None:
    model = held(cache, levels)
    images = quantized_pixels(data.load("digits").test_images[:100])
    small = compacted(model).eval()
    assert small.layers[1].weight.shape != model.layers[1].weight.shape
    torch.testing.assert_close(small(images), model(images))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    for module in model:
        module.positive = module.plane_levels = None
    expand(small, model)
    torch.testing.assert_close(small(images), model(images))
    assert set(model.state_dict()) == set(before)
    assert all(module.effective_weight().isfinite().all() for module in model)


def test_signs_are_clamped_behind_every_step(cache: Path) -> None:
    model = held(cache, FRAGMENTS)
    signs = [module.positive.clone() for module in model if module.positive is not None]
    with torch.no_grad():
        for module in model:
            module.weight.add_(torch.randn(module.weight.shape, generator=torch.Generator().manual_seed(0)))
    SignHook(model).after_step(1, 2)
    for module, positive in zip(model, signs, strict=True):
        assert (module.weight[positive] >= 0).all() and (module.weight[~positive] <= 0).all()
        assert (module.weight != 0).any()
    before = [module.weight.clone() for module in model]
    clamp_signs(model)
    assert all(torch.equal(module.weight, value) for module, value in zip(model, before, strict=True))
    assert 0 <= evaluate(model, data.load("digits")) <= 1


def test_planes_leave_layers_with_bits_of_their_own_alone() -> None:
    resnet = catalogue.network("resnet20-cifar10")
    asked = parse_run({"network": resnet.name, "levels": PLANES})
    names = [layer.name for layer in resnet.layers]
    assert list(rules_of(asked, resnet)) == names[1:-1], "the edges have 8 bits"
    assert list(rules_of(parse_run({"network": resnet.name, "levels": FRAGMENTS}), resnet)) == names
    own = run(PLANES, per_layer={"fc1": {"weight_bits": 3}})
    assert list(rules_of(own, catalogue.network("digits-cnn"))) == ["conv1", "conv2", "fc2"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"levels": {"planes": 4}}, r"^levels\.planes: is not below the weight bits 4 .got 4, allowed 1\.\.3"),
        ({"levels": {"planes": 0}}, r"^levels\.planes: .*got 0, allowed .*1"),
        ({"levels": {"planes": 2.5}}, r"^levels\.planes: .*got 2\.5"),
        ({"levels": {"planes": True}}, r"^levels\.planes: .*allowed a whole number"),
        ({"levels": {"fragment_rows": 0}}, r"^levels\.fragment_rows: .*got 0, allowed .*1"),
        ({"levels": {"fragment_rows": "eight"}}, r"^levels\.fragment_rows: .*got 'eight'"),
        ({"levels": {"fragment_rows": 4, "planes": 2}}, r"^levels\.fragment_rows: stands beside planes.*allowed one of the two"),
        ({"levels": {}}, r"^levels\.fragment_rows: .*both are missing"),
        ({"levels": {"rows": 4}}, r"^levels\.rows: unknown key .got rows, allowed fragment_rows, planes"),
        ({"levels": 4}, r"^levels: is no mapping .got 4"),
        ({"levels": PLANES, "compression": {"weight_bits": 1}}, r"^levels\.planes: .*got 2, allowed weights of 2 bits or more"),
        ({"levels": FRAGMENTS, "compression": {"weight_bits": 1}}, r"^levels\.fragment_rows: leaves one value .*conv1.*got 8"),
        ({"levels": FRAGMENTS, "per_layer": {"fc1": {"weight_bits": 1}}}, r"^levels\.fragment_rows: leaves one value .*fc1"),
        ({"levels": PLANES, "per_layer": {name: {"weight_bits": 3} for name in ("conv1", "conv2", "fc1", "fc2")}}, r"^levels\.planes: names no layer"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(more: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_run({"network": "digits-cnn"} | more)


def test_the_plan_shows_the_rule_and_refuses_a_bad_one(
    tmp_path: Path, empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = outline((run(PLANES), run(FRAGMENTS)), empty_cache)
    assert [row.get("levels") for row in rows] == [None, None, None, PLANES, FRAGMENTS, FRAGMENTS]
    path = tmp_path / "run.yaml"
    path.write_text("network: digits-cnn\nlevels: {planes: 3}\n")
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["compress", str(path), "--plan"])
    assert capsys.readouterr().out.splitlines()[-1].split()[-2:] == ["planes", "3"]
    path.write_text("network: digits-cnn\nlevels: {planes: 4}\n")
    with pytest.raises(SystemExit) as stopped:
        main(["compress", str(path), "--plan"])
    assert stopped.value.code == 2
    assert capsys.readouterr().err == ("error: levels.planes: is not below the weight bits 4 (got 4, allowed 1..3)\n")
    assert not list(empty_cache.iterdir())


def test_estimates_leave_it_out_and_listings_show_it(cache: Path) -> None:
    made, plain = compress(run(PLANES), cache), compress(run(None), cache)
    listed = {row["key"]: row for row in checkpoint_records(cache)[0]}
    assert listed[made.key]["levels"] == PLANES and "levels" not in listed[plain.key]
    free_keys = {point.row["key"] for point in points(cache) if point.is_free}
    assert plain.key in free_keys and made.key not in free_keys
    setting = Compression(structure="filter+shape", prune_ratio=0.8, weight_bits=4, activation_bits=8)
    found = evaluate_design(Design(network="digits-cnn", compression=setting), cache)
    assert found.checkpoint is not None and "levels" not in listed[found.checkpoint["key"]]
    free = evaluate_design(Design(network="digits-cnn", checkpoint=plain.key), cache)
    by_key = evaluate_design(Design(network="digits-cnn", checkpoint=made.key), cache)
    assert by_key.metrics["accuracy_ratio"] is not None and by_key.metrics["accuracy_kind"] == "measured"
    assert by_key.metrics["storage_ratio"] == made.row["storage_ratio"]
    for name in ("area_m2", "n_subarrays", "energy_per_frame_j"):
        assert by_key.metrics[name] == free.metrics[name], "the hardware stores every plane"


def test_shipped_checkpoints_keep_their_rules() -> None:
    rows = [row for row in list_checkpoints(CACHE).rows if "levels" in row]
    assert len(rows) >= 15
    for row in rows:
        made = load_checkpoint(CACHE, row["key"])
        rules = {item["name"]: LayerRule(item.get("fragment_rows", 0), item.get("planes", 0)) for item in row["layers"]}
        assert not any(violations(made, rules).values()) and broken(made, rules) == 0
        assert integer.accuracy(made, data.load(made.network.dataset)) == row["accuracy_ratio"]
