# SPDX-License-Identifier: MIT
"""The only reader of record files: paths in, frozen `Campaigns` out."""

import functools
import gzip
import hashlib
import itertools
import lzma
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import numpy as np

from ..output.error import UsageError
from .campaigns import Campaigns, RecordFile
from .definition import LENT, differences, metric_differences
from .environment import mismatches
from .record import CLASSES, SCHEMA, Campaign, End, Line, Resume, Run
from .regular_file import opened
from .seal import unsealed

MOST_LINE_BYTES = 32 * 2**20
"""A line is held in memory: ten times the longest of the reference, 3.3 MB of first touches."""

MOST_ITEMS = 4 * 2**20
"""Of a line: what it becomes in memory is as large as it has items, not as it has bytes."""

MOST_BYTES = 256 * 2**20
"""Of a file, unpacked: ten times the largest of the reference."""

MOST_LINES = 2**17
"""Of a file: a thousand cells with a hundred runs each, and some."""

MOST_DAMAGED = 1000
"""Lines of a file that are left out: each is named, and so many are no accident of a few bits."""

MOST_RUNS_OF_A_CELL = 1000
"""Of a file: the exact interval works on all pairs of runs. `bench ab` makes as many."""

UNREADABLE = (msgspec.MsgspecError, OverflowError, ValueError, RecursionError)
"""What the decoder raises: the last two of invalid UTF-8, and of a list in a list in a list."""

_PACKED = ("", ".gz", ".xz")


def load(paths: Sequence[Path], *, mixed: bool = False, beside: Sequence[Path] = ()) -> Campaigns:
    """Read record files (.jsonl, .jsonl.gz or .jsonl.xz).

    Args:
        paths: Files, or directories: of a directory the newest record file below it is
            taken, leaving out folders named `reference`; a warning says which.
        mixed: Allow files of different environments, to show them side by side.
        beside: Files of any environment that lend their counts and the time of a trip.

    Raises:
        UsageError: A file cannot be read as a record, appears twice, or was measured in
            another environment than the first, or one of its cells is another thing there.
    """
    if not paths:
        raise UsageError("no record file named: give one, e.g. results/<machine>/<UTC>-quick.jsonl")
    notices: list[str] = []
    found = [_resolve(path, notices) for path in (*paths, *beside)]
    labels = _labels(found)
    known = tuple(_read(path, label) for path, label in zip(found, labels, strict=True))
    _refuse_twice(known)
    files, others = known[: len(paths)], known[len(paths) :]
    if not mixed:
        _refuse_mixture(files)
        _refuse_other_things(files, others)
    warnings = [f"{file.label}: {text}" for file in files for text in file.warnings]
    return Campaigns(files, (*notices, *warnings), others)


def _resolve(path: Path, notices: list[str]) -> Path:
    """The file that `path` means."""
    if not path.is_dir():
        return path
    below = [
        file for file in records_below(path) if "reference" not in file.relative_to(path).parts[:-1]
    ]
    if not below:
        raise UsageError(f"{path}: no record file below this directory: name a .jsonl file")
    newest = max(below, key=lambda file: (file.name, file.stat().st_mtime))
    if len(below) > 1:
        notices.append(f"{path}: took {newest.relative_to(path)}, the newest of {len(below)}")
    return newest


def records_below(folder: Path) -> list[Path]:
    """All record files below a folder, by path."""
    return sorted(path for suffix in _PACKED for path in folder.rglob(f"*.jsonl{suffix}"))


def suffix_of(path: Path) -> str:
    """What of a record file's name says its format: .jsonl, .jsonl.gz or .jsonl.xz."""
    return f".jsonl{path.suffix if path.suffix in _PACKED else ''}"


def _labels(paths: Sequence[Path]) -> list[str]:
    """Shortest trailing part of each path that tells it from the others."""
    stems = [path.name.removesuffix(suffix_of(path)) for path in paths]
    if len(set(stems)) < len(stems):
        stems = [f"{path.parent.name}/{stem}" for path, stem in zip(paths, stems, strict=True)]
    seen: dict[str, int] = {}
    for place, stem in enumerate(stems):
        seen[stem] = seen.get(stem, 0) + 1
        if seen[stem] > 1:
            stems[place] = f"{stem}#{seen[stem]}"
    return stems


