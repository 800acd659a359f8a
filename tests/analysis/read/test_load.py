# SPDX-License-Identifier: MIT
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.output.error import UsageError
from analysis.read.load import load

from ..recording import Synthetic, SyntheticCell, lines, write

CELL = SyntheticCell("access-latency", "secret", "memfd", {"len_bytes": 4096}, ratio=1.5, runs=3)
CLASSED = SyntheticCell("first-touch", "secret", "memfd", classes=[0, 0, 1, 2, 0], runs=2)
COUNTED = SyntheticCell("density", "secret", None, base=2048, runs=1)


def written(path: Path, **facts: Any) -> Path:  # noqa: ANN401
    return write(path, Synthetic([CELL, CLASSED, COUNTED], **facts))


def edited(path: Path, place: int, **fields: Any) -> Path:  # noqa: ANN401
    """The record with some fields of one line replaced."""
    found = lines(Synthetic([CELL, CLASSED, COUNTED]))
    found[place] |= fields
    path.write_text("".join(json.dumps(line) + "\n" for line in found))
    return path


def complaint(*paths: Path) -> str:
    with pytest.raises(UsageError) as caught:
        load(paths)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_what_is_loaded_cannot_be_changed(tmp_path: Path) -> None:
    run = load([written(tmp_path / "a.jsonl")]).files[0].runs[0]
    with pytest.raises(AttributeError):
        run.status = "failed"  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        run.values.treatment[0] = 0


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_a_packed_record_reads_the_same_and_keeps_the_checksum_of_the_file(
    tmp_path: Path, suffix: str
) -> None:
    plain, packed = written(tmp_path / "a.jsonl"), written(tmp_path / f"b.jsonl{suffix}")
    first, second = load([plain]).files[0], load([packed]).files[0]
    assert second.label == "b"
    assert second.sha256 == hashlib.sha256(packed.read_bytes()).hexdigest() != first.sha256
    for one, other in zip(first.runs, second.runs, strict=True):
        assert np.array_equal(one.values.treatment, other.values.treatment)


def test_a_truncated_last_line_is_ignored_with_a_warning(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", ended=False)
    path.write_bytes(path.read_bytes()[:-20])
    campaigns = load([path])
    assert [run.run for run in campaigns.files[0].runs] == [0, 1, 2, 3, 4]
    assert campaigns.files[0].end is None
    assert "cut off and was ignored" in campaigns.warnings[0]


def test_a_gzip_file_that_ends_early_keeps_its_whole_lines(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl")
    noise = "".join(np.random.default_rng(1).permutation(list("abcdefghij" * 20000)).tolist())
    with path.open("a") as file:
        file.write(json.dumps({"kind": "resume", "environment": {"noise": noise}}))
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes())[:-1000])
    campaigns = load([packed])
    assert len(campaigns.files[0].runs) == 6
    assert "cut off and was ignored" in campaigns.warnings[0]


@settings(max_examples=60, deadline=None)
@given(share=st.floats(0, 1))
def test_a_record_cut_anywhere_gives_its_whole_lines_or_one_complaint(
    tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    path = written(tmp_path_factory.mktemp("cut") / "a.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole[: round(share * len(whole))])
    kept = path.read_bytes().count(b"\n")
    if kept == 0:
        assert "empty" in complaint(path)
    else:
        assert len(load([path]).files[0].runs) == min(kept - 1, 6)


def test_a_newer_schema_is_refused_with_both_numbers(tmp_path: Path) -> None:
    text = complaint(edited(tmp_path / "a.jsonl", 0, schema=2))
    assert "schema 2, newer than 1" in text
    assert "update" in text


@pytest.mark.parametrize("content", ['{"benchmarks": []}\n', "name,value\n", "\x00\xff\n", "[]\n"])
def test_a_file_that_is_not_ours_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(content)
    assert complaint(path).startswith(f"{path}: line 1 is not a campaign line")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"cell": "access-latency/anon"}, "'access-latency/anon', which the campaign does not"),
        ({"status": "fine"}, "fine"),
        ({"values": {"treatment": ["1.5"]}}, "Expected `float`, got `str`"),
        ({"values": {"treatment": [10**400]}}, "out of range"),
        ({"classes": {"treatment": [0, 7, 0, 0, 0]}}, "classes do not match"),
        ({"classes": {"treatment": [0]}}, "classes do not match"),
        ({"kind": "campaign"}, "missing required field"),
    ],
)
def test_a_malformed_line_is_named_by_its_number(
    tmp_path: Path, fields: dict[str, Any], reason: str
) -> None:
    text = complaint(edited(tmp_path / "a.jsonl", 2, **fields))
    assert "line 3 is malformed" in text
    assert reason in text
    assert "delete that line" in text


