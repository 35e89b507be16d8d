"""Quotas of the client: load balancers and security groups ("firewalls") by region. Only these are counted."""

from __future__ import annotations

from typing import Literal

from reconciler.emulator.front import Context
from reconciler.emulator.gcore.account import CLOUD, Account, Kind
from reconciler.emulator.gcore.errors import invalid, not_found, over_quota
from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.store import Object

Counted = Literal["loadbalancer_count", "firewall_count"]
KINDS: dict[Counted, Kind] = {"firewall_count": "securitygroups", "loadbalancer_count": "loadbalancers"}


def limit_key(region_id: int, counted: Counted) -> str:
    """Where the store keeps a limit that a seed has set."""
    return f"gcore:quota:{region_id}:{counted}"


def in_region(acc: Account, kind: Kind) -> list[Object]:
    """The client's objects of a kind in the account's region, whatever their project."""
    return _in_region(acc.ctx, acc.region_id, kind)


def refuse_over(acc: Account, counted: Counted, usage: int) -> None:
    """Raise ``ApiError`` 403 when one more object would exceed the quota."""
    limit = _limit(acc.ctx, acc.region_id, counted)
    if usage >= limit:
        raise over_quota(counted, limit, usage)


def get_all(ctx: Context, request: Request) -> Reply:
    """GET all quotas of the client: one entry for each region that holds something."""
    regions = sorted({int(account.split("/")[1]) for account in ctx.store.accounts(CLOUD) if "/" in account})
    entries = [{"region_id": region_id, **_numbers(ctx, region_id)} for region_id in regions]
    return json_reply(200, {"global_quotas": _global(ctx), "regional_quotas": entries})


def get_regional(ctx: Context, request: Request, client_id: str, region_id: str) -> Reply:
    """GET the quotas of a client in one region."""
    _check_client(ctx, client_id)
    if not region_id.isascii() or not region_id.isdigit():
        raise invalid({"region_id": ["Input should be a valid integer"]})
    return json_reply(200, _numbers(ctx, int(region_id)))


def get_global(ctx: Context, request: Request, client_id: str) -> Reply:
    """GET the quotas of a client that do not depend on a region."""
    _check_client(ctx, client_id)
    return json_reply(200, _global(ctx))


def _global(ctx: Context) -> Object:
    projects = {account.split("/")[0] for account in ctx.store.accounts(CLOUD) if "/" in account}
    return {"project_count_limit": max(10, len(projects)), "project_count_usage": len(projects)}


def _numbers(ctx: Context, region_id: int) -> Object:
    numbers: Object = {}
    for counted, kind in KINDS.items():
        numbers[f"{counted}_limit"] = _limit(ctx, region_id, counted)
        numbers[f"{counted}_usage"] = len(_in_region(ctx, region_id, kind))
    return numbers


def _limit(ctx: Context, region_id: int, counted: Counted) -> int:
    options = ctx.options.gcore
    default = options.firewall_count_limit if counted == "firewall_count" else options.loadbalancer_count_limit
    return int(ctx.store.meta_get(limit_key(region_id, counted), default))


def _in_region(ctx: Context, region_id: int, kind: Kind) -> list[Object]:
    accounts = (account for account in ctx.store.accounts(CLOUD) if account.endswith(f"/{region_id}"))
    return [item for account in accounts for item in ctx.store.list(CLOUD, account, kind)]


def _check_client(ctx: Context, client_id: str) -> None:
    if client_id != str(ctx.options.gcore.client_id):
        raise not_found("Client", client_id)
