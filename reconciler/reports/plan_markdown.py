"""The Plan as a comment on a pull or merge request: danger first and never cut, the whole plan folded at the end.

GitHub takes 65,536 characters a comment. Danger, the digest and the command come first out of the byte budget, then
errors, changes, what is left alone, and the full plan step by step. What does not fit is counted where it is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.reports import plan, plan_danger, plan_steps, problems, words
from reconciler.reports.lines import ASIDE, DANGER, DETAIL, MAIN, Line, Section
from reconciler.reports.markdown import BUDGET, code, escape, fence_of, line_text
from reconciler.reports.plan_danger import Danger

OPEN_LINES = 60
"""So many lines of changes stand open; more are folded by scope."""
_NOTE = 400
"""Bytes kept free for the words about what is left out."""
_SCOPES = 0.4
"""The part of the room that counts by scope may take where not even the names fit."""

_WORTH_IT = 0.25
"""The part of the full plan from which on it is worth showing: a handful of ten thousand steps explains nothing."""


def render(
    document: Mapping[str, Any], *, limit: int | None = 100, budget: int | None = BUDGET, full: bool = False
) -> str:
    """The whole comment, at most ``budget`` bytes of UTF-8 (None: no bound); ``limit``: columns of a value.

    ``full`` tells equal changes of several objects one by one, and lists everything that is left alone.

    Where the names of everything dangerous do not fit, the comment says so in its first lines, with counts by scope,
    and names as many as it can, the rarest kinds first.
    """
    page = _Page(budget)
    page.add([f"### {plan.summary(document)}", ""])
    end = list(_closing(document))
    page.reserve(end)
    _danger(page, document, limit)
    _problems(page, document["diagnostics"], errors=True)
    _changes(page, document, limit, full)
    _problems(page, document["diagnostics"], errors=False)
    _left(page, document, limit, full)
    _whole(page, document)
    return page.text(end)


class _Page:
    """Blocks of lines that are added while there is room."""

    def __init__(self, budget: int | None) -> None:
        self._blocks: list[str] = []
        self.room = budget - 1 if budget is not None else 1 << 62

    def add(self, lines: Sequence[str]) -> None:
        """Add lines, whatever room there is."""
        self._blocks += lines
        self.room -= size(lines)

    def add_if(self, lines: Sequence[str]) -> bool:
        """Add lines if they fit."""
        if fits := size(lines) <= self.room:
            self.add(lines)
        return fits

    def reserve(self, lines: Sequence[str]) -> None:
        """Keep room for lines that come last."""
        self.room -= size(lines)

    def text(self, end: Sequence[str]) -> str:
        """Everything, with what comes last."""
        return "\n".join([*self._blocks, *end]).rstrip("\n") + "\n"


def size(lines: Sequence[str]) -> int:
    """Bytes that lines take, each with its line break."""
    return sum(len(line.encode()) + 1 for line in lines)


def _fenced(lines: Sequence[Line], head: str = "", language: str = "diff") -> list[str]:
    """Lines in a fence that none of them can close, and a blank line."""
    said = [*([head] if head else []), *map(line_text, lines)]
    fence = fence_of(said)
    return [f"{fence}{language}", *said, fence, ""]


def _folded(summary: str, body: Sequence[str]) -> list[str]:
    """``summary`` is HTML already; the blank line behind it lets markdown begin again."""
    return ["<details>", f"<summary>{summary}</summary>", "", *body, "</details>", ""]


def _scope_head(section: Section) -> str:
    return f"@@ {escape(section.subject)} @@ {escape(section.note)}".rstrip() if section.subject else ""


# ---------------------------------------------------------------------- danger
def _danger(page: _Page, document: Mapping[str, Any], limit: int | None) -> None:
    found = plan_danger.dangers(document, limit)
    if not found:
        return
    title = ["#### Danger", ""]
    for form in (plan_danger.full, plan_danger.compact):
        if page.add_if([*title, *_fenced(list(form(found)))]):
            return
    _too_dangerous(page, document, found)


def _too_dangerous(page: _Page, document: Mapping[str, Any], found: Sequence[Danger]) -> None:
    """Not even the names fit: say it first and loudly, count by scope, name as many as possible."""
    room = page.room - 3 * _NOTE
    rows = [Line("!", f"{scope}: {counts}", weight=DANGER) for scope, counts in plan_danger.counts_by_scope(found)]
    counted = _first(rows, int(room * _SCOPES))
    named = _named(found, room - size(_fenced(counted)))
    lines = list(plan_danger.compact(named))
    page.add([
        "> [!CAUTION]",
        f"> **This plan is too dangerous for one comment: {plan_danger.counts(found)}.** "
        f"{len(found) - len(named):,} of these {len(found):,} are **not named** below. "
        "Do not approve it from this comment alone: `reconcile show plan.json` names every one.",
        "",
        "#### Danger, counted by scope",
        "",
        *_fenced(counted),
    ])  # fmt: skip
    if len(counted) < len(rows):
        page.add([f"> {len(rows) - len(counted):,} more scopes with danger are left out here.", ""])
    if lines:
        page.add([f"#### Danger, the first {len(named):,} by name", "", *_fenced(lines)])


def _first(lines: Sequence[Line], room: int) -> list[Line]:
    """As many lines from the start as fit."""
    kept: list[Line] = []
    for line in lines:
        room -= len(line_text(line).encode()) + 1
        if room < 0:
            break
        kept.append(line)
    return kept


def _named(found: Sequence[Danger], room: int) -> list[Danger]:
    """The largest number of dangers whose compact form fits, the rarest kinds first."""
    ranked = plan_danger.rarest_first(found)
    low, high = 0, len(ranked)
    while low < high:
        middle = (low + high + 1) // 2
        if size(_fenced(list(plan_danger.compact(ranked[:middle])))) <= room:
            low = middle
        else:
            high = middle - 1
    return ranked[:low]


# ---------------------------------------------------------------------- changes
def _changes(page: _Page, document: Mapping[str, Any], limit: int | None, full: bool) -> None:
    """What happens, by scope: details go before names, the end before the start."""
    sections = plan_steps.sections(document, full, limit)
    total, steps = sum(len(s.lines) for s in sections), len(document["steps"])
    if not steps:
        return
    folded = total > OPEN_LINES
    for heaviest in (ASIDE, DETAIL, MAIN):
        kept = [_lighter(section, heaviest) for section in sections]
        blocks = [_change_block(section, folded) for section in kept]
        if sum(map(size, blocks)) + _NOTE <= page.room:
            break
    page.add(["#### Changes", ""])
    told = named = 0
    for section, block in zip(kept, blocks, strict=True):
        if size(block) + _NOTE > page.room:
            section = _shorter(section, page.room - 2 * _NOTE)
            block = _change_block(section, folded)
        if not section.lines or size(block) + _NOTE > page.room:
            break
        page.add(block)
        told += len(section.lines)
        named += sum(line.names for line in section.lines)
    if told < total:
        page.add_if([_left_out(steps - named, steps, total - told), ""])


def _lighter(section: Section, heaviest: int) -> Section:
    lines = tuple(line for line in section.lines if line.weight <= heaviest)
    return Section(section.title, lines, section.subject, section.note)


def _shorter(section: Section, room: int) -> Section:
    return Section(section.title, tuple(_first(section.lines, room)), section.subject, section.note)


def _change_block(section: Section, folded: bool) -> list[str]:
    body = _fenced(section.lines, _scope_head(section) or escape(section.title))
    if not folded:
        return body
    steps = sum(line.names for line in section.lines)
    title = code(section.subject) if section.subject else escape(section.title)
    return _folded(f"{title}: {words.plural(steps, 'step')}" if steps else title, body)


def _left_out(unnamed: int, steps: int, lines: int) -> str:
    what = f"{unnamed:,} of the {steps:,} steps are not named in this list" if unnamed else "Every step is named"
    return (
        f"> {what}; {words.plural(lines, 'line')} of detail {'is' if lines == 1 else 'are'} left out. "
        "`reconcile show plan.json` has them all."
    )


# ---------------------------------------------------------------------- the rest
def _problems(page: _Page, diagnostics: Sequence[Mapping[str, Any]], *, errors: bool) -> None:
    wanted = [d for d in diagnostics if (d["severity"] == "error") == errors]
    if not wanted:
        return
    title = "Errors" if errors else "Warnings"
    for lines in (list(problems.lines(wanted)), [li for li in problems.lines(wanted) if li.weight < ASIDE]):
        if page.add_if([f"#### {title}", "", *_fenced(lines)]):
            return
    kept = _first(lines, (page.room - _NOTE) // (2 if errors else 1))
    if kept:
        page.add([f"#### {title}", "", *_fenced(kept)])
    page.add_if([f"> {len(wanted) - len(kept):,} of {len(wanted):,} {title.lower()} are left out here.", ""])


def _left(page: _Page, document: Mapping[str, Any], limit: int | None, full: bool) -> None:
    sections = [*plan.left(document, full, limit), *plan.reads(document, full)]
    body = [part for s in sections for part in [f"**{s.title}**", "", *_fenced(s.lines)]]
    counts = [
        f"{len(items):,} {word}"
        for word, items in (
            ("unlisted", plan.kept(document)), ("ignored", document["ignored"]), ("cosmetic", document["cosmetic"])
        )
        if items
    ]  # fmt: skip
    took = words.plural(document["reads"]["calls"], "read call")
    title = f"Left alone: {', '.join(counts)}; {took}" if counts else f"What it took: {took}"
    if sections and not page.add_if(_folded(title, body)):
        page.add_if([f"> {title}. The lists are left out here.", ""])


def _whole(page: _Page, document: Mapping[str, Any]) -> None:
    """Every step by itself with its call, as many as fit."""
    steps = document["steps"]
    if not steps:
        return
    blocks = [[line_text(line) for line in plan_steps.lines([step], True, None)] for step in steps]
    fence = fence_of([text for block in blocks for text in block])
    room = page.room - _NOTE - 2 * len(fence)
    kept: list[str] = []
    done = 0
    for block in blocks:
        room -= size(block)
        if room < 0:
            break
        kept += block
        done += 1
    if done < len(blocks) * _WORTH_IT:
        page.add_if(["> The full plan, step by step, does not fit here: `reconcile show plan.json --full`.", ""])
        return
    body = [f"{fence}diff", *kept, fence, ""]
    if done < len(blocks):
        body += [f"> {len(blocks) - done:,} more steps do not fit here: `reconcile show plan.json --full`.", ""]
    title = f"Full plan: {words.plural(len(steps), 'step')} in order, with their calls"
    page.add(_folded(title, body))


def _closing(document: Mapping[str, Any]) -> Iterator[str]:
    yield from _fenced(list(plan.closing(document)), language="text")
    if document["steps"]:
        yield "To carry out exactly this plan, or nothing:"
        yield ""
        yield "```sh"
        yield f"reconcile apply --plan plan.json --expect-digest {document['digest']}"
        yield "```"
