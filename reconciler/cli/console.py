"""The three streams, and the rules about them: the product on stdout, everything else on stderr, colour, width.

A command gives its product here exactly once; where it goes (stdout, ``--out``, ``--json-into``) and in which format
errors are told is decided here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping

from reconciler.cli import exits
from reconciler.diagnostics import Diagnostic, Severity, ordered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO, TextIO

_DEFAULT_WIDTH = 100
_MAX_SOURCE = 32 * 1024 * 1024
_ABOUT_FLAGS = frozenset({"CLI-DIRECTORY", "CLI-FILE", "CLI-OUT", "CLI-EMULATOR", "CLI-PROVIDER-TYPE", "DOC-JSON",
                          "DOC-KIND", "DOC-SIZE", "DOC-VERSION", "DOC-SCHEMA", "DOC-ALTERED", "REF-TARGET",
                          "REF-PROVIDER", "IMPORT-NOT-FOUND", "SITE-PLACE", "SITE-WRITE"})  # fmt: skip
"""Codes whose summaries quote the value of a flag."""
DIAGNOSTIC_FORMATS = ("sarif", "github", "gitlab")
"""Formats that hold diagnostics and nothing else: for code scanning, annotations, and GitLab's Code Quality."""


class Console:
    """What a command may see of the outside: streams, environment, and the output flags."""

    def __init__(self, stdin: TextIO, stdout: TextIO, stderr: TextIO, environ: Mapping[str, str]) -> None:
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
        self.environ = dict(environ)
        self.directory = "."
        self.format = "text"
        self.out: str | None = None
        self.json_into: str | None = None
        self.color_when = environ.get("RECONCILE_COLOR") or "auto"
        self.quiet = False
        self.verbose = 0
        self.log_format: str | None = None
        self.annotations = "none"
        self.origins: Mapping[str, str] = {}
        self._gone = False
        self._stdin_bytes: bytes | None = None
        self._lines: dict[str, list[str]] = {}

    def configure(self, args: Any) -> None:
        """Take the output flags of a parsed command line; refuse places that cannot be written, before any work."""
        for name in ("directory", "format", "out", "json_into", "quiet", "verbose", "log_format", "annotations"):
            if getattr(args, name, None) is not None:
                setattr(self, name, getattr(args, name))
        self.color_when = getattr(args, "color", None) or self.color_when
        self.origins = getattr(args, "origins", {})
        from reconciler.cli.files import check_apart, check_directory, check_writable

        check_directory(self.directory)
        places = [("--out", self.out), ("--json-into", self.json_into), ("--metrics", getattr(args, "metrics", None))]
        for flag, place in places:
            if place is not None:
                check_writable(flag, place, self.path(place))
        check_apart([(flag, self.path(place)) for flag, place in places if place is not None])

    # ------------------------------------------------------------------ what the streams can do
    def path(self, place: str) -> str:
        """A path of the command line, relative to ``-C``."""
        return os.path.join(self.directory, place)

    def color(self, stream: TextIO) -> bool:
        """``--color`` > NO_COLOR > FORCE_COLOR, CLICOLOR_FORCE > is it a terminal (that is not dumb)."""
        if self.color_when != "auto":
            return self.color_when == "always"
        if self.environ.get("NO_COLOR"):
            return False
        if any(self.environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
            return True
        return is_terminal(stream) and self.environ.get("TERM") != "dumb"

    def ascii_only(self, stream: TextIO) -> bool:
        """True where the stream's encoding is not a form of Unicode."""
        return not (getattr(stream, "encoding", None) or "utf-8").lower().startswith("utf")

    def width(self, stream: TextIO) -> int:
        """Columns of the terminal, 100 elsewhere."""
        if not is_terminal(stream):
            return _DEFAULT_WIDTH
        import shutil

        return max(40, shutil.get_terminal_size((_DEFAULT_WIDTH, 24)).columns)

    @property
    def progress_wanted(self) -> bool:
        """Progress is for people: on a terminal, not in quiet mode, not beside logs."""
        return is_terminal(self.stderr) and not self.quiet and not self.verbose and self.log_format is None

    @property
    def can_ask(self) -> bool:
        """A question needs somebody who can answer: stdin and stderr are terminals."""
        return is_terminal(self.stdin) and is_terminal(self.stderr)

    def stdin_stream(self) -> BinaryIO:
        """Standard input as bytes, readable again for the source lines of diagnostics."""
        import io

        if self._stdin_bytes is None:
            buffer = getattr(self.stdin, "buffer", None)
            self._stdin_bytes = buffer.read() if buffer is not None else self.stdin.read().encode()
        return io.BytesIO(self._stdin_bytes)

    # ------------------------------------------------------------------ the product
    def product(self, text: str, document: Mapping[str, Any] | None = None) -> None:
        """The product: ``text`` to stdout or ``--out``; ``document`` as JSON to ``--json-into``."""
        from reconciler.cli.files import replace_text, write_text

        if self.json_into is not None and document is not None:
            from reconciler.reports.diagnostics import document_text

            # Beside and renamed: it may be the very file that the next run reads as its baseline.
            replace_text("--json-into", self.path(self.json_into), document_text(dict(document)))
        if self.out is not None:
            write_text("--out", self.path(self.out), text)
        else:
            self.write(text)

    def write(self, text: str) -> None:
        """Text to stdout; a reader that has gone away ends the output, not the work.

        Raises:
            Stopped: stdout cannot be written (a full disk); with code 1.
        """
        from reconciler.cli.files import Stopped, reason

        if self._gone:
            return
        try:
            encoding = getattr(self.stdout, "encoding", None) or "utf-8"
            self.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
            self.stdout.flush()
        except BrokenPipeError:
            self._gone = True
        except OSError as error:
            self._gone = True
            raise Stopped(
                Diagnostic("CLI-STDOUT", "standard output cannot be written", reason(error), "make room, or use --out"),
                exits.FAILED,
            ) from None

    def say(self, text: str) -> None:
        """One line to stderr, unless quiet."""
        if not self.quiet:
            self.error_stream(text + "\n")

    def error_stream(self, text: str) -> None:
        """Text to stderr; nobody listening there is no reason to fail."""
        import contextlib

        with contextlib.suppress(OSError, ValueError):
            encoding = getattr(self.stderr, "encoding", None) or "utf-8"
            self.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding))
            self.stderr.flush()

    # ------------------------------------------------------------------ diagnostics
    def _from_where(self, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """Those that quote a value of the environment name its variable: nobody sees it on the command line."""
        found = ordered(diagnostics)
        if not self.origins:
            return tuple(found)
        from reconciler.records import replace

        told = []
        for d in found:
            quoted = [v for text, v in self.origins.items() if repr(text) in d.summary or f" {text} " in d.summary]
            named = [v for v in dict.fromkeys(quoted) if d.code in _ABOUT_FLAGS and v not in d.summary + d.detail]
            lines = [d.detail] * bool(d.detail) + [f"it comes from the environment: {v}" for v in named]
            told.append(replace(d, detail="\n".join(lines)) if named else d)
        return tuple(told)

    def report(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Diagnostics for people, on stderr, and as annotations if asked for; in quiet mode errors only."""
        shown = [d for d in self._from_where(diagnostics) if d.severity is Severity.ERROR or not self.quiet]
        if not shown:
            return
        from reconciler.reports.diagnostics import render

        secret = {(d.span.file, d.span.line) for d in shown if d.span and d.code == "SCHEMA-LITERAL-CREDENTIAL"}
        self.error_stream(
            render(
                shown,
                source=lambda file, line: None if (file, line) in secret else self._source_line(file, line),
                color=self.color(self.stderr),
                width=self.width(self.stderr),
                ascii_only=self.ascii_only(self.stderr),
            )
        )
        self.annotate(shown)

    def annotate(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Diagnostics as annotations alone, on stderr: for commands whose stdout already holds them."""
        if self.annotations == "github" and (found := ordered(diagnostics)):
            from reconciler.reports import diagnostics_ci

            self.error_stream(diagnostics_ci.github(found, self._locate()))

    def diagnostics_text(self, diagnostics: Iterable[Diagnostic], exit_code: int) -> str:
        """Diagnostics in the command's format, one of ``DIAGNOSTIC_FORMATS``."""
        from reconciler.reports import diagnostics_ci, diagnostics_sarif

        found = ordered(diagnostics)
        if self.format == "sarif":
            return diagnostics_sarif.render(found, exit_code, self._locate())
        return {"github": diagnostics_ci.github, "gitlab": diagnostics_ci.gitlab}[self.format](found, self._locate())

    def _locate(self) -> Callable[[str], str | None]:
        from reconciler.cli.places import locator

        return locator(self.directory, self.environ)

    def finish(
        self,
        diagnostics: Iterable[Diagnostic],
        exit_code: int,
        /,
        text: str = "",
        kind: str = "Diagnostics",
        **more: Any,
    ) -> int:
        """End a command that has no document of its own: one JSON document, or diagnostics and ``text``.

        Returns ``exit_code``.
        """
        found = self._from_where(diagnostics)
        if self.format == "json" or self.json_into is not None:
            from reconciler.reports.diagnostics import document, document_text

            whole = document(found, exit_code, kind, **more)
            if self.format == "json":
                self.annotate(found)
                self.product(document_text(whole), whole)
                return exit_code
            self.report(found)
            self.product(self._product_of(found, exit_code, text), whole)
            return exit_code
        self.report(found)
        text = self._product_of(found, exit_code, text)
        if text or self.out is not None:
            self.product(text)
        return exit_code

    def _product_of(self, found: Iterable[Diagnostic], exit_code: int, text: str) -> str:
        """What a command without a document gives: its diagnostics in formats made for them, else ``text``."""
        return self.diagnostics_text(found, exit_code) if self.format in DIAGNOSTIC_FORMATS else text

    def _source_line(self, file: str, line: int) -> str | None:
        """Line ``line`` of a file that a diagnostic names, or None; None for one that may show a credential (P7)."""
        if file not in self._lines:
            self._lines[file] = self._read_lines(file)
        lines = self._lines[file]
        found = lines[line - 1] if 0 < line <= len(lines) else None
        return None if found is not None and _looks_secret(found) else found

    def _read_lines(self, file: str) -> list[str]:
        import re

        if file in ("-", "<stdin>"):
            content = self._stdin_bytes or b""
        else:
            try:
                with open(self.path(file), "rb") as stream:
                    content = stream.read(_MAX_SOURCE)
            except OSError:
                return []
        return re.split("\r\n|\r|\n", content.decode("utf-8", "replace"))


_SENSITIVE = r"(?:api|access|secret|security)[-_]?(?:key|token)|passw(?:or)?d|token|secret|credentials?"
_REFERENCE = r"\{\s*(?:env|file|access_key|api_key|token|username)\s*:"
_SECRET_LINE = rf"(?i)(?:^|[\s{{,\"'])(?:{_SENSITIVE})\w*[\"']?\s*:(?!\s*(?:$|{_REFERENCE}))"
_USERINFO = r"://[^\s/\"']*@"
_ODD_VARIABLE = r"\{\s*env\s*:\s*[\"']?[^\s\"'}]*[^\w\s\"'}]"


def _looks_secret(line: str) -> bool:
    """Does a line give a value (no ``{env: ...}`` or ``{file: ...}``) to a credential, or hold a URL with userinfo?"""
    import re

    return any(re.search(pattern, line) is not None for pattern in (_SECRET_LINE, _ODD_VARIABLE, _USERINFO))


def is_terminal(stream: TextIO) -> bool:
    """Is somebody looking at (or typing into) this stream?"""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def failed(console: Console, diagnostic: Diagnostic, code: int = exits.INVALID) -> int:
    """End with one diagnostic."""
    return console.finish([diagnostic], code)
