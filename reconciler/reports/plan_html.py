"""The Plan as one HTML page: what is dangerous, every step in order with its fields and its call, what is left alone.

Made for plans of ten thousand steps too: what is folded or out of sight is not laid out by the browser.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.reports import plan, plan_danger, plan_steps, words
from reconciler.reports.changes import Difference, differences, step_differences
from reconciler.reports.lines import Line
from reconciler.reports.page import escape, page
from reconciler.reports.plan_html_style import STYLE

OPEN_STEPS = 40
"""Scopes of a plan with more steps than this are folded."""
_VERBS = {"create": "created", "update": "updated", "delete": "deleted", "move": "moved"}
_CLASSES = {"+": "create", "~": "update", "-": "delete", ">": "move", "!": "bad", " ": "more"}
_ID = re.compile(r"s[1-9][0-9]*")

Step = Mapping[str, Any]


def render(document: Mapping[str, Any], *, full: bool = False) -> str:
    """The whole page, with every value uncut. ``full`` unfolds everything, for printing."""
    opened = " open" if full else ""
    parts = [
        _head(document),
        _list("Danger", "danger", plan_danger.full(plan_danger.dangers(document, None))),
        _diagnostics(document["diagnostics"]),
        _changes(document, opened),
        *(_notes(title, items, opened) for title, items in (
            ("Unlisted, left alone", plan.kept(document)),
            ("Ignored, as the manifests ask", document["ignored"]),
            ("Cosmetic, not worth a call", document["cosmetic"]),
        )),
        _providers(document["providers"]),
        _reads(document["reads"]),
        _foot(document),
    ]  # fmt: skip
    return page(plan.summary(document), STYLE, "\n".join(part for part in parts if part))


def _head(document: Mapping[str, Any]) -> str:
    source, count = document["source"], document["summary"]
    facts = [f"reconcile {document['tool_version']}", document["today"]]
    if source["commit"]:
        facts.append(f"commit {source['commit'][:12]}")
    facts += [f"from {', '.join(source['paths'])}"] if source["paths"] else []
    tiles = [(op, f"{count[op]:,}", f"to be {_VERBS[op]}") for op in plan_steps.SYMBOLS]
    tiles.append(("calls", f"{count['calls']:,}", "call" if count["calls"] == 1 else "calls"))
    blocked = len({item["scope"] for item in document["blocked"]})
    tiles.append(("blocked", f"{blocked:,}", "scope blocked" if blocked == 1 else "scopes blocked"))
    cells = "".join(
        f'<li class="{kind}{" none" if number == "0" else ""}"><b>{number}</b> {said}</li>'
        for kind, number, said in tiles
    )
    about = " · ".join(f"<span>{escape(str(fact))}</span>" for fact in facts)
    return f'<p class="about">{about}</p>\n<h1>{escape(plan.summary(document))}</h1>\n<ul class="tiles">{cells}</ul>'


def _list(title: str, kind: str, lines: Iterator[Line]) -> str:
    items = [_item(line) for line in lines]
    if not items:
        return ""
    return f'<section class="{kind}">\n<h2>{escape(title)}</h2>\n<ul>\n' + "\n".join(items) + "\n</ul>\n</section>"


def _item(line: Line) -> str:
    tail = ""
    if line.tail:
        shown = f'<a href="#{line.tail}">{line.tail}</a>' if _ID.fullmatch(line.tail) else escape(line.tail)
        tail = f' <span class="tail">{shown}</span>'
    return f'<li class="{_CLASSES.get(line.symbol, "more")}">{escape(line.text)}{tail}</li>'


def _diagnostics(found: Sequence[Mapping[str, Any]]) -> str:
    rank = {"error": 0, "warning": 1}
    items = []
    for item in sorted(found, key=lambda d: rank.get(d["severity"], 2)):
        where = f"{item['file']}:{item['line']}:{item['column']}" if item["file"] else item["address"] or ""
        parts = [f"<b>{escape(item['severity'])}[{escape(item['code'])}]</b> {escape(item['summary'])}"]
        parts += [f"<code>{escape(where)}</code>"] if where else []
        parts += [f"<p>{escape(line)}</p>" for line in item["detail"].splitlines()]
        parts += [f"<p>fix: {escape(line)}</p>" for line in item["hint"].splitlines()]
        items.append(f'<li class="{escape(item["severity"])}">{"".join(parts)}</li>')
    if not items:
        return ""
    return '<section class="problems">\n<h2>Diagnostics</h2>\n<ul>\n' + "\n".join(items) + "\n</ul>\n</section>"


# ---------------------------------------------------------------------- steps
def _changes(document: Mapping[str, Any], opened: str) -> str:
    steps: dict[str, list[Step]] = {}
    for step in document["steps"]:
        steps.setdefault(step["scope"], []).append(step)
    if not steps:
        return ""
    scopes = {scope["address"]: scope for scope in document["scopes"]}
    fold = opened or (" open" if len(document["steps"]) <= OPEN_STEPS else "")
    parts = ["<section>", "<h2>Steps, in order</h2>"]
    for address, own in steps.items():
        count = ", ".join(
            f"{number:,} {op}" for op in plan_steps.SYMBOLS if (number := sum(s["op"] == op for s in own))
        )
        note = escape(plan_steps.scope_note(scopes.get(address, {})))
        parts.append(f'<details class="scope"{fold}><summary><b>{escape(address)}</b> <span class="tail">{count}</span>'
                     f"</summary>\n<p class=\"tail\">{note}</p>\n<ol>")  # fmt: skip
        parts += [_step(step, opened) for step in own]
        parts.append("</ol>\n</details>")
    return "\n".join([*parts, "</section>"])


def _step(step: Step, opened: str) -> str:
    shown = step["after"] if step["after"] is not None else step["before"]
    label = words.label(step["kind"], step["address"], shown)
    role = f' <span class="role">{escape(step["role"])}</span>' if step["role"] != "none" else ""
    gap = f' <span class="role bad">gap of {escape(words.tail(step["gap"]))}</span>' if step["gap"] else ""
    out = [
        f'<li class="{escape(step["op"])}" id="{escape(step["id"])}">'
        f'<h3><span class="op">{escape(step["op"])}</span> {escape(label)}{role}{gap}'
        f' <span class="tail">{escape(step["id"])}</span></h3>',
        _table(list(step_differences(step, None))),
    ]
    out += [f'<p class="bad">{escape(warning)}</p>' for warning in step["warnings"]]
    out += [f'<p class="why">{escape(step["reason"])}</p>'] if step["reason"] else []
    out.append(_call(step, opened))
    return "".join(out) + "</li>"


def _table(found: Sequence[Difference]) -> str:
    if not found:
        return ""
    both = any(one.before is not None for one in found) and any(one.after is not None for one in found)
    head = "<tr><th>field</th><th>before</th><th>after</th></tr>" if both else ""
    return f"<table>{head}{''.join(_row(one, both) for one in found)}</table>"


def _row(one: Difference, both: bool) -> str:
    cells = ""
    for text, kind in ((one.before, "was"), (one.after, "is")):
        if text is not None:
            cells += f'<td class="{kind}"><code>{escape(text)}</code></td>'
        elif both:
            cells += "<td></td>"
    name = escape(one.field).replace("_", "_<wbr>").replace(".", ".<wbr>")
    return f"<tr><th>{name}</th>{cells}</tr>"


def _call(step: Step, opened: str) -> str:
    """The call with its body, and what must still be true before it is sent."""
    body = step["call"]["body"]
    lines = [f"<dt>address</dt><dd><code>{escape(step['address'])}</code></dd>"]
    if step["object_id"] is not None:
        lines.append(f"<dt>id</dt><dd><code>{escape(words.value(step['object_id']))}</code></dd>")
    for item in step["preconditions"]:
        what = (
            "must be as it was read" if item["fingerprint"] else "must exist" if item["object_id"] else "must be absent"
        )
        lines.append(f"<dt>before the call</dt><dd><code>{escape(item['address'])}</code> {what}</dd>")
    text = "" if body is None else f"<pre>{_pretty(body)}</pre>"
    return (
        f'<details class="call"{opened}><summary><code>{escape(plan_steps.call(step))}</code></summary>'
        f"<dl>{''.join(lines)}</dl>{text}</details>"
    )


def _pretty(body: Any) -> str:
    """Indented JSON; each of its lines is escaped by itself, so that values keep to their line."""
    return "\n".join(map(escape, json.dumps(body, indent=2, ensure_ascii=False).split("\n")))


# ---------------------------------------------------------------------- the rest
def _notes(title: str, notes: Sequence[Mapping[str, Any]], opened: str) -> str:
    if not notes:
        return ""
    items = []
    for note in notes:
        label = words.label(note["kind"], note["address"], note["object"])
        before = f'<p class="bad">evaluated before {escape(", ".join(map(words.tail, note["related"])))}</p>'
        where = f"{escape(note['scope'])}, {escape(note['object_id'])}"
        items.append(
            f'<li><h3>{escape(label)} <span class="tail">{where}</span></h3>'
            f"{before if note['related'] else ''}{_table(list(differences(note['changed'], None)))}"
            f'<p class="why">{escape(note["reason"])}</p></li>'
        )
    head = f'<b>{escape(title)}</b> <span class="tail">{len(items):,}</span>'
    return (
        f'<section><details class="scope"{opened}><summary>{head}</summary>\n<ol>\n'
        + "\n".join(items)
        + "\n</ol>\n</details></section>"
    )


def _providers(found: Sequence[Mapping[str, Any]]) -> str:
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(_plain(item.get(key)))}</td>" for key in _PROVIDER) + "</tr>" for item in found
    )
    if not rows:
        return ""
    head = "".join(f"<th>{key}</th>" for key in _PROVIDER)
    return _grid("Providers", f"<tr>{head}</tr>{rows}")


_PROVIDER = ("name", "type", "region", "project", "endpoint")


def _plain(item: Any) -> str:
    return "" if item is None else item if isinstance(item, str) else words.value(item)


def _reads(reads: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{escape(term['name'])}</td><td>{escape(term['formula'])}</td>"
        f'<td class="n">{term["calls"]:,}</td></tr>'
        for term in reads["terms"]
    )
    if not rows:
        return ""
    head = '<tr><th>what</th><th>made of</th><th class="n">calls</th></tr>'
    return _grid(f"Read calls <small>{reads['calls']:,}</small>", head + rows)


def _grid(title: str, rows: str) -> str:
    return f'<section><h2>{title}</h2><div class="wide"><table class="grid">{rows}</table></div></section>'


def _foot(document: Mapping[str, Any]) -> str:
    said = "".join(f"<p>{escape(line.text)}</p>" for line in plan.closing(document))
    if not document["steps"]:
        return f"<footer>{said}</footer>"
    command = f"reconcile apply --plan plan.json --expect-digest {document['digest']}"
    return f"<footer>{said}<p>To carry out exactly this plan, or nothing:</p><pre>{escape(command)}</pre></footer>"
