"""Live state from Huawei Cloud with few calls: policies of many listeners at once, all their rules at once.

The rules of the policies come from the cheapest source that the cloud has: the policy list itself where it really
carries whole rules (``display_all_rules``), else the list of all rules joined by id, else one list a policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reconciler.model.calls import NotFound
from reconciler.model.live import ReadTerm
from reconciler.providers.huawei.client import PAGE, Client, chunks
from reconciler.providers.live import Raw, objects_in, text_of
from reconciler.providers.session import all_of


@dataclass(slots=True)
class Policies:
    """Raw policies by listener, with whole rules by policy id, and what reading them took."""

    by_listener: dict[str, list[Raw]]
    rules: dict[str, list[Raw]]
    reads: list[ReadTerm] = field(default_factory=list)


async def policies(client: Client, listeners: Sequence[str], known_listeners: int) -> Policies:
    """The policies of ``listeners`` and their rules.

    ``known_listeners``: how many the project has (0: unknown). When the filters need several URLs and most of the
    project is asked for, the unfiltered list costs less.
    """
    parts = chunks(list(listeners), "listener_id")
    if len(parts) > 1 and 0 < known_listeners <= 2 * len(listeners):
        parts = [[]]
    shown = ("display_all_rules", "true")
    lists = await all_of(
        client.pages("elb", ("l7policies",), "l7policies", [*part, shown]) for part in parts
    )
    found = Policies({listener: [] for listener in listeners}, {})
    for objects, _ in lists:
        for raw in objects:
            own = found.by_listener.get(text_of(raw.get("listener_id")))
            if own is not None:
                own.append(raw)
    calls = sum(count for _, count in lists)
    filtered = f" a query of listeners ({len(parts)})" if len(parts) > 1 else ""
    found.reads.append(ReadTerm("policies", f"pages of {PAGE}{filtered}", calls))
    missing: dict[str, list[str]] = {}
    for raw in (policy for own in found.by_listener.values() for policy in own):
        rules = objects_in(raw.get("rules"))
        if all("type" in rule and "compare_type" in rule for rule in rules):
            found.rules[raw["id"]] = rules
        else:
            missing[raw["id"]] = [text_of(rule.get("id")) for rule in rules]
    if missing:
        await _fetch_rules(client, found, missing)
    return found


async def _fetch_rules(client: Client, found: Policies, missing: dict[str, list[str]]) -> None:
    """Rules that the policy list names by id only."""
    if len(missing) > 1:
        calls = await _from_all_rules(client, found, missing)
        found.reads.append(ReadTerm("rules", f"pages of {PAGE} of all rules, joined by id", calls))
    if missing:
        lists = await all_of(
            client.pages("elb", ("l7policies", policy, "rules"), "rules") for policy in missing
        )
        for policy, (objects, _) in zip(list(missing), lists, strict=True):
            found.rules[policy] = objects
        calls = sum(count for _, count in lists)
        found.reads.append(ReadTerm("rules of policies", f"one list a policy with rules ({len(missing)})", calls))


async def _from_all_rules(client: Client, found: Policies, missing: dict[str, list[str]]) -> int:
    """``GET /l7policies/rules``; what it gave is taken out of ``missing``. The calls that took.

    Filtered by policy, the calls are as many as the URLs (or the pages, if more); unfiltered, as many as the project
    has pages of rules, which nobody knows beforehand: taken when the filters would cost more than twice the pages of
    the rules that are wanted.
    """
    parts = chunks(list(missing), "l7policy_id")
    wanted = sum(len(ids) for ids in missing.values())
    if len(parts) > 2 * -(-wanted // PAGE):
        parts = [[]]
    try:
        lists = [await client.pages("elb", ("l7policies", "rules"), "rules", parts[0])]
    except NotFound:
        return 1
    lists += await all_of(client.pages("elb", ("l7policies", "rules"), "rules", part) for part in parts[1:])
    by_id = {rule["id"]: rule for objects, _ in lists for rule in objects if "type" in rule}
    for policy, ids in list(missing.items()):
        if all(rule_id in by_id for rule_id in ids):
            found.rules[policy] = [by_id[rule_id] for rule_id in ids]
            del missing[policy]
    return sum(count for _, count in lists)


async def security_rules(client: Client, groups: Sequence[str]) -> tuple[dict[str, list[Raw]], ReadTerm]:
    """Rules of security groups: one group by its own GET, several by the list of rules with many groups a query."""
    if len(groups) == 1:
        answer = await client.get("vpc", "security-groups", groups[0])
        found = answer.object("security_group")
        if isinstance(found.get("security_group_rules"), list):
            return {groups[0]: objects_in(found["security_group_rules"])}, ReadTerm("security groups", "1 group", 1)
    parts = chunks(list(groups), "security_group_id")
    lists = await all_of(
        client.pages("vpc", ("security-group-rules",), "security_group_rules", part) for part in parts
    )
    by_group: dict[str, list[Raw]] = {group: [] for group in groups}
    for objects, _ in lists:
        for raw in objects:
            own = by_group.get(text_of(raw.get("security_group_id")))
            if own is not None:
                own.append(raw)
    calls = sum(count for _, count in lists) + (1 if len(groups) == 1 else 0)
    return by_group, ReadTerm("security group rules", f"pages of {PAGE} a query of groups ({len(parts)})", calls)
