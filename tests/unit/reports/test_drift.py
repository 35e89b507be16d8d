"""Reports of drift: golden texts, danger first and never cut, hostile values, what to do next."""

from __future__ import annotations

import copy
import json
import os
import re
import shlex
from html.parser import HTMLParser
from pathlib import Path

import pytest

from reconciler.reports import FORMATS, render

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "golden" / "reports"
EXTENSIONS = {"text": "txt", "markdown": "md", "html": "html"}
ACTS = "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f]"


def example(name: str = "drift") -> dict:
    return json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))


def counted(drift: dict) -> dict:
    """The document with counts that fit its findings."""
    for scope in drift["scopes"]:
        mine = [f for f in drift["findings"] if f["scope"] == scope["address"]]
        scope["findings"], scope["alarms"] = len(mine), sum(f["alarm"] for f in mine)
        if scope["status"] != "unknown":
            scope["status"] = "drift" if scope["alarms"] else "known" if mine else "clean"
    states = [scope["status"] for scope in drift["scopes"]]
    found = drift["findings"]
    drift["summary"] |= {
        "scopes": len(states), "clean": states.count("clean"), "drifted": states.count("drift"), "unknown": states.count("unknown"),
        "findings": len(found), "alarms": sum(f["alarm"] for f in found), "known": sum(f["known"] for f in found),
        "kept": sum(f["kept"] for f in found),
    }  # fmt: skip
    return drift


def finding(drift: dict, what: str, kind: str, **more: object) -> dict:
    found = next(
        f
        for f in drift["findings"]
        if f["what"] == what and f["kind"] == kind and all(f[k] == v for k, v in more.items())
    )
    return copy.deepcopy(found)


@pytest.mark.parametrize("name", ["drift", "drift-hostile"])
def test_the_documents_that_are_rendered_here_are_right_by_their_schema(name):
    import jsonschema

    schema = json.loads((ROOT.parent / "schemas" / "drift.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(example(name))


@pytest.mark.parametrize("name", ["drift", "drift-hostile"])
@pytest.mark.parametrize("form", EXTENSIONS)
def test_a_drift_report_is_byte_for_byte_what_the_golden_file_holds(name, form):
    path = GOLDEN / f"{name}.{EXTENSIONS[form]}"
    made = render(example(name), form)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(made, "utf-8", newline="")
    assert made == path.read_bytes().decode("utf-8")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("full", [False, True])
def test_hostile_values_never_act_in_a_drift_report(form, full):
    made = render(example("drift-hostile"), form, full=full)
    if form == "json":
        assert json.loads(made) == example("drift-hostile")
        return
    assert not re.search(ACTS, made)
    assert "\n- deleted" not in made
    if form == "html":
        tags: list[str] = []
        attributes: list[str] = []

        class Page(HTMLParser):
            def handle_starttag(self, tag, attrs):
                tags.append(tag)
                attributes.extend(name for name, _ in attrs)

        Page().feed(made)
        assert {"script", "img", "iframe", "a"}.isdisjoint(tags)
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "href")]


def test_danger_comes_first_in_its_order():
    lines = render(example(), "text").splitlines()
    assert lines[0] == "Danger"
    heads = [line.split(":")[0] for line in lines[1 : lines.index("")] if line.startswith("! ")]
    assert heads == ["! opens", "! opens", "! cannot tell", "! in ERROR"]


def test_the_summary_counts_what_opens():
    assert "11 findings (2 changed, 4 missing, 4 unlisted, 1 in ERROR; 2 open traffic) in 4 scopes" in render(
        example(), "text"
    )


def test_every_alarming_finding_is_told_with_its_line_its_live_id_and_its_cause():
    text = render(example(), "text")
    for f in example()["findings"]:
        if f["alarm"]:
            assert f"{f['file']}:{f['line']}]" in text
            assert f["object_id"] is None or f["object_id"] in text
            assert f["updated_at"] is None or f"updated {f['updated_at']}" in text
            assert f["why"] in text


def test_a_scope_that_cannot_be_told_is_neither_drift_nor_clean():
    drift = example()
    drift["findings"] = []
    made = render(counted(drift), "text")
    assert "! cannot tell: listener/status: the cloud gave no answer" in made
    assert "Drift: cannot tell 1 of 6 scopes; nothing found in the others." in made
    assert "reconcile drift examples/shop --target listener/status" in made


