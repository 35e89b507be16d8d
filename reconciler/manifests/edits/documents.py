"""Files with documents to edit: where each document stands, and the file's bytes after edits that were read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.diagnostics import Diagnostic, Span
from reconciler.manifests import envelope, files
from reconciler.manifests.edits.change import Edit, applied
from reconciler.manifests.parsed import Memo, Parsed
from reconciler.manifests.reading import documents
from reconciler.manifests.source import Source
from reconciler.manifests.source import read as read_source
from reconciler.records import dataclass

_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """One file as it was read. ``places`` are its documents by address, as indexes of ``parsed``."""

    name: str
    path: str
    raw: bytes
    source: Source
    parsed: tuple[Parsed, ...]
    places: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FileEdit:
    """``raw`` is the file afterwards; ``refused`` says by address why a document was left alone.

    ``written_out`` are the aliases, by address, that had to give way to the value that they stood for.
    """

    raw: bytes
    refused: Mapping[str, str]
    written_out: Mapping[str, Sequence[str]]


def manifest_files(paths: Sequence[str], directory: str) -> tuple[list[ManifestFile], list[Diagnostic]]:
    """Every file below ``paths`` with documents that manage something; what cannot be read is told by ``load``."""
    found, _ = files.find(paths, directory, None)
    opened: list[ManifestFile] = []
    problems: list[Diagnostic] = []
    memo = Memo()
    for entry in found:
        try:
            raw = entry.read()
        except OSError as error:
            words = error.strerror or type(error).__name__
            problems.append(Diagnostic("PATH-UNREADABLE", f"{entry.name} cannot be read: {words}",
                                       span=Span(entry.name, 1, 1)))  # fmt: skip
            continue
        source = read_source(entry.name, raw)
        parsed = tuple(documents(source, memo))
        opened.append(ManifestFile(entry.name, entry.path, raw, source, parsed, _places(parsed)))
    return opened, problems


def _places(parsed: Sequence[Parsed]) -> dict[str, int]:
    found: dict[str, int] = {}
    for n, one in enumerate(parsed):
        if one.readable and envelope.is_ours(one.data):
            document = envelope.document(one)
            if document.address is not None:
                found.setdefault(document.address, n)
    return found


def edited(file: ManifestFile, changes: Mapping[str, Edit]) -> FileEdit:
    """The file with all edits; documents that cannot be edited in place stay as they are, and are told."""
    raw, written_out, problem = _attempt(file, changes)
    if not problem:
        return FileEdit(raw, {}, written_out)
    refused: dict[str, str] = {}
    good: dict[str, Edit] = {}
    for address, change in changes.items():
        _, _, problem = _attempt(file, {address: change})
        if problem:
            refused[address] = problem
        else:
            good[address] = change
    raw, written_out, problem = _attempt(file, good)
    if problem:
        return FileEdit(file.raw, {**refused, **dict.fromkeys(good, problem)}, {})
    return FileEdit(raw, refused, written_out)


def _attempt(file: ManifestFile, changes: Mapping[str, Edit]) -> tuple[bytes, dict[str, Sequence[str]], str]:
    """The new bytes, what was written out, and why they must not be used (empty: they may)."""
    first = _written(file, changes, loose=False)
    if not first[2]:
        return first
    second = _written(file, changes, loose=True)
    return first if second[2] else second


def _written(
    file: ManifestFile, changes: Mapping[str, Edit], *, loose: bool
) -> tuple[bytes, dict[str, Sequence[str]], str]:
    import yaml

    from reconciler.manifests.edits.editor import edit
    from reconciler.manifests.edits.replacements import CannotEdit, Replacement, replaced
    from reconciler.manifests.edits.tree import Page

    mark = _MARK if file.raw.startswith(_MARK) else b""
    text = file.raw[len(mark) :].decode("utf-8", "surrogateescape")
    newline = "\r\n" if "\r\n" in text else "\n"
    open_end = not text.endswith("\n")
    page = Page(file.source.text + (newline if open_end else ""))
    found: list[Replacement] = []
    written_out: dict[str, Sequence[str]] = {}
    expected: list[Any] = [p.data for p in file.parsed]
    try:
        for address, change in changes.items():
            place = file.places[address]
            one = file.parsed[place]
            result = edit(page, one.lines[0] - 1, one.data, change, loose=loose)
            found += result.replacements
            written_out[address] = result.written_out
            expected[place] = applied(one.data, change)
        after = replaced(text + (newline if open_end else ""), found)
    except CannotEdit as problem:
        where = "" if problem.at is None else f", in line {page.line_of(problem.at) + 1}"
        return file.raw, {}, f"{problem}{where}"
    except (yaml.YAMLError, ValueError, KeyError, IndexError) as error:
        return file.raw, {}, f"its text could not be followed ({type(error).__name__})"
    after = after.removesuffix(newline) if open_end else after
    raw = mark + after.encode("utf-8", "surrogateescape")
    again = [p.data for p in documents(read_source(file.name, raw), Memo())]
    if again != expected:
        return file.raw, {}, "what was written would read otherwise than it is meant"
    return raw, written_out, ""
