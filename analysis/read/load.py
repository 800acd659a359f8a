# SPDX-License-Identifier: MIT
"""The only reader of record files: paths in, frozen `Campaigns` out."""

import gzip
import hashlib
import itertools
import lzma
import zlib
from collections.abc import Iterator, Sequence
from io import BufferedIOBase
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import numpy as np

from ..output.error import UsageError
from .campaigns import Campaigns, RecordFile
from .definition import LENT, differences, metric_differences
from .environment import mismatches
from .record import CLASSES, SCHEMA, Campaign, End, Line, Resume, Run

_PACKED = ("", ".gz", ".xz")


def load(paths: Sequence[Path], *, mixed: bool = False, beside: Sequence[Path] = ()) -> Campaigns:
    """Read record files (.jsonl, .jsonl.gz or .jsonl.xz).

    Args:
        paths: Files, or directories: of a directory the newest record file below it is
            taken, leaving out folders named `reference`; a warning says which.
        mixed: Allow files of different environments, to show them side by side.
        beside: Files of any environment that lend their split curves, which are counts.

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
        with path.open("rb") as raw:
            sha256 = hashlib.file_digest(raw, "sha256").hexdigest()
        lines = list(_decoded(path, warnings))
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


def _decoded(path: Path, warnings: list[str]) -> Iterator[Line]:
    """Lines of the file in order, the first one a campaign."""
    decoder = msgspec.json.Decoder(Line, dec_hook=_array)
    cells: set[str] = set()
    lines_of: dict[int, int] = {}
    for number, text in enumerate(_whole_lines(path, warnings), start=1):
        if number == 1:
            _refuse_foreign(path, text)
        try:
            line = decoder.decode(text)
        except (msgspec.MsgspecError, OverflowError, UnicodeDecodeError) as error:
            _malformed(path, number, str(error))
        if isinstance(line, Campaign):
            if number > 1:
                _malformed(path, number, "a second campaign line")
            cells = _known_cells(path, line)
        elif isinstance(line, Run) and line.cell not in cells:
            _malformed(path, number, f"run of cell {line.cell!r}, which the campaign does not list")
        elif isinstance(line, Run) and not _classes_fit(line):
            _malformed(path, number, "classes do not match the values")
        if isinstance(line, Run) and lines_of.setdefault(line.run, number) != number:
            earlier = lines_of[line.run]
            _malformed(path, number, f"run {line.run} stands twice, on line {earlier} as well")
        yield line


def _opened(path: Path) -> BufferedIOBase:
    """The file's bytes, unpacked."""
    if path.suffix == ".gz":
        return gzip.open(path)
    return lzma.open(path) if path.suffix == ".xz" else path.open("rb")


def _whole_lines(path: Path, warnings: list[str]) -> Iterator[bytes]:
    """Lines that end in a newline; what is cut off becomes a warning."""
    cut = "last line is cut off and was ignored: its run is lost, all others count"
    with _opened(path) as stream:
        try:
            for text in stream:
                if not text.endswith(b"\n"):
                    warnings.append(cut)
                    return
                yield text
        except EOFError:
            warnings.append(cut)
        except (gzip.BadGzipFile, zlib.error, lzma.LZMAError) as error:
            raise UsageError(f"{path}: damaged file ({error}): fetch it again") from error


class _Head(msgspec.Struct):
    """As much of the first line as any schema will have."""

    kind: str
    schema: int


def _refuse_foreign(path: Path, text: bytes) -> None:
    """Tell a newer record from a file that is not a record at all."""
    try:
        head = msgspec.json.decode(text, type=_Head)
    except msgspec.MsgspecError:
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
    instead = "measure again" if number == 1 else "delete that line to go on without it"
    raise UsageError(
        f"{path}: line {number} is malformed ({reason}): restore the file, or {instead}"
    )


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