def test_many_scopes_that_cannot_be_told_for_one_reason_are_told_together_and_each_named():
    drift = example()
    drift["unknown"] = [{**drift["unknown"][0], "scope": f"listener/s{n}"} for n in range(40)]
    made = render(drift, "text")
    assert "! cannot tell 40 scopes: the cloud gave no answer" in made
    assert made.count("no answer within 30 s") == 2  # once there, once in the diagnostics
    for n in range(40):
        assert f"  ! listener/s{n}\n" in made


def test_fields_are_told_from_wanted_to_live():
    made = render(example(), "text")
    assert "; wanted -> live)" in made
    assert '~ description: "10 % of the traffic" -> "all of it, Friday night"' in made
    assert '> order: behind "canary", last -> first, before "block-admin"' in made


def test_a_clean_drift_says_so_and_asks_for_nothing():
    drift = example()
    drift["findings"], drift["unknown"], drift["diagnostics"] = [], [], []
    drift["scopes"] = [s for s in drift["scopes"] if s["status"] != "unknown"]
    made = render(counted(drift), "text")
    assert "Drift: none in 5 scopes." in made
    assert "Danger" not in made
    assert "To " not in made
    drift["scopes"] = []
    assert "Drift: nothing was looked at: no scope is selected." in render(counted(drift), "text")


def test_what_a_baseline_or_keep_accepts_stands_aside():
    drift = example()
    text = render(drift, "text")
    aside = text[text.index("Known: in the baseline already") :]
    assert (
        "security_group/db: rule allow ingress IPv4 tcp port 3306 from 10.0.0.0/8 priority=50: live, not listed"
        in aside
    )
    assert "To adopt" in aside
    drift["findings"][8] |= {"alarm": False, "why": "kept (unlisted: keep)"}
    assert 'Unlisted, left alone\n  + listener/shop-https: policy "legacy"' in render(counted(drift), "text")


def test_an_open_rule_that_is_kept_is_told_as_left_open_in_danger():
    drift = example()
    kept = finding(drift, "unlisted", "security_group_rule", kept=True)
    drift["findings"] = [{**kept, "known": False}]
    lines = render(counted(drift), "text").splitlines()
    assert lines[:2] == [
        "Danger",
        "! left open: security_group/db: rule allow ingress IPv4 tcp port 3306 from 10.0.0.0/8 priority=50: live, not "
        "listed  [cause unknown, examples/shop/shop.yaml:71]",
    ]


