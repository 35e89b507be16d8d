"""What a run that a cloud refused has left, and what drift says of it when the manifests have gone on."""

import httpx
import pytest
from kit import PROJECT, ask
from test_migrations import A, B, P, spec


def refuse_writes(w):
    """A wire that answers every write with 400."""
    wire = w.new_wire()

    def answer(request, _):
        if request.method == "GET" or request.url.path.endswith("/auth/tokens"):
            return None
        body = {"error_code": "X.1", "error_msg": "no", "message": "no", "faultstring": "no"}
        return httpx.Response(400, json=body, request=request)

    wire.every = answer
    return wire


def delete(w, policy):
    """Somebody deletes a policy."""
    root = {
        "huawei": f"/v3/{PROJECT}/elb/l7policies/{policy}",
        "gcore": f"/cloud/v1/l7policies/1/1/{policy}",
        "openstack": f"/load-balancer/v2/lbaas/l7policies/{policy}",
    }[w.flavour.name]
    ask(w.emulator, "DELETE", root)
    w.clock._now += 60.0


def unlisted(result):
    return [(f["live"]["name"], f["cause"]) for f in result.document["findings"] if f["what"] == "unlisted"]


@pytest.fixture
def refused(world, flavour):
    """A listener that an apply put in place, and a second apply that could change nothing of it."""

    def make(wanted, *, unlisted="delete"):
        w = world(spec(flavour, [A, B]))
        w.listener(spec(flavour, [A, B]), unlisted=unlisted)
        first = w.apply()
        assert first.exit_code == 0
        w.listener(spec(flavour, wanted), unlisted=unlisted)
        second = w.apply(wire=refuse_writes(w))
        assert second.exit_code == 1
        return w, [first.outcome or first.record, second.outcome]

    return make


CHANGED = pytest.mark.parametrize("changed", [P("aaa", "/a", "c"), P("aaa", "/other")], ids=["policy", "rule"])


@pytest.mark.parametrize("mode", ["delete", "keep"])
@CHANGED
def test_a_policy_that_could_not_be_changed_and_is_dropped_then_is_not_called_made_outside(
    refused, flavour, changed, mode
):
    w, outcomes = refused([changed, B], unlisted=mode)
    w.listener(spec(flavour, [B]), unlisted=mode)
    result = w.drift(outcomes)
    assert unlisted(result) == [("aaa", "not_applied")]
    (finding,) = (f for f in result.document["findings"] if f["what"] == "unlisted")
    assert "taken off the list" in finding["why"]


@CHANGED
def test_a_policy_that_could_not_be_changed_and_is_gone_now_was_deleted_outside(refused, flavour, changed):
    w, outcomes = refused([changed, B])
    (policy,) = (p for p in w.live() if p["name"] == "aaa")
    delete(w, policy["id"])
    (finding,) = w.drift(outcomes).document["findings"]
    assert (finding["what"], finding["cause"]) == ("missing", "outside")


def test_what_could_not_be_changed_is_not_applied_field_by_field(refused, flavour):
    w, outcomes = refused([P("aaa", "/a", "c"), B])
    causes = {(f["kind"], f["what"]): f["cause"] for f in w.drift(outcomes).document["findings"]}
    assert causes == {("l7policy", "changed"): "not_applied"}


def test_a_move_that_was_refused_is_not_applied_and_the_rest_of_the_policy_is_as_it_was_placed(refused, flavour):
    w, outcomes = refused([B, A])
    findings = w.drift(outcomes).document["findings"]
    assert [([d["field"] for d in f["fields"]], f["cause"]) for f in findings] == [(["order"], "not_applied")]
    delete(w, next(p["id"] for p in w.live() if f"/{p['name']}" in findings[0]["address"]))
    (gone,) = w.drift(outcomes).document["findings"]
    assert (gone["what"], gone["cause"]) == ("missing", "outside")


def test_what_was_made_after_a_refused_run_is_still_made_outside(world, flavour):
    w = world(spec(flavour, [A]))
    w.listener(spec(flavour, [P("aaa", "/a", "c")]))
    refused = w.apply(wire=refuse_writes(w))
    assert refused.exit_code == 1
    emptied = world(spec(flavour, [A, B]))
    emptied.listener(spec(flavour, [P("aaa", "/a", "c")]))
    assert unlisted(emptied.drift([refused.outcome])) == [("bbb", "outside")]
