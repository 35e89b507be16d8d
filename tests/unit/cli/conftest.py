"""Runs of the command line in this process, with streams of their own."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest

from reconciler.cli.main import main


class Run(NamedTuple):
    code: int
    out: str
    err: str


class Stream(io.StringIO):
    """A text stream that may claim to be a terminal."""

    def __init__(self, text: str = "", terminal: bool = False) -> None:
        super().__init__(text)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture
def reconcile() -> Callable[..., Run]:
    def run(*argv: str, environ: Mapping[str, str] | None = None, stdin: str = "", terminal: bool = False) -> Run:
        out, err = Stream(terminal=terminal), Stream(terminal=terminal)
        code = main(argv, Stream(stdin, terminal), out, err, environ or {})
        return Run(code, out.getvalue(), err.getvalue())

    return run