def _many(count: int) -> dict:
    """A drift with ``count`` different changed policies, and a tenth as many open rules and broken policies."""
    drift = example()
    changed = finding(drift, "changed", "l7policy", known=False)
    opened = finding(drift, "unlisted", "security_group_rule", opens=True, alarm=True)
    broken = finding(drift, "error", "l7policy")
    drift["findings"] = []
    for n in range(count):
        fields = [{"field": "description", "wanted": "x" * 60, "live": str(n) * 9}]
        drift["findings"].append({**changed, "address": f"listener/shop-https/policy/p{n}", "fields": fields,
                                  "wanted": {**changed["wanted"], "name": f"p{n}"}})  # fmt: skip
        if n % 10 == 0:
            live = {**opened["live"], "remote_ip_prefix": f"10.{n // 250}.{n % 250}.0/24"}
            drift["findings"].append({**opened, "live": live, "address": f"security_group/web/rule/r{n}"})
            drift["findings"].append(
                {**broken, "address": f"listener/shop-gcore/policy/broken{n}", "status": f"ERROR{n}"}
            )
    drift["unknown"] = [
        {**drift["unknown"][0], "scope": f"listener/s{n}", "reason": f"r{n}"} for n in range(count // 10)
    ]
    return counted(drift)


@pytest.mark.parametrize("budget", [3_000, 10_000])
def test_where_danger_alone_does_not_fit_the_first_lines_say_so(budget):
    made = render(_many(400), "markdown", budget=budget)
    assert len(made.encode()) <= budget
    left, total = re.search(r"\*\*([\d,]+) of the ([\d,]+) lines that must be seen do not fit here", made[:600]).groups()
    told = len(re.findall(r'from 10\.|policy "broken\d+"|cannot tell: listener', made))
    assert 0 < told <= int(total.replace(",", "")) - int(left.replace(",", ""))


@pytest.mark.parametrize("budget", [40_000, 60_000])
def test_what_opens_what_cannot_be_told_and_what_is_broken_is_not_cut_while_it_fits(budget):
    made = render(_many(400), "markdown", budget=budget)
    for n in range(0, 400, 10):
        assert f"from 10.{n // 250}.{n % 250}.0/24" in made
        assert f'policy "broken{n}"' in made
        assert f"cannot tell: listener/s{n // 10}:" in made
    assert "lines of detail are left out" in made


def test_markdown_keeps_to_its_budget_and_names_the_commands():
    made = render(_many(700), "markdown")
    assert len(render(_many(700), "markdown", budget=None).encode()) > 200_000
    assert len(made.encode()) <= 60_000
    assert "reconcile import --merge" in made


def test_equal_findings_of_many_objects_are_told_once_and_each_named():
    drift = example()
    extra = finding(drift, "unlisted", "security_group_rule", opens=True, alarm=True)
    drift["findings"] = [
        {**extra, "scope": f"security_group/g{n}", "address": f"security_group/g{n}/rule/r", "object_id": f"id-{n}"}
        for n in range(41)
    ]
    made = render(drift, "text")
    assert "! opens: 41 times the same: rule ingress IPv4 tcp port 1-65535 from 0.0.0.0/0" in made
    assert made.count("tcp port 1-65535") == 1
    assert render(drift, "text", full=True).count("rule ingress IPv4 tcp port 1-65535") == 41
    for n in range(41):
        assert f"security_group/g{n}/rule/r  [examples/shop/groups/web.yaml:7, id-{n}, " in made


def test_findings_that_differ_in_what_is_live_are_never_told_as_equal():
    drift = example()
    extra = finding(drift, "unlisted", "security_group_rule", opens=True, alarm=True)
    drift["findings"] = [{**extra, "live": {**extra["live"], "port_range_max": n}} for n in range(2, 6)]
    made = render(drift, "text")
    for n in range(2, 6):
        assert f"tcp port 1-{n} from" in made


def test_the_commands_to_go_on_name_the_scopes_and_survive_a_shell():
    drift = example()
    drift["source"]["paths"] = ["my manifests", "$(reboot)"]
    closing = [line for line in render(drift, "text").splitlines() if line.startswith("To adopt")]
    words = shlex.split(closing[0].partition(": ")[2])
    assert words[:6] == ["reconcile", "import", "--merge", "--adopt-unlisted", "my manifests", "$(reboot)"]
    assert words[6:8] == ["--target", "listener/shop-gcore"]


def test_what_was_never_applied_is_not_offered_for_adoption():
    drift = example()
    drift["findings"] = [f for f in drift["findings"] if f["cause"] == "not_applied"]
    made = render(counted(drift), "text")
    assert "To adopt" not in made
    assert "reconcile apply examples/shop --target listener/shop-gcore" in made


def test_unlisted_objects_that_keep_leaves_alone_are_adopted_only_where_one_is_found():
    drift = example()
    drift["findings"] = [f for f in drift["findings"] if not f["kept"]]
    assert "--adopt-unlisted" not in render(counted(drift), "text")


def test_a_drift_of_a_snapshot_or_a_shard_says_so():
    drift = example()
    drift["source"] |= {"shard": "2/5", "live": {"digest": "a" * 64, "taken_at": "2026-11-22T01:00:00.000Z"}}
    made = render(drift, "text")
    assert "Shard 2/5: other scopes were not looked at." in made
    assert "Live state: the snapshot of 2026-11-22T01:00:00.000Z; the clouds were not asked." in made
    assert "Checked at" not in made
    assert "Shard" not in render(example(), "text")


def test_with_many_scopes_a_command_names_the_selection_of_the_run_instead():
    drift = example()
    one = finding(drift, "changed", "l7policy", known=False)
    drift["findings"] = [{**one, "scope": f"listener/s{n}", "address": f"listener/s{n}/policy/p"} for n in range(9)]
    drift["source"]["exclude"] = ["listener/not-*"]
    made = render(drift, "text")
    assert "reconcile apply examples/shop --exclude 'listener/not-*'\n" in made


def test_the_full_report_holds_every_id_fingerprint_and_both_states():
    made = render(example(), "text", full=True)
    for f in example()["findings"]:
        if f["alarm"]:
            assert f["fingerprint"] in made
            assert f"address: {f['address']}" in made


def test_ascii_only_output_is_ascii():
    drift = example()
    drift["findings"][0]["why"] = "grün→"
    assert render(drift, "text", ascii_only=True).isascii()
