"""The files of the static site: which documents go in, and how pages get to their places.

A run that is killed leaves a site that works: pages are written beside their places and renamed, the fleet page last,
and pages of scopes that are no more are removed after it. Only what begins as our pages do and is named as they are
is ever replaced or removed; links are never followed.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence

from reconciler.cli import exits
from reconciler.cli.files import Stopped, reason
from reconciler.diagnostics import Diagnostic
from reconciler.records import dataclass
from reconciler.reports.site.names import FOLDER, INDEX, beside, is_beside, is_page
from reconciler.reports.site.page import HEAD


@dataclass(frozen=True, slots=True)
class Source:
    """A file that may hold a document. ``named``: it was given itself, not found in a directory."""

    shown: str
    path: str
    named: bool


@dataclass(frozen=True, slots=True)
class Published:
    """How many pages the site has, how many of them are new or different, how many old ones were removed."""

    pages: int
    written: int
    removed: int


def sources(given: Sequence[str], directory: str) -> tuple[list[Source], list[Diagnostic]]:
    """The files behind the arguments, each once, by name; directories hold ``*.json``, hidden ones are skipped.

    What cannot be listed is a diagnostic (CLI-FILE).
    """
    found: dict[str, Source] = {}
    problems: list[Diagnostic] = []

    def refused(error: OSError) -> None:
        problems.append(Diagnostic("CLI-FILE", f"{error.filename!r} cannot be read", reason(error),
                                   "give a directory that may be read"))  # fmt: skip

    for shown in given:
        path = os.path.join(directory, shown)
        if not os.path.isdir(path):
            source = Source(shown, path, True)
            found[os.path.realpath(path)] = source
            continue
        for folder, folders, files in os.walk(path, onerror=refused):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in files:
                whole = os.path.join(folder, name)
                if name.endswith(".json") and not name.startswith(".") and _is_file(whole):
                    inside = os.path.join(shown, os.path.relpath(whole, path))
                    found.setdefault(os.path.realpath(whole), Source(inside, whole, False))
    return sorted(found.values(), key=lambda source: (source.shown, source.path)), problems


def _is_file(path: str) -> bool:
    """A regular file, perhaps behind a link: nothing that would wait for a writer."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return True  # reading it tells why not


def check_place(shown: str, path: str) -> None:
    """Nothing, if the directory can be a site's; it need not exist. Nothing is created.

    Raises:
        Stopped: SITE-PLACE.
    """
    index = os.path.join(path, INDEX)
    folder = os.path.join(path, FOLDER)
    if os.path.lexists(path) and not os.path.isdir(path):
        raise _no_place(shown, "it is no directory")
    if os.path.lexists(folder) and (os.path.islink(folder) or not os.path.isdir(folder)):
        raise _no_place(shown, f"{FOLDER} in it is no directory of its own")
    if os.path.lexists(index) and not _ours(index):
        raise _no_place(shown, f"{INDEX} in it was not made by reconcile")


@contextlib.contextmanager
def place(shown: str, path: str) -> Iterator[None]:
    """The site's directory, made if need be, and held against other runs while it is written.

    Raises:
        Stopped: SITE-PLACE (it cannot be a site's), SITE-BUSY or SITE-WRITE.
    """
    check_place(shown, path)
    folder = os.path.join(path, FOLDER)
    try:
        os.makedirs(folder, exist_ok=True)
        handle = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise _not_written(shown, error) from None
    try:
        _hold(handle, shown)
        yield
    finally:
        os.close(handle)


def _hold(handle: int, shown: str) -> None:
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Stopped(
            Diagnostic("SITE-BUSY", f"another run is writing the site in {shown!r}", "",
                       "wait for it, or give another directory"),
            exits.FAILED,
        ) from None  # fmt: skip
    except OSError:
        return  # a file system without locks: nothing is lost but the check


def publish(shown: str, path: str, pages: Iterable[tuple[str, str]]) -> Published:
    """Write the pages, the fleet page being the last of them, then remove those of an earlier run that are no more.

    Raises:
        Stopped: SITE-PLACE (a page's place is taken by something else) or SITE-WRITE; the earlier site still stands.
    """
    names: set[str] = set()
    written = 0
    try:
        _clear(path)
        for name, text in pages:
            names.add(name)
            written += _write(shown, path, name, text.encode("utf-8", "backslashreplace"))
        removed = sum(_remove(path, f"{FOLDER}/{file}", names) for file in os.listdir(os.path.join(path, FOLDER)))
    except OSError as error:
        raise _not_written(shown, error) from None
    return Published(len(names), written, removed)


def _write(shown: str, path: str, name: str, content: bytes) -> bool:
    """Put one page into its place; False: it stands there already, byte for byte."""
    final, temporary = os.path.join(path, name), os.path.join(path, beside(name))
    if os.path.lexists(final):
        if not _ours(final):
            raise _no_place(shown, f"{name} in it was not made by reconcile")
        with open(final, "rb") as stream:
            if stream.read(len(content) + 1) == content:
                return False
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with open(handle, "wb") as stream:
            stream.write(content)
        os.replace(temporary, final)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    return True


def _clear(path: str) -> None:
    """Remove what a run that was killed had begun to write."""
    for folder in (path, os.path.join(path, FOLDER)):
        for file in os.listdir(folder):
            if is_beside(file) and _ours(os.path.join(folder, file), begun=True):
                os.unlink(os.path.join(folder, file))


def _remove(path: str, name: str, names: set[str]) -> bool:
    whole = os.path.join(path, name)
    if name in names or not is_page(name) or not _ours(whole):
        return False
    os.unlink(whole)
    return True


def _ours(path: str, *, begun: bool = False) -> bool:
    """A regular file, no link, that begins as our pages do; ``begun``: as far as it goes."""
    head = HEAD.encode()
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return False
        with open(path, "rb") as stream:
            start = stream.read(len(head))
    except OSError:
        return False
    return head.startswith(start) if begun else start == head


def _no_place(shown: str, why: str) -> Stopped:
    return Stopped(
        Diagnostic("SITE-PLACE", f"--html: {shown!r} cannot hold the site", f"{why}; nothing of it was touched",
                   "give a new or empty directory, or one that holds a site of an earlier run")
    )  # fmt: skip


def _not_written(shown: str, error: OSError) -> Stopped:
    return Stopped(
        Diagnostic("SITE-WRITE", f"--html: {shown!r} cannot be written", reason(error),
                   "make room, or give another directory; the pages of an earlier run still stand"),
        exits.FAILED,
    )  # fmt: skip
