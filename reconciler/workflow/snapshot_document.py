"""The Snapshot as a document (``schemas/snapshot.schema.json``): what is live, in normal form, and back again.

Objects stand in the API's own words, references as ids, without defaults and nulls. Reading goes through the dialect
as if a cloud had answered: whoever wrote the file, planning sees nothing that a cloud could not have said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.model.canonical import Json
from reconciler.model.dialect import Dialect
from reconciler.model.live import (
    GroupFacts,
    ListenerFacts,
    Live,
    LivePolicy,
    LiveSecurityRule,
    Named,
    Quotas,
    ScopeRef,
)
from reconciler.records import dataclass, replace

FORMAT_VERSION = 1
"""Raised whenever a reader of the older form would misunderstand a snapshot."""

KINDS = ("load_balancer", "listener", "pool", "security_group")
"""The kinds of the inventory."""

Beside = Mapping[tuple[str, str], Mapping[str, Named]]
"""Objects by id, by their kind and the load balancer that they are on."""

_NOT_THE_CLOUD = ("credentials", "limits", "ca_file")
_FACTS = (
    "name", "protocol", "port", "advanced_forwarding", "load_balancer_id", "load_balancer_kind",
    "load_balancer_status", "load_balancer_provider", "default_pool_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot that its schema accepts and whose digest fits."""

    document: Mapping[str, Json]

    @property
    def reference(self) -> dict[str, str]:
        """Digest and moment, as a plan names the snapshot that it was made from."""
        return {"digest": self.document["digest"], "taken_at": self.document["taken_at"]}

    @property
    def taken_at(self) -> float:
        """When reading began: seconds since the epoch.

        Raises:
            ValueError: no day or time of the calendar.
        """
        return datetime.fromisoformat(str(self.document["taken_at"]).replace("Z", "+00:00")).timestamp()


def declared(spec: Mapping[str, Json]) -> dict[str, Json]:
    """What a Provider document says about which cloud it is: all but how to get in, and how fast."""
    return {key: value for key, value in sorted(spec.items()) if key not in _NOT_THE_CLOUD}


# ---------------------------------------------------------------------- names
def named_to_json(objects: Iterable[Named]) -> dict[str, Json]:
    """The inventory by kind, each kind by id."""
    found: dict[str, list[Json]] = {kind: [] for kind in KINDS}
    for one in sorted(objects, key=lambda o: o.id):
        if one.kind not in found:
            continue
        out: dict[str, Json] = {"id": one.id, "name": one.name}
        if one.load_balancers:
            out["load_balancers"] = list(one.load_balancers)
        out |= _present({"protocol": one.protocol, "port": one.port, "updated_at": one.updated_at})
        found[one.kind].append(out)
    return dict(found)


def named_of(inventory: Mapping[str, Json], kind: str) -> list[Named]:
    """The objects of one kind."""
    return [
        Named(kind, one["id"], one["name"], tuple(one.get("load_balancers", ())), one.get("protocol"),
              one.get("port"), one.get("updated_at"))
        for one in inventory[kind]
    ]  # fmt: skip


# ---------------------------------------------------------------------- live objects
def scope_to_json(live: Live, address: str | None, lane: str, number_field: str) -> dict[str, Json]:
    """One scope. ``address``: the document that named it; the live state's own addresses become relative."""
    out: dict[str, Json] = {
        "kind": live.scope.kind,
        "id": live.scope.id,
        "address": address,
        "load_balancer_id": live.scope.load_balancer_id,
        "lane": lane,
        "facts": _facts_to_json(live.facts),
    }
    if live.scope.kind == "listener":
        out["policies"] = [_policy_to_json(p, number_field) for p in live.policies]
    else:
        out["security_group_rules"] = [_rule_to_json(r) for r in live.security_rules]
    out["unknown_fields"] = dict(sorted(live.unknown_fields.items()))
    out["diagnostics"] = [_diagnostic_to_json(d, live.scope.address) for d in live.diagnostics]
    return out


def _facts_to_json(facts: ListenerFacts | GroupFacts) -> dict[str, Json]:
    """Without the listeners and pools beside it: they are the inventory's, and told once."""
    if isinstance(facts, GroupFacts):
        return {"name": facts.name}
    return {**_present({name: getattr(facts, name) for name in _FACTS}), "settled": facts.settled}


