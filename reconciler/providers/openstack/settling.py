"""Waiting for Octavia: the load balancer out of PENDING, then the object's own status (openstack.md 3, "Immutable").

Neutron is synchronous: nothing to wait for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from reconciler.model.calls import Effect, Immutable, NotFound, OutcomeUnknown, Reply, Settled
from reconciler.providers.live import Raw, text_of
from reconciler.providers.openstack.client import Client
from reconciler.providers.openstack.codec import LOAD_BALANCER, POLICIES
from reconciler.providers.waiting import wait_until

POLLS = (0.3, 0.4, 0.6, 0.8, 1.0, 1.0, 1.5, 2.0, 3.0, 5.0)
"""Seconds between looks at a load balancer; the last is repeated. A change takes from one to ten seconds."""

LIMIT = 900.0
"""Seconds that anything may take: a load balancer whose worker died stays PENDING for ever."""


@dataclass(frozen=True, slots=True)
class Settling:
    """Waits on one connection."""

    client: Client

    async def after(self, lane: str, effect: Effect, reply: Reply) -> Settled:
        """Wait for the load balancer, then tell the status of the object that was written.

        Raises:
            ProviderError: a wait failed or took longer than the limit.
        """
        settled = replace(await self.lane(lane), object_id=reply.object_id, request_id=reply.request_id)
        if effect.kind == "security_group_rule" or settled.lane_error is not None:
            return settled
        path: tuple[str, ...] = POLICIES
        if effect.kind == "l7rule":
            path = (*path, str(effect.parent_id), "rules")
        path = (*path, str(reply.object_id))
        return await self._object(path, "rule" if effect.kind == "l7rule" else "l7policy", effect, settled)

    async def lane(self, lane: str) -> Settled:
        """Wait until the load balancer of a lane is out of PENDING; a security group has nothing to wait for.

        Raises:
            ProviderError: the wait failed or took longer than the limit.
        """
        kind, _, object_id = lane.rpartition(":")
        if not kind.endswith("load_balancer") or not object_id:
            return Settled()
        path = ("v2", "lbaas", "loadbalancers", object_id)

        async def look() -> Settled | None:
            try:
                raw = (await self.client.get(LOAD_BALANCER, path)).object("loadbalancer")
            except NotFound:
                return Settled(lane_error="the load balancer does not exist any more")
            if pending(raw):
                return None
            return Settled(lane_error="the load balancer is in ERROR" if _status(raw) == "ERROR" else None)

        late = Immutable(
            f"load balancer {object_id} was still PENDING after {LIMIT:g} s: its worker may have died; an "
            "administrator can reset its status"
        )
        return await wait_until(self.client.http.clock, look, POLLS, LIMIT, late)

    async def _object(self, path: tuple[str, ...], key: str, effect: Effect, settled: Settled) -> Settled:
        """The object's own status: after a failed change it is ERROR while the load balancer is ACTIVE again."""
        gone = effect.op == "delete"

        async def look() -> Settled | None:
            try:
                raw = (await self.client.get(LOAD_BALANCER, path)).object(key)
            except NotFound:
                return settled if gone else replace(settled, error="the object does not exist any more")
            status = _status(raw)
            if gone and status == "DELETED":
                return settled
            if pending(raw):
                return None
            if status == "ERROR":
                words = "the change failed: provisioning_status of the object is ERROR"
            elif gone:
                words = f"it was to be deleted, and provisioning_status is {status}"
            else:
                return replace(settled, status=status or None)
            return replace(settled, status=status or None, error=words)

        late = OutcomeUnknown(f"{path[-1]} was still PENDING after {LIMIT:g} s", request_id=settled.request_id)
        return await wait_until(self.client.http.clock, look, POLLS, LIMIT, late)


def _status(raw: Raw) -> str:
    return text_of(raw.get("provisioning_status"))


def pending(raw: Raw) -> bool:
    """Is a change of the object (or, for a load balancer, of anything on it) under way?"""
    return _status(raw).startswith("PENDING")
