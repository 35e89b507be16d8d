"""Lists in another order: items move with the comments that belong to them, blank lines stay where they separate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from reconciler.manifests.edits.change import Items, New
from reconciler.manifests.edits.replacements import CannotEdit, Replacement, replaced
from reconciler.manifests.edits.style import Style
from reconciler.manifests.edits.tree import Node, Page, dash_of, lead_start, owned_end


def assembled(
    page: Page, node: Node, change: Items, name: str, style: Style, inner: Mapping[int, Sequence[Replacement]]
) -> tuple[int, int, str]:
    """The lines of a block list in its new order: where they begin and end, and their text.

    An item's chunk is its lines, the comments directly above its dash, and those below that are indented deeper. What
    stands between two chunks (blank lines, comments that stand alone) stays in front of the item below it.
    ``inner`` are the replacements inside of the items, by index.
    """
    dashes = [dash_of(page, item) for item in node.items]
    column = page.column(dashes[0])
    for dash in dashes:
        if page.text[page.line_start(dash) : dash].strip(" "):
            raise CannotEdit("a list begins behind another dash", dash)
    starts = [lead_start(page, dash, column) for dash in dashes]
    ends = [owned_end(page, item, column) for item in node.items]
    first, last = starts[0], ends[-1]
    gaps = ["", *(page.text[a:b] for a, b in zip(ends, starts[1:], strict=False))]
    blank = _blank(gaps[1:], style)
    pieces: list[str] = []
    carried = ""
    kept = {i for i in change.order if isinstance(i, int)}
    loose: dict[int, str] = {}  # comments in front of items that go: in front of the next one that stays
    for n in range(len(node.items)):
        if n not in kept:
            carried = _joined(carried, gaps[n], style) if gaps[n].strip() else carried
        elif carried:
            loose[n], carried = carried, ""
    previous: int | None = None
    for place, item in enumerate(change.order):
        if isinstance(item, New):
            text = style.newline.join(style.item(item.value, name, column, item.note)) + style.newline
            pieces.append((blank if place else "") + text)
            previous = None
            continue
        moved = [(a - starts[item], b - starts[item], new) for a, b, new in inner.get(item, ())]
        chunk = replaced(page.text[starts[item] : ends[item]], moved)
        gap = _gap(
            gaps[item], place, follows=previous == item - 1 and previous is not None, first=item == 0, blank=blank
        )
        front = _joined(loose.get(item, ""), gap, style)
        pieces.append((front if place else _comments(front)) + chunk)
        previous = item
    return first, last, "".join(pieces) + (_closed(carried) if pieces else _comments(_closed(carried)))


def _gap(gap: str, place: int, *, follows: bool, first: bool, blank: str) -> str:
    """What stands in front of an item in its new place."""
    if place == 0:
        return _comments(gap)
    if follows or (not first and gap.strip()):
        return gap
    return blank if first else (gap or blank)


def _joined(carried: str, gap: str, style: Style) -> str:
    """Comments that stood in front of what goes, and the gap below: what stood apart from an item stays apart."""
    if not carried:
        return gap
    closed = _closed(carried)
    if closed == carried or (gap and not gap.splitlines()[0].strip()):
        return closed + gap
    return closed + style.newline + gap


def _closed(gap: str) -> str:
    """A gap without the blank lines at its end."""
    rows = gap.splitlines(keepends=True)
    while rows and not rows[-1].strip():
        rows.pop()
    return "".join(rows)


def _comments(gap: str) -> str:
    """A gap without the blank lines at its beginning, if it holds comments; else nothing."""
    if not gap.strip():
        return ""
    rows = gap.splitlines(keepends=True)
    while rows and not rows[0].strip():
        rows.pop(0)
    return "".join(rows)


def _blank(gaps: Sequence[str], style: Style) -> str:
    """What separates two items here: a blank line where most are separated by one."""
    count = Counter("" if gap == "" else "blank" for gap in gaps)
    return style.newline if count["blank"] > count[""] else ""


def inline_list(
    page: Page,
    node: Node,
    spans: Sequence[tuple[int, int]],
    parts: Sequence[int | str],
    rendered: Callable[[int, int], str],
    style: Style,
) -> str:
    """The text of a collection in brackets with other parts: old ones by their index, new ones as text.

    ``spans`` are the old parts. Where they stand on lines of their own, so do the new ones.
    """
    text = page.text
    opening = text[node.start : spans[0][0]] if spans else text[node.start]
    if not parts:
        return text[node.start] + text[node.end - 1]
    own_lines = len(spans) > 0 and "\n" in opening
    tail = text[spans[-1][1] : node.end] if spans else text[node.end - 1]
    between = [text[a[1] : b[0]] for a, b in pairwise(spans)]
    if any("#" in gap for gap in between) or "#" in opening:
        return _with_comments(page, node, spans, parts, rendered)
    default = between[0] if between else (("," + opening[1:]) if own_lines else ("," if style.compact else ", "))
    pieces = [opening]
    previous: int | None = None
    for place, part in enumerate(parts):
        if place:
            follows = isinstance(part, int) and previous == part - 1
            pieces.append(between[part - 1] if follows and isinstance(part, int) else default)
        pieces.append(rendered(*spans[part]) if isinstance(part, int) else part)
        previous = part if isinstance(part, int) else None
    return "".join(pieces) + tail


def _with_comments(
    page: Page,
    node: Node,
    spans: Sequence[tuple[int, int]],
    parts: Sequence[int | str],
    rendered: Callable[[int, int], str],
) -> str:
    """Parts on lines of their own with comments between them: whole lines move, commas are put right."""
    text = page.text
    for start, end in spans:
        if text[page.line_start(start) : start].strip() or text[end : page.line_end(end)].partition("#")[0].strip(
            " ,\r\n"
        ):
            raise CannotEdit("comments stand between several parts of one line in brackets", start)
    column = page.column(spans[0][0])
    begins = [lead_start(page, start, column) for start, _ in spans]
    ends = [page.line_end(end) for _, end in spans]
    newline = "\r\n" if "\r\n" in text else "\n"
    trailing_comma = text[spans[-1][1] : ends[-1]].lstrip().startswith(",")
    pieces = [text[node.start : begins[0]]]
    for place, part in enumerate(parts):
        comma = "," if place < len(parts) - 1 or trailing_comma else ""
        if isinstance(part, str):
            pieces.append(" " * column + part + comma + newline)
            continue
        start, end = spans[part]
        rest = text[end : ends[part]].lstrip(" ")
        rest = text[end : ends[part]] if not rest.startswith(",") else rest[1:]
        gap = text[ends[part - 1] : begins[part]] if part else ""
        pieces.append(
            (gap if place else _comments(gap)) + text[begins[part] : start] + rendered(start, end) + comma + rest
        )
    return "".join(pieces) + text[ends[-1] : node.end]
