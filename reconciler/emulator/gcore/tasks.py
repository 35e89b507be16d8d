"""Tasks: every asynchronous write is one, and this module makes it take its time.

A task is NEW, RUNNING, then FINISHED or ERROR. Nothing runs in the background: ``advance`` plays, in order, what
should have happened since the last request. An effect has two moments, ``begin`` (the task starts RUNNING: a new
object appears in PENDING_CREATE, changed values show, as in Octavia) and ``finish`` (the object is ACTIVE, or gone).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from reconciler.emulator.front import Context
from reconciler.emulator.gcore.account import CLIENT, CLOUD, Account, Kind, Mark
from reconciler.emulator.gcore.errors import conflict
from reconciler.emulator.http import Reply, json_reply
from reconciler.emulator.store import Object

Step: TypeAlias = Callable[[Account, Object], None]

CREATED_KEYS = (
    "healthmonitors",
    "l7polices",
    "l7rules",
    "listeners",
    "loadbalancers",
    "members",
    "pools",
    "security_group_rules",
    "security_groups",
)
"""Kinds in ``created_resources``; l7polices is Gcore's own spelling."""


class TaskFailed(Exception):
    """Raised by an effect: the task ends in ERROR with this text."""


def _nothing(acc: Account, task: Object) -> None:
    """A moment at which nothing happens."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a kind of task does when it starts running and when it ends; ``task["args"]`` says to what."""

    begin: Step = _nothing
    finish: Step = _nothing


@dataclass(frozen=True, slots=True)
class Work:
    """An accepted write: everything its task needs to know.

    ``lock`` is the load balancer that no other write may touch meanwhile. ``marks``: what PENDING_* shows on which
    object while the task runs. ``target``: the object that goes to ERROR when the task fails after its effect
    began. ``error``: the task is already known to fail, and has no effect.
    """

    task_type: str
    args: Mapping[str, Any]
    data: Mapping[str, Any]
    created: Mapping[str, list[str]] | None = None
    lock: str | None = None
    marks: Mapping[str, str] | None = None
    target: tuple[Kind, str] | None = None
    error: str | None = None


def start(acc: Account, work: Work) -> Reply:
    """Accept a write: store its task and answer with the task's id."""
    task_id = acc.ctx.new_id()
    starts = acc.now + max(acc.options.task_new_seconds, acc.ctx.effects.hold)
    task: Object = {
        "id": task_id,
        "task_type": work.task_type,
        "project_id": acc.project_id,
        "region_id": acc.region_id,
        "state": "NEW",
        "created": acc.now,
        "starts": starts,
        "ends": starts + acc.options.task_running_seconds,
        "changed": acc.now,
        "args": dict(work.args),
        "data": dict(work.data),
        "created_resources": dict(work.created or {}),
        "lock": work.lock,
        "marks": dict(work.marks or {}),
        "target": list(work.target) if work.target is not None else None,
        "error": work.error,
        "fails": acc.ctx.effects.fail,
        "request_id": acc.ctx.request_id,
        "acknowledged": None,
    }
    acc.ctx.store.put(CLOUD, CLIENT, "tasks", task_id, task)
    acc.ctx.store.put(CLOUD, CLIENT, "active", task_id, {"id": task_id})
    return json_reply(200, {"tasks": [task_id]})


def no_task() -> Reply:
    """The answer of a write that had nothing left to do."""
    return json_reply(200, {"tasks": []})


def active(ctx: Context) -> list[Object]:
    """The tasks that are NEW or RUNNING, oldest first."""
    store = ctx.store
    found = (store.get(CLOUD, CLIENT, "tasks", entry["id"]) for entry in store.list(CLOUD, CLIENT, "active"))
    return [task for task in found if task is not None]


def advance(ctx: Context, effects: Mapping[str, Effect]) -> None:
    """Play everything that is due by now, in the order of its time."""
    while True:
        due = [
            (task["starts"] if task["state"] == "NEW" else task["ends"], place, task)
            for place, task in enumerate(active(ctx))
        ]
        if not due:
            return
        moment, _, task = min(due, key=lambda item: item[:2])
        if moment > ctx.now:
            return
        acc = Account(ctx, task["project_id"], task["region_id"], moment)
        if task["state"] == "NEW":
            _begin(acc, task, effects[task["task_type"]])
        else:
            _finish(acc, task, effects[task["task_type"]])


def _begin(acc: Account, task: Object, effect: Effect) -> None:
    error = task["error"]
    if error is None:
        try:
            effect.begin(acc, task)
        except TaskFailed as failed:
            error = str(failed)
    _store(acc, {**task, "state": "RUNNING", "changed": acc.now, "error": error, "begun": error is None})


def _finish(acc: Account, task: Object, effect: Effect) -> None:
    error = task["error"]
    if error is None and (task.get("fails") or task["task_type"] in acc.options.failing_tasks):
        error = f"{task['task_type']} failed: the resource is in provisioning status ERROR"
        if task["target"] is not None:
            kind, id = task["target"]
            acc.change(kind, id, provisioning_status="ERROR")
    elif error is None:
        try:
            effect.finish(acc, task)
        except TaskFailed as failed:
            error = str(failed)
    if task["lock"] is not None and acc.options.settle_seconds:
        acc.change("loadbalancers", task["lock"], _settles_at=acc.now + acc.options.settle_seconds)
    state = "FINISHED" if error is None else "ERROR"
    _store(acc, {**task, "state": state, "changed": acc.now, "error": error})
    acc.ctx.store.delete(CLOUD, CLIENT, "active", task["id"])


def _store(acc: Account, task: Object) -> None:
    acc.ctx.store.put(CLOUD, CLIENT, "tasks", task["id"], task)


def mark(acc: Account) -> None:
    """Note on the account what its running tasks lock and show."""
    for task in active(acc.ctx):
        if (task["project_id"], task["region_id"]) != (acc.project_id, acc.region_id):
            continue
        running = task["state"] == "RUNNING"
        if task["lock"] is not None:
            acc.locks[task["lock"]] = task["id"]
        if task["error"] is not None and not task.get("begun") and running:
            # The task is about to fail without having touched anything; only its lock shows.
            if task["lock"] is not None:
                acc.marks[task["lock"]] = Mark(task["id"], None)
        elif running or acc.options.lock_shows == "new":
            for id, status in task["marks"].items():
                acc.marks[id] = Mark(task["id"], status if running else None)


def refuse_locked(acc: Account, load_balancer_id: str) -> Object:
    """The load balancer, if its tree may be written now. Raises ``ApiError`` 404 or 409."""
    balancer = acc.get("loadbalancers", load_balancer_id)
    holder = acc.locks.get(load_balancer_id)
    settled = acc.status(balancer)["provisioning_status"] == "ACTIVE"
    if holder is not None or not settled:
        text = f"Load Balancer {load_balancer_id} is immutable and cannot be updated."
        raise conflict(f"{text} Task {holder} is in progress." if holder is not None else text)
    return balancer


def created_id(task: Object, key: str) -> str:
    """The id that a task gives to what it creates."""
    return cast(str, task["created_resources"][key][0])
