"""Files that the command line writes, and how it stops with errors in words."""

from __future__ import annotations

import os
from collections.abc import Sequence

from reconciler.cli import exits
from reconciler.diagnostics import Diagnostic


class Stopped(Exception):
    """A command cannot go on: one diagnostic and the exit code."""

    def __init__(self, diagnostic: Diagnostic, code: int = exits.INVALID) -> None:
        super().__init__(diagnostic.summary)
        self.diagnostic = diagnostic
        self.code = code


def reason(error: OSError) -> str:
    """The operating system's words."""
    return error.strerror or type(error).__name__


def check_directory(directory: str) -> None:
    """Raise ``Stopped`` unless ``-C`` names a directory."""
    if not os.path.isdir(directory):
        raise Stopped(
            Diagnostic(
                "CLI-DIRECTORY",
                f"-C: {directory!r} is no directory",
                "every relative path of the command line starts there",
                "give a directory that exists",
            )
        )


def check_writable(flag: str, shown: str, path: str) -> None:
    """Raise ``Stopped`` if ``path`` can certainly not be written; nothing is created."""
    parent = os.path.dirname(path) or "."
    if shown in ("-", ""):
        why = "it names no file; what no --out takes goes to standard output" if shown else "it names no file"
    elif os.path.isdir(path):
        why = "it is a directory"
    elif os.path.exists(path):
        why = "" if os.access(path, os.W_OK) else "it may not be written"
    elif not os.path.isdir(parent):
        why = "its directory does not exist"
    else:
        why = "" if os.access(parent, os.W_OK | os.X_OK) else "nothing may be created in its directory"
    if why:
        raise Stopped(
            Diagnostic("CLI-OUT", f"{flag}: {shown!r} cannot be written", why, "give a file that can be written")
        )


def check_apart(places: Sequence[tuple[str, str]]) -> None:
    """Raise ``Stopped`` if two flags name one file, where the second would overwrite the first.

    What is no regular file (a device, a pipe) takes both.
    """
    taken: dict[str, str] = {}
    for flag, path in places:
        real = os.path.realpath(path)
        first = taken.setdefault(real, flag)
        if first != flag and (os.path.isfile(real) or not os.path.exists(real)):
            raise Stopped(
                Diagnostic("CLI-OUT", f"{first} and {flag} name the same file", "the second would overwrite the first",
                           "give each a file of its own")
            )  # fmt: skip


def write_text(flag: str, path: str, text: str) -> None:
    """Write a file as UTF-8. Raise ``Stopped`` (code 1) with the system's words if that fails."""
    try:
        with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            stream.write(text)
    except OSError as error:
        raise Stopped(
            Diagnostic("CLI-OUT", f"{flag}: {path!r} cannot be written", reason(error), "make room, or give another"),
            exits.FAILED,
        ) from None


def replace_text(flag: str, path: str, text: str) -> None:
    """Write a file beside and rename it: others see the old one or the whole new one. Its mode stays.

    What is no file (``/dev/stdout``, a pipe), or stands where nothing may be created or renamed (a mount of its own),
    is written as :func:`write_text` does. Raises ``Stopped`` likewise.
    """
    import contextlib
    import errno

    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        write_text(flag, path, text)
        return
    beside = f"{target}.{os.getpid()}.tmp"
    try:
        with open(beside, "x", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            stream.write(text)
            if os.path.exists(target):
                os.fchmod(stream.fileno(), os.stat(target).st_mode & 0o7777)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, target)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        if os.path.exists(target) and error.errno in (errno.EACCES, errno.EPERM, errno.EBUSY):
            write_text(flag, path, text)
            return
        raise Stopped(
            Diagnostic("CLI-OUT", f"{flag}: {path!r} cannot be written", reason(error), "make room, or give another"),
            exits.FAILED,
        ) from None
