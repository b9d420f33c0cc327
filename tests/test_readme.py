"""Every command that the README prints runs as printed (but those that open the dashboard or train for an hour)."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from sotexplore.cli import main

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LONG = (
    "sotexplore compress recipes/lenet5",
    "sotexplore compress recipes/resnet20",
    "sotexplore simulate",
    ".venv/bin/sotexplore app",
)


def commands() -> list[str]:
    lines = [
        line.split("#")[0].strip()
        for block in re.findall(r"```bash\n(.*?)```", README, re.S)
        for line in block.splitlines()
    ]
    return [line for line in lines if line.startswith("sotexplore") and not line.startswith(LONG)]


def test_the_readme_prints_every_command_of_the_contract() -> None:
    words = {command.split()[1] for command in commands()}
    assert {"networks", "checkpoints", "evaluate", "sweep", "pareto", "export", "compress"} <= words


@pytest.mark.usefixtures("short_bench")
def test_every_command_runs_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("examples", "recipes", "cache"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.setenv("SOTEXPLORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    for command in commands():
        with pytest.raises(SystemExit) as stop:
            main(shlex.split(command)[1:])
        assert not stop.value.code, command


def test_links_and_pictures_exist() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
