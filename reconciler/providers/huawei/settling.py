"""Waiting for Huawei Cloud: policies and load balancers until they are not PENDING any more."""

from __future__ import annotations

from reconciler.model.calls import Effect, Immutable, NotFound, OutcomeUnknown, Reply, Settled
from reconciler.providers.huawei.client import Client
from reconciler.providers.live import text_of
from reconciler.providers.waiting import wait_until

LIMIT = 600.0
"""Seconds; the Terraform provider waits as long for a policy to be ACTIVE."""

POLLS = (1.0, 1.0, 2.0, 3.0, 5.0)
"""Seconds between looks; the last is repeated."""


async def settle_write(client: Client, effect: Effect, reply: Reply) -> Settled:
    """After a write: until the policy that it touched is not PENDING. Most answers say so at once.

    A rule's own status has no real meaning (seed page CreateL7Rule): a PENDING rule is judged by its policy.
    """
    status = reply.provisioning_status
    if effect.op == "delete" or effect.kind == "security_group_rule":
        return Settled(reply.object_id, None, request_id=reply.request_id)
    if status is not None and not status.startswith("PENDING"):
        return _settled(reply, status, None)
    policy = effect.parent_id if effect.kind == "l7rule" else reply.object_id
    return await _settle_policy(client, str(policy), reply)


async def settle_lane(client: Client, lane: str) -> Settled:
    """Until the load balancer of a lane is not PENDING; a security group has no such state."""
    kind, _, object_id = lane.rpartition(":")
    if not kind.endswith("load_balancer") or not object_id:
        return Settled()

    async def look() -> Settled | None:
        try:
            answer = await client.get("elb", "loadbalancers", object_id)
        except NotFound:
            return Settled(lane_error="the load balancer does not exist any more")
        status = text_of(answer.object("loadbalancer").get("provisioning_status"))
        if status.startswith("PENDING"):
            return None
        words = f"the load balancer is in {status}" if status == "ERROR" else None
        return Settled(lane_error=words, request_id=answer.request_id)

    late = Immutable(f"load balancer {object_id} was still busy after {LIMIT:g} s")
    return await wait_until(client.http.clock, look, POLLS, LIMIT, late)


async def _settle_policy(client: Client, policy: str, reply: Reply) -> Settled:
    async def look() -> Settled | None:
        answer = await client.get("elb", "l7policies", policy)
        status = text_of(answer.object("l7policy").get("provisioning_status")) or None
        if status is not None and status.startswith("PENDING"):
            return None
        return _settled(reply, status, answer.request_id)

    late = OutcomeUnknown(
        f"policy {policy} was still pending after {LIMIT:g} s", request_id=reply.request_id
    )
    return await wait_until(client.http.clock, look, POLLS, LIMIT, late)


def _settled(reply: Reply, status: str | None, request_id: str | None) -> Settled:
    words = None
    if status == "ERROR":
        words = "provisioning_status is ERROR: another policy of the listener has the same rules (HW-R79)"
    return Settled(reply.object_id, status, words, None, request_id or reply.request_id)
