"""What a run that a cloud refused has left, and what drift says of it when the manifests have gone on."""

import httpx
import pytest
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


def unlisted(result):
    return [(f["live"]["name"], f["cause"]) for f in result.document["findings"] if f["what"] == "unlisted"]


@pytest.mark.parametrize("mode", ["delete", "keep"])
@pytest.mark.parametrize("changed", [P("aaa", "/a", "c"), P("aaa", "/other")], ids=["policy", "rule"])
def test_a_policy_that_an_apply_could_not_change_was_there_and_is_not_called_made_outside(
    world, flavour, changed, mode
):
    w = world(spec(flavour, [A, B]))
    w.listener(spec(flavour, [A, B]), unlisted=mode)
    first = w.apply()
    assert first.exit_code == 0
    w.listener(spec(flavour, [changed, B]), unlisted=mode)
    refused = w.apply(wire=refuse_writes(w))
    assert refused.exit_code == 1
    w.listener(spec(flavour, [B]), unlisted=mode)
    result = w.drift([first.outcome or first.record, refused.outcome])
    assert unlisted(result) == [("aaa", "not_applied" if mode == "delete" else "unknown")]
    (finding,) = (f for f in result.document["findings"] if f["what"] == "unlisted")
    assert "was there at the last apply" in finding["why"]


def test_what_was_made_after_a_refused_run_is_still_made_outside(world, flavour):
    w = world(spec(flavour, [A]))
    w.listener(spec(flavour, [P("aaa", "/a", "c")]))
    refused = w.apply(wire=refuse_writes(w))
    assert refused.exit_code == 1
    emptied = world(spec(flavour, [A, B]))
    emptied.listener(spec(flavour, [P("aaa", "/a", "c")]))
    assert unlisted(emptied.drift([refused.outcome])) == [("bbb", "outside")]
