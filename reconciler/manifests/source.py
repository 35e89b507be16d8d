"""From bytes to text: the encoding, and the characters that no manifest may hold.

libyaml stops at such bytes without telling a line; here each one gets its place, is replaced by one printable
character (so that every column stays right), and the rest of the file is read on.
"""

from __future__ import annotations

import re

from reconciler.diagnostics import Diagnostic, Severity, Span
from reconciler.records import dataclass, replace

_ALLOWED = bytes([9, 10, 13, *range(32, 127), *range(128, 256)])
_FORBIDDEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]"
"""Compiled by ``re`` when a file needs it: such a class takes longer to compile than a small file to read."""
_BYTE_ORDER_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_NO_TEXT = "[\udc80-\udcff]"
"""What Python's ``surrogateescape`` makes of bytes that are not UTF-8."""
_STAND_IN = "\ufffd"


@dataclass(frozen=True, slots=True)
class Source:
    """One file's text, without its byte order mark; ``problems`` carry spans; ``bad_lines`` (1-based) had errors."""

    name: str
    text: str
    problems: tuple[Diagnostic, ...] = ()
    bad_lines: frozenset[int] = frozenset()

    def line(self, number: int) -> str:
        """The text of a line (1-based) without its break; empty beyond the end."""
        lines = self.text.split("\n", number)
        return lines[number - 1].rstrip("\r") if 0 < number <= len(lines) else ""


def read(name: str, raw: bytes) -> Source:
    """Decode a file; never raises: what is wrong is told in ``problems``, at most one a line."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return Source(name, "", (_encoding(name, encoding),), frozenset({1}))
    problems: list[Diagnostic] = []
    if raw.startswith(b"\xef\xbb\xbf"):
        raw = raw[3:]
        problems.append(_byte_order_mark(name))
    bad: dict[int, Diagnostic] = {}
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = _decode_badly(name, raw, bad)
    if not text.isascii() or raw.translate(None, _ALLOWED):
        text = _replace_forbidden(name, text, bad)
    return Source(name, text, (*problems, *bad.values()), frozenset(bad))


def _decode_badly(name: str, raw: bytes, bad: dict[int, Diagnostic]) -> str:
    """The text with a stand-in for each byte that is none; a file that is no text at all is told once."""
    text = raw.decode("utf-8", "surrogateescape")
    line, column, at = 1, 1, 0
    for match in re.finditer(_NO_TEXT, text):
        line, column = _advance(line, column, text[at : match.start()])
        at = match.start()
        if line not in bad:
            bad[line] = _not_utf8(name, line, column, ord(match.group()) - 0xDC00)
        if b"\0" in raw:
            bad[line] = replace(bad[line], summary=f"{name} is no text file", hint="name another file")
            return ""
    return re.sub(_NO_TEXT, _STAND_IN, text)


def _not_utf8(name: str, line: int, column: int, value: int) -> Diagnostic:
    return Diagnostic(
        "YAML-UTF8",
        f"byte 0x{value:02X} is not valid UTF-8",
        "Manifests are UTF-8; this place holds bytes of another encoding.",
        'save the file as UTF-8, or write the character as an escape in double quotes: "\\u00e9"',
        span=Span(name, line, column),
    )


def _replace_forbidden(name: str, text: str, bad: dict[int, Diagnostic]) -> str:
    line, column, at = 1, 1, 0
    for match in re.finditer(_FORBIDDEN, text):
        line, column = _advance(line, column, text[at : match.start()])
        at = match.start()
        if line not in bad:
            bad[line] = _control(name, line, column, match.group())
    return re.sub(_FORBIDDEN, _STAND_IN, text) if at or bad else text


def _advance(line: int, column: int, text: str) -> tuple[int, int]:
    breaks = text.count("\n")
    return (line + breaks, len(text) - text.rfind("\n")) if breaks else (line, column + len(text))


def _control(name: str, line: int, column: int, character: str) -> Diagnostic:
    return Diagnostic(
        "YAML-CONTROL",
        f"control character U+{ord(character):04X} in the file",
        "Control characters, byte order marks inside the text and Unicode's own line breaks are invisible in most "
        "editors and are refused by the clouds.",
        "delete the character; a line break in a text is written with a block scalar (|)",
        span=Span(name, line, column),
    )


def _encoding(name: str, encoding: str) -> Diagnostic:
    return Diagnostic(
        "YAML-UTF8",
        f"the file is {encoding}, not UTF-8",
        "Manifests are UTF-8.",
        "save the file as UTF-8",
        span=Span(name, 1, 1),
    )


def _byte_order_mark(name: str) -> Diagnostic:
    return Diagnostic(
        "YAML-BOM",
        "the file starts with a byte order mark",
        "YAML allows it, but other tools in a pipeline (grep, cat, envsubst) do not expect it.",
        "save the file as UTF-8 without BOM",
        severity=Severity.WARNING,
        span=Span(name, 1, 1),
    )
