"""Checks of the manifest that do not depend on the provider: pinned numbers, reserved names, likely credentials."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.diagnostics import Path
from reconciler.dialects._report import Report, full_match, shown
from reconciler.model.desired import DesiredPolicy, DesiredRule, ListenerDocument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CLONE = r"(?s:.*)\.next-[0-9a-f]{6}"
_CREDENTIAL = (
    r"(?si)(?:.*[-_.])?(?:authorization|tokens?|secrets?|passw(?:or)?d|api-?key|apikey|access-?key|credentials?|signature"
    r"|j?session(?:-?id)?|phpsessid|sid)(?:[-_.].*)?"
)


def reserved_name(report: Report, policy: DesiredPolicy) -> None:
    """Names that mark a replacement under way belong to the reconciler."""
    if isinstance(policy.name, str) and full_match(_CLONE)(policy.name):
        report.error(
            "NAME-RESERVED",
            (*policy.path, "name"),
            f"policy name {shown(policy.name)} is reserved",
            "Names that end in .next- and six hexadecimal digits mark a policy that is about to replace another one; "
            "an interrupted run is recognised by them.",
            "choose a name without that ending",
        )


def credential_key(report: Report, path: Path, what: str, key: Any) -> None:
    """Manifest values appear in plans and reports: warn where a key says that its value may be a secret (P7)."""
    if isinstance(key, str) and full_match(_CREDENTIAL)(key):
        report.warning(
            "SECRET-HEADER",
            path,
            f"{what} {shown(key)} looks as if its value were a credential",
            "Values in manifests are not secret: plans, reports and logs show them.",
            "do not match or insert real credentials; let the servers behind the load balancer check them",
        )


def pins(
    report: Report,
    document: ListenerDocument,
    field: str,
    *,
    lowest: Callable[[DesiredPolicy], int],
    highest: int,
    unique_code: str,
    range_code: str,
) -> None:
    """Pinned numbers: all policies or none, in range, unique, rising in list order."""
    pinned = [p for p in document.policies if isinstance(p.number, int)]
    if not pinned:
        return
    _all_or_none(report, document, field, pinned)
    seen: dict[int, str] = {}
    last: tuple[int, str] | None = None
    for policy in pinned:
        number = policy.number
        assert number is not None
        path = (*policy.path, field)
        low = lowest(policy)
        if not low <= number <= highest:
            why = f"A {field} of this policy is {low} to {highest}."
            report.error(range_code, path, f"{field} {number} is not within {low} to {highest}", why, "")
            continue
        if number in seen:
            report.error(
                unique_code,
                path,
                f"{field} {number} is taken by policy {shown(seen[number])}",
                f"Every policy of a listener has a {field} of its own.",
                "choose another number",
            )
            continue
        seen[number] = policy.name
        if last is not None and number < last[0]:
            report.error(
                "PIN-ORDER",
                path,
                f"{field} {number} is smaller than the {last[0]} of policy {shown(last[1])} above it",
                "Policies are listed in the order of evaluation; their numbers must rise in that order.",
                "move the policy up, or choose a larger number",
            )
            continue
        last = (number, policy.name)


def _all_or_none(report: Report, document: ListenerDocument, field: str, pinned: list[DesiredPolicy]) -> None:
    """Told once, at the first of those that are fewer (of as many: at the first that has none)."""
    free = [p for p in document.policies if p.number is None]
    if not free:
        return
    odd, path = (free[0], "name") if len(free) <= len(pinned) else (pinned[0], field)
    other = pinned[0] if odd is free[0] else free[0]
    have = "has no" if odd.number is None else "has a"
    report.error(
        "PIN-ALL",
        (*odd.path, path),
        f"policy {shown(odd.name)} {have} {field}, unlike {shown(other.name)}",
        f"Either every policy of a document has a {field}, or none: otherwise the place of the others is open.",
        f"give every policy a {field}, or none (then the list's order counts)",
    )


def place(rule: DesiredRule) -> str:
    """Where a security group rule stands in its document, for people."""
    number = next((part + 1 for part in reversed(rule.path) if isinstance(part, int)), None)
    return "another rule" if number is None else f"rule {number} of the list"
