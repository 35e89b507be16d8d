"""The Outcome document: its schema, its example, its verdict."""

import json
from pathlib import Path

import jsonschema

from reconciler.diagnostics import Diagnostic
from reconciler.execution.outcome import Changed, Outcome, ScopeResult, StepResult, Verification
from reconciler.execution.placed import PlacedPolicy, PlacedScope, read_placed
from reconciler.model.calls import Call
from reconciler.model.live import ReadTerm
from reconciler.planning.document import Gap, Step

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "schemas/outcome.schema.json").read_text())
EXAMPLE = ROOT / "tests/golden/outcome/example.json"
LANE = "huawei:0123456789abcdef0123456789abcdef:load_balancer:lb-1"
SHOP = "listener/shop-https"
WEB = "security_group/web"


def step(n: int, op: str, address: str, scope: str = SHOP, lane: str = LANE, **more) -> Step:
    kind = "l7policy" if scope == SHOP else "security_group_rule"
    return Step(
        id=f"s{n}",
        op=op,
        kind=kind,
        address=address,
        object_id=more.pop("object_id", None),
        parent_id="ls-1",
        provider="huawei-prod" if scope == SHOP else "gcore-prod",
        scope=scope,
        lane=lane,
        before=None,
        after={"name": "canary"},
        call=Call("elb", "POST", ("v3", "p", "elb", "l7policies"), {}),
        **more,
    )


def example() -> Outcome:
    """A run in which everything happens once."""
    group_lane = "gcore:1:1:security_group:sg-1"
    steps = (
        StepResult(step(1, "create", f"{SHOP}/policy/canary"), "done", sent=1, wrote=True, object_id="pol-new",
                   request_ids=("9f0c",), started_at=1_767_225_600.5, seconds=0.25),
        StepResult(step(2, "delete", f"{SHOP}/policy/old", object_id="pol-old"), "done", already=True,
                   object_id="pol-old"),
        StepResult(step(3, "update", f"{SHOP}/policy/block-admin", object_id="pol-3"), "failed", sent=1,
                   object_id="pol-3", request_ids=("77ab",), words="ELB.8902: redirect_pool_id is used elsewhere",
                   code="APPLY-REFUSED", why="the provider refused the call", started_at=1_767_225_601.0, seconds=0.1),
        StepResult(step(4, "move", f"{SHOP}/policy/last", object_id="pol-4"), "not_tried",
                   why="an earlier step of the scope failed"),
        StepResult(step(5, "create", f"{WEB}/rule/ingress:IPv4:tcp:443:0.0.0.0%2F0", WEB, group_lane), "unknown",
                   sent=1, words="no answer: the connection was closed", code="APPLY-UNKNOWN",
                   why="no answer came, and the group could not be read afterwards",
                   started_at=1_767_225_600.5, seconds=30.0),
        StepResult(step(6, "delete", f"{WEB}/rule/ingress:IPv4:tcp:22:0.0.0.0%2F0", WEB, group_lane,
                        object_id="sgr-2"), "not_tried", why="an earlier step of the scope is unknown"),
    )  # fmt: skip
    return Outcome(
        run="20260101T000000Z-5eed01", tool_version="0.1.0", plan_digest="ab" * 32,
        started_at=1_767_225_600.0, finished_at=1_767_225_631.0, steps=steps,
        scopes=(
            ScopeResult(SHOP, "huawei-prod", LANE, "failed", "s3 was refused"),
            ScopeResult(WEB, "gcore-prod", group_lane, "unknown", "the outcome of s5 is unknown"),
            ScopeResult("listener/other", "huawei-prod", LANE, "changed", "1 object changed since the plan", (
                Changed("listener/other/policy/api", "pol-9", "it is not what the plan found",
                        {"name": "api", "action": "REDIRECT_TO_POOL", "redirect_pool_id": "pool-1"},
                        {"name": "api", "action": "REDIRECT_TO_POOL", "redirect_pool_id": "pool-2"},
                        {"name": "api", "action": "REDIRECT_TO_POOL", "redirect_pool_id": "pool-3"}, "cd" * 32),)),
        ),
        open_gaps=(Gap(f"{SHOP}/policy/block-admin", SHOP, "s2", "s3", ("default",), "the action changes"),),
        diagnostics=(
            Diagnostic("APPLY-REFUSED", "the provider refused s3", "ELB.8902", "mend the manifest", address=SHOP),
        ),
        reads=(ReadTerm("listener policies", "2 lists", 2),),
        verification=Verification("skipped", "not every step is done"),
        journal=".reconcile/runs/20260101T000000Z-5eed01.jsonl",
        go_on=("reconcile", "apply", "."),
        placed=(
            PlacedScope(SHOP, "ls-1", LANE, frozenset({"pol-old", "pol-legacy"}), policies=(
                PlacedPolicy("canary", {"action": "0a1b2c3d4e5f", "name": "112233445566"}, ("aabbccddeeff",)),
                PlacedPolicy("static", {"action": "0a1b2c3d4e5f", "description": None, "name": "665544332211"}, None),
            )),
            PlacedScope(WEB, "sg-1", group_lane, None, rules=frozenset({"0123456789ab", "ba9876543210"}),
                        directions=("ingress",)),
        ),
        source={"manifest_digest": "ef" * 32, "commit": None, "paths": ["."], "target": [], "exclude": [], "shard": "1/2"},
    )  # fmt: skip


def test_the_outcome_document_fits_its_schema_and_its_example():
    document = example().to_json()
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert json.loads(EXAMPLE.read_text()) == document


def test_what_was_placed_is_read_back_as_it_was_written():
    outcome = example()
    document = json.loads(json.dumps(outcome.to_json()))
    assert read_placed(document) == {p.scope: p for p in outcome.placed}


def test_an_outcome_of_an_older_version_is_still_right_by_the_schema_and_tells_nothing():
    document = example().to_json()
    del document["placed"], document["source"]
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert read_placed(document) is None


def test_the_schema_is_a_schema_and_refuses_a_status_of_its_own():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    document = example().to_json()
    document["steps"][0]["status"] = "maybe"
    assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(document))


def test_the_verdict_is_partly_only_if_a_write_of_this_run_took_effect():
    outcome = example()
    assert outcome.result == "partly"
    import dataclasses

    without = dataclasses.replace(outcome, steps=outcome.steps[1:])
    assert without.result == "failed"
    assert dataclasses.replace(outcome, steps=outcome.steps[1:2]).result == "done"
    assert dataclasses.replace(outcome, steps=outcome.steps[3:4]).result == "not_tried"
