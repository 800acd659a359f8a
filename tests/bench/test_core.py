# SPDX-License-Identifier: MIT
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench import core as core_module
from bench import program
from bench.core import Catalogue, Core, Metric, Mode, Parameter, find
from bench.error import BenchError
from bench.output import Finish, GarbageError, Start, Values, read_output
from bench.plans.plan import parse_cell
from bench.program import last_words
from bench.record.line import CoreInfo

from . import fake

if TYPE_CHECKING:
    import msgspec

START = '{"line": "start", "obtained": {"cpu": 1}, "warnings": ["w"]}'
TREATMENT = '{"line": "values", "arm": "treatment", "values": [1.5e-09, 2]}'
CONTROL = '{"line": "values", "arm": "control", "values": [1e-09]}'
END = '{"line": "end", "core_s": 0.1, "timed_s": 0.05, "operations": {"treatment": 7}}'


def lines(*rows: str) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()


def test_a_whole_output_is_read() -> None:
    output = read_output(lines(START, TREATMENT, CONTROL, END), ("treatment", "control"))
    assert output.values == {"treatment": [1.5e-09, 2], "control": [1e-09]}
    assert output.start.warnings == ("w",)
    assert output.finish.operations == {"treatment": 7}
    assert output.classes == {}


def test_a_count_stays_a_whole_number() -> None:
    row = '{"line": "values", "arm": "treatment", "values": [8192]}'
    values = read_output(lines(START, row, END), ("treatment",)).values["treatment"]
    assert isinstance(values[0], int)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((), "no start line"),
        ((TREATMENT, END), "no start line"),
        ((START, TREATMENT), "before its end line"),
        ((START, "hello", END), "printed garbage: b'hello'"),
        ((START, TREATMENT[:20], END), "printed garbage"),
        ((START, END), "values of no arm"),
        ((START, TREATMENT, CONTROL, END), "wanted \\['treatment'\\]"),
        ((START, TREATMENT.replace("2]", '"2"]'), END), "printed garbage"),
        ((START, TREATMENT.replace("1.5e-09, 2", ""), END), "values of"),
        ((START, TREATMENT.replace("1.5e-09", "NaN"), END), "printed garbage"),
    ],
)
def test_output_that_breaks_the_protocol_is_garbage(rows: tuple[str, ...], said: str) -> None:
    with pytest.raises(GarbageError, match=said):
        read_output(lines(*rows), ("treatment",))


def test_last_words_are_the_last_line_made_printable_and_short() -> None:
    assert last_words(b"first\nsecond \x1b[31m\n\n") == "second ?[31m"
    assert last_words(b"\xff" * 1000) == "\ufffd" * 300
    assert last_words(b"") == ""


def test_how_the_arms_compare_is_read_and_is_a_ratio_if_nothing_is_said(
    catalogue: Catalogue,
) -> None:
    assert catalogue.metric("loss").info.effect == "difference"
    assert catalogue.metric("latency").info.effect == "ratio"


def test_a_missing_core_names_the_command_that_builds_it(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="make -C bench/native"):
        Core(tmp_path / "core").catalogue()


def test_a_core_of_another_architecture_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "core"
    path.write_bytes(b"\x7fELF\x00")
    path.chmod(0o755)
    with pytest.raises(BenchError, match="make -C bench/native"):
        Core(path).catalogue()