def _read(path: Path, label: str) -> RecordFile:
    """One whole file, decoded and checked."""
    warnings: list[str] = []
    try:
        with opened(path, "name a record file") as raw:
            _refuse_giant(path, b"", MOST_BYTES - os.fstat(raw.fileno()).st_size)
            sha256 = hashlib.file_digest(raw, "sha256").hexdigest()
            raw.seek(0)
            lines = list(_decoded(path, raw, warnings))
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(f"{path}: cannot be read ({reason}): name a record file") from error
    if not lines or not isinstance(lines[0], Campaign):
        raise UsageError(f"{path}: empty, holds no whole line: measure again or name another file")
    campaign = lines[0]
    runs = tuple(line for line in lines if isinstance(line, Run))
    ends = [line for line in lines if isinstance(line, End)]
    if not runs:
        warnings.append("holds no run yet")
    if campaign.machine.emulated:
        warnings.append("emulated: its times are those of an emulated CPU, only its counts hold")
    return RecordFile(
        label=label,
        path=path,
        sha256=sha256,
        campaign=campaign,
        runs=runs,
        resumes=tuple(line for line in lines if isinstance(line, Resume)),
        end=ends[-1] if ends and isinstance(lines[-1], End) else None,
        warnings=tuple(warnings),
    )


def _decoded(path: Path, raw: BufferedReader, warnings: list[str]) -> Iterator[Line]:
    """Lines of the file in order, the first one a campaign."""
    check = _Check(path)
    for number, text in _intact(path, _whole_lines(path, raw, warnings), warnings):
        if number == 1:
            _refuse_foreign(path, text)
        try:
            line = _decoder().decode(text)
        except UNREADABLE as error:
            _malformed(path, number, str(error))
        check.take(number, line)
        yield line


@functools.cache
def _decoder() -> msgspec.json.Decoder[Line]:
    """Of a line; it takes longer to make than a short record to read."""
    return msgspec.json.Decoder(Line, dec_hook=_array)


class _Check:
    """What a line must be beside those before it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._runs: dict[str, int] = {}
        self._lines: dict[int, int] = {}

    def take(self, number: int, line: Line) -> None:
        """Refuse a line that does not fit those before it."""
        if isinstance(line, Campaign):
            if number > 1:
                _malformed(self._path, number, "a second campaign line")
            self._runs = dict.fromkeys(_known_cells(self._path, line), 0)
        elif isinstance(line, Run):
            self._take_run(number, line)

    def _take_run(self, number: int, run: Run) -> None:
        if run.cell not in self._runs:
            reason = f"run of cell {run.cell!r}, which the campaign does not list"
            _malformed(self._path, number, reason)
        if not _classes_fit(run):
            _malformed(self._path, number, "classes do not match the values")
        earlier = self._lines.setdefault(run.run, number)
        if earlier != number:
            reason = f"run {run.run} stands twice, on line {earlier} as well"
            _malformed(self._path, number, reason)
        self._runs[run.cell] += 1
        if self._runs[run.cell] > MOST_RUNS_OF_A_CELL:
            _malformed(self._path, number, f"more than {MOST_RUNS_OF_A_CELL} runs of its cell")


def _intact(path: Path, lines: Iterable[bytes], warnings: list[str]) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers, without their checksums; those where it is wrong are left out.

    From the first line with a checksum on each has one, and in a file that was begun without any
    the first to have one says that the campaign was taken up again.
    """
    seals, left_out = False, 0
    for number, line in enumerate(lines, start=1):
        _refuse_many(path, number, left_out)
        text, intact = unsealed(line[:-1])
        damaged = intact is False or (seals and intact is None)
        begun = intact and not seals and number > 1 and not text.startswith(b'{"kind":"resume"')
        if (damaged and number == 1) or begun:
            raise UsageError(
                f"{path}: line 1 is damaged, its checksum is wrong or lost: restore the file"
            )
        seals = seals or intact is True
        if damaged:
            left_out += 1
            warnings.append(
                f"line {number} is damaged, its checksum is wrong or lost: it was left out, all "
                "others count"
            )
        else:
            yield number, text


def _refuse_many(path: Path, number: int, left_out: int) -> None:
    """Refuse more lines than any record has, also where each of them is left out."""
    if number > MOST_LINES:
        raise UsageError(
            f"{path}: more than {MOST_LINES} lines, as no record of ours: name another file"
        )
    if left_out > MOST_DAMAGED:
        raise UsageError(f"{path}: more than {MOST_DAMAGED} lines are damaged: restore the file")


def _unpacked(path: Path, raw: BufferedReader) -> BufferedIOBase:
    """The file's bytes, unpacked."""
    if path.suffix == ".gz":
        return gzip.open(raw)
    return lzma.open(raw) if path.suffix == ".xz" else raw


def _whole_lines(path: Path, raw: BufferedReader, warnings: list[str]) -> Iterator[bytes]:
    """Lines that end in a newline; what is cut off becomes a warning."""
    cut = "last line is cut off and was ignored: its run is lost, all others count"
    left_bytes = MOST_BYTES
    with _unpacked(path, raw) as stream:
        try:
            while text := stream.readline(MOST_LINE_BYTES + 1):
                left_bytes -= len(text)
                _refuse_giant(path, text, left_bytes)
                if not text.endswith(b"\n"):
                    warnings.append(cut)
                    return
                yield text
        except EOFError:
            warnings.append(cut)
        except (gzip.BadGzipFile, zlib.error, lzma.LZMAError) as error:
            raise UsageError(f"{path}: damaged file ({error}): fetch it again") from error


