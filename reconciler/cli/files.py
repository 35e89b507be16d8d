"""Files that the command line reads and writes: bounded, with errors in words."""

from __future__ import annotations

import os

from reconciler.cli import exits
from reconciler.diagnostics import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_DOCUMENT = 512 * 1024 * 1024
"""Bytes of the largest plan or outcome that is read."""


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
    if os.path.isdir(path):
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


def read_document(shown: str, path: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    """A Plan or Outcome document from a file, held against its schema.

    Raises:
        Stopped: as :func:`read_json`, or it is no document of ``kinds``.
    """
    document = read_json(shown, path, kinds)
    if document.get("kind") not in kinds:
        raise _not_a_document(shown, kinds, f"its kind is not {' or '.join(kinds)}")
    from reconciler.manifests.documents import document_problem

    problem = document_problem(str(document["kind"]).lower(), document)
    if problem:
        raise _not_a_document(shown, kinds, problem)
    return document


def read_json(shown: str, path: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    """A JSON object from a file that should hold a document of ``kinds``; bounded in size and depth.

    Raises:
        Stopped: the file cannot be read, is too large, or is no JSON object.
    """
    try:
        with open(path, "rb") as stream:
            raw = stream.read(MAX_DOCUMENT + 1)
    except OSError as error:
        raise Stopped(
            Diagnostic("CLI-FILE", f"{shown!r} cannot be read", reason(error), "give a file that exists")
        ) from None
    if len(raw) > MAX_DOCUMENT:
        raise _not_a_document(shown, kinds, f"it is larger than {MAX_DOCUMENT // 2**20} MiB")
    import json

    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        why = f"it is no JSON: {error}" if isinstance(error, ValueError) else "it is nested too deeply"
        raise _not_a_document(shown, kinds, why) from None
    if not isinstance(document, dict):
        raise _not_a_document(shown, kinds, "it is no JSON object, so its kind is unknown")
    return document


def _not_a_document(shown: str, kinds: tuple[str, ...], why: str) -> Stopped:
    wanted = " or ".join(kind.lower() for kind in kinds)
    return Stopped(
        Diagnostic(
            "CLI-DOCUMENT",
            f"{shown!r} is no {wanted} that this version can read",
            why,
            "give a file that `reconcile plan --json-into` or `reconcile apply --json-into` has written",
        )
    )
