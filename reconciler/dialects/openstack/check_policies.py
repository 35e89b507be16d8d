"""L7 policies of Octavia, checked. Codes OS-...; observed on real servers (openstack.md 3, 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reconciler.diagnostics import Diagnostic, Path, Severity
from reconciler.dialects import _common, _octavia
from reconciler.dialects._report import Report, TextRule, listed, one_of, shown
from reconciler.dialects.openstack import check_rules, render, tables
from reconciler.model.desired import DesiredPolicy, ListenerDocument

if TYPE_CHECKING:
    from reconciler.model.live import ListenerFacts

Raw = Mapping[str, Any]

NAME = TextRule("OS-NAME", "the name", "", "any characters", tables.NAME_MAX)
DESCRIPTION = TextRule("OS-NAME", "the description", "", "any characters", tables.LONGEST, 0)
ACTIONS = tuple(tables.TARGET_FIELD)
CODES = (301, 302, 303, 307, 308)
_TARGETS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("redirect_pool", "redirect_pool_id"), "REDIRECT_TO_POOL"),
    (("redirect_url",), "REDIRECT_TO_URL"),
    (("redirect_prefix",), "REDIRECT_PREFIX"),
)
_LACKING = {
    "REDIRECT_TO_LISTENER": "use REDIRECT_TO_URL with the other listener's address",
    "FIXED_RESPONSE": "use REJECT (a 403), or a pool whose server answers",
}
_CLASSES = (
    "Octavia's data plane evaluates every REJECT first, then REDIRECT_TO_URL and REDIRECT_PREFIX, then "
    "REDIRECT_TO_POOL; positions count inside each of these. (So it is with load balancers of provider amphora; other "
    "providers are taken to go by position alone.)"
)


def listener(document: ListenerDocument) -> Iterator[Diagnostic]:
    """OS constraints that the manifest alone decides."""
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
    """The listener's protocol, and the load balancer's provider."""
    report = Report(document.address)
    if facts.protocol is not None and facts.protocol not in tables.L7_PROTOCOLS and document.policies:
        report.error(
            "OS-LISTENER-PROTOCOL",
            document.listener.path,
            f"listener {shown(facts.name)} has protocol {facts.protocol}: it takes no policies",
            "Octavia answers 501: L7 policies go with HTTP and TERMINATED_HTTPS listeners only.",
            "name a listener of protocol HTTP or TERMINATED_HTTPS",
        )
    elif facts.load_balancer_provider not in tables.HAPROXY_PROVIDERS and document.policies:
        known = facts.load_balancer_provider or "unknown"
        report.warning(
            "OS-PROVIDER",
            document.listener.path,
            f"the load balancer's provider is {known}: its order of evaluation is not known",
            "For amphora the classes REJECT, redirects, pools are known and measured. Here every policy is put in the "
            "listed order by position, whatever its action, and what is refused or warned of is amphora's.",
            "ask the cloud how this provider evaluates L7 policies",
        )
    yield from report.found


# ------------------------------------------------------------------------------------------------ one policy
def _policy(report: Report, policy: DesiredPolicy) -> None:
    raw, path = policy.raw, policy.path
    texts: tuple[tuple[TextRule, Any, str], ...] = (
        (NAME, policy.name, "name"), (DESCRIPTION, raw.get("description"), "description"),
    )  # fmt: skip
    for rule, value, where in texts:
        if rule.check(report, (*path, where), value) and any(ord(c) > 0xFFFF for c in value):
            why = "Clouds whose database uses 3-byte UTF-8 answer 500."
            what = f"{rule.what} {shown(value)} has characters beyond the basic plane (such as emoji)"
            report.warning("OS-NAME", (*path, where), what, why, "use other characters")
    _common.reserved_name(report, policy)
    action = raw.get("action")
    if action is None:
        what = f"policy {shown(policy.name)} has no action"
        report.error("OS-ACTION", path, what, "", f"add action: {listed(ACTIONS)}")
    elif isinstance(action, str) and action in _LACKING:
        what = f"action {action} is not available on OpenStack"
        report.error("OS-ACTION", (*path, "action"), what, "Octavia has no such action.", _LACKING[action])
    elif one_of(report, "OS-ACTION", (*path, "action"), "action", action, ACTIONS):
        _targets(report, path, raw, str(action))
    check_rules.tags(report, (*path, "tags"), raw.get("tags"))


def _targets(report: Report, path: Path, raw: Raw, action: str) -> None:
    for names, owner in _TARGETS:
        given = [name for name in names if raw.get(name)]
        if owner == action:
            if not given:
                summary = f"action {action} needs {names[0]}"
                hint = f"add {names[0]}, or choose another action"
                report.error("OS-TARGET", (*path, "action"), summary, "Every create and update carries it.", hint)
            elif names[0] != "redirect_pool":
                _url(report, (*path, names[0]), names[0], raw[names[0]])
        else:
            for name in given:
                report.error(
                    "OS-TARGET-FORBIDDEN",
                    (*path, name),
                    f"{name} does not belong to action {action}",
                    f"{name} works with action {owner} only; Octavia drops it silently, or changes the action by it.",
                    f"remove it, or use action {owner}",
                    on_key=True,
                )
    code = raw.get("redirect_http_code")
    if code is None:
        return
    where = (*path, "redirect_http_code")
    if action not in _octavia.REDIRECTS:
        report.error(
            "OS-TARGET-FORBIDDEN",
            where,
            f"redirect_http_code does not belong to action {action}",
            "Only REDIRECT_TO_URL and REDIRECT_PREFIX answer with a redirect; Octavia drops it silently.",
            "remove it",
            on_key=True,
        )
    elif isinstance(code, int) and not isinstance(code, bool) and code not in CODES:
        what = f"redirect_http_code {code} is none of {listed(CODES)}"
        report.error("OS-CODE", where, what, "", f"use {listed(CODES)}")


def _url(report: Report, path: Path, name: str, value: Any) -> None:
    if not isinstance(value, str):
        return
    try:
        parts = urlsplit(value)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"[\s\x00-\x1f]", value)
    except ValueError:
        fine = False
    if not fine or len(value) > tables.LONGEST:
        why = f"It is a whole URL: http or https, a host, and what follows; at most {tables.LONGEST} characters."
        report.error("OS-URL", path, f"{name} {shown(value)} is no absolute URL", why, "e.g. https://www.example.com/")
        return
    misread = render.url(value)
    if misread is not None:
        refused, what, why = misread
        tell = report.error if refused else report.warning
        tell("OS-RENDER", path, f"{name} {shown(value)} contains {what}", why, "leave it out, or percent-encode it")


# ------------------------------------------------------------------------------------------------ evaluation classes
def _classes(report: Report, document: ListenerDocument) -> None:
    """Where the list says one order and the evaluation classes another: a warning there, a note at the other place."""
    latest: tuple[int, DesiredPolicy] | None = None
    noted: set[str] = set()
    for policy in document.policies:
        class_ = _octavia.EVALUATION_CLASSES.get(str(policy.raw.get("action")))
        if class_ is None:
            continue
        if latest is None or class_ > latest[0]:
            latest = (class_, policy)
        elif class_ < latest[0]:
            above = latest[1]
            report.warning(
                "OS-CLASS",
                (*policy.path, "action"),
                f"policy {shown(policy.name)} is evaluated before {shown(above.name)}, which is listed above it",
                _CLASSES,
                f"list it above {above.name!r}, or make their rules exclude each other",
            )
            if above.name not in noted:
                noted.add(above.name)
                what = f"{shown(above.name)} is evaluated after {shown(policy.name)} and others listed below it"
                report.warning("OS-CLASS", (*above.path, "action"), what, _CLASSES, "see the warning at that policy")
                report.found[-1] = replace(report.found[-1], severity=Severity.NOTE)
