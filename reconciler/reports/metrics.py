"""The Drift as metrics: OpenMetrics text that the textfile collector of node_exporter reads as well.

Prometheus' own text format (0.0.4) and OpenMetrics 1.0 differ in types and suffixes; this writes what both read the
same way: gauges only, no timestamps, UNIT and EOF lines (comments to the older format), help without anything that
would need an escape. Every series carries a scope or the selection of the run, so that the files of several runs
(shards, repositories) can lie in one directory: the collector refuses a series that stands in two files.

There is no series a finding: a scope adds a fixed number of them, and at most one for each combination of kind, what
and cause that it has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

_Labels = tuple[tuple[str, str], ...]
_Sample = tuple[_Labels, int | float]

STATUSES = ("clean", "drift", "known", "unknown")
RESULTS = ("clean", "drift", "unknown")
_PREFIX = "reconciler_drift_"


def render(document: Mapping[str, Any]) -> str:
    """A Drift document as OpenMetrics text; the same bytes for the same document, ends with ``# EOF``.

    Raises:
        ValueError: a document of another kind.
    """
    if document.get("kind") != "Drift":
        raise ValueError(f"{document.get('kind')!r} is no kind of document that has metrics: Drift")
    out: list[str] = []
    for name, unit, text, samples in _families(document):
        family = f"{_PREFIX}{name}"
        out.append(f"# HELP {family} {text}")
        out.append(f"# TYPE {family} gauge")
        if unit:
            out.append(f"# UNIT {family} {unit}")
        out += sorted(f"{family}{{{_labels(labels)}}} {value}" for labels, value in samples)
    return "\n".join((*out, "# EOF")) + "\n"


def escape(text: str) -> str:
    """A label's value: the formats' own three escapes; every other character stands for itself.

    Half characters (lone surrogates) cannot be written as UTF-8, and NUL ends a text for some readers: U+FFFD.
    """
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\0", "\ufffd")
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _labels(labels: _Labels) -> str:
    return ",".join(f'{name}="{escape(value)}"' for name, value in labels)


def _families(drift: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Sequence[_Sample]]]:
    """Name, unit, help and samples of every family."""
    yield from _of_the_run(drift)
    yield from _of_scopes(drift)
    findings = drift["findings"]
    providers = {scope["address"]: scope["provider"] for scope in drift["scopes"]}
    for name, text, found in (
        ("findings", "Everything that is not as the manifests say", findings),
        ("alarms", "Findings that alarm", [f for f in findings if f["alarm"]]),
        ("known", "Findings that the baseline holds", [f for f in findings if f["known"]]),
        ("kept", "Unlisted objects that the manifests keep", [f for f in findings if f["kept"]]),
    ):
        yield name, "", f"{text}, by scope, kind of object, what is wrong and cause.", _counted(found, providers)
    yield from _ignored(drift, providers)


def _of_the_run(drift: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Sequence[_Sample]]]:
    """What is told once a run: its series carry the selection, which is the same in every run of one job."""
    names = ",".join(sorted(provider["name"] for provider in drift["providers"]))
    run = (("providers", names), ("selection", selection(drift["source"])))
    yield "run_info", "", "The check, with the version that made it; always 1.", [
        ((*run, ("version", drift["tool_version"])), 1)
    ]  # fmt: skip
    yield "run_timestamp_seconds", "seconds", "When the check was made.", [(run, _seconds(drift["checked_at"]))]
    yield "run_result", "", "1 for the result of the check; unknown: at least one scope could not be told.", [
        ((*run, ("result", result)), int(drift["result"] == result)) for result in RESULTS
    ]  # fmt: skip
    yield "run_read_calls", "", "Read calls of the check, by provider.", [
        ((*run, ("provider", provider)), calls) for provider, calls in sorted(_reads(drift).items())
    ]  # fmt: skip
    severities = Counter(d["severity"] for d in drift["diagnostics"])
    yield "run_diagnostics", "", "Diagnostics of the check, by severity.", [
        ((*run, ("severity", severity)), severities[severity]) for severity in ("error", "warning", "note")
    ]  # fmt: skip
    baseline = drift["baseline"]
    if baseline is not None:
        yield "run_baseline_findings", "", "Findings of the baseline; state gone: they are no more.", [
            ((*run, ("state", "all")), baseline["findings"]), ((*run, ("state", "gone")), baseline["gone"])
        ]  # fmt: skip


def selection(source: Mapping[str, Any]) -> str:
    """What a run looked at, in words that do not change from run to run: paths, targets, exclusions, shard."""
    parts = [*source["paths"]]
    parts += [f"--{key} {glob}" for key in ("target", "exclude") for glob in source[key]]
    if source.get("shard"):
        parts.append(f"--shard {source['shard']}")
    return " ".join(map(str, parts))


def _reads(drift: Mapping[str, Any]) -> Counter[str]:
    """Read calls by provider: a term is named ``<provider>: <what>``."""
    known = {provider["name"] for provider in drift["providers"]}
    calls: Counter[str] = Counter()
    for term in drift["reads"]["terms"]:
        name = term["name"].rpartition(": ")[0]
        calls[name if name in known else ""] += term["calls"]
    return calls


def _of_scopes(drift: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Sequence[_Sample]]]:
    """What every scope has, whatever was found, so that an alert can rest on a series that is always there."""
    scopes = [((("provider", s["provider"]), ("scope", s["address"])), s) for s in drift["scopes"]]
    when = _seconds(drift["checked_at"])
    opens = Counter(f["scope"] for f in drift["findings"] if f["opens"] and f["alarm"])
    yield "scope_status", "", "1 for the status of the scope; unknown: it could not be told.", [
        ((*labels, ("status", status)), int(scope["status"] == status)) for labels, scope in scopes
        for status in STATUSES
    ]  # fmt: skip
    yield "scope_alarms", "", "Findings of the scope that alarm.", [(at, s["alarms"]) for at, s in scopes]
    yield "scope_opens", "", "Findings of the scope that alarm and admit traffic that the manifests do not.", [
        (at, opens[s["address"]]) for at, s in scopes
    ]  # fmt: skip
    yield "scope_timestamp_seconds", "seconds", "When the scope was last looked at.", [(at, when) for at, _ in scopes]
    yield "scope_told_timestamp_seconds", "seconds", "When the scope was last looked at and could be told.", [
        (at, when) for at, s in scopes if s["status"] != "unknown"
    ]  # fmt: skip
    yield "scope_objects", "", "Live objects that were read, by kind.", [
        ((*at, ("kind", kind)), number) for at, s in scopes for kind, number in sorted(s["objects"].items())
    ]  # fmt: skip
    providers = {s["address"]: s["provider"] for _, s in scopes}
    unknown = Counter((u["scope"], u["code"]) for u in drift["unknown"])
    yield "scope_unknown", "", "Reasons why the scope could not be told, by diagnostic code.", [
        ((("provider", providers.get(scope, "")), ("scope", scope), ("code", code)), number)
        for (scope, code), number in unknown.items()
    ]  # fmt: skip


def _counted(findings: Iterable[Mapping[str, Any]], providers: Mapping[str, str]) -> list[_Sample]:
    counts = Counter((f["scope"], f["kind"], f["what"], f["cause"]) for f in findings)
    return [
        (
            (
                ("provider", providers.get(scope, "")),
                ("scope", scope),
                ("kind", kind),
                ("what", what),
                ("cause", cause),
            ),
            number,
        )
        for (scope, kind, what, cause), number in counts.items()
    ]


def _ignored(
    drift: Mapping[str, Any], providers: Mapping[str, str]
) -> Iterator[tuple[str, str, str, Sequence[_Sample]]]:
    """Objects that ``ignore`` entries hide, and how long the first of those entries still holds."""
    objects = Counter(note["scope"] for note in drift["ignored"])
    ends: dict[str, str] = {}
    for note in drift["ignored"]:
        if note["until"] is not None:
            ends[note["scope"]] = min(ends.get(note["scope"], note["until"]), note["until"])

    def at(scope: str) -> _Labels:
        return (("provider", providers.get(scope, "")), ("scope", scope))

    yield "scope_ignored", "", "Objects of the scope that ignore entries hide.", [
        (at(scope), number) for scope, number in objects.items()
    ]  # fmt: skip
    left = [(at(scope), days) for scope, end in ends.items() if (days := _days(drift["today"], end)) is not None]
    text = "Days until the first ignore entry of the scope ends; 0 on its last day."
    yield "scope_ignore_left_days", "days", text, left


def _seconds(time: str) -> float:
    """Unix time of a document's time, in milliseconds' precision."""
    from datetime import UTC, datetime

    return round(datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp(), 3)


def _days(today: str, end: str) -> int | None:
    """Days from one ISO date to another; None where ``end`` is no date of the calendar."""
    from datetime import date

    try:
        return (date.fromisoformat(end) - date.fromisoformat(today)).days
    except ValueError:
        return None
