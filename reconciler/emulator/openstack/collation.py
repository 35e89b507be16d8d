"""How the database behind Octavia compares text and numbers (openstack.md 3: names ignore case and accents)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

_NUMBER = re.compile(r"\s*[-+]?[0-9]+(?:\.[0-9]*)?")


def collated(text: str, general: bool) -> str:
    """The form in which two texts are compared; ``general``: without case, accents and blanks at the end."""
    if not general:
        return text
    if text.isascii():
        return text.upper().rstrip(" ")
    return _folded(text)


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    folded = "".join(unicodedata.normalize("NFD", character)[0] for character in text)
    return folded.upper().replace("ẞ", "S").rstrip(" ")


def equals(stored: Any, wanted: str, general: bool) -> bool:
    """Whether a stored value meets the text of a filter; null meets nothing."""
    if stored is None:
        return False
    if isinstance(stored, bool):
        return stored == truth(wanted)
    if isinstance(stored, int | float):
        found = _NUMBER.match(wanted)
        return stored == (float(found[0]) if found is not None else 0)
    return collated(str(stored), general) == collated(wanted, general)


def truth(text: str) -> bool:
    """The boolean that a filter means; what is no boolean means false."""
    return text.strip().lower() in ("1", "t", "true", "on", "y", "yes")
