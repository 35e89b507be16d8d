"""What all pages share: the frame with its policy, numbers, times and badges."""

from __future__ import annotations

from datetime import UTC, datetime

from reconciler.reports import page as frame
from reconciler.reports.site.style import SHEET

HEAD = frame.HEAD + '<meta name="generator" content="reconcile report">\n'
"""Every page begins with this: what does was made by us."""
_CUT = 2_000

SAID = {
    "drift": "drift",
    "unknown": "cannot tell",
    "known": "known drift",
    "clean": "clean",
    "stale": "not checked lately",
    "": "never checked",
}
"""What a scope's status is called."""


def escape(text: str, limit: int | None = None) -> str:
    """The escape function of the HTML reports; what is longer than ``limit`` is cut in the middle."""
    if limit is not None and len(text) > limit:
        text = f"{text[: limit // 2]} ... {text[-limit // 3 :]} ({len(text):,} characters)"
    return frame.escape(text)


def code(text: object) -> str:
    """A value of a document; a very long one is cut."""
    return f"<code>{escape(str(text), _CUT)}</code>"


def value(text: object) -> str:
    """Words of a document in running text, apart from the direction of ours."""
    return f'<span class="value">{escape(str(text), _CUT)}</span>'


def number(count: int) -> str:
    """With thousands separators."""
    return f"{count:,}"


def badge(kind: str, said: str | None = None) -> str:
    """A word that carries a colour besides; ``kind`` is ours."""
    return f'<span class="badge {kind or "plain"}">{escape(SAID.get(kind, kind) if said is None else said)}</span>'


def day(time: float) -> str:
    """The date of a Unix time."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d")


def stamp(time: float, precise: bool) -> str:
    """The date of a Unix time; ``precise``: with the time of day."""
    return f"{day(time)} {datetime.fromtimestamp(time, UTC):%H:%M}" if precise else day(time)


def moment(time: str) -> str:
    """A document's time, to the minute, in UTC."""
    return f'<time datetime="{escape(time)}">{escape(time[:10])} {escape(time[11:16])}</time>'


def span(seconds: float) -> str:
    """A length of time in its largest unit: ``3 days``."""
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count:,} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"


def page(title: str, crumbs: str, body: str) -> str:
    """A whole page. ``title`` is escaped here; ``crumbs`` and ``body`` are HTML."""
    made = "Made by <code>reconcile report</code> from plan, drift and outcome documents. All times are UTC."
    return frame.page(title, SHEET, f"<nav>{crumbs}</nav>\n{body}\n<footer>{made}</footer>", HEAD)


def table(caption: str, heads: list[tuple[str, str]], rows: list[str], kind: str = "cards") -> str:
    """A table whose rows become cards on a narrow screen. ``heads``: text and class; roles survive the cards."""
    head = "".join(f'<th scope="col" role="columnheader" class="{css}">{escape(text)}</th>' for text, css in heads)
    return (
        f'<table class="{kind}" role="table"><caption>{caption}</caption>\n'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>\n<tbody role="rowgroup">\n'
        + "\n".join(f'<tr role="row">{row}</tr>' for row in rows)
        + "\n</tbody></table>"
    )


def cell(label: str, content: str, css: str = "") -> str:
    """A cell of :func:`table`; an empty one is not shown on a card."""
    classes = f"{css} empty".strip() if not content else css
    return f'<td role="cell" data-label="{escape(label)}" class="{classes}">{content}</td>'


def row_head(content: str) -> str:
    """The first cell of a row: its heading."""
    return f'<th scope="row" role="rowheader">{content}</th>'
