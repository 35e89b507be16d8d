"""Which files a command reads: named ones, directories in sorted order, standard input."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence

from reconciler.diagnostics import Diagnostic, Span
from reconciler.records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

STDIN = "-"
STDIN_NAME = "<stdin>"
_SUFFIXES = (".yaml", ".yml")
MAX_BYTES = 256 * 1024 * 1024
"""No manifest is that large: what is larger is a device that never ends, or not meant."""


@dataclass(frozen=True, slots=True)
class Found:
    """One file. ``name`` is what people see; ``named`` files must hold a manifest; ``raw`` None: not read yet."""

    name: str
    path: str
    named: bool
    raw: bytes | None = None

    def read(self) -> bytes:
        """The file's bytes. Raises ``OSError``, also for one larger than ``MAX_BYTES``."""
        if self.raw is not None:
            return self.raw
        with open(self.path, "rb") as file:
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise OSError(errno.EFBIG, f"larger than {MAX_BYTES // 1024 // 1024} MiB", self.path)
        return raw


def find(paths: Sequence[str], directory: str, stdin: Any) -> tuple[list[Found], list[Diagnostic]]:
    """Every file that ``paths`` (relative to ``directory``) stand for, each once, and what cannot be found.

    Args:
        paths: files, directories (recursively, hidden entries skipped, ``.yaml`` and ``.yml``), or ``-``.
        directory: what relative paths are relative to.
        stdin: a text or binary file, read when a path is ``-``.
    """
    found: list[Found] = []
    problems: list[Diagnostic] = []
    seen: set[str] = set()
    for given in paths:
        if not given:  # an unset variable of a shell must not stand for everything that there is
            problems.append(
                Diagnostic("PATH-MISSING", "a PATH is empty", "An empty text names no file and no directory.",
                           "name one, or write . for the directory itself")
            )  # fmt: skip
            continue
        for entry in _expand(given, directory, stdin, problems):
            key = STDIN if entry.raw is not None else os.path.realpath(entry.path)
            if key not in seen:
                seen.add(key)
                found.append(entry)
    return found, problems


def provider_files(directory: str) -> list[Found]:
    """Where Provider documents are also looked up: ``providers.yaml`` and ``providers/`` below ``directory``."""
    found: list[Found] = []
    for name in ("providers.yaml", "providers.yml"):
        path = os.path.join(directory, name)
        if os.path.isfile(path):
            found.append(Found(name, path, named=False))
    folder = os.path.join(directory, "providers")
    if os.path.isdir(folder):
        found += _walk("providers", folder, [])  # a Provider that is not found there is told where it is named
    return found


def _expand(given: str, directory: str, stdin: Any, problems: list[Diagnostic]) -> Iterator[Found]:
    if given == STDIN:
        if stdin is None:
            problems.append(_missing(given, "standard input is not available", "name a file"))
            return
        raw = stdin.read()
        yield Found(
            STDIN_NAME, STDIN, named=True, raw=raw.encode("utf-8", "surrogateescape") if isinstance(raw, str) else raw
        )
        return
    path = os.path.join(directory, given)
    if os.path.isdir(path):
        yield from _walk(given, path, problems)
    elif os.path.exists(path):
        yield Found(given, path, named=True)
    elif os.path.islink(path):
        problems.append(_missing(given, f"the link leads to nothing ({os.readlink(path)})", "mend the link"))
    else:
        problems.append(_missing(given, "no such file or directory", _near(given, directory)))


def _walk(shown: str, path: str, problems: list[Diagnostic]) -> Iterator[Found]:
    """Manifest files below a directory, sorted by their path; hidden files and directories skipped.

    A directory that cannot be listed is a problem: what it holds would silently not be compared.
    """

    def refused(error: OSError) -> None:
        below = os.path.normpath(os.path.join(shown, os.path.relpath(error.filename or path, path)))
        problems.append(
            Diagnostic("PATH-UNREADABLE", f"{below} cannot be read: {error.strerror}",
                       "What it holds would silently not be compared.", "check the directory's permissions",
                       span=Span(below, 1, 1))
        )  # fmt: skip

    for folder, folders, names in os.walk(path, onerror=refused):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        below = os.path.relpath(folder, path)
        base = shown if below == "." else os.path.join(shown, below)
        for name in sorted(names):
            found = os.path.join(folder, name)
            if name.endswith(_SUFFIXES) and not name.startswith(".") and not _is_special(found):
                yield Found(os.path.normpath(os.path.join(base, name)), found, named=False)


def _is_special(path: str) -> bool:
    """A pipe or a device: reading it may never end. A link that leads nowhere is none: that is told when it is read."""
    return os.path.exists(path) and not os.path.isfile(path)


def _missing(given: str, what: str, hint: str) -> Diagnostic:
    return Diagnostic("PATH-MISSING", f"{given}: {what}", "Paths are relative to -C.", hint, span=Span(given, 1, 1))


def _near(given: str, directory: str) -> str:
    from reconciler.diagnostics import did_you_mean

    folder, name = os.path.split(given)
    try:
        entries = os.listdir(os.path.join(directory, folder) or ".")
    except OSError:
        return ""
    return did_you_mean(name, entries)
