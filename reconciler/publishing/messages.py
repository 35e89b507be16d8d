"""What a webhook is told of new drift: JSON by ``schemas/notification.schema.json``, or Slack's shape.

Both are bounded, count what they leave out, name what opened first, and hold no values of manifests or live objects:
a chat room is no place for them, and the drift document has them all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.canonical import digest
from reconciler.publishing.urls import shown
from reconciler.visible import visible

MAX_BYTES = 60_000
"""Bytes of a JSON notification."""
MAX_FINDINGS = 100
SLACK_FINDINGS = 20
SLACK_SECTION = 3000
"""Characters of a section's text: Slack refuses more. Its other limits (50 blocks) are far away."""
_LONGEST = 400
_ORDER = ("what", "kind", "address", "scope", "object_id", "file", "line", "column", "updated_at", "status", "cause")


def new_alarms(drift: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The findings that alarm, those that opened something first, else in the document's order."""
    return sorted((f for f in drift["findings"] if f["alarm"]), key=lambda finding: not finding["opens"])


def notification(drift: Mapping[str, Any], run_url: str | None = None) -> dict[str, Any] | None:
    """The body of a JSON notification, or None when nothing alarms.

    ``id`` is the same for the same findings of the same run: a receiver can drop what arrives twice.
    """
    alarms = new_alarms(drift)
    if not alarms:
        return None
    whole: dict[str, Any] = {
        "format_version": 1,
        "kind": "Notification",
        "tool_version": drift["tool_version"][:_LONGEST],
        "id": digest([drift["checked_at"], sorted(finding["fingerprint"] for finding in alarms)]),
        "checked_at": drift["checked_at"],
        "result": drift["result"],
        "run_url": shown(run_url),
        "source": _source(drift["source"]),
        "summary": {name: drift["summary"][name] for name in ("scopes", "clean", "drifted", "unknown", "findings",
                                                              "alarms", "known", "kept", "what", "cause")},
        "findings": [],
        "left_out": len(alarms),
    }  # fmt: skip
    size = len(_bytes(whole))
    for finding in alarms[:MAX_FINDINGS]:
        told = _finding(finding)
        size += len(_bytes(told)) + 1
        if size > MAX_BYTES:
            break
        whole["findings"].append(told)
    whole["left_out"] = len(alarms) - len(whole["findings"])
    return whole


def slack(drift: Mapping[str, Any], run_url: str | None = None) -> dict[str, Any] | None:
    """The body for an incoming webhook of Slack, or None when nothing alarms.

    Every word that is not ours stands in a code span, escaped: nothing in it mentions anybody or becomes a link.
    """
    alarms = new_alarms(drift)
    if not alarms:
        return None
    summary = drift["summary"]
    opened = sum(1 for finding in alarms if finding["opens"])
    first = f"Drift: {len(alarms)} new finding{'' if len(alarms) == 1 else 's'}"
    first += f", {opened} of them open{'s' if opened == 1 else ''} traffic" if opened else ""
    counts = f"{summary['drifted']} of {summary['scopes']} scopes drifted, {summary['unknown']} could not be told"
    link = shown(run_url)
    blocks = [_section(f"*{first}*\n{counts}" + (f"\n<{_escaped(link)}|the run>" if link else ""))]
    blocks += [_section(_slack_finding(finding)) for finding in alarms[:SLACK_FINDINGS]]
    if len(alarms) > SLACK_FINDINGS:
        blocks.append(_section(f"and {len(alarms) - SLACK_FINDINGS} more, which the drift document has"))
    return {"text": first, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _source(source: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "manifest_digest": source["manifest_digest"],
        "commit": _short(source["commit"]),
        "paths": [_short(path) for path in source["paths"][:20]],
        "target": [_short(glob) for glob in source["target"][:20]],
        "exclude": [_short(glob) for glob in source["exclude"][:20]],
        **({"shard": source["shard"]} if "shard" in source else {}),
    }


def _finding(finding: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: _short(finding[name]) for name in _ORDER}
    return {
        "fingerprint": finding["fingerprint"], **told, "opens": finding["opens"], "kept": finding["kept"],
        "fields": [_short(field["field"]) for field in finding["fields"][:50]],
    }  # fmt: skip


def _short(value: Any) -> Any:
    """Strings of bounded length; anything else as it is."""
    return value if not isinstance(value, str) or len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _slack_finding(finding: Mapping[str, Any]) -> str:
    head = f"*{finding['what']}*" + (" :warning: opens traffic" if finding["opens"] else "")
    lines = [f"{head}  {slack_code(finding['address'])}"]
    if finding["fields"]:
        names = [field["field"] for field in finding["fields"]]
        more = f" and {len(names) - 8} more" if len(names) > 8 else ""
        lines.append("differs in " + ", ".join(slack_code(name, 60) for name in names[:8]) + more)
    where = f"{finding['file']}:{finding['line']}" if finding["file"] and finding["line"] else finding["file"]
    facts: Sequence[tuple[str, Any]] = (
        ("manifest", where), ("live id", finding["object_id"]), ("updated", finding["updated_at"]),
    )  # fmt: skip
    lines.append(", ".join(
        [f"cause: {finding['cause'].replace('_', ' ')}", *(f"{name} {slack_code(v, 200)}" for name, v in facts if v)]
    ))  # fmt: skip
    return "\n".join(lines)


def slack_code(text: str, limit: int = 300) -> str:
    """``text`` in a code span of Slack's mrkdwn: one line, visible, escaped, at most ``limit`` characters."""
    seen = ""
    for character in visible(text[: limit + 1]).replace("`", "\\x60"):
        entity = _escaped(character)
        if len(seen) + len(entity) >= limit:
            seen += "…"
            break
        seen += entity
    return f"`{seen or ' '}`"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _section(text: str) -> dict[str, Any]:
    # verbatim: Slack looks for no names and addresses of its own in the text
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:SLACK_SECTION], "verbatim": True}}
