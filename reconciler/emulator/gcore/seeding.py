"""Seeds of a project and region: the reply objects of the API in, stored objects out.

List keys: ``loadbalancers``, ``listeners``, ``pools``, ``l7policies`` with full ``rules``, ``securitygroups`` with
``security_group_rules``; also as ``load_balancers``, ``lblisteners``, ``lbpools``, ``security_groups`` and ``rules``,
because the API does not spell them alike everywhere. Besides them ``region`` (the region's display name) and
``quotas`` (``firewall_count_limit``, ``loadbalancer_count_limit``).

What is missing is filled in: a listener or pool is on the only load balancer (one named ``load-balancer`` is made
when none is listed), a policy on the only listener; the action follows from the target; policies with a ``position``
are sorted by it, the others follow as listed; a group without a list of rules has none. References may be names:
``load_balancer``, ``listener``, ``default_pool``, ``redirect_pool``, ``remote_group``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from reconciler.emulator.front import Context
from reconciler.emulator.gcore import quotas, seed_balancers, seed_groups
from reconciler.emulator.gcore.account import Account, region_key
from reconciler.emulator.gcore.seed_reader import LISTS, SeedReader
from reconciler.emulator.seed import SeedAccount

ACCOUNTS_KEY = "gcore:accounts"
"""Where the store lists the seeded accounts; with any of them, other accounts do not exist."""


def load(ctx: Context, seed: SeedAccount) -> None:
    """Store everything a seed says of one account; mistakes go to the seed's problems."""
    found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", seed.account)
    if found is None:
        seed.problem(seed.where, "an account of gcore is named project/region, two numbers such as 1/1")
        return
    acc = Account(ctx, int(found[1]), int(found[2]), ctx.now)
    seed.check_list_keys([*LISTS, "region", "quotas"])
    ctx.store.meta_set(ACCOUNTS_KEY, [*ctx.store.meta_get(ACCOUNTS_KEY, []), acc.key])
    _load_settings(ctx, seed, acc)
    reader = SeedReader(seed, acc)
    seed_balancers.load_balancers(reader)
    seed_balancers.load_listeners(reader)
    seed_balancers.load_pools(reader)
    seed_balancers.load_policies(reader)
    seed_groups.load_groups(reader)


def _load_settings(ctx: Context, seed: SeedAccount, acc: Account) -> None:
    """The region's name and quotas."""
    region, limits = seed.value("region"), seed.value("quotas")
    if region is not None and not isinstance(region, str):
        seed.problem(f"{seed.where}.region", "must be a string")
    elif region is not None:
        ctx.store.meta_set(region_key(acc.region_id), region)
    if limits is not None and not isinstance(limits, Mapping):
        seed.problem(f"{seed.where}.quotas", "must be a mapping")
        return
    known = {f"{counted}_limit": counted for counted in quotas.KINDS}
    for name, limit in (limits or {}).items():
        where = f"{seed.where}.quotas.{name}"
        if name not in known:
            seed.problem(where, f"unknown key; known are {', '.join(sorted(known))}")
        elif isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
            seed.problem(where, "must be a whole number from 0 on")
        else:
            ctx.store.meta_set(quotas.limit_key(acc.region_id, known[name]), limit)
