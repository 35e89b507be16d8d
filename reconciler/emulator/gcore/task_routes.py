"""``/cloud/v1/tasks``: reading and acknowledging tasks. They belong to the client; no project is in their path."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from reconciler.emulator.front import Context
from reconciler.emulator.gcore import paging, tasks
from reconciler.emulator.gcore.account import CLIENT, CLOUD, naive, query_flag
from reconciler.emulator.gcore.errors import invalid, not_found
from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.store import Object

_STATES = ("NEW", "RUNNING", "FINISHED", "ERROR")
_PAGE = 10
"""Page size without ``limit``, in the words of the SDK's documentation."""


def get_task(ctx: Context, request: Request, task_id: str) -> Reply:
    """GET one task."""
    return json_reply(200, view(ctx, _task(ctx, task_id)))


def list_tasks(ctx: Context, request: Request) -> Reply:
    """GET tasks by state, type, project, region, time and acknowledgement; oldest first unless asked otherwise."""
    states = _choices(request, "state", _STATES)
    projects, regions = _numbers(request, "project_id"), _numbers(request, "region_id")
    types = set(request.values("task_type"))
    since, until = _moment(request, "from_timestamp"), _moment(request, "to_timestamp")
    acknowledged = query_flag(request, "is_acknowledged")
    unfinished = bool(states) and states <= {"NEW", "RUNNING"}
    found = tasks.active(ctx) if unfinished else ctx.store.list(CLOUD, CLIENT, "tasks")
    chosen = [
        task
        for task in found
        if (not states or task["state"] in states)
        and (not types or task["task_type"] in types)
        and (not projects or task["project_id"] in projects)
        and (not regions or task["region_id"] in regions)
        and (since is None or int(task["created"]) >= since)
        and (until is None or int(task["created"]) <= until)
        and (acknowledged is None or (task["acknowledged"] is not None) == acknowledged)
    ]
    orders = _choices(request, "order_by", ("asc", "desc")) or _choices(request, "sorting", ("asc", "desc"))
    if orders == {"desc"}:
        chosen.reverse()
    return paging.page(ctx, request, chosen, lambda task: view(ctx, task), _PAGE)


def list_active(ctx: Context, request: Request) -> Reply:
    """GET the tasks that are NEW or RUNNING (route of older clients)."""
    return paging.page(ctx, request, tasks.active(ctx), lambda task: view(ctx, task), _PAGE)


def acknowledge(ctx: Context, request: Request, task_id: str) -> Reply:
    """POST: acknowledge one task; a second time changes nothing."""
    task = _task(ctx, task_id)
    if task["acknowledged"] is None:
        task = {**task, "acknowledged": ctx.now}
        ctx.store.put(CLOUD, CLIENT, "tasks", task_id, task)
    return json_reply(200, view(ctx, task))


def acknowledge_all(ctx: Context, request: Request) -> Reply:
    """POST: acknowledge every finished task, of one project or region if asked."""
    projects, regions = _numbers(request, "project_id"), _numbers(request, "region_id")
    for task in ctx.store.list(CLOUD, CLIENT, "tasks"):
        fits = (not projects or task["project_id"] in projects) and (not regions or task["region_id"] in regions)
        if fits and task["acknowledged"] is None and task["state"] in ("FINISHED", "ERROR"):
            ctx.store.put(CLOUD, CLIENT, "tasks", task["id"], {**task, "acknowledged": ctx.now})
    return Reply(204)


def view(ctx: Context, task: Object) -> Object:
    """A task as the API shows it."""
    options = ctx.options.gcore
    done = task["state"] in ("FINISHED", "ERROR")
    finished = task["state"] == "FINISHED"
    acknowledged = task["acknowledged"]
    created: dict[str, Any] | None = None
    if finished:
        created = {key: task["created_resources"].get(key, []) for key in tasks.CREATED_KEYS}
    return {
        "id": task["id"],
        "state": task["state"],
        "task_type": task["task_type"],
        "detailed_state": task["state"] if done else None,
        "user_id": options.user_id,
        "user_client_id": options.client_id,
        "client_id": options.client_id,
        "project_id": task["project_id"],
        "region_id": task["region_id"],
        "request_id": task["request_id"],
        "job_id": None,
        "schedule_id": None,
        "lifecycle_policy_id": None,
        "created_on": naive(task["created"]),
        "updated_on": naive(task["changed"]),
        "finished_on": naive(task["changed"]) if done else None,
        "acknowledged_at": naive(acknowledged) if acknowledged is not None else None,
        "acknowledged_by": options.user_id if acknowledged is not None else None,
        "created_resources": created,
        "data": task["data"],
        "error": task["error"] if task["state"] == "ERROR" else None,
    }


def _task(ctx: Context, task_id: str) -> Object:
    task = ctx.store.get(CLOUD, CLIENT, "tasks", task_id)
    if task is None:
        raise not_found("Task", task_id)
    return task


def _choices(request: Request, key: str, known: tuple[str, ...]) -> set[str]:
    values = set(request.values(key))
    if not values <= set(known):
        raise invalid({key: [f"Input should be one of {', '.join(known)}"]})
    return values


def _numbers(request: Request, key: str) -> set[int]:
    values = request.values(key)
    if not all(text.isascii() and text.isdigit() for text in values):
        raise invalid({key: ["Input should be a valid integer"]})
    return {int(text) for text in values}


def _moment(request: Request, key: str) -> float | None:
    text = request.value(key)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid({key: ["Input should be a valid datetime"]}) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
