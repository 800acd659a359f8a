# SPDX-License-Identifier: MIT
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis import register
from analysis import verb as verb_package

from ..command import COMMAND, analysis, inside
from ..recording import Synthetic, SyntheticCell, write

HEAVY = {"numpy", "pandas", "scipy", "matplotlib", "pyperf", "jinja2", "rich"}


def imported(*arguments: str | Path) -> set[str]:
    """Top-level modules that one start of the program loads."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "analysis", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    return set(re.findall(r"\| +(\w+)$", done.stderr, re.MULTILINE))


def test_help_waits_for_no_heavy_import() -> None:
    assert imported("--help") & HEAVY == set()


def helps() -> dict[str, str]:
    """Every help there is, by the words that ask for it."""
    verbs = register.names(verb_package)
    asked = [
        [],
        *([each] for each in verbs),
        *(["baseline", each] for each in ("accept", "list", "show")),
    ]
    return {" ".join(words): inside(*words, "--help").stdout for words in asked}


def test_help_names_only_commands_that_exist() -> None:
    known = {f"python -m analysis {words}".strip() for words in helps()}
    known |= {"python -m bench run", "python -m bench ab", "python -m analysis gate"}
    for words, text in helps().items():
        assert text.startswith(f"Usage: python -m analysis {words}".rstrip())
        for named in re.findall(r"python\s+-m\s+(?:analysis|bench)(?:\s+[a-z]+)?", text):
            assert " ".join(named.split()) in known, (words, named)
        assert not re.search(r"`(?:analysis|bench)\b", text)
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--help"], capture_output=True, text=True, check=True
    )
    assert {"run", "ab"} <= set(re.findall(r"^  (\w+) ", done.stdout, re.MULTILINE))


@pytest.mark.parametrize(
    "verb", ["summary", "compare", "gate", "history", "advise", "export", "figures", "report"]
)
def test_help_of_a_verb_waits_for_numpy_at_most(verb: str) -> None:
    assert imported(verb, "--help") & HEAVY <= {"numpy"}


def test_a_summary_waits_for_neither_pandas_nor_scipy_nor_matplotlib(record: Path) -> None:
    assert imported("summary", record) & HEAVY == {"numpy", "rich"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["summary"], "Missing argument 'FILE...': see --help"),
        (["sumary", "x"], "No such command 'sumary'"),
        (["summary", "--jsn", "x"], "No such option"),
        (["summary", "none.jsonl"], "none.jsonl: cannot be read (No such file or directory)"),
        (["report", "none.jsonl"], "none.jsonl: cannot be read"),
        (["values", "cell", "none.jsonl"], "none.jsonl: cannot be read"),
    ],
)
def test_wrong_usage_is_one_line_on_stderr_and_exit_2(arguments: list[str], reason: str) -> None:
    done = analysis(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1


def test_export_without_a_kind_says_what_to_give(record: Path) -> None:
    done = analysis("export", record)
    assert done.returncode == 2
    assert "give --parquet FILE, --csv FILE or --pyperf DIR" in done.stderr


def test_an_unwritable_output_is_one_line_and_leaves_nothing(record: Path) -> None:
    done = analysis("export", "--csv", record.parent / "none" / "a.csv", record)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "none" in done.stderr
    assert [path.name for path in record.parent.iterdir()] == ["synthetic.jsonl"]


def test_control_characters_of_a_file_name_are_written_out(tmp_path: Path) -> None:
    done = analysis("summary", tmp_path / "\x1b[31m.jsonl")
    assert r"\x1b[31m.jsonl" in done.stderr
    assert "\x1b" not in done.stderr


def test_values_prints_every_raw_value_of_a_cell_by_run_and_arm(record: Path) -> None:
    done = analysis("values", "first-touch/secret:memfd/classes=on", record)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(rows) == 12 * 4
    assert [row[2] for row in rows[:4]] == [
        "treatment",
        "treatment class",
        "control",
        "control class",
    ]
    assert rows[1][3:] == ["plain", "plain", "plain", "split-2M", "split-1G"]
    assert all(5e-6 < float(value) < 20e-6 for value in rows[0][3:])


def test_values_of_a_failed_cell_are_its_last_words(record: Path) -> None:
    done = analysis("values", "create/anon:memfd", record)
    assert done.stdout.split("\t")[2:] == ["failed", "killed: \\x1b[31mboom\n"]


def test_an_unknown_cell_is_answered_with_the_nearest(record: Path) -> None:
    done = analysis("values", "lock-limits/secret", record)
    assert done.returncode == 2
    assert done.stderr.endswith("did you mean lock-limit/secret\n")


def test_export_prints_what_it_wrote_and_what_it_left_out(record: Path, tmp_path: Path) -> None:
    done = analysis("export", "--pyperf", tmp_path / "suites", record)
    assert done.returncode == 0, done.stderr
    assert f"{tmp_path}/suites/secret.json\n" in done.stdout
    assert "left out: lock-limit/secret as secret: a count" in done.stdout


def test_figures_and_report_land_beside_the_record_by_default(record: Path) -> None:
    done = analysis("report", record)
    assert done.returncode == 0, done.stderr
    page = Path(done.stdout.strip())
    assert page.parent == record.with_name("synthetic-report")
    assert page.read_text().startswith("<!doctype html>")
    done = analysis("figures", record)
    assert done.returncode == 0, done.stderr
    assert {Path(line).suffix for line in done.stdout.splitlines()} == {".svg"}


def long_record(folder: Path) -> Path:
    cell = SyntheticCell("create", "secret", "memfd", runs=40, values=2000)
    return write(folder / "long.jsonl", Synthetic([cell]))


def test_a_reader_that_goes_away_leaves_no_traceback(tmp_path: Path) -> None:
    path = long_record(tmp_path)
    child = subprocess.Popen(
        [*COMMAND, "values", "create/secret:memfd", path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.read(10)
    child.stdout.close()
    assert child.stderr.read() == b""
    assert child.wait(600) == 0


def test_an_interrupt_leaves_one_line_and_no_traceback(tmp_path: Path) -> None:
    path = long_record(tmp_path)
    child = subprocess.Popen(
        [*COMMAND, "values", "create/secret:memfd", path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.read(10)  # it has begun, and the pipe is too small for the rest
    time.sleep(0.2)
    os.kill(child.pid, signal.SIGINT)
    assert child.stderr.read().strip() == b"analysis: interrupted"  # after the terminal's ^C
    assert child.wait(600) == 3
