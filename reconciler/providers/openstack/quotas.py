"""Quotas of Octavia and Neutron, and what of them is used (openstack.md 3, 5)."""

from __future__ import annotations

from reconciler.model.calls import NotFound
from reconciler.model.live import Quotas, ReadTerm
from reconciler.providers.live import objects_in
from reconciler.providers.openstack.client import PAGE, Client
from reconciler.providers.openstack.codec import LOAD_BALANCER, NETWORK, POLICIES, SECURITY_RULES

_OCTAVIA = frozenset({"l7policy", "l7rule"})


async def quotas(client: Client, project: str, kinds: frozenset[str]) -> Quotas:
    """Limits and use for the kinds that are created.

    Octavia does not tell what is used: where there is a limit, the project's policies are counted, whose list names
    the rules of each.
    """
    limits: dict[str, int] = {}
    used: dict[str, int] = {}
    reads: list[ReadTerm] = []
    if kinds & _OCTAVIA:
        answer = await client.get(LOAD_BALANCER, ("v2", "lbaas", "quotas", project))
        reads.append(ReadTerm("quotas", "one read of Octavia's", 1))
        quota = answer.object("quota")
        limits = {kind: n for kind in _OCTAVIA if isinstance(n := quota.get(kind), int) and n >= 0}
        if limits:
            query = [("project_id", project), ("fields", "id"), ("fields", "rules")]
            policies, calls = await client.pages(LOAD_BALANCER, POLICIES, "l7policies", query)
            reads.append(ReadTerm("use of quotas", f"the project's policies, pages of {PAGE}", calls))
            used = {"l7policy": len(policies), "l7rule": sum(len(objects_in(p.get("rules"))) for p in policies)}
    if "security_group_rule" in kinds:
        limit, count, terms = await _network(client, project)
        reads += terms
        if limit is not None:
            limits["security_group_rule"], used["security_group_rule"] = limit, count
    return Quotas(limits, used, tuple(reads))


async def _network(client: Client, project: str) -> tuple[int | None, int, list[ReadTerm]]:
    """Neutron's limit (None: unlimited) and use; where it does not tell the use, rules are counted."""
    term = ReadTerm("quotas", "one read of Neutron's", 1)
    path = ("v2.0", "quotas", project)
    try:
        told = (await client.get(NETWORK, (*path, "details.json"))).object("quota").get("security_group_rule")
    except NotFound:
        told = None
    if isinstance(told, dict) and isinstance(limit := told.get("limit"), int):
        numbers = (told.get("used"), told.get("reserved"))
        return (limit if limit >= 0 else None), sum(n for n in numbers if isinstance(n, int)), [term]
    limit = (await client.get(NETWORK, path)).object("quota").get("security_group_rule")
    terms = [term, ReadTerm("quotas", "once more, without details", 1)]
    if not isinstance(limit, int) or limit < 0:
        return None, 0, terms
    query = [("project_id", project), ("fields", "id")]
    rules, calls = await client.pages(NETWORK, SECURITY_RULES, "security_group_rules", query)
    return limit, len(rules), [*terms, ReadTerm("use of quotas", f"the project's rules, pages of {PAGE}", calls)]
