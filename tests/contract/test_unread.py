"""Load balancing and networking are services of their own: who may not read one still hears of the other."""

import httpx
import pytest
from test_migrations import A, B, spec

GROUPS = ("/security-groups", "/securitygroups/")
LISTENERS = ("/listeners", "/lblisteners/")


def refusing(parts):
    """Every request below one of these paths is answered with 403."""

    def answer(request, _):
        if not any(part in request.url.path for part in parts):
            return None
        body = {"error_code": "X.403", "error_msg": "no", "message": "no", "faultstring": "no"}
        return httpx.Response(403, json=body, request=request)

    return answer


@pytest.fixture
def edited(world, flavour):
    """A listener and a group that both differ from their manifests."""
    w = world(spec(flavour, [A, B]), [flavour.rule(22)])
    w.listener(spec(flavour, [A]))
    w.group([flavour.rule(80)])
    return w


def look(w, parts, run):
    wire = w.new_wire()
    wire.every = refusing(parts)
    return run(wire=wire)


@pytest.mark.parametrize(
    ("parts", "unread", "told"),
    [(GROUPS, "security_group/web", "listener/web"), (LISTENERS, "listener/web", "security_group/web")],
)
def test_a_service_that_must_not_be_read_keeps_nothing_from_the_other(edited, parts, unread, told):
    drift = look(edited, parts, edited.drift)
    assert drift.exit_code == 1
    assert drift.document["result"] == "unknown"
    assert [(u["scope"], u["code"], u["unread"]) for u in drift.document["unknown"]] == [(unread, "AUTH-DENIED", True)]
    assert {f["scope"] for f in drift.document["findings"]} == {told}
    assert [d.code for d in drift.diagnostics] == ["AUTH-DENIED"]
    plan = look(edited, parts, edited.plan)
    assert plan.exit_code == 1
    assert {s["scope"] for s in plan.document["steps"]} == {told}
    assert [(b["scope"], b["kind"]) for b in plan.document["blocked"]] == [(unread, "unread")]


def test_a_cloud_that_answers_nothing_is_told_once_and_no_scope_is_drift(edited):
    drift = look(edited, ("/",), edited.drift)
    assert drift.exit_code == 1
    assert len(drift.diagnostics) == 1
    assert drift.document["findings"] == []
    assert {u["scope"] for u in drift.document["unknown"]} == {"listener/web", "security_group/web"}


def test_every_read_is_counted_once_though_the_services_are_asked_apart(edited):
    result = edited.drift()
    assert result.document["reads"]["calls"] == edited.wire.reads == len(set(edited.wire.requests))
