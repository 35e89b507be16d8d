"""Where a manifest stands in its repository: CI systems want paths from there, whatever ``-C`` says."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

_CHECKOUTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""Variables in which GitHub and GitLab name the checkout of a job."""


def locator(directory: str, environ: Mapping[str, str]) -> Callable[[str], str | None]:
    """A function from a file as diagnostics name it (relative to ``directory``) to its path from the repository's root.

    Standard input has none. Without a repository paths start in the current directory; a file outside of the root
    begins with ``../``.
    """
    start = os.path.realpath(directory)
    root = _root(start, environ)

    def locate(file: str) -> str | None:
        if file in ("-", "<stdin>"):
            return None
        return os.path.relpath(os.path.normpath(os.path.join(start, file)), root).replace(os.sep, "/")

    return locate


def _root(start: str, environ: Mapping[str, str]) -> str:
    for variable in _CHECKOUTS:
        checkout = os.path.realpath(environ[variable]) if environ.get(variable) else None
        if checkout is not None and (start == checkout or start.startswith(checkout.rstrip(os.sep) + os.sep)):
            return checkout
    here = start
    while not os.path.exists(os.path.join(here, ".git")):
        parent = os.path.dirname(here)
        if parent == here:
            return os.path.realpath(".")
        here = parent
    return here
