"""The text of a comment: a hidden marker, one line of ours, the report that was rendered for it, and its digest.

What a report may hold is the renderer's promise (hostile words in fences and code only); what this module adds is its
own words, hex digests, checked links, and the unit's name in a code span.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from reconciler.publishing.marker import Marker
from reconciler.publishing.units import Unit
from reconciler.records import dataclass
from reconciler.visible import visible

_FRAME = 3_000
"""Characters that marker, heading and footer may take together."""


@dataclass(frozen=True, slots=True)
class Body:
    """``whole`` False: the report was too long and a notice stands in its place. ``needed``: its characters."""

    text: str
    whole: bool = True
    needed: int = 0


def compose(
    unit: Unit,
    marker: Marker | None,
    render: Callable[[int], str],
    limit: int,
    run_url: str | None = None,
    measure: Callable[[str], int] = len,
    note: str = "",
) -> Body:
    """The comment of a unit, of a size of at most ``limit`` by ``measure`` (characters); ``note`` stands at its end.

    ``render(budget)`` gives the report as markdown in at most ``budget`` bytes where it can: what is dangerous is
    never cut, and a report that is longer than the limit for that reason is not shown in part: a notice says so.
    Under a note stands no check mark, and where the rest is folded the note is not: it tells whose words they are.
    """
    head = f"{marker.line()}\n" if marker else ""
    title = f"{_symbol(unit, note)} **reconcile** {code(unit.name)}: {unit.line}"
    report = render(max(0, limit - _FRAME)).strip("\n")
    foot = _foot(unit, marker, run_url, note)
    if unit.empty:
        below = f"<sub>{note}</sub>\n" if note else ""
        foot = _foot(unit, marker, run_url, "")
        text = f"{head}{title}\n\n<details><summary>more</summary>\n\n{report}\n\n{foot}\n\n</details>\n\n{below}"
        return Body(text if measure(text) <= limit else f"{head}{title}\n\n{foot}\n\n{below}")
    text = f"{head}{title}\n\n{report}\n\n{foot}\n"
    if measure(text) <= limit:
        return Body(text)
    notice = (
        f"> **Not shown:** what must not be left out of this report takes {len(text):,} characters, and a comment "
        f"holds {limit:,}. Nothing of it is shown here rather than a part. Read the whole report in the run's "
        "summary or its artifacts before you approve."
    )
    return Body(f"{head}{title}\n\n{notice}\n\n{foot}\n", False, len(text))


def code(text: str, limit: int = 250) -> str:
    """``text`` in a code span: one visible line, in which nothing is markdown, HTML, a mention or a link."""
    seen = visible(text)
    seen = seen if len(seen) <= limit else seen[: limit - 1] + "…"
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", seen)), default=0))
    pad = " " if not seen.strip() or seen[0] in "` " or seen[-1] in "` " else ""
    return f"{ticks}{pad}{seen or ' '}{pad}{ticks}"


def _symbol(unit: Unit, note: str) -> str:
    if not unit.empty:
        return "\N{LARGE ORANGE DIAMOND}"
    return "\N{MEDIUM WHITE CIRCLE}" if note else "\N{WHITE HEAVY CHECK MARK}"


def _foot(unit: Unit, marker: Marker | None, run_url: str | None, note: str) -> str:
    """Digest, commit, run: ``apply --expect-digest`` takes the first. The forge's word for the commit wins."""
    commit = (marker.run.head if marker else None) or unit.commit
    parts = []
    if unit.digest:
        parts.append(f"plan digest `{unit.digest}`")
    if commit:
        parts.append(f"commit `{commit[:12]}`")
    if run_url:
        parts.append(f"[the run](<{run_url}>)")
    if note:
        parts.append(note)
    return f"<sub>{' · '.join(parts)}</sub>" if parts else ""
