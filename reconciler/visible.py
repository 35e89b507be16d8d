"""Characters that would act instead of being seen (control, bidirectional, invisible ones) as visible escapes.

Every renderer's escape function begins with this, so that no value can move a cursor, reverse a line or hide; nor give
commands to a CI system that reads them from the log: GitHub's ``::error ...::``, its older ``##[error]`` (anywhere in a
line), and Azure Pipelines' ``##vso[...]``.
"""

from __future__ import annotations

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_ACTING = "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]"
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def visible(text: str, *, ascii_only: bool = False) -> str:
    """``text`` on one line, with every character that does not print as ``\\n``, ``\\x1b`` or ``\\u202e``.

    ``ascii_only`` escapes everything outside ASCII, for outputs that cannot carry it.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(_character(character, ascii_only) for character in text)
    return _no_command(text) if "::" in text or "##" in text else text


def inert(json_text: str) -> str:
    """JSON text that may be printed in a CI log or on a terminal: the same data, all of it seen.

    No ``##[`` or ``##vso[`` stands in a string, and what is hidden or turns the line around is written as an escape.
    """
    if not json_text.isascii():  # outside of ASCII there is nothing but strings
        import re
        from json import dumps

        json_text = re.sub(_ACTING, lambda found: dumps(found[0])[1:-1], json_text)
    return json_text.replace("##[", "\\u0023#[").replace("##vso[", "\\u0023#vso[") if "##" in json_text else json_text


def _no_command(text: str) -> str:
    import re

    text = re.sub(r"##(?=\[|vso\[)", r"\\x23#", text)
    return re.sub(r"^(\s*):(:[a-zA-Z-]+(?:\s.*?)?::)", r"\1\\x3a\2", text)


def _character(character: str, ascii_only: bool) -> str:
    code = ord(character)
    if 0x20 <= code < 0x7F:
        return character
    if character in _SHORT:
        return _SHORT[character]
    if not ascii_only and code >= 0xA0 and unicodedata.category(character) not in _HIDDEN:
        return character
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
