"""Seeds of a project: the reply objects of the APIs in, stored objects out.

List keys: ``loadbalancers``, ``listeners``, ``pools``, ``l7policies`` with full ``rules``, ``security_groups`` with
``security_group_rules``, ``security_group_rules`` at top level, and ``ports`` (``{security_groups: [names or ids]}``).
Besides them ``project`` (``{name: demo}``) and ``quotas`` (Octavia's names: ``l7policy``, ``l7rule`` ...; Neutron's:
``security_group``, ``security_group_rule``; -1 is unlimited).

What is missing is filled in: a listener or pool is on the only load balancer (one named ``load-balancer`` is made when
none is listed), a policy on the only listener; the action follows from the target; policies with a ``position`` are
sorted by it, the others follow as listed; a group without a list of rules gets the two that a new group has. References
may be names: ``loadbalancer`` (also ``load_balancer``), ``listener``, ``default_pool``, ``redirect_pool``,
``security_group``, ``remote_group``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from reconciler.emulator.front import Context
from reconciler.emulator.openstack import neutron_quotas, octavia_quotas, seed_balancers, seed_groups
from reconciler.emulator.openstack.cloud import PROJECTS_KEY, Caller, Cloud, projects
from reconciler.emulator.openstack.seed_reader import LISTS, SeedReader
from reconciler.emulator.seed import SeedAccount

_NEUTRON = ("network", "subnet", "subnetpool", "port", "rbac_policy", "security_group", "security_group_rule")


def load(ctx: Context, seed: SeedAccount) -> None:
    """Store everything a seed says of one project; mistakes go to the seed's problems."""
    if re.fullmatch(r"[0-9A-Za-z-]{1,64}", seed.account) is None:
        seed.problem(seed.where, "an OpenStack project id is 1 to 64 letters, digits and dashes")
        return
    cloud = Cloud(ctx, Caller(seed.account, frozenset({"admin"})))
    seed.check_list_keys([*LISTS, "project", "quotas"])
    _load_settings(seed, cloud)
    reader = SeedReader(seed, cloud)
    seed_balancers.load_balancers(reader)
    seed_balancers.load_listeners(reader)
    seed_balancers.load_pools(reader)
    seed_balancers.load_policies(reader)
    seed_groups.load_groups(reader)


def _load_settings(seed: SeedAccount, cloud: Cloud) -> None:
    """The project's name and its quotas."""
    project, limits = seed.value("project"), seed.value("quotas")
    name = seed.account
    if project is not None and (not isinstance(project, Mapping) or not isinstance(project.get("name"), str)):
        seed.problem(f"{seed.where}.project", "must be a mapping with a name, such as {name: demo}")
    elif project is not None:
        seed.check_fields(f"{seed.where}.project", project, ("name", "id"))
        name = project["name"]
    cloud.ctx.store.meta_set(PROJECTS_KEY, {**projects(cloud.ctx), seed.account: name})
    if limits is not None and not isinstance(limits, Mapping):
        seed.problem(f"{seed.where}.quotas", "must be a mapping")
        return
    for key, limit in (limits or {}).items():
        where = f"{seed.where}.quotas.{key}"
        if key not in octavia_quotas.KINDS and key not in _NEUTRON:
            known = ", ".join(sorted([*octavia_quotas.KINDS, *_NEUTRON]))
            seed.problem(where, f"unknown key; known are {known}")
        elif isinstance(limit, bool) or not isinstance(limit, int) or limit < -1:
            seed.problem(where, "must be a whole number from -1 (unlimited) on")
        elif key in octavia_quotas.KINDS:
            octavia_quotas.store_own(cloud, seed.account, {key: limit})
        else:
            neutron_quotas.store_own(cloud, seed.account, {key: limit})
