"""Live objects of Octavia and Neutron: policies with their rules, groups with theirs (openstack.md 3, 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reconciler.model.calls import NotFound, ProviderError
from reconciler.model.live import ReadTerm
from reconciler.providers.live import Raw, objects_in, text_of
from reconciler.providers.openstack.client import PAGE, Client
from reconciler.providers.openstack.codec import LOAD_BALANCER, NETWORK, POLICIES
from reconciler.providers.session import all_of


@dataclass(slots=True)
class Policies:
    """The policies of one listener with their rules, as the API shows them. ``error``: why they could not be read."""

    raws: list[Raw] = field(default_factory=list)
    rules: dict[str, list[Raw]] = field(default_factory=dict)
    listing: int = 0
    rule_lists: int = 0
    error: ProviderError | None = None


def leaving(raw: Raw) -> bool:
    """Is the object on its way out? Such ones are still listed, and count as gone."""
    return text_of(raw.get("provisioning_status")) in ("PENDING_DELETE", "DELETED")


async def policies_of(client: Client, listener: str, known: Sequence[str] | None = None) -> tuple[list[Raw], int]:
    """The policies of a listener, by their own ``listener_id`` too, and how many calls that took.

    ``known``: the ids that the listener itself showed a moment ago; None: it was not asked.

    Raises:
        NotFound: there is no such listener (its filter alone would show an empty list).
        ProviderError: a page could not be read.
    """
    if known is not None and not known:
        return [], 0
    raws, calls = await client.pages(LOAD_BALANCER, POLICIES, "l7policies", [("listener_id", listener)], known)
    mine = [raw for raw in raws if raw.get("listener_id") == listener]
    if not mine and known is None:
        calls += 1
        await client.get(LOAD_BALANCER, ("v2", "lbaas", "listeners", listener))
    return [raw for raw in mine if not leaving(raw)], calls


async def read_policies(client: Client, listener: str, known: Sequence[str] | None) -> Policies:
    """The policies of a listener and the rules of each that has some; errors are told, not raised."""
    found = Policies()
    try:
        found.raws, found.listing = await policies_of(client, listener, known)
    except ProviderError as error:
        found.error = error
        return found
    armed = [raw for raw in found.raws if objects_in(raw.get("rules"))]
    lists = await all_of(_rules(client, raw) for raw in armed)
    gone: set[str] = set()
    for raw, (rules, calls) in zip(armed, lists, strict=True):
        found.rule_lists += calls
        if isinstance(rules, NotFound):
            gone.add(raw["id"])
        elif isinstance(rules, ProviderError):
            found.error = found.error or rules
        else:
            found.rules[raw["id"]] = [rule for rule in rules if not leaving(rule)]
    found.raws = [raw for raw in found.raws if raw["id"] not in gone]
    return found


async def _rules(client: Client, policy: Raw) -> tuple[list[Raw] | ProviderError, int]:
    """The rules of one policy; its listing tells their ids only."""
    known = [text_of(one.get("id")) for one in objects_in(policy.get("rules"))]
    try:
        return await client.pages(LOAD_BALANCER, (*POLICIES, policy["id"], "rules"), "rules", known=known)
    except ProviderError as error:
        return error, 1


def read_terms(found: Sequence[Policies]) -> list[ReadTerm]:
    """What reading listeners took, term by term."""
    listing, lists = sum(f.listing for f in found), sum(f.rule_lists for f in found)
    armed = sum(len(f.rules) for f in found)
    terms = [ReadTerm("policies", f"pages of {PAGE} a listener ({len(found)})", listing)]
    return [*terms, ReadTerm("rules", f"one list a policy with rules ({armed})", lists)] if lists else terms


async def read_group(client: Client, group: str) -> Raw | ProviderError:
    """A security group; its rules come with it."""
    try:
        answer = await client.get(NETWORK, ("v2.0", "security-groups", group))
        raw = answer.object("security_group")
        if not isinstance(raw.get("security_group_rules"), list):
            raise answer.broken("the group has no list of rules")
    except ProviderError as error:
        return error
    return raw
