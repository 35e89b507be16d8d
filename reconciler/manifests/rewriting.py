"""Writing files so that each is either the old or the new one, and nobody else's change is lost."""

from __future__ import annotations

import contextlib
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO


class ChangedOnDisk(Exception):
    """The file is not what it was when it was read."""


def replace_file(path: str, before: bytes, after: bytes) -> None:
    """Replace a file's content: written beside it and renamed, with its mode; a link is followed and stays a link.

    Raises:
        ChangedOnDisk: it does not hold ``before`` any more (``after`` is fine), or another process writes it.
        OSError: it cannot be written; it is then as it was.
    """
    real = os.path.realpath(path)
    mode = os.stat(real).st_mode
    if not mode & 0o222 or not os.access(real, os.W_OK):
        raise PermissionError(13, "the file is read-only", path)
    beside = f"{real}.reconcile.tmp"
    with _alone(beside) as stream:
        try:
            with open(real, "rb") as current:
                if current.read() not in (before, after):
                    raise ChangedOnDisk
            stream.truncate()
            stream.write(after)
            stream.flush()
            os.fchmod(stream.fileno(), mode & 0o7777)
            os.fsync(stream.fileno())
            os.replace(beside, real)
        except BaseException:  # an interruption, too, leaves nothing beside
            with contextlib.suppress(OSError):
                os.unlink(beside)
            raise


@contextlib.contextmanager
def _alone(path: str) -> Iterator[BinaryIO]:
    """A file to write in, for one process at a time; what a killed one left there is taken over.

    Raises:
        ChangedOnDisk: another process writes it.
    """
    import fcntl

    for _ in range(100):
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with open(number, "r+b") as stream:
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ChangedOnDisk from None
            if _is_there(path, number):  # else another process has just made it the file itself
                yield stream
                return
    raise ChangedOnDisk


def _is_there(path: str, number: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(number))
    except FileNotFoundError:
        return False


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
