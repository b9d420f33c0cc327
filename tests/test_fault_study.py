"""Records of fault studies: whole or refused, listed without the damaged ones, intervals as in the textbook."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sotexplore import fault_study
from sotexplore.errors import InputError
from sotexplore.fault_study import Study, StudyPoint

INPUTS = {"checkpoint": "abc", "settings": [{"adc_bits": 4}]}
STUDY = Study(
    fault_study.study_key(INPUTS), "adc", "abc", 100, 0.99, {"compute_style": "crossbar"},
    (StudyPoint({"adc_bits": 4}, (0.97,), None), StudyPoint({"adc_bits": 3}, (0.5, 0.7), 0.02)),
)  # fmt: skip


def test_a_study_comes_back_as_it_was(tmp_path: Path) -> None:
    path = fault_study.save_study(tmp_path, STUDY, INPUTS)
    assert path == fault_study.study_path(tmp_path, STUDY.key)
    assert fault_study.read_study(path) == STUDY
    assert fault_study.list_studies(tmp_path) == (STUDY,)
    assert fault_study.list_studies(tmp_path / "nowhere") == ()


def test_a_study_that_changed_is_read_again(tmp_path: Path) -> None:
    fault_study.save_study(tmp_path, STUDY, INPUTS)
    assert fault_study.list_studies(tmp_path)[0].images == 100
    fault_study.save_study(tmp_path, replace(STUDY, images=25_000), INPUTS)
    assert fault_study.list_studies(tmp_path)[0].images == 25_000


def test_damaged_files_are_refused_by_name_and_left_out(tmp_path: Path) -> None:
    path = fault_study.save_study(tmp_path, STUDY, INPUTS)
    whole = json.loads(path.read_text())
    other_inputs = whole | {"inputs": whole["inputs"] | {"checkpoint": "other"}}
    older = whole | {"inputs": whole["inputs"] | {"version": 1}}
    lacking = whole | {"study": {name: value for name, value in whole["study"].items() if name != "images"}}
    for content in (path.read_text()[:50], "", "[]", *map(json.dumps, (other_inputs, older, lacking))):
        path.write_text(content)
        with pytest.raises(InputError, match=f"faults: {path.name} is damaged"):
            fault_study.read_study(path)
        assert fault_study.list_studies(tmp_path) == ()
        (problem,) = fault_study.study_problems(tmp_path)
        assert path.name in problem and "is damaged" in problem


def test_confidence_interval() -> None:
    """Golden: 0.90, 0.92, 0.94: standard deviation 0.02, t(2) = 4.303, half width 4.303 * 0.02 / sqrt 3."""
    point = StudyPoint({"adc_bits": 4}, (0.90, 0.92, 0.94), None)
    assert point.mean_ratio == pytest.approx(0.92)
    assert point.half_width_ratio == pytest.approx(4.303 * 0.02 / math.sqrt(3))
    assert math.isnan(replace(point, accuracy_ratios=(0.9,)).half_width_ratio)
    assert replace(point, accuracy_ratios=tuple(np.linspace(0, 1, 40))).half_width_ratio < 0.1
