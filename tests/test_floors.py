"""Imports go down only, and the dashboard's process never loads torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

PACKAGE = ROOT / "sotexplore"
FLOOR = {
    "errors": 0, "units": 0, "store": 0, "workload": 0, "ratios": 0, "catalogue": 0, "design": 0, "budget": 0, "pruning_shares": 0, "checkpoint": 0,
    "fault_study": 0, "tiling": 0, "subarray_budget": 0,
    "hardware": 1, "compression": 1,
    "simulation": 2, "explorer": 2, "jobs": 2,
    "ui": 3, "cli": 3,
}  # fmt: skip
FILES = sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def inner_rooms(path: Path) -> set[str]:
    parts = [name.split(".") for name in imports(path) if name.startswith("sotexplore.")]
    return {part[1] for part in parts if part[1] in FLOOR}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_only(path: Path) -> None:
    if path == PACKAGE / "__init__.py":
        assert not inner_rooms(path)
        return
    own = room(path)
    assert own in FLOOR, f"{own} stands on no floor"
    for other in inner_rooms(path):
        lower = FLOOR[other] < FLOOR[own] or other == own
        assert lower or FLOOR[own] == FLOOR[other] == 0 or FLOOR[own] == 3, f"{path}: {own} imports {other}"
    if own == "ui":
        assert "cli" not in inner_rooms(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_libraries_stay_on_their_floor(path: Path) -> None:
    tops = {name.split(".")[0] for name in imports(path)}
    if room(path) not in ("compression", "simulation"):
        assert not tops & {"torch", "torchvision"}
    if room(path) != "ui":
        assert "streamlit" not in tops
    if room(path) == "hardware":
        assert not tops & {"pandas", "plotly", "pydantic"}


@pytest.mark.parametrize(
    "module",
    [
        "sotexplore.explorer.evaluate",
        "sotexplore.ui.state",
        "sotexplore.explorer.listing",
        "sotexplore.compression.run_files",
        "sotexplore.compression.bit_chain",
        "sotexplore.compression.plan",
        "sotexplore.jobs.launch",
        "sotexplore.jobs.worker",
    ],
)
def test_the_dashboards_modules_do_not_load_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=lambda path: path.stem)
def test_every_page_first_has_itself_run_within_the_dashboard(path: Path) -> None:
    """Else the first visitor of a new server who comes by a deep link gets the page without title, menu and width."""
    statements = [
        node for node in ast.parse(path.read_text()).body if not isinstance(node, ast.ImportFrom | ast.Import)
    ]
    assert ast.unparse(statements[1]) == "arrival.require()"
