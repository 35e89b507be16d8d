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
    """ELB's quotas where policies or rules are created, in one call that tells the use as well.

    A cloud without that call (404) is asked for the limits alone. VPC's quotas are not read: they tell limits of the
    whole project without their use, so that nothing could be decided by them (huawei.md HW-S12); a security group
    that is full is the API's refusal.
    """
    limits: dict[str, int] = {}
    used: dict[str, int] = {}
    reads: list[ReadTerm] = []
    if kinds & {"l7policy", "l7rule"}:
        reads.append(ReadTerm("quotas", "1 read of ELB quotas", await _elb(client, limits, used)))
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


def _number(out: dict[str, int], name: str, value: Json) -> None:
    if name and isinstance(value, int) and not isinstance(value, bool):
        out[name] = value


def _numbers(out: dict[str, int], quota: Mapping[str, Json], names: Sequence[str]) -> None:
    for name in names:
        _number(out, name, quota.get(name))