def _refuse_giant(path: Path, text: bytes, left_bytes: int) -> None:
    """Refuse what would take more memory than any record does."""
    too_long = len(text) > MOST_LINE_BYTES or text.count(b",") > MOST_ITEMS
    if too_long or left_bytes < 0:
        what = (
            f"a line longer than {MOST_LINE_BYTES // 2**20} MiB or {MOST_ITEMS} items"
            if too_long
            else f"more than {MOST_BYTES // 2**20} MiB"
        )
        raise UsageError(f"{path}: unpacks to {what}, as no record of ours: name another file")


class _Head(msgspec.Struct):
    """As much of the first line as any schema will have."""

    kind: str
    schema: int


def _refuse_foreign(path: Path, text: bytes) -> None:
    """Tell a newer record from a file that is not a record at all."""
    try:
        head = msgspec.json.decode(text, type=_Head)
    except UNREADABLE:
        head = _Head("", 0)
    if head.kind != "campaign":
        raise UsageError(
            f"{path}: line 1 is not a campaign line, so this is no record file of ours: "
            "name a .jsonl that `bench run` wrote"
        )
    if head.schema > SCHEMA:
        raise UsageError(
            f"{path}: line 1 has schema {head.schema}, newer than {SCHEMA}, the newest that this "
            "reader knows: update the analysis"
        )


def _known_cells(path: Path, campaign: Campaign) -> set[str]:
    """Names of the campaign's cells, each of whose mode and metric must be described."""
    names: set[str] = set()
    for cell in campaign.cells:
        if cell.name in names:
            _malformed(path, 1, f"cell {cell.name!r} stands twice")
        names.add(cell.name)
        if cell.metric not in campaign.metrics:
            _malformed(path, 1, f"metric {cell.metric!r} of cell {cell.name!r} is not described")
        if cell.mode not in campaign.modes:
            _malformed(path, 1, f"mode {cell.mode!r} of cell {cell.name!r} is not described")
    return names


def _classes_fit(run: Run) -> bool:
    """Whether each value of a class run has one known class."""
    return all(
        not codes.size  # the rule, and a look into an empty array would cost as much as reading
        or (codes.size == values.size and np.isin(codes, range(len(CLASSES))).all())
        for values, codes in (
            (run.values.treatment, run.classes.treatment),
            (run.values.control, run.classes.control),
        )
    )


def _malformed(path: Path, number: int, reason: str) -> NoReturn:
    or_else = ", or delete that line to go on without it" if number > 1 else ""
    raise UsageError(f"{path}: line {number} is malformed ({reason}): restore the file{or_else}")


def _array(kind: type, given: Any) -> Any:  # noqa: ANN401  signature is msgspec's
    """Decode a list of numbers to a read-only float64 array."""
    if getattr(kind, "__origin__", kind) is not np.ndarray:
        raise NotImplementedError
    array = np.array(msgspec.convert(given, list[float]), dtype=np.float64)
    array.flags.writeable = False
    return array


def _refuse_twice(files: Sequence[RecordFile]) -> None:
    """Refuse to count the same campaign twice."""
    seen: dict[str, Path] = {}
    for file in files:
        if file.campaign.id in seen:
            raise UsageError(
                f"{file.path}: the same campaign as {seen[file.campaign.id]}: name it once"
            )
        seen[file.campaign.id] = file.path


def _refuse_other_things(files: Sequence[RecordFile], beside: Sequence[RecordFile]) -> None:
    """Refuse cells of one name that are not one thing, and curves by another procedure."""
    for place, file in enumerate(files):
        for name, earlier in itertools.product(file.cells, files[:place]):
            if found := differences(earlier, file, name):
                raise UsageError(
                    f"{file.path}: its cell {name} is another than that of {earlier.path} "
                    f"({'; '.join(found)}): name them one by one"
                )
    for file, other in itertools.product(files, beside):
        if found := metric_differences(file, other, LENT):
            raise UsageError(
                f"{other.path}: counts {LENT} in another way than {file.path} "
                f"({'; '.join(found)}): leave out --curves"
            )


def _refuse_mixture(files: Sequence[RecordFile]) -> None:
    """Refuse to put together what was measured in different environments."""
    for file in files[1:]:
        found = mismatches((files[0].campaign, file.campaign))
        if any(difference.fact == "emulated" for difference in found):
            raise UsageError(
                f"{file.path}: of it and {files[0].path} one was emulated and the other was not: "
                "they are never put together; `compare` shows the counts of both"
            )
        if found:
            facts = "; ".join(map(str, found))
            raise UsageError(
                f"{file.path}: measured in another environment than {files[0].path} ({facts}): "
                "use `compare` to see them side by side"
            )
