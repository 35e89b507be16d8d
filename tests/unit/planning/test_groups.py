"""What the planner promises about one security group."""

from __future__ import annotations

from dataclasses import replace

import pytest
from properties.oracle_planning import group_input, inputs

from reconciler.model.desired import Ignore
from reconciler.model.live import Quotas
from reconciler.planning import Options, plan

SCOPE = "security_group/web"


def tcp(port, **more):
    return {
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": "tcp",
        "port_range_min": port,
        "port_range_max": port,
        **more,
    }


def hw(port, action="allow", priority=1, **more):
    return {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "multiport": str(port), "action": action,
            "priority": priority, **more}  # fmt: skip


def make(provider, live, wanted, *, options=None, quotas=None, **more):
    return plan(inputs(group_input(provider, live, wanted, **more), options=options), quotas)


def test_a_changed_rule_is_created_before_the_old_one_goes():
    made = make("gcore", [tcp(22)], [tcp(443)])
    assert [(s.op, s.address) for s in made.steps] == [
        ("create", f"{SCOPE}/rule/ingress:IPv4:tcp:443:any"),
        ("delete", f"{SCOPE}/rule/ingress:IPv4:tcp:22:any"),
    ]
    assert made.steps[0].parent_id == "G"
    assert made.steps[0].preconditions[0].object_id is None


def test_huawei_creates_by_priority_deny_first_and_deletes_in_the_reverse():
    live = [hw(1, "allow", 5), hw(2, "deny", 5), hw(3, "allow", 1)]
    wanted = [hw(11, "allow", 7), hw(12, "deny", 7), hw(13, "allow", 2)]
    made = make("huawei", live, wanted)
    key = [(s.op, (s.after or s.before)["multiport"]) for s in made.steps]
    assert key == [
        ("create", "13"),
        ("create", "12"),
        ("create", "11"),
        ("delete", "1"),
        ("delete", "2"),
        ("delete", "3"),
    ]


def test_a_different_description_is_cosmetic_and_replaced_only_with_its_gap():
    live, wanted = [tcp(443, description="old")], [tcp(443, description="new")]
    made = make("gcore", live, wanted)
    assert made.empty
    assert [c.field for c in made.cosmetic[0].changed] == ["description"]
    replaced = make("gcore", live, wanted, options=Options("2026-11-22", replace_cosmetic=True))
    assert [s.op for s in replaced.steps] == ["delete", "create"]
    assert replaced.gaps[0].falls_to == ("closed",)
    assert [b.code for b in replaced.blocked] == ["GUARD-GAP"]


def test_rules_that_admit_the_same_traffic_are_equal_and_told():
    made = make("gcore", [tcp(1, remote_ip_prefix="10.0.0.0/8")], [tcp(1, remote_ip_prefix="10.1.2.3/8")])
    assert made.empty
    assert made.cosmetic


def test_other_directions_and_system_rules_are_not_touched():
    live = [tcp(1, direction="egress"), tcp(2, description="system")]
    made = make("gcore", live, [tcp(443)])
    assert [s.op for s in made.steps] == ["create"]


def test_a_kept_rule_that_covers_a_listed_one_is_left_open():
    everything = {"direction": "ingress", "ethertype": "IPv4"}
    made = make("gcore", [everything, tcp(25, remote_ip_prefix="10.0.0.0/8")], [tcp(443)], unlisted="keep")
    assert [n.address for n in made.left_open] == [f"{SCOPE}/rule/ingress:IPv4:any:any:any"]
    assert made.left_open[0].related == (f"{SCOPE}/rule/ingress:IPv4:tcp:443:any",)
    assert len(made.unlisted) == 2


def test_emptying_a_direction_needs_its_guard():
    made = make("gcore", [tcp(1)], [])
    assert [b.code for b in made.blocked] == ["GUARD-EMPTY"]


def test_protected_rules_and_ignored_rules_stay():
    made = make("gcore", [tcp(1), tcp(2)], [tcp(3)], protect=("*:tcp:1:*",), ignore=(Ignore("*:tcp:2:*"),))
    assert [b.code for b in made.blocked] == ["GUARD-PROTECTED"]
    assert [s.address.rsplit(":", 2)[1] for s in made.steps] == ["3", "1"]


@pytest.mark.parametrize(("limit", "codes"), [(3, []), (2, []), (1, ["PLAN-QUOTA"])])
def test_deletions_that_take_nothing_away_go_first_where_the_quota_is_tight(limit, codes):
    quotas = {"prod": Quotas({"security_group_rule": limit}, {"security_group_rule": 2 if limit > 1 else 1})}
    live = [tcp(1), tcp(2)] if limit > 1 else [{"direction": "ingress", "ethertype": "IPv4"}]
    made = make("gcore", live, [tcp(3), tcp(4)], quotas=quotas)
    assert [d.code for d in made.diagnostics if d.is_error] == codes
    if limit == 2:
        assert [s.op for s in made.steps] == ["delete", "create", "delete", "create"]


def test_equal_tails_are_numbered():
    made = make("huawei", [], [hw(1, priority=1), hw(1, priority=2)])
    assert [s.address[-2:] for s in made.steps] == ["#1", "#2"]


def test_a_second_plan_is_empty():
    scope = group_input("gcore", [tcp(22)], [tcp(443), tcp(80)])
    done = group_input("gcore", [tcp(443), tcp(80)], [tcp(443), tcp(80)])
    assert not plan(inputs(scope)).empty
    assert plan(inputs(replace(scope, live=done.live))).empty
