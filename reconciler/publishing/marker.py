"""The hidden first line of a comment: which unit it is for, and which run wrote it.

It is an HTML comment, which markdown shows nowhere. Values are percent-encoded down to letters, digits, ``.``, ``_``
and ``~``: no unit's name can end the comment early. A marker proves nothing, since everybody can write one: whose
comment it is decides (see ``sticky``).
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from reconciler.publishing.runs import Run
from reconciler.records import dataclass

_LINE = re.compile(r"<!-- reconciler:comment:1 ([a-z]+=[A-Za-z0-9._~%]*(?: [a-z]+=[A-Za-z0-9._~%]*)*) -->")
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Marker:
    """``unit`` is the name that ``--unit`` gave or the document's source; ``digest`` is the plan's, or empty."""

    unit: str
    run: Run
    digest: str = ""

    def line(self) -> str:
        """The first line of the comment."""
        run = self.run
        values = {"unit": self.unit, "digest": self.digest, "head": run.head or "", "series": run.series or "",
                  "number": str(run.number), "attempt": str(run.attempt)}  # fmt: skip
        return "<!-- reconciler:comment:1 " + " ".join(f"{k}={_encoded(v)}" for k, v in values.items()) + " -->"


def read(body: str) -> Marker | None:
    """The marker that a comment begins with, or None: no other line counts."""
    first = body[:_LONGEST].lstrip("\ufeff").partition("\n")[0].strip()
    found = _LINE.fullmatch(first)
    if found is None:
        return None
    values = dict(pair.split("=", 1) for pair in found[1].split(" "))
    values = {key: unquote(value) for key, value in values.items()}
    if not values.get("unit"):
        return None
    run = Run(
        values.get("head") or None, values.get("series") or None, _number(values.get("number")),
        _number(values.get("attempt")) or 1,
    )  # fmt: skip
    return Marker(values["unit"], run, values.get("digest", ""))


def _encoded(text: str) -> str:
    return "".join(
        character if character.isascii() and (character.isalnum() or character in "._~") else
        "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))
        for character in text
    )  # fmt: skip


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() and text.isascii() and len(text) < 20 else 0
