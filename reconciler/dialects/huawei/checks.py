"""Which constraints a Huawei manifest breaks, without any live facts.

Every row of the reference sheet has its check here, in ``check_live`` or in ``state``, but for rows that are no
constraint on a user:

* facts about evaluation and numbering that planning uses: HW-R20 (smaller number first), HW-R24 .. HW-R27 (default
  priorities: never relied on, a priority is always sent or never), HW-R28 (automatic order: ``evaluation``), HW-R29,
  HW-S14;
* what the API does with a call: HW-R09 (a target cannot be emptied: the manifest cannot ask for it, HW-R07), HW-R39
  (header edits are optional), HW-R63 (a rule list is replaced as a whole), HW-R81, HW-S05 (rules cannot be updated),
  HW-S10 (batches: not used), HW-S13 (older routes);
* how the data plane reads a value: HW-R48 (``$n`` groups);
* facts about groups that are created or deleted elsewhere: HW-S07, HW-S08, HW-S09;
* quotas of a project, which planning compares with the quota call's answer: HW-S12 and the second half of HW-R80.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from reconciler.diagnostics import Diagnostic
from reconciler.dialects import _common
from reconciler.dialects._report import Report, listed, one_of, shown
from reconciler.dialects.huawei import check_rules, check_targets, normal, tables, words
from reconciler.model.desired import DesiredPolicy, ListenerDocument


def listener(document: ListenerDocument) -> Iterator[Diagnostic]:
    """HW-R constraints that the manifest alone decides."""
    report = Report(document.address)
    matches: dict[Hashable, DesiredPolicy] = {}
    for policy in document.policies:
        _policy(report, policy)
        check_targets.check(report, policy.path, policy.raw)
        key = check_rules.check(report, policy.path, policy.raw)
        if key is not None:
            first = matches.setdefault(key, policy)
            if first is not policy:
                _same_match(report, policy, first)
    _disabled(report, document)
    _common.pins(
        report,
        document,
        "priority",
        lowest=lambda p: 0 if p.raw.get("action") == "REDIRECT_TO_LISTENER" else tables.NUMBERS[0],
        highest=tables.NUMBERS[1],
        unique_code="HW-R21",
        range_code="HW-R23",
    )
    if len(document.policies) > tables.POLICIES_PER_LISTENER:
        report.warning(
            "HW-R80",
            ("spec", "policies"),
            f"{len(document.policies)} policies; by default a listener takes {tables.POLICIES_PER_LISTENER}",
            "Policies above the quota are not applied.",
            "ask for a higher quota, or use several listeners",
            on_key=True,
        )
    yield from report.found


def _policy(report: Report, policy: DesiredPolicy) -> None:
    raw, path = policy.raw, policy.path
    action = raw.get("action")
    if action is None:
        actions = tuple(tables.TARGET_FIELDS)
        report.error("HW-R02", path, f"policy {shown(policy.name)} has no action", "", f"add action: {listed(actions)}")
    elif not isinstance(action, str) or action not in tables.TARGET_FIELDS:
        one_of(report, "HW-R02", (*path, "action"), "action", action, tuple(tables.TARGET_FIELDS))
    _common.reserved_name(report, policy)
    if len(policy.name) > tables.NAME_MAX:
        words.NAME.check(report, (*path, "name"), policy.name)
    description = raw.get("description")
    if description:
        words.DESCRIPTION.check(report, (*path, "description"), description)
    if raw.get("admin_state_up") is False:
        why = "Huawei Cloud has no disabled policies."
        hint = "remove the field, or the policy"
        report.error("HW-R17", (*path, "admin_state_up"), "admin_state_up can only be true", why, hint)
    if raw.get("listener_id") is not None:
        why = "A policy belongs to the listener of its document and cannot be moved to another one."
        hint = "remove it; spec.listener names the listener"
        report.error("HW-R06", (*path, "listener_id"), "listener_id inside a policy", why, hint, on_key=True)
    if raw.get("position") is not None:
        why = "The API does not support it; with advanced forwarding the order is the priority's."
        hint = "remove it: policies are evaluated in the order of the list; pin numbers with priority"
        report.error("HW-R18", (*path, "position"), "position is not supported", why, hint, on_key=True)


def _same_match(report: Report, policy: DesiredPolicy, first: DesiredPolicy) -> None:
    what = "The API accepts the second one, puts it into ERROR, and leaves it there even when the first one is gone."
    if _match_set(policy) == _match_set(first):
        report.error(
            "HW-R79",
            (*policy.path, "rules"),
            f"policy {shown(policy.name)} has the same rules as policy {shown(first.name)}",
            f"The policies of a listener must differ in what they match. {what}",
            "remove one of both policies, or change its rules",
            on_key=True,
        )
        return
    report.warning(
        "HW-R79",
        (*policy.path, "rules"),
        f"policy {shown(policy.name)} matches the same requests as policy {shown(first.name)}",
        "Their rules are only written differently (a value or one condition, letters of a host); the pages do not say "
        f"whether the cloud takes them for equal. If it does: {what[0].lower()}{what[1:]}",
        "remove one of both policies, or change its rules",
        on_key=True,
    )


def _match_set(policy: DesiredPolicy) -> list[str]:
    return sorted(repr(normal.rule(rule).match_set) for rule in policy.raw["rules"])


def _disabled(report: Report, document: ListenerDocument) -> None:
    """Every policy beside a REDIRECT_TO_LISTENER is without effect."""
    first = next((p for p in document.policies if p.raw.get("action") == "REDIRECT_TO_LISTENER"), None)
    if first is None:
        return
    for policy in document.policies:
        if policy is not first:
            report.warning(
                "HW-R05",
                (*policy.path, "name"),
                f"policy {shown(policy.name)} has no effect while policy {shown(first.name)} exists",
                f"{first.name!r} redirects the whole listener (REDIRECT_TO_LISTENER): all its other policies are "
                "stored, not evaluated.",
                "remove one of both",
            )