def test_a_core_that_lists_garbage_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "core"
    path.write_text('#!/bin/sh\necho "{}"\n')
    path.chmod(0o755)
    with pytest.raises(BenchError, match="core list: printed garbage"):
        Core(path).catalogue()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("import time; time.sleep(99)", "core list does not end"),
        ("while True: print('x' * 9999)", "core list prints without end"),
        ("import sys\nwhile True: print('x' * 9999, file=sys.stderr)", "prints without end"),
        ("import os, time; os.fork() or time.sleep(99)", "left a process behind that holds its"),
        ("print('[' * 9999)", "core list: printed garbage"),
        ("print('{\"core\":' + '[' * 9999)", "core list: printed garbage"),
        ("print('{\"core\":' + '9' * 9999)", "core list: printed garbage"),
        ("import os; os.write(1, b'\\xff\\xfe')", "core list: printed garbage"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGILL)",
         "core list: killed by SIGILL (an instruction that this CPU lacks): rebuild it"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)",
         "RLIMIT_RTTIME): raise ulimit -R"),
        ("import sys; sys.exit('error while loading shared libraries: libx.so: cannot open')",
         "libx.so: cannot open: install that library"),
    ],
)  # fmt: skip
def test_a_core_that_misbehaves_when_asked_is_one_error_and_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    hangs = "sleep" in script
    monkeypatch.setattr(
        core_module, "_ANSWER_TIMEOUT_S", 1 if hangs and "fork" not in script else 99
    )
    monkeypatch.setattr(program, "GRACE_S", 0.2)
    path = tmp_path / "core"
    path.write_text(f"#!{sys.executable} -SE\n{script}\n")
    path.chmod(0o755)
    with pytest.raises(BenchError, match=re.escape(said)):
        Core(path).catalogue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x7fELF\x00", "it is no program for this machine"),
        (b"#!/no/such/interpreter\n", "the interpreter or loader that it names is not there"),
    ],
)
def test_a_core_that_does_not_start_says_why(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "core"
    path.write_bytes(content)
    path.chmod(0o755)
    with pytest.raises(BenchError, match=said):
        Core(path).catalogue()


def test_a_need_below_nothing_is_garbage(tmp_path: Path, catalogue: Catalogue) -> None:
    path = tmp_path / "mean"
    path.write_text('#!/bin/sh\necho \'{"bytes": 1, "secret_bytes": -99999999}\'\n')
    path.chmod(0o755)
    with pytest.raises(BenchError, match="printed garbage"):
        Core(path).need(parse_cell("latency/anon", catalogue))


def test_option_comes_before_variable_before_the_built_core() -> None:
    assert find("a", {"BENCH_CORE": "b"}).path == Path("a")
    assert find(None, {"BENCH_CORE": "b"}).path == Path("b")
    assert find(None, {}).path.parts[-4:] == ("bench", "native", "build", "core")


def test_unknown_names_come_with_the_nearest_one(catalogue: Catalogue) -> None:
    with pytest.raises(BenchError, match="unknown mode 'secrt': did you mean 'secret'"):
        catalogue.mode("secrt")
    with pytest.raises(BenchError, match="unknown metric 'latncy': did you mean 'latency'"):
        catalogue.metric("latncy")
    with pytest.raises(BenchError, match="parameter of latency 'oder': did you mean 'order'"):
        catalogue.metric("latency").parameter("oder")
    with pytest.raises(BenchError, match="known are: anon, memfd, secret"):
        catalogue.mode("xyzzy")


def test_the_real_core_keeps_to_the_protocol(core: Path) -> None:
    catalogue = Core(core).catalogue()
    assert {"memfd", "secret", "anon"} <= {mode.name for mode in catalogue.modes}
    assert {"access-latency", "first-touch"} <= {metric.name for metric in catalogue.metrics}
    for metric in catalogue.metrics:
        for parameter in metric.params:
            words = parameter.choices is not None
            assert isinstance(parameter.default, str if words else int)
            assert (parameter.min is None) == words


def test_the_real_core_says_nothing_that_is_passed_over(core: Path) -> None:
    """A field that it prints and no type here has would be lost without a word."""
    listed = json.loads(subprocess.run([core, "list"], capture_output=True, check=True).stdout)
    said: list[tuple[dict[str, object], type[msgspec.Struct]]] = [(listed["core"], CoreInfo)]
    said += [(mode, Mode) for mode in listed["modes"]]
    said += [(metric, Metric) for metric in listed["metrics"]]
    said += [(each, Parameter) for metric in listed["metrics"] for each in metric["params"]]
    kinds: dict[str, type[msgspec.Struct]] = {"start": Start, "values": Values, "end": Finish}
    native = Core(core)
    for name in ("access-latency/memfd/len_bytes=4KiB,slices=5", "lock-limit/memfd"):
        command = native.run_command(parse_cell(name, native.catalogue()), 1, None)
        done = subprocess.run(command, capture_output=True, check=True)
        lines = [json.loads(row) for row in done.stdout.splitlines()]
        said += [(line, kinds[line.pop("line")]) for line in lines]
    for fields, kind in said:
        assert set(fields) <= set(kind.__struct_fields__)


def test_an_older_core_says_nothing_of_how_figures_show_a_mode(catalogue: Catalogue) -> None:
    kept = catalogue.mode("secret").info
    shown = (kept.order, kept.promise, kept.hue, kept.marker, kept.line, kept.hollow)
    assert shown == (0, 0, "", "", "", False)


def test_how_figures_show_a_mode_is_kept_as_the_core_says_it(fake_core: Path) -> None:
    look = '"reason": "", "order": 10, "promise": 30, "hue": "ink", "marker": "o", "line": "-", '
    text = fake_core.read_text()
    assert text.count('"reason": ""}') == 1
    fake_core.write_text(text.replace('"reason": ""}', look + '"hollow": True}'))
    kept = Core(fake_core).catalogue().mode("secret").info
    shown = (kept.order, kept.promise, kept.hue, kept.marker, kept.line, kept.hollow)
    assert shown == (10, 30, "ink", "o", "-", True)


def test_what_the_record_keeps_of_a_mode_has_no_name(catalogue: Catalogue) -> None:
    kept = catalogue.mode("anon").info
    assert not hasattr(kept, "name")
    assert (kept.about, kept.shared) == ("about anon", False)


def test_the_scripted_core_of_these_tests_needs_secret_memory_for_secret_alone(
    tmp_path: Path,
) -> None:
    core = Core(fake.make(tmp_path))
    catalogue = core.catalogue()
    need = {m: core.need(parse_cell(f"latency/{m}", catalogue)) for m in ("anon", "secret")}
    assert (need["anon"].secret_bytes, need["secret"].secret_bytes) == (0, 16384)
