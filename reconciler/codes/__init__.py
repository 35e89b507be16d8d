"""The catalogue of diagnostic codes: one TOML file a family, one table a code.

Each table has ``title`` (one line), ``why`` (the rule and what happens without it), ``fix`` (what to do), ``source``
(reference id, API page or "reconciler") and optionally ``example`` (a manifest piece that is right). A test proves
that every code that the source names has a page here, and that every page is named by the source.
"""

from __future__ import annotations

from functools import cache

from reconciler.records import dataclass


@dataclass(frozen=True, slots=True)
class CodePage:
    """What ``reconcile explain CODE`` prints."""

    code: str
    title: str
    why: str
    fix: str
    source: str
    example: str = ""


@cache
def pages() -> dict[str, CodePage]:
    """Every code with its page, sorted by code.

    Raises:
        ValueError: a code stands in two files.
    """
    import tomllib
    from importlib.resources import files

    found: dict[str, CodePage] = {}
    for entry in sorted(files(__package__).iterdir(), key=lambda e: e.name):
        if not entry.name.endswith(".toml"):
            continue
        for code, page in tomllib.loads(entry.read_text("utf-8")).items():
            if code in found:
                raise ValueError(f"{code} stands twice in the catalogue (again in {entry.name})")
            found[code] = CodePage(code=code, **page)
    return dict(sorted(found.items()))
