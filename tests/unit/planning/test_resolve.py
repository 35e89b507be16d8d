"""Names become ids, or diagnostics."""

from __future__ import annotations

from reconciler.dialects.gcore import GCORE
from reconciler.dialects.huawei import HUAWEI
from reconciler.model.desired import DesiredPolicy, DesiredRule, ListenerDocument, Reference, SecurityGroupDocument
from reconciler.model.live import Inventory, Named
from reconciler.planning.resolve import resolve, wanted

LB = Named("load_balancer", "LB", "shop")
INVENTORY = Inventory(
    (
        LB,
        Named("load_balancer", "LB2", "other"),
        Named("listener", "L1", "https", ("LB",), "HTTPS", 443),
        Named("listener", "L2", "twice", ("LB",)),
        Named("listener", "L3", "twice", ("LB2",)),
        Named("pool", "P1", "main", ("LB",)),
        Named("pool", "P2", "far", ("LB2",)),
        Named("pool", "P3", "main", ("LB2",)),
        Named("security_group", "G1", "web"),
    )
)


def document(name="shop", listener="https", balancer=None, **raw):
    body = {"action": "REDIRECT_TO_POOL", "redirect_pool": "main", "rules": [], **raw}
    body = {k: v for k, v in body.items() if v is not None}
    return ListenerDocument(
        name, "prod", Reference("listener", name=listener, path=("spec", "listener")),
        Reference("load_balancer", name=balancer, path=("spec", "load_balancer")) if balancer else None,
        "keep", (DesiredPolicy("a", body, None, None, ("spec", "policies", 0)),),
    )  # fmt: skip


def run(*documents, dialect=HUAWEI):
    return resolve(documents, INVENTORY, {"prod": dialect})


def codes(found):
    return [(d.code, d.path) for d in found.diagnostics]


def test_names_become_ids_of_the_listeners_load_balancer():
    found = run(document())
    one = found.listeners["listener/shop"]
    assert (one.ref.id, one.ref.load_balancer_id) == ("L1", "LB")
    assert one.policies[0].fields["redirect_pool_id"] == "P1"
    assert [r.id for r in found.refs] == ["L1"]


def test_ids_are_taken_and_checked():
    assert run(document(redirect_pool=None, redirect_pool_id="P1")).listeners
    found = run(document(redirect_pool=None, redirect_pool_id="nope"))
    assert codes(found) == [("PLAN-REF-MISSING", ("spec", "policies", 0, "redirect_pool_id"))]


def test_a_missing_name_is_told_with_the_nearest_one():
    found = run(document(redirect_pool="mian"))
    assert codes(found) == [("PLAN-REF-MISSING", ("spec", "policies", 0, "redirect_pool"))]
    assert "main" in found.diagnostics[0].hint


def test_a_pool_of_another_load_balancer_is_refused():
    assert codes(run(document(redirect_pool="far"))) == [
        ("PLAN-REF-ELSEWHERE", ("spec", "policies", 0, "redirect_pool"))
    ]


def test_several_listeners_of_one_name_are_listed_and_a_load_balancer_settles_it():
    found = run(document(listener="twice"))
    assert codes(found) == [("PLAN-REF-AMBIGUOUS", ("spec", "listener"))]
    assert "L2" in found.diagnostics[0].detail
    assert "L3" in found.diagnostics[0].detail
    assert run(document(listener="twice", balancer="shop")).listeners["listener/shop"].ref.id == "L2"


def test_a_missing_listener_gives_one_diagnostic_and_no_follow_on():
    assert codes(run(document(listener="ghost", redirect_pool="ghost"))) == [("PLAN-REF-MISSING", ("spec", "listener"))]


def test_pools_with_weights_are_resolved_inside_their_list():
    pools = [{"pool": "main", "weight": 3}, {"pool_id": "P1", "weight": 1}]
    found = run(document(redirect_pool=None, redirect_pools_config=[pools[0], {"pool": "ghost", "weight": 1}]))
    assert codes(found) == [("PLAN-REF-MISSING", ("spec", "policies", 0, "redirect_pools_config", 1, "pool"))]
    assert run(document(redirect_pool=None, redirect_pools_config=pools)).listeners


def test_two_documents_about_one_object_are_both_refused():
    found = run(document("one"), document("two"))
    assert [(d.code, d.address) for d in found.diagnostics] == [
        ("PLAN-SAME-OBJECT", "listener/one"),
        ("PLAN-SAME-OBJECT", "listener/two"),
    ]
    assert not found.listeners


def test_remote_groups_become_ids():
    rule = {"direction": "ingress", "ethertype": "IPv4", "remote_group": "web"}
    group = SecurityGroupDocument(
        "web",
        "prod",
        Reference("security_group", name="web"),
        ("ingress",),
        "keep",
        (DesiredRule(rule, ("spec", "rules", 0)),),
    )
    assert run(group, dialect=GCORE).groups["security_group/web"].rules[0].remote_group_id == "G1"


def test_wanted_names_every_reference_once():
    found = wanted([document(balancer="shop"), document("two", redirect_pool=None, redirect_pool_id="P9")])
    assert found.names["pool"] == {"main"}
    assert found.ids["pool"] == {"P9"}
    assert found.names["load_balancer"] == {"shop"}
