"""Characters that would act instead of being seen (control, bidirectional, invisible ones) as visible escapes.

Every renderer's escape function begins with this, so that no value can move a cursor, reverse a line or hide.
"""

from __future__ import annotations

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def visible(text: str, *, ascii_only: bool = False) -> str:
    """``text`` on one line, with every character that does not print as ``\\n``, ``\\x1b`` or ``\\u202e``.

    ``ascii_only`` escapes everything outside ASCII, for outputs that cannot carry it.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_character(character, ascii_only) for character in text)


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
