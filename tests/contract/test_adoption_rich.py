"""The law of adoption where policies have everything that their cloud knows: configs, lists, references, pins, ignores."""

import asyncio
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit import FLAVOURS, World
from test_adoption_law import flow

from reconciler.workflow.merging.merge import merge_live, write_files

NAMES = ("alpha", "beta", "gamma", "delta")
WORDS = st.sampled_from(("", "one", "two words", "say: it", "#3", "on", "1:30", "x, y"))


def config(draw, **choices):
    """Some of these fields with one of their values each."""
    return {k: draw(st.sampled_from(v)) for k, v in choices.items() if draw(st.booleans())}


@st.composite
def huawei(draw, name):
    kind = draw(st.sampled_from(("pool", "pools", "url", "fixed")))
    edits = [{"key": f"X-{k}", "value_type": "USER_DEFINED", "value": draw(st.sampled_from(("1", "2")))}
             for k in draw(st.lists(st.sampled_from("abc"), unique=True, max_size=2))]  # fmt: skip
    headers = {"insert_headers_config": {"configs": edits}} if edits else {}
    policy = {"name": name}
    if kind == "pool":
        policy |= {"action": "REDIRECT_TO_POOL", "redirect_pool": draw(st.sampled_from("abc"))}
    elif kind == "pools":
        pools = draw(st.lists(st.sampled_from("abc"), unique=True, min_size=2))
        policy |= {"action": "REDIRECT_TO_POOL", "redirect_pools_config": [
            {"pool": p, "weight": draw(st.sampled_from((1, 5, 50)))} for p in pools]}  # fmt: skip
    elif kind == "url":
        policy |= {"action": "REDIRECT_TO_URL", "redirect_url_config": {
            "status_code": draw(st.sampled_from(("301", "302"))), "host": "t.example.com",
            **config(draw, protocol=("HTTP", "HTTPS"), path=("/", "/x"), query=("a=b", "${query}")), **headers}}  # fmt: skip
    else:
        policy |= {"action": "FIXED_RESPONSE", "fixed_response_config": {
            "status_code": draw(st.sampled_from(("403", "503"))),
            **config(draw, content_type=("text/plain", "text/html"), message_body=("no", "later: perhaps", "two\nlines")), **headers}}  # fmt: skip
    values = draw(st.lists(st.sampled_from(("canary", "blue", "green")), unique=True, min_size=1))
    rules = [{"type": "PATH", "compare_type": draw(st.sampled_from(("STARTS_WITH", "EQUAL_TO"))), "value": f"/{name}"}]
    if draw(st.booleans()):
        rules.append({"type": "HEADER", "compare_type": "EQUAL_TO", "conditions": [{"key": "X-Env", "value": v} for v in values]})
    if draw(st.booleans()):
        rules.append({"type": "METHOD", "compare_type": "EQUAL_TO", "conditions": [{"value": draw(st.sampled_from(("GET", "POST")))}]})
    words = draw(WORDS)
    return {**policy, **({"description": words} if words else {}), "rules": draw(st.permutations(rules))}


@st.composite
def octavia(draw, name, described):
    action = draw(st.sampled_from(("pool", "url", "prefix", "reject")))
    policy = {"name": name}
    if action == "pool":
        policy |= {"action": "REDIRECT_TO_POOL", "redirect_pool": draw(st.sampled_from("abc"))}
    elif action == "url":
        policy |= {"action": "REDIRECT_TO_URL", "redirect_url": draw(st.sampled_from(("https://a.example.com/", "https://b.example.com/?x=1&y"))),
                   **config(draw, redirect_http_code=(301, 302, 307))}  # fmt: skip
    elif action == "prefix":
        policy |= {"action": "REDIRECT_PREFIX", "redirect_prefix": "https://p.example.com/x"}
    else:
        policy |= {"action": "REJECT"}
    tags = draw(st.lists(st.sampled_from(("t1", "t2", "t3")), unique=True, max_size=2))
    rules = [{"type": "PATH", "compare_type": draw(st.sampled_from(("STARTS_WITH", "EQUAL_TO"))), "value": f"/{name}"}]
    if draw(st.booleans()):
        rules.append({"type": "HEADER", "key": draw(st.sampled_from(("X-A", "X-B"))), "compare_type": "CONTAINS",
                      "value": draw(st.sampled_from(("1", "yes", "x"))), **config(draw, invert=(True,))})  # fmt: skip
    words = draw(WORDS) if described else ""
    return {**policy, **({"tags": tags} if tags else {}), **({"description": words} if words else {}), "rules": draw(st.permutations(rules))}