def _policy_to_json(live: LivePolicy, number_field: str) -> dict[str, Json]:
    statuses = live.rule_statuses or ("ACTIVE",) * len(live.rule_ids)
    stamps = live.rule_stamps or (None,) * len(live.rule_ids)
    rules = zip(live.policy.rules, live.rule_ids, statuses, stamps, strict=True)
    return {
        "id": live.id,
        "status": live.status,
        **_present({"updated_at": live.updated_at}),
        "policy": live.policy.to_json(with_rules=False, number_field=number_field),
        "rules": [
            {"id": id_, "status": status, **_present({"updated_at": stamp}), "rule": rule.to_json()}
            for rule, id_, status, stamp in rules
        ],
    }


def _rule_to_json(live: LiveSecurityRule) -> dict[str, Json]:
    return {"id": live.id, **_present({"updated_at": live.updated_at}), "system": live.system,
            "rule": live.rule.to_json()}  # fmt: skip


def _diagnostic_to_json(d: Diagnostic, scope: str) -> dict[str, Json]:
    tail = (d.address or scope).removeprefix(scope)
    return {"code": d.code, "severity": d.severity.value, "summary": d.summary, "detail": d.detail, "hint": d.hint,
            "tail": tail}  # fmt: skip


def _present(values: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in values.items() if value is not None}


def live_of(kept: Mapping[str, Json], ref: ScopeRef, dialect: Dialect, beside: Beside) -> Live:
    """One scope as a provider would have read it, under the address of ``ref``.

    ``beside``: listeners and pools by kind and load balancer; those on the scope's own become facts.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it holds what no cloud says.
    """
    facts: ListenerFacts | GroupFacts
    if ref.kind == "listener":
        facts = _listener_facts(kept["facts"], ref.id, beside)
    else:
        facts = GroupFacts(ref.id, kept["facts"]["name"])
    policies = tuple(_policy(p, dialect) for p in kept.get("policies", ()))
    rules = tuple(
        LiveSecurityRule(r["id"], dialect.security_rule(r["rule"]), r["system"], r.get("updated_at"))
        for r in kept.get("security_group_rules", ())
    )
    _distinct(p.id for p in policies)
    _distinct(r.id for r in rules)
    diagnostics = tuple(
        Diagnostic(d["code"], d["summary"], d["detail"], d["hint"], Severity(d["severity"]), ref.address + d["tail"])
        for d in kept["diagnostics"]
    )
    return Live(ref, facts, policies, rules, dict(kept["unknown_fields"]), diagnostics)


def _listener_facts(told: Mapping[str, Json], id_: str, beside: Beside) -> ListenerFacts:
    owner = told.get("load_balancer_id") or ""
    return ListenerFacts(
        id_, **{name: told.get(name, "" if name == "name" else None) for name in _FACTS},
        settled=told.get("settled", True), listeners=beside.get(("listener", owner), {}),
        pools=beside.get(("pool", owner), {}),
    )  # fmt: skip


def _policy(kept: Mapping[str, Json], dialect: Dialect) -> LivePolicy:
    rules = [(dialect.rule(r["rule"]), r) for r in kept["rules"]]
    _distinct(r["id"] for _, r in rules)
    rules.sort(key=lambda one: (*one[0].sort_key, one[1]["id"]))
    bare = dialect.policy({**kept["policy"], "rules": ()})
    return LivePolicy(
        kept["id"], replace(bare, rules=tuple(rule for rule, _ in rules)), tuple(r["id"] for _, r in rules),
        kept["status"], tuple(r["status"] for _, r in rules), kept.get("updated_at"),
        tuple(r.get("updated_at") for _, r in rules),
    )  # fmt: skip


def _distinct(ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            raise ValueError("an id stands twice")
        seen.add(one)


# ---------------------------------------------------------------------- quotas
def quotas_to_json(quotas: Quotas | None) -> Json:
    """Limits and use; None: they could not be read."""
    if quotas is None:
        return None
    return {"limits": dict(sorted(quotas.limits.items())), "used": dict(sorted(quotas.used.items()))}


def quotas_of(told: Sequence[Json]) -> Quotas:
    """Several quotas as one; those that were not read are unknown."""
    known = [one for one in told if one is not None]
    return Quotas(
        {key: limit for one in known for key, limit in one["limits"].items()},
        {key: used for one in known for key, used in one["used"].items()},
    )
