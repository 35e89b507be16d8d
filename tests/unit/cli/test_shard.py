"""``--shard I/N`` through the command line: parts of a plan add up to the whole, and a saved part can be carried out."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest

from reconciler.model.canonical import digest
from reconciler.model.shard import Shard

LATER = """\
apiVersion: reconciler/v1
kind: SecurityGroup
metadata: {name: %s}
spec: {provider: huawei, security_group: not-there, directions: [ingress], unlisted: keep, rules: []}
"""
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def place(tmp_path) -> Path:
    ignore = shutil.ignore_patterns(".emulator", ".reconcile")
    shutil.copytree(ROOT / "examples" / "quickstart", tmp_path / "q", ignore=ignore)
    return tmp_path / "q"


def plan(reconcile, place, *argv, environ=None):
    run = reconcile("-C", str(place), "plan", "--format", "json", "--today", "2026-01-15", *argv, environ=environ)
    assert run.code == 0
    return json.loads(run.out)


def test_the_parts_of_a_plan_add_up_to_the_whole(reconcile, place):
    whole = plan(reconcile, place)
    parts = [plan(reconcile, place, "--shard", f"{i}/3") for i in (1, 2, 3)]
    assert sorted(s["address"] for p in parts for s in p["scopes"]) == [s["address"] for s in whole["scopes"]]
    calls = [sorted(json.dumps(s["call"], sort_keys=True) for p in of for s in p["steps"]) for of in (parts, [whole])]
    assert calls[0] == calls[1]
    assert [p["source"]["shard"] for p in parts] == ["1/3", "2/3", "3/3"]
    assert "shard" not in whole["source"]
    assert plan(reconcile, place, environ={"RECONCILE_SHARD": "3/3"}) == parts[2]


def test_a_saved_part_is_carried_out_as_the_part_that_it_is(reconcile, place):
    for i in (1, 2, 3):
        part = plan(reconcile, place, "--shard", f"{i}/3", "--json-into", f"{i}.json")
        # A document of another part that comes later does not make this plan one of other manifests.
        name = next(f"later-{n}" for n in range(99) if not Shard(i, 3).holds(f"security_group/later-{n}"))
        (place / "more.yaml").write_text(LATER % name, "utf-8")
        done = reconcile("-C", str(place), "apply", "--plan", f"{i}.json", "--expect-digest", part["digest"])
        assert done.code == 0, done.err
        assert "error" not in done.err
        (place / "more.yaml").unlink()
    assert reconcile("-C", str(place), "plan", "--detailed-exitcode").code == 0


def test_a_part_is_not_carried_out_for_another_part(reconcile, place):
    part = plan(reconcile, place, "--shard", "3/3")
    for shard in ("1/3", "2/3", "3/4", None, "0/3", "3", 3):
        source = {k: v for k, v in part["source"].items() if k != "shard"} | ({} if shard is None else {"shard": shard})
        forged = {k: v for k, v in part.items() if k != "digest"} | {"source": source}
        (place / "forged.json").write_text(json.dumps(forged | {"digest": digest(forged)}), "utf-8")
        run = reconcile("-C", str(place), "apply", "--plan", "forged.json", "--format", "json")
        assert run.code in (3, 4), shard
        assert json.loads(run.out)["diagnostics"][0]["code"] in ("APPLY-OTHER-MANIFESTS", "PLAN-FORMAT")
    assert len(plan(reconcile, place, "--shard", "3/3")["steps"]) == len(part["steps"])


def test_an_empty_part_is_a_clean_empty_plan_that_says_so(reconcile, place):
    run = reconcile("-C", str(place), "plan", "--shard", "2/3", "--json-into", "empty.json", "--detailed-exitcode")
    assert run.code == 0
    assert "note[REF-EMPTY-SHARD]: shard 2/3 holds no document" in run.err
    empty = json.loads((place / "empty.json").read_text("utf-8"))
    assert (empty["scopes"], empty["steps"], empty["reads"]["calls"]) == ([], [], 0)
    assert reconcile("-C", str(place), "apply", "--plan", "empty.json").code == 0
    assert reconcile("-C", str(place), "apply", "--auto-approve", "--shard", "2/3").code == 0
    many = reconcile("-C", str(place), "plan", "--shard", "99999/100000")
    assert many.code == 0


def test_the_log_tells_how_many_of_how_many(reconcile, place):
    run = reconcile("-C", str(place), "plan", "--shard", "3/3", "-v", "--log-format", "json")
    (entry,) = [json.loads(line) for line in run.err.splitlines() if '"event": "shard"' in line]
    assert (entry["shard"], entry["scopes"], entry["of"]) == ("3/3", 3, 4)


def test_the_command_to_go_on_names_the_shard(reconcile, place, monkeypatch):
    import reconciler.cli.emulated as emulated

    broken = partial(emulated.open_cloud, faults=("POST */l7policies* times=9 status=400",))
    monkeypatch.setattr(emulated, "open_cloud", broken)
    run = reconcile("-C", str(place), "apply", "--auto-approve", "--shard", "3/3", "--format", "json")
    assert run.code != 0
    outcome = json.loads(run.out)
    words = outcome["continue"]
    assert words[words.index("--shard") + 1] == "3/3"


@pytest.mark.parametrize("text", ["0/3", "4/3", "a/b", "1/0", "1/999999999999", "", "1/3/4"])
def test_a_value_that_is_no_shard_is_one_diagnostic(reconcile, text):
    run = reconcile("plan", "--shard", text, "--format", "json")
    assert run.code == 3
    assert [d["code"] for d in json.loads(run.out)["diagnostics"]] == ["CLI-VALUE"]
    if text:
        run = reconcile("plan", "--format", "json", environ={"RECONCILE_SHARD": text})
        assert run.code == 3
        assert [d["code"] for d in json.loads(run.out)["diagnostics"]] == ["CLI-ENV"]