@st.composite
def states(draw, name):
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))
    make = huawei if name == "huawei" else lambda n: octavia(n, name == "openstack")
    return [draw(make(n)) for n in names]


MANNER = {"quote": '"'}


def text_of(policies, *, number, pinned, inline, ignored, unlisted):
    lines = ["# head", "apiVersion: reconciler/v1", "kind: Listener", "metadata: {name: web}", "spec:", "  provider: cloud",
             f"  unlisted: {unlisted}"]  # fmt: skip
    if ignored:
        lines += ["  ignore:", f"    - {{policy: {ignored[0]}, fields: [{ignored[1]}], reason: others}}  # theirs"]
    lines.append("  policies:" if policies else "  policies: []")
    for n, policy in enumerate(policies, 1):
        policy = {**policy, **({number: 10 * n} if pinned else {})}
        lines.append(f"    # about {policy['name']}")
        if inline:
            lines.append(f"    - {flow(policy, MANNER)}")
            continue
        body = yaml.safe_dump(policy, sort_keys=False, width=1000).splitlines()
        lines += [f"    - {body[0]}", *(f"      {line}" for line in body[1:])]
    return "\n".join(lines) + "\n# tail\n"


@pytest.mark.parametrize("name", sorted(FLAVOURS))
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_policies_hold_the_plan_is_empty_after_a_merge(name, data):
    flavour = FLAVOURS[name]
    live, wanted = data.draw(states(name)), data.draw(states(name))
    pinned = name == "huawei" and data.draw(st.booleans())
    inline = data.draw(st.booleans())
    fields = ("action", "rules", "description", "redirect_pool_id") if name == "huawei" else ("action", "rules", "tags")
    ignored = (data.draw(st.sampled_from((*NAMES, "*"))), data.draw(st.sampled_from(fields))) if data.draw(st.booleans()) else None
    unlisted = data.draw(st.sampled_from(("delete", "refuse")))
    with tempfile.TemporaryDirectory() as folder:
        w = World(flavour, Path(folder), live)
        path = w.directory / "manifests" / "web.yaml"
        path.parent.mkdir()
        text = text_of(wanted, number=flavour.number, pinned=pinned, inline=inline, ignored=ignored, unlisted=unlisted)
        path.write_text(text)
        before = w.plan()
        if before.exit_code != 0:  # an ignored action with a target that does not fit it, for instance
            result = asyncio.run(merge_live(w.settings()))
            assert result.exit_code in (0, 3, 4)
            return
        result = asyncio.run(merge_live(w.settings()))
        if ignored is None:
            assert (result.exit_code, [d for d in result.diagnostics if d.is_error]) == (0, [])
        elif result.exit_code:
            assert {d.code for d in result.diagnostics if d.is_error} == {"MERGE-INEXPRESSIBLE"}
            assert path.read_text() == text
            return
        write_files(result)
        planned = w.plan()
        assert (planned.exit_code, planned.document["steps"], planned.document["blocked"]) == (0, [], []), path.read_text()
        after = path.read_text()
        for policy in wanted:
            if any(p["name"] == policy["name"] for p in live):
                assert f"# about {policy['name']}\n" in after
        assert after.startswith("# head\n")
        assert after.endswith("# tail\n")
        assert asyncio.run(merge_live(w.settings())).files == []
        kept = result.changes.get("listener/web", [])
        if not kept:
            assert after == text
