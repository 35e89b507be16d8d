"""L7 policies of Gcore, checked. Codes GC-...; what rests on Octavia alone is a warning that says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.diagnostics import Diagnostic, Path
from reconciler.dialects import _common, _octavia
from reconciler.dialects._report import Report, TextRule, listed, one_of, shown
from reconciler.dialects.gcore import check_rules, tables
from reconciler.model.desired import DesiredPolicy, ListenerDocument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from reconciler.model.live import ListenerFacts

Raw = Mapping[str, "Any"]

NAME = TextRule(
    "GC-NAME",
    "the name",
    tables.NAME_PATTERN,
    "letters, digits, ' ', '.', '_' and '-', beginning with a letter or digit, ending with one of them or '.' or '_'",
    tables.NAME_MAX,
    3,
)
ACTIONS = tuple(tables.TARGET_FIELD)
CODES = (301, 302, 303, 307, 308)
L7_PROTOCOLS = ("HTTP", "TERMINATED_HTTPS")
_TARGETS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("redirect_pool", "redirect_pool_id"), "REDIRECT_TO_POOL"),
    (("redirect_url",), "REDIRECT_TO_URL"),
    (("redirect_prefix",), "REDIRECT_PREFIX"),
)
_LACKING = {
    "REDIRECT_TO_LISTENER": "use REDIRECT_TO_URL with the other listener's address",
    "FIXED_RESPONSE": "use REJECT (a 403), or a pool whose server answers",
}


def listener(document: ListenerDocument) -> Iterator[Diagnostic]:
    """GC constraints that the manifest alone decides."""
    report = Report(document.address)
    for policy in document.policies:
        _policy(report, policy)
        check_rules.check(report, policy)
    _classes(report, document)
    _common.pins(
        report,
        document,
        "position",
        lowest=lambda _: _octavia.POSITIONS[0],
        highest=_octavia.POSITIONS[1],
        unique_code="PIN-UNIQUE",
        range_code="PIN-RANGE",
    )
    yield from report.found


def listener_live(document: ListenerDocument, facts: ListenerFacts) -> Iterator[Diagnostic]:
    """The listener's protocol."""
    report = Report(document.address)
    if facts.protocol is not None and facts.protocol not in L7_PROTOCOLS and document.policies:
        report.warning(
            "GC-LISTENER-PROTOCOL",
            document.listener.path,
            f"listener {shown(facts.name)} has protocol {facts.protocol}: it may take no policies",
            "Octavia has L7 policies on HTTP and TERMINATED_HTTPS listeners only; Gcore does not say.",
            "name a listener of protocol HTTP or TERMINATED_HTTPS",
        )
    yield from report.found


# ------------------------------------------------------------------------------------------------ one policy
def _policy(report: Report, policy: DesiredPolicy) -> None:
    raw, path = policy.raw, policy.path
    NAME.check(report, (*path, "name"), policy.name)
    _common.reserved_name(report, policy)
    action = raw.get("action")
    if action is None:
        report.error(
            "GC-ACTION", path, f"policy {shown(policy.name)} has no action", "", f"add action: {listed(ACTIONS)}"
        )
    elif isinstance(action, str) and action in _LACKING:
        why = "Gcore has no such action."
        report.error(
            "GC-ACTION", (*path, "action"), f"action {action} is not available on Gcore", why, _LACKING[action]
        )
    elif one_of(report, "GC-ACTION", (*path, "action"), "action", action, ACTIONS):
        _targets(report, path, raw, str(action))
    if raw.get("admin_state_up") is not None or raw.get("description") is not None:
        _no_such_field(report, path, raw)


def _no_such_field(report: Report, path: Path, raw: Raw) -> None:
    for name in ("admin_state_up", "description"):
        if raw.get(name) is not None:
            why = "Gcore's policies have neither an administrative state nor a description."
            report.error("GC-FIELD", (*path, name), f"{name} is not available on Gcore", why, "remove it", on_key=True)


def _targets(report: Report, path: Path, raw: Raw, action: str) -> None:
    for names, owner in _TARGETS:
        given = [name for name in names if raw.get(name)]
        if owner == action:
            if not given:
                what = names[0]
                summary = f"action {action} needs {what}"
                hint = f"add {what}, or choose another action"
                report.error("GC-TARGET", (*path, "action"), summary, "Every create and update carries it.", hint)
            elif names[0] in ("redirect_url", "redirect_prefix"):
                _url(report, (*path, names[0]), names[0], raw[names[0]])
        else:
            for name in given:
                report.error(
                    "GC-TARGET-FORBIDDEN",
                    (*path, name),
                    f"{name} does not belong to action {action}",
                    f"{name} works with action {owner} only.",
                    f"remove it, or use action {owner}",
                    on_key=True,
                )
    code = raw.get("redirect_http_code")
    if code is None:
        return
    where = (*path, "redirect_http_code")
    if action not in _octavia.REDIRECTS:
        report.error(
            "GC-TARGET-FORBIDDEN",
            where,
            f"redirect_http_code does not belong to action {action}",
            "Only REDIRECT_TO_URL and REDIRECT_PREFIX answer with a redirect.",
            "remove it",
            on_key=True,
        )
    elif isinstance(code, int) and not isinstance(code, bool) and code not in CODES:
        report.error(
            "GC-CODE", where, f"redirect_http_code {code} is none of {listed(CODES)}", "", f"use {listed(CODES)}"
        )


def _url(report: Report, path: Path, name: str, value: Any) -> None:
    if not isinstance(value, str):
        return
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(value)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and not any(c <= " " for c in value)
    except ValueError:
        fine = False
    if not fine:
        why = "It is a whole URL: http or https, a host, and what follows."
        report.error("GC-URL", path, f"{name} {shown(value)} is no absolute URL", why, "e.g. https://www.example.com/")


# ------------------------------------------------------------------------------------------------ evaluation classes
def _classes(report: Report, document: ListenerDocument) -> None:
    """Where the list says one order and Octavia's phases another. One warning a policy that is evaluated earlier."""
    latest: tuple[int, DesiredPolicy] | None = None
    for policy in document.policies:
        class_ = _octavia.EVALUATION_CLASSES.get(str(policy.raw.get("action")))
        if class_ is None:
            continue
        if latest is not None and class_ < latest[0]:
            above = latest[1]
            report.warning(
                "GC-CLASS",
                (*policy.path, "action"),
                f"policy {shown(policy.name)} is probably evaluated before {shown(above.name)} above it",
                "Octavia evaluates every REJECT first, then REDIRECT_TO_URL and REDIRECT_PREFIX, then "
                "REDIRECT_TO_POOL; positions count inside each of these. That Gcore does the same is likely, but not "
                "documented.",
                f"list it above {above.name!r}, or make their rules exclude each other",
            )
        elif latest is None or class_ > latest[0]:
            latest = (class_, policy)
