"""Waiting for Gcore: tasks to their end, then a quiet load balancer and policy (gcore.md 5)."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.calls import Effect, Immutable, NotFound, OutcomeUnknown, Reply, Settled
from reconciler.model.canonical import Json
from reconciler.providers.answers import text_at
from reconciler.providers.gcore.client import Client
from reconciler.providers.live import Raw, text_of
from reconciler.providers.waiting import wait_until
from reconciler.records import dataclass, replace

POLLS = (0.5, 1.0, 1.0, 2.0, 3.0, 5.0)
"""Seconds between looks at a task or a load balancer; the last is repeated."""

LIMIT = 1800.0
"""Seconds that anything may take; Gcore's own Terraform provider gives up after as long."""

CREATED = {"l7policy": "l7polices", "l7rule": "l7rules", "security_group_rule": "security_group_rules"}
"""Keys of ``created_resources``; the first one is misspelled by the API (gcore.md 0.1)."""

L7_TASKS = frozenset(
    {"create_l7policy", "update_l7policy", "delete_l7policy", "create_l7rule", "put_l7rule", "update_l7rule",
     "delete_l7rule"}
)  # fmt: skip
GROUP_TASKS = frozenset({"update_security_group", "create_security_group_rule", "delete_security_group_rule"})


@dataclass(frozen=True, slots=True)
class Settling:
    """Waits on one connection."""

    client: Client

    async def after(self, lane: str, effect: Effect, reply: Reply) -> Settled:
        """Follow the tasks of a write to their end, then wait for the lane and the policy.

        Raises:
            ProviderError: a wait failed or took longer than half an hour.
        """
        object_id, error = reply.object_id, None
        for task_id in reply.tasks:
            task = await self._task(task_id, reply)
            if text_of(task.get("state")) == "ERROR":
                said = self.client.http.redactor.clean(text_of(task.get("error"))) or "no reason given"
                error = error or f"task {task_id} ended in ERROR: {said}"
            object_id = object_id or _created(task, CREATED[effect.kind])
        settled = await self._lane_object(lane)
        if effect.op == "create" and object_id is None and error is None:
            error = "the task ended, but it does not name the new object"
        settled = replace(settled, object_id=object_id, error=error, request_id=reply.request_id)
        if effect.kind == "security_group_rule" or (effect.op == "delete" and effect.kind == "l7policy"):
            return settled
        policy = object_id if effect.kind == "l7policy" else effect.parent_id
        return await self._policy(str(policy), settled) if policy else settled

    async def lane(self, lane: str) -> Settled:
        """Wait until nothing is in flight: no task of this kind in the project and region, and a quiet object.

        Raises:
            ProviderError: a wait failed or took longer than half an hour.
        """
        types = GROUP_TASKS if ":security_group:" in lane else L7_TASKS

        async def look() -> bool | None:
            return None if await self.running(types) else True

        late = Immutable(f"tasks of this project were still running after {LIMIT:g} s")
        await wait_until(self.client.http.clock, look, POLLS, LIMIT, late)
        return await self._lane_object(lane)

    async def running(self, types: frozenset[str]) -> list[Raw]:
        """NEW and RUNNING tasks of these types in the project and region."""
        query = [
            ("state", "NEW"), ("state", "RUNNING"), ("project_id", str(self.client.settings.project_id)),
            ("region_id", str(self.client.settings.region_id)),
        ]  # fmt: skip
        tasks, _ = await self.client.pages(("cloud", "v1", "tasks"), query)
        return [t for t in tasks if t.get("task_type") in types and t.get("state") in ("NEW", "RUNNING")]

    async def _task(self, task_id: str, reply: Reply) -> Raw:
        async def look() -> Raw | None:
            found = (await self.client.get(("cloud", "v1", "tasks", task_id))).object()
            return found if found.get("state") in ("FINISHED", "ERROR") else None

        late = OutcomeUnknown(f"task {task_id} did not end within {LIMIT:g} s", request_id=reply.request_id)
        return await wait_until(self.client.http.clock, look, POLLS, LIMIT, late)

    async def _lane_object(self, lane: str) -> Settled:
        """A load balancer is quiet when no task holds it and it is not PENDING; a group has no such sign."""
        kind, _, object_id = lane.rpartition(":")
        if not kind.endswith("load_balancer") or not object_id:
            return Settled()
        path = self.client.scoped("v1", "loadbalancers", object_id)

        async def look() -> Settled | None:
            try:
                raw = (await self.client.get(path)).object()
            except NotFound:
                return Settled(lane_error="the load balancer does not exist any more")
            status = text_of(raw.get("provisioning_status"))
            if busy(raw):
                return None
            return Settled(lane_error=None if status != "ERROR" else "the load balancer is in ERROR")

        late = Immutable(f"load balancer {object_id} was still busy after {LIMIT:g} s")
        return await wait_until(self.client.http.clock, look, POLLS, LIMIT, late)

    async def _policy(self, policy: str, settled: Settled) -> Settled:
        path = self.client.scoped("v1", "l7policies", policy)

        async def look() -> Settled | None:
            try:
                raw = (await self.client.get(path)).object()
            except NotFound:
                return replace(settled, error=settled.error or "the policy does not exist any more")
            if busy(raw):
                return None
            status = text_of(raw.get("provisioning_status")) or None
            words = "provisioning_status is ERROR" if status == "ERROR" else None
            return replace(settled, status=status, error=settled.error or words)

        late = OutcomeUnknown(f"policy {policy} was still pending after {LIMIT:g} s", request_id=settled.request_id)
        return await wait_until(self.client.http.clock, look, POLLS, LIMIT, late)


def busy(raw: Raw) -> bool:
    """Does a task hold the object, or is it PENDING?"""
    return raw.get("task_id") is not None or text_of(raw.get("provisioning_status")).startswith("PENDING")


def tasks_of(body: Json) -> tuple[str, ...]:
    """The task ids of an accepted write; none when the answer has no body or an empty list."""
    found = body.get("tasks") if isinstance(body, dict) else None
    return tuple(task for task in found if isinstance(task, str)) if isinstance(found, list) else ()


def _created(task: Raw, key: str) -> str | None:
    resources = task.get("created_resources")
    ids: Sequence[Json] = (resources.get(key) or ()) if isinstance(resources, dict) else ()
    return text_at({"id": ids[0]}, "id") if isinstance(ids, list) and ids else None
