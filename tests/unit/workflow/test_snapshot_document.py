"""Nothing of the model is lost on the way through a snapshot: a field that is added later is missed here first."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.dialects.gcore import GCORE
from reconciler.dialects.huawei import HUAWEI
from reconciler.manifests.documents import refusals
from reconciler.manifests.schemas import schema, verdict
from reconciler.model.live import GroupFacts, ListenerFacts, Live, LivePolicy, LiveSecurityRule, Named, Quotas, ScopeRef
from reconciler.workflow.snapshot_age import spell
from reconciler.workflow.snapshot_document import (
    KINDS,
    declared,
    live_of,
    named_of,
    named_to_json,
    quotas_of,
    quotas_to_json,
    scope_to_json,
)

LISTENER = Named("listener", "L", "web", ("lb",), "HTTP", 80, "2026-01-01T00:00:00Z")
POOL = Named("pool", "P", "main", ("lb",), "HTTP", 8080, "2026-01-02T00:00:00Z")
BESIDE = {("listener", "lb"): {"L": LISTENER}, ("pool", "lb"): {"P": POOL}}
REF = ScopeRef("listener/web", "listener", "L", "lb")
GROUP = ScopeRef("security_group/web", "security_group", "G", None)
FACTS = ListenerFacts("L", "web", "HTTP", 80, True, "lb", "shared", "ERROR", "amphora", "P", False, {"L": LISTENER}, {"P": POOL})
POLICY = HUAWEI.policy({
    "name": "a", "action": "REDIRECT_TO_POOL", "redirect_pool_id": "P", "priority": 7, "description": "d",
    "rules": [{"type": "PATH", "compare_type": "EQUAL_TO", "value": "/b"},
              {"type": "HEADER", "compare_type": "EQUAL_TO", "conditions": [{"key": "X", "value": "1"}, {"key": "Y", "value": "2"}]}],
})  # fmt: skip
LIVE_POLICY = LivePolicy("A", POLICY, ("r1", "r2"), "ERROR", ("PENDING_UPDATE", "ERROR"), "2026-01-03T00:00:00Z", ("x", "y"))
RULE = GCORE.security_rule({"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "port_range_min": 1, "port_range_max": 2,
                            "remote_ip_prefix": "10.0.0.0/8", "description": "d"})  # fmt: skip
LIVE_RULE = LiveSecurityRule("R", RULE, True, "2026-01-04T00:00:00Z")
PROBLEMS = (
    Diagnostic("CONN-OBJECT", "s", "d", "h", Severity.WARNING, "listener/web"),
    Diagnostic("CONN-OBJECT", "s2", "d2", "h2", Severity.ERROR, "listener/web/policy/@x"),
)


def said(value: Any) -> dict[str, Any]:
    return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}


@pytest.mark.parametrize("value", [LISTENER, FACTS, LIVE_POLICY, LIVE_RULE], ids=lambda v: type(v).__name__)
def test_the_examples_here_use_every_field(value):
    for f in dataclasses.fields(value):
        default = f.default if f.default is not dataclasses.MISSING else f.default_factory() if callable(f.default_factory) else None
        assert getattr(value, f.name) != default, f.name


def through(live: Live, dialect: Any, ref: ScopeRef) -> Live:
    kept = json.loads(json.dumps(scope_to_json(live, "listener/other", "lane", dialect.number_field)))
    whole = schema("snapshot")
    part = {"$schema": whole["$schema"], "$ref": "#/$defs/scope", "$defs": whole["$defs"]}
    import jsonschema_rs

    jsonschema_rs.validator_for(part).validate(kept)
    return live_of(kept, ref, dialect, BESIDE)


def test_a_listener_comes_back_with_everything_under_the_address_that_asks_for_it():
    live = Live(REF, FACTS, (LIVE_POLICY,), (), {"odd": 3}, PROBLEMS)
    again = through(live, HUAWEI, REF)
    assert again == live
    assert said(again.facts) == said(FACTS)
    assert said(again.policies[0]) == said(LIVE_POLICY)
    assert again.policies[0].policy.number == 7
    elsewhere = through(live, HUAWEI, ScopeRef("listener/new", "listener", "L", None))
    assert [d.address for d in elsewhere.diagnostics] == ["listener/new", "listener/new/policy/@x"]


def test_a_group_comes_back_with_everything():
    live = Live(GROUP, GroupFacts("G", "web"), (), (LIVE_RULE,), {}, ())
    again = through(live, GCORE, GROUP)
    assert again == live
    assert said(again.security_rules[0]) == said(LIVE_RULE)


def test_names_and_quotas_come_back():
    kinds = [dataclasses.replace(LISTENER, kind=kind) for kind in KINDS] + [Named("pool", "Q", "")]
    told = named_to_json(kinds)
    assert [one for kind in KINDS for one in named_of(told, kind)] == sorted(kinds, key=lambda o: KINDS.index(o.kind))
    quotas = Quotas({"l7policy": 5}, {"l7policy": 2})
    assert quotas_of([quotas_to_json(quotas), quotas_to_json(None)]) == quotas
    assert quotas_of([None]) == Quotas()


def test_a_declaration_holds_which_cloud_it_is_and_not_how_to_get_in():
    spec = {"type": "huawei", "region": "r", "credentials": {"access_key": {"env": "X"}}, "limits": {}, "ca_file": "x"}
    assert declared(spec) == {"region": "r", "type": "huawei"}


@pytest.mark.parametrize(("seconds", "words"), [
    (-3, "0 seconds"), (0.9, "0 seconds"), (1, "1 second"), (59.9, "59 seconds"), (60, "1 minute"), (3599, "59 minutes"),
    (3600, "1 hour"), (86_400, "24 hours"), (172_799, "47 hours"), (172_800, "2 days"), (10 * 86_400, "10 days"),
])  # fmt: skip
def test_a_duration_is_spelled_in_its_largest_unit_rounded_down(seconds, words):
    assert spell(seconds) == words


def test_the_schema_is_sound_closed_and_known_to_the_reader():
    import jsonschema

    jsonschema.Draft202012Validator.check_schema(schema("snapshot"))
    assert not verdict("snapshot").is_valid({"kind": "Snapshot"})
    assert list(refusals("snapshot", {"kind": "Snapshot"}))
