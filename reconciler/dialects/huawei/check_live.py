"""Constraints of a Huawei listener that need live facts: its protocol, port, advanced forwarding, load balancer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.diagnostics import Diagnostic, Path
from reconciler.dialects._report import Report, shown
from reconciler.dialects.huawei import check_targets, evaluation, tables
from reconciler.model.desired import DesiredPolicy, ListenerDocument
from reconciler.model.objects import Policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from reconciler.model.live import ListenerFacts

HTTP_PROTOCOLS = ("HTTP", "HTTPS", "TERMINATED_HTTPS")
TLS_PROTOCOLS = ("HTTPS", "TERMINATED_HTTPS")


def listener_live(document: ListenerDocument, policies: Sequence[Policy], facts: ListenerFacts) -> Iterator[Diagnostic]:
    """HW-R constraints that depend on the listener and its load balancer."""
    report = Report(document.address)
    pairs = list(zip(document.policies, policies, strict=False))
    _protocol(report, document, facts)
    for asked, policy in pairs:
        _redirect_listener(report, asked, policy, facts)
        _pools(report, asked, policy, facts)
        _loop(report, asked, facts)
    if facts.advanced_forwarding is False or facts.load_balancer_kind == "shared":
        _plain(report, document, facts)
        _order(report, pairs)
    yield from report.found


def _protocol(report: Report, document: ListenerDocument, facts: ListenerFacts) -> None:
    """HW-R01, HW-R03, HW-R04: the most special one, told once where the listener is the mistake."""
    protocol = facts.protocol
    if protocol is None or not document.policies:
        return
    for policy in document.policies:
        if policy.raw.get("action") == "REDIRECT_TO_LISTENER" and protocol != "HTTP":
            report.error(
                "HW-R04",
                (*policy.path, "action"),
                f"REDIRECT_TO_LISTENER on a listener of protocol {protocol}",
                "Only an HTTP listener can be redirected to an HTTPS one.",
                "use it on the HTTP listener, or choose REDIRECT_TO_URL",
            )
    others = [p for p in document.policies if p.raw.get("action") != "REDIRECT_TO_LISTENER"]
    if protocol in HTTP_PROTOCOLS or not others:
        return
    pools_only = all(p.raw.get("action") == "REDIRECT_TO_POOL" for p in others)
    report.error(
        "HW-R03" if pools_only else "HW-R01",
        (*others[0].path, "action") if pools_only else document.listener.path,
        f"listener {shown(facts.name)} has protocol {protocol}: it takes no policies",
        "Policies belong to listeners of protocol HTTP or HTTPS (TERMINATED_HTTPS on shared load balancers).",
        "name another listener",
    )


def _redirect_listener(report: Report, asked: DesiredPolicy, policy: Policy, facts: ListenerFacts) -> None:
    """HW-R07: an HTTPS listener of the same load balancer."""
    target = policy.fields.get("redirect_listener_id")
    if target is None or not facts.listeners:
        return
    where = _given(asked, check_targets.LISTENER_FIELDS)
    found = facts.listeners.get(target)
    if found is None:
        report.error(
            "HW-R07",
            where,
            f"listener {shown(target)} is not on the same load balancer",
            "A policy redirects to a listener of its own load balancer.",
            "name an HTTPS listener of this load balancer, or use REDIRECT_TO_URL",
        )
    elif found.protocol is not None and found.protocol not in TLS_PROTOCOLS:
        report.error(
            "HW-R07",
            where,
            f"listener {shown(found.name)} has protocol {found.protocol}, not HTTPS",
            "REDIRECT_TO_LISTENER leads to an HTTPS listener.",
            "name an HTTPS listener",
        )


def _given(asked: DesiredPolicy, names: tuple[str, ...]) -> Path:
    return (*asked.path, next((name for name in names if asked.raw.get(name)), "action"))


def _pools(report: Report, asked: DesiredPolicy, policy: Policy, facts: ListenerFacts) -> None:
    config = asked.raw.get("redirect_pools_config")
    wanted = policy.fields.get("redirect_pools_config") or ()
    ids = [entry["pool_id"] for entry in wanted] or [policy.fields.get("redirect_pool_id")]
    if isinstance(config, (list, tuple)):
        references = {(e.get("pool"), e.get("pool_id")) for e in config if isinstance(e, Mapping)}
        if len(references) == len(config) > len(ids):
            report.error(
                "HW-R13",
                (*asked.path, "redirect_pools_config"),
                "a pool is listed twice, by its name and by its id",
                "The pools of one policy must differ.",
                "remove one of both entries",
                on_key=True,
            )
    if facts.default_pool_id is not None and facts.default_pool_id in ids:
        where = (*asked.path, "redirect_pools_config") if config else _given(asked, check_targets.POOL_FIELDS)
        report.warning(
            "HW-R12",
            where,
            "the pool is the listener's default pool",
            "One page says that a policy cannot be changed to a listener's default pool, others that pools may be "
            "shared: the API may refuse it.",
            "use a pool of its own, or leave the requests to the default pool",
        )


def _loop(report: Report, asked: DesiredPolicy, facts: ListenerFacts) -> None:
    """HW-R38: a redirect to the listener's own protocol and port must change host or path."""
    config = asked.raw.get("redirect_url_config")
    if asked.raw.get("action") != "REDIRECT_TO_URL" or not isinstance(config, Mapping):
        return
    if facts.protocol is None or facts.port is None:
        return
    inherited = {name: check_targets.inherited(config, name) for name in ("protocol", "host", "port", "path")}
    if not inherited["host"] or not inherited["path"] or all(inherited.values()):
        return  # the last one is HW-R37
    own = "HTTPS" if facts.protocol in TLS_PROTOCOLS else facts.protocol
    same_protocol = inherited["protocol"] or config.get("protocol") == own
    same_port = inherited["port"] or str(config.get("port")) == str(facts.port)
    if same_protocol and same_port:
        report.error(
            "HW-R38",
            (*asked.path, "redirect_url_config"),
            "the redirect leads back to its own listener",
            f"Protocol and port are the listener's own ({own}, {facts.port}), and neither host nor path is changed: "
            "clients would be redirected for ever.",
            "change protocol, port, host or path",
            on_key=True,
        )


