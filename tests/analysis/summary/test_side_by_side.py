# SPDX-License-Identifier: MIT
import json
import re
from pathlib import Path

import pytest

from ..command import analysis
from ..recording import Synthetic, SyntheticCell, write
from ..ways import trial


@pytest.fixture
def kernels(tmp_path: Path) -> tuple[Path, Path]:
    """Two synthetic records that say they are of two kernels."""
    found = []
    for place, (kernel, ratio) in enumerate((("6.1.0", 4.0), ("6.18.0", 2.0))):
        cells = [
            SyntheticCell("create", "memfd", "memfd", base=1e-6, noise=0.01),
            SyntheticCell("create", "secret", "memfd", base=1e-6, ratio=ratio, noise=0.01),
        ]
        environment = {"kernel_release": kernel}
        synthetic = Synthetic(cells, id=f"{place:016x}", environment=environment)
        found.append(write(tmp_path / f"{kernel}.jsonl", synthetic))
    return found[0], found[1]


def test_two_kernels_stand_side_by_side_with_what_differs(kernels: tuple[Path, Path]) -> None:
    done = analysis("compare", *kernels)
    assert done.returncode == 0, done.stderr
    assert "differs: kernel_release: A 6.1.0, B 6.18.0" in done.stdout
    rows = re.findall(r"^    secret +([AB]) .*?(\d\.\d\d)x memfd", done.stdout, re.MULTILINE)
    assert [mark for mark, _ in rows] == ["A", "B"]
    assert [float(ratio) for _, ratio in rows] == pytest.approx([4, 2], rel=0.02)


def test_summary_refuses_two_kernels_in_one_line(kernels: tuple[Path, Path]) -> None:
    done = analysis("summary", *kernels)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "kernel_release: 6.1.0 against 6.18.0" in done.stderr
    assert "`compare`" in done.stderr


def test_a_comparison_as_json_has_results_and_differing_facts_per_file(
    kernels: tuple[Path, Path],
) -> None:
    found = json.loads(analysis("compare", "--json", *kernels).stdout)
    assert found["differences"] == [{"fact": "kernel_release", "values": ["6.1.0", "6.18.0"]}]
    ratios = [rows[1]["ratio"]["estimate"] for rows in found["results"]]
    assert ratios == pytest.approx([4, 2], rel=0.02)


def test_another_control_is_labelled_unpaired(tmp_path: Path) -> None:
    cells = [
        SyntheticCell("create", "anon", "memfd", base=1e-6, ratio=0.5, noise=0.01),
        SyntheticCell("create", "secret", "memfd", base=1e-6, ratio=4, noise=0.01),
    ]
    path = write(tmp_path / "a.jsonl", Synthetic(cells))
    done = analysis("compare", "--control", "anon", path)
    row = next(line for line in done.stdout.splitlines() if line.startswith("    secret"))
    assert re.search(r"(7\.9|8\.\d)\d?x anon unpaired \[", row)


def test_an_unknown_control_is_one_line_and_exit_2(kernels: tuple[Path, Path]) -> None:
    done = analysis("compare", "--control", "secrte", *kernels)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "did you mean 'secret'" in done.stderr


def test_a_way_that_opened_on_another_kernel_stands_beside_the_closed_one(tmp_path: Path) -> None:
    paths = []
    for name, opened in (("old", 0), ("new", 1)):
        kernel = {"kernel_release": name}
        cells = [trial("vmsplice", "secret", opened)]
        path = tmp_path / f"{name}.jsonl"
        paths.append(write(path, Synthetic(cells, id=name, environment=kernel)))
    done = analysis("compare", *paths)
    assert done.returncode == 0, done.stderr
    assert (
        "way-vmsplice\n    A closed: secret; open: memfd\n    B open: memfd, secret\n"
        in done.stdout
    )
