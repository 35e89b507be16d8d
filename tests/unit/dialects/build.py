"""Documents for the dialects' tests: as short as a test can say them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reconciler.diagnostics import Diagnostic
from reconciler.dialects.gcore import GCORE
from reconciler.dialects.huawei import HUAWEI
from reconciler.model.desired import DesiredPolicy, DesiredRule, ListenerDocument, Reference, SecurityGroupDocument
from reconciler.model.live import ListenerFacts

ADVANCED = ListenerFacts(
    "L", name="web", protocol="HTTP", port=80, advanced_forwarding=True, load_balancer_kind="dedicated"
)
HOST = {"type": "HOST_NAME", "compare_type": "EQUAL_TO", "value": "a.example.com"}



def pool(name: str = "p", **raw: Any) -> dict[str, Any]:
    """A policy that leads to a pool and has one rule of its own."""
    rules = [{"type": "PATH", "compare_type": "STARTS_WITH", "value": f"/{name}"}]
    return {"name": name, "action": "REDIRECT_TO_POOL", "redirect_pool": "pool-1", "rules": rules, **raw}


def document(policies: Sequence[Mapping[str, Any]], number_field: str = "priority") -> ListenerDocument:
    desired = []
    for index, given in enumerate(policies):
        raw = dict(given)
        name, number = raw.pop("name"), raw.pop(number_field, None)
        desired.append(DesiredPolicy(name, raw, number, path=("spec", "policies", index)))
    where = Reference("listener", name="web", path=("spec", "listener"))
    return ListenerDocument("web", "cloud", where, None, "keep", tuple(desired))


def group(rules: Sequence[Mapping[str, Any]], name: str = "web") -> SecurityGroupDocument:
    desired = tuple(DesiredRule(raw, ("spec", "rules", index)) for index, raw in enumerate(rules))
    where = Reference("security_group", name=name, path=("spec", "security_group"))
    return SecurityGroupDocument("web", "cloud", where, ("ingress",), "keep", desired)


def found(diagnostics: Iterable[Diagnostic]) -> list[tuple[Any, ...]]:
    """(code, path) of each diagnostic; every one must be whole."""
    told = []
    for d in diagnostics:
        assert d.address is not None
        assert "\n" not in d.summary
        assert d.detail, d
        assert d.hint, d
        told.append((d.code, d.path))
    return told


def codes(diagnostics: Iterable[Diagnostic]) -> list[str]:
    return [code for code, _ in found(diagnostics)]


def huawei(*policies: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return found(HUAWEI.check_listener(document(policies)))


def huawei_rules(*rules: Mapping[str, Any], **raw: Any) -> list[tuple[Any, ...]]:
    """What is wrong with these rules of one policy; paths begin at ``rules``."""
    given = {"name": "p", "action": "REDIRECT_TO_POOL", "redirect_pool": "pool-1", **raw, "rules": list(rules)}
    return [(code, path[4:]) for code, path in huawei(given)]


def huawei_live(facts: ListenerFacts, *policies: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    asked = document(policies)
    resolved = []
    for p in asked.policies:
        raw = {
            "redirect_pool_id": p.raw.get("redirect_pool"),
            "redirect_listener_id": p.raw.get("redirect_listener"),
            **p.raw,
        }
        pools = raw.get("redirect_pools_config")
        if pools:
            raw["redirect_pools_config"] = [{"pool_id": e["pool"], **e} for e in pools]
        resolved.append(HUAWEI.policy(raw))
    return found(HUAWEI.check_listener_live(asked, resolved, facts))


def huawei_group(*rules: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return found(HUAWEI.check_security_group(group(rules)))


def gcore(*policies: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return found(GCORE.check_listener(document(policies, "position")))


def gcore_rules(*rules: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What is wrong with these rules of one policy; paths begin at ``rules``."""
    given = {"name": "web-1", "action": "REJECT", "rules": list(rules)}
    return [(code, path[4:]) for code, path in gcore(given)]


def gcore_group(*rules: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return found(GCORE.check_security_group(group(rules)))