# ------------------------------------------------------------------------------------------------ without advanced fwd.
def _plain(report: Report, document: ListenerDocument, facts: ListenerFacts) -> None:
    """What listeners without advanced forwarding and shared load balancers do not have."""
    if facts.load_balancer_kind == "shared":
        reason = "shared load balancers do not have advanced forwarding"
        hint = "use a dedicated load balancer"
    else:
        reason = f"advanced forwarding is off on listener {facts.name!r}"
        hint = "switch it on (enhance_l7policy_enable; it cannot be switched off again)"
    pinned = next((p for p in document.policies if p.number is not None), None)
    if pinned is not None:
        where = (*pinned.path, "priority")
        why = "The cloud orders these policies by content; a priority is refused."
        report.error("HW-R22", where, f"priority is not supported: {reason}", why, f"remove every priority, or {hint}")
    for policy in document.policies:
        _plain_target(report, policy, reason, hint)
        rules = policy.raw.get("rules")
        if isinstance(rules, (list, tuple)):
            for index, rule in enumerate(rules):
                if isinstance(rule, Mapping):
                    _plain_rule(report, (*policy.path, "rules", index), rule, reason, hint)


def _plain_target(report: Report, policy: DesiredPolicy, reason: str, hint: str) -> None:
    action = policy.raw.get("action")
    code = {"REDIRECT_TO_URL": "HW-R30", "FIXED_RESPONSE": "HW-R40"}.get(str(action))
    if code is not None:
        report.error(code, (*policy.path, "action"), f"action {action} is not supported: {reason}", "", hint)
    elif policy.raw.get("redirect_pools_config"):
        where = (*policy.path, "redirect_pools_config")
        what = f"redirect_pools_config is not supported: {reason}"
        report.error("HW-R13", where, what, "", f"use redirect_pool, or {hint}", on_key=True)


def _plain_rule(report: Report, path: Path, rule: Mapping[str, Any], reason: str, hint: str) -> None:
    type_, value = rule.get("type"), rule.get("value")
    if isinstance(type_, str) and type_ not in tables.BASIC_TYPES:
        why = "Only HOST_NAME and PATH rules work without it."
        report.error("HW-R64", (*path, "type"), f"rule type {type_} is not supported: {reason}", why, hint)
    elif rule.get("conditions"):
        why = "Without it, a rule has one value and conditions have no effect."
        report.error("HW-R65", (*path, "conditions"), f"conditions are not supported: {reason}", why, hint, on_key=True)
    elif type_ == "HOST_NAME" and isinstance(value, str) and "*" in value:
        what = f"the wildcard in {shown(value)} is not supported: {reason}"
        report.error("HW-R64", (*path, "value"), what, "Only exact host names work without it.", hint)


def _order(report: Report, pairs: Sequence[tuple[DesiredPolicy, Policy]]) -> None:
    """HW-R28: where the cloud evaluates in another order than the list's. One warning a policy at most."""
    latest: dict[str | None, tuple[tuple[object, ...], str]] = {}
    path_only: tuple[tuple[object, ...], str] | None = None
    for asked, policy in pairs:
        if policy.action == "REDIRECT_TO_LISTENER":  # HW-R05 says that already
            continue
        key, domain = evaluation.evaluation_key(policy), evaluation.domain(policy)
        before = latest.get(domain)
        if domain is not None and path_only is not None:
            before = path_only
        if before is not None and key < before[0]:
            report.warning(
                "HW-R28",
                (*asked.path, "name"),
                f"policy {shown(policy.name)} is evaluated before {shown(before[1])}, which is listed above it",
                "Without advanced forwarding every policy has the same priority, and the cloud orders by content: "
                "domains first, then exact paths, prefixes, regular expressions, longer before shorter.",
                "list them in that order",
            )
        elif before is None or key > before[0]:
            latest[domain] = (key, policy.name)
        if domain is None and (path_only is None or key > path_only[0]):
            path_only = (key, policy.name)