def test_garbage_in_the_middle_is_named_by_its_line(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl")
    found = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*found[:3], "}}garbage\n", *found[3:]]))
    assert "line 4 is malformed" in complaint(path)


def test_a_missing_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "none.jsonl"
    reason = "cannot be read (No such file or directory): name a record file"
    assert complaint(path) == f"{path}: {reason}"


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_a_damaged_packed_record_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(b"not packed at all")
    assert "damaged file" in complaint(path)


def test_an_undescribed_metric_is_refused(tmp_path: Path) -> None:
    assert "metric 'access-latency'" in complaint(edited(tmp_path / "a.jsonl", 0, metrics={}))


def test_files_of_different_environments_are_refused_naming_the_facts(tmp_path: Path) -> None:
    here = written(tmp_path / "a.jsonl")
    there = written(
        tmp_path / "b.jsonl",
        id="f" * 16,
        environment={"kernel_release": "6.1.0", "mitigation_mds": "Vulnerable", "uptime": 5.0},
    )
    text = complaint(here, there)
    assert "kernel_release: 6.18.0-synthetic against 6.1.0" in text
    assert "mitigation_mds: None against Vulnerable" in text
    assert "uptime" not in text
    assert len(load([here, there], mixed=True).files) == 2


def test_passing_facts_may_differ_and_runs_then_count_together(tmp_path: Path) -> None:
    here = written(tmp_path / "a.jsonl")
    there = written(tmp_path / "b.jsonl", id="f" * 16, environment={"load_avg_1min": 9.0})
    campaigns = load([here, there])
    assert len(campaigns.runs_of(CELL.name)) == 6
    assert [file.label for file in campaigns.files] == ["a", "b"]


def test_the_same_campaign_twice_is_refused(tmp_path: Path) -> None:
    here, copy = written(tmp_path / "a.jsonl"), written(tmp_path / "b.jsonl.gz")
    assert f"the same campaign as {here}" in complaint(here, copy)


def test_a_directory_means_its_newest_record_outside_reference(tmp_path: Path) -> None:
    for name in ("m/20260101T000000Z-quick", "m/20260201T000000Z-quick", "reference/2027-full"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        written(tmp_path / f"{name}.jsonl")
    campaigns = load([tmp_path])
    assert campaigns.files[0].path == tmp_path / "m/20260201T000000Z-quick.jsonl"
    assert "took m/20260201T000000Z-quick.jsonl, the newest of 2" in campaigns.warnings[0]


def test_a_directory_without_records_is_refused(tmp_path: Path) -> None:
    assert "no record file below" in complaint(tmp_path)


def test_files_of_one_name_are_told_apart_by_their_folder(tmp_path: Path) -> None:
    for place, name in enumerate(("one", "two")):
        (tmp_path / name).mkdir()
        written(tmp_path / name / "a.jsonl", id=f"{place:016x}")
    campaigns = load([tmp_path / "one/a.jsonl", tmp_path / "two/a.jsonl"])
    assert [file.label for file in campaigns.files] == ["one/a", "two/a"]
