"""Writing files so that each is either the old or the new one, and nobody else's change is lost."""

from __future__ import annotations

import contextlib
import os


class ChangedOnDisk(Exception):
    """The file is not what it was when it was read."""


def replace_file(path: str, before: bytes, after: bytes) -> None:
    """Replace a file's content: written beside it and renamed, with its mode; a link is followed and stays a link.

    Raises:
        ChangedOnDisk: it does not hold ``before`` any more.
        OSError: it cannot be written; it is then as it was.
    """
    real = os.path.realpath(path)
    mode = os.stat(real).st_mode
    if not mode & 0o222 or not os.access(real, os.W_OK):
        raise PermissionError(13, "the file is read-only", path)
    with open(real, "rb") as stream:
        if stream.read() != before:
            raise ChangedOnDisk
    beside = f"{real}.{os.getpid()}.tmp"
    try:
        with open(beside, "xb") as stream:
            stream.write(after)
            stream.flush()
            os.fchmod(stream.fileno(), mode & 0o7777)
            os.fsync(stream.fileno())
        os.replace(beside, real)
    except BaseException:  # an interruption, too, leaves nothing beside
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise


def create_file(path: str, content: bytes) -> None:
    """Make a new file, and the directories that it stands in.

    Raises:
        FileExistsError: there is one already; it is not touched.
        OSError: it cannot be written; nothing half-written stays.
    """
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "xb") as stream:
        try:
            stream.write(content)
            stream.flush()
        except BaseException:  # an interruption, too, leaves nothing half-written
            with contextlib.suppress(OSError):
                os.unlink(path)
            raise
