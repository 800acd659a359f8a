# SPDX-License-Identifier: MIT
"""`pip install .` gives the analysis half alone, to where there is no compiler."""

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from .command import clean_environment, run


@pytest.fixture(scope="module")
def wheel(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a clean clone."""
    place = tmp_path_factory.mktemp("wheel")
    source = shutil.copytree(clone, place / "source", ignore=shutil.ignore_patterns(".*"))
    built = run([sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", place, source], place)
    assert built.code == 0, built
    return next(place.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new venv with the wheel; what it depends on is borrowed from this one."""
    venv = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    python = venv / "bin/python"
    pip = (sys.executable, "-m", "pip", "--python", python)
    installed = run([*pip, "install", "--no-deps", wheel], venv)
    assert installed.code == 0, installed
    own = Path(next(venv.glob("lib/python*/site-packages")))
    (own / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def test_the_wheel_holds_every_file_of_analysis_and_nothing_else(wheel: Path, clone: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    kept = {
        str(path.relative_to(clone))
        for path in (clone / "analysis").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == kept


def test_the_console_script_works_without_a_compiler(python: Path, tmp_path: Path) -> None:
    nothing = clean_environment(PATH=str(tmp_path))
    outcome = run([python.with_name("secretmem-analysis"), "--help"], tmp_path, nothing)
    assert outcome.code == 0, outcome
    for verb in ("summary", "compare", "figures", "report", "export"):
        assert verb in outcome.output


def test_the_measuring_half_is_not_installed(python: Path, tmp_path: Path) -> None:
    outcome = run([python, "-c", "import analysis, bench"], tmp_path)
    assert outcome.code == 1
    assert "No module named 'bench'" in outcome.error
