"""Quotas of Huawei Cloud: what a project may still create."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.model.calls import NotFound
from reconciler.model.canonical import Json
from reconciler.model.live import Quotas, ReadTerm
from reconciler.providers.huawei.client import Client
from reconciler.providers.live import text_of

ELB_KEYS = ("l7policy", "l7policies_per_listener", "condition_per_policy", "pools_per_l7policy")


async def read_quotas(client: Client, kinds: frozenset[str]) -> Quotas:
    """ELB and VPC quotas, one call each where something of theirs is created.

    ELB's details tell the use as well; a cloud without them (404) is asked for the limits alone.
    """
    limits: dict[str, int] = {}
    used: dict[str, int] = {}
    reads: list[ReadTerm] = []
    if kinds & {"l7policy", "l7rule"}:
        reads.append(ReadTerm("quotas", "1 read of ELB quotas", await _elb(client, limits, used)))
    if "security_group_rule" in kinds:
        await _vpc(client, limits)
        reads.append(ReadTerm("quotas", "1 read of VPC quotas", 1))
    return Quotas(limits, used, tuple(reads))


async def _elb(client: Client, limits: dict[str, int], used: dict[str, int]) -> int:
    try:
        answer = await client.get("elb", "quotas", "details", query=[("quota_key", key) for key in ELB_KEYS])
    except NotFound:
        _numbers(limits, (await client.get("elb", "quotas")).object("quota"), ELB_KEYS)
        return 2
    for raw in answer.objects("quotas"):
        _number(limits, text_of(raw.get("quota_key")), raw.get("quota_limit"))
        _number(used, text_of(raw.get("quota_key")), raw.get("used"))
    return 1


async def _vpc(client: Client, limits: dict[str, int]) -> None:
    """Some clouds of this API have no VPC quotas (404): unknown means unlimited."""
    try:
        quota = (await client.get("vpc", "quotas")).object("quota")
    except NotFound:
        return
    _numbers(limits, quota, tuple(name for name in quota if "secgroup" in name or "security" in name))


def _number(out: dict[str, int], name: str, value: Json) -> None:
    if name and isinstance(value, int) and not isinstance(value, bool):
        out[name] = value


def _numbers(out: dict[str, int], quota: Mapping[str, Json], names: Sequence[str]) -> None:
    for name in names:
        _number(out, name, quota.get(name))
