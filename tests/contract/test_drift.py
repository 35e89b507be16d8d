"""Drift promise by promise, on the emulator's three clouds."""

import copy
import json

import httpx
import pytest
from kit import FLAVOURS, World, ask, host, rule
from test_migrations import A, B, C, D, spec

SECURITY = "security_group/web/rule/ingress:IPv4:tcp"


def indented(w):
    """Manifests of many lines, so that a line says something."""
    for path in (w.directory / "manifests").iterdir():
        path.write_text(json.dumps(json.loads(path.read_text()), indent=1))


def findings(result, **wanted):
    return [f for f in result.document["findings"] if all(f[k] == v for k, v in wanted.items())]


def brief(result):
    return sorted((f["what"], f["address"].removeprefix("listener/web/policy/")) for f in result.document["findings"])


def at(w, finding):
    """The manifest's text from where a finding points to."""
    line = (w.directory / finding["file"]).read_text().splitlines()[finding["line"] - 1]
    return line[finding["column"] - 1 :]


def codes(result):
    return sorted(d.code for d in result.diagnostics)


def test_every_finding_points_at_the_line_of_its_object(world, flavour):
    w = world(spec(flavour, [A, B, D]), [flavour.rule(22), flavour.rule(80)])
    wanted = spec(flavour, [A, B, C])
    wanted[1]["rules"] = [rule("/b"), host("b.example.com")]
    wanted[0]["rules"] = [rule("/other")]
    w.listener(wanted)
    w.group([flavour.rule(80), flavour.rule(443)])
    indented(w)
    result = w.drift()
    assert result.exit_code == 2
    (missing,) = findings(result, what="missing", kind="l7policy")
    assert at(w, missing) == "{"
    assert '"ccc"' in (w.directory / missing["file"]).read_text().splitlines()[missing["line"]]
    (changed,) = findings(result, what="changed", kind="l7rule")
    assert (changed["fields"], changed["address"]) == (
        [{"field": "value", "wanted": "/other", "live": "/a"}], "listener/web/policy/aaa/rule/PATH")  # fmt: skip
    lines = (w.directory / changed["file"]).read_text().splitlines()
    assert '"/other"' in "".join(lines[changed["line"] - 1 : changed["line"] + 4])
    (added,) = findings(result, what="missing", kind="l7rule")
    assert added["wanted"] == host("b.example.com")
    assert '"HOST_NAME"' in (w.directory / added["file"]).read_text().splitlines()[added["line"]]
    for unlisted in findings(result, what="unlisted"):
        assert at(w, unlisted).startswith('"delete"')
        assert unlisted["object_id"]
    assert [f["wanted"].get("multiport") or str(f["wanted"]["port_range_min"])
            for f in findings(result, what="missing", kind="security_group_rule")] == ["443"]  # fmt: skip


def test_live_ids_and_the_moment_of_the_last_change_are_told_where_the_cloud_tells_them(world, flavour):
    w = world(spec(flavour, [A, B]))
    changed = spec(flavour, [A, B])
    changed[0]["rules"] = [rule("/other")]
    changed[1] |= {"redirect_pool": "c"}
    w.listener(changed)
    result = w.drift()
    by_name = {p["name"]: p for p in w.live()}
    (policy,) = findings(result, kind="l7policy")
    assert policy["object_id"] == by_name["bbb"]["id"]
    assert policy["updated_at"] == by_name["bbb"].get("updated_at")
    assert policy["status"] == "ACTIVE"
    (of_rule,) = findings(result, kind="l7rule")
    (live,) = flavour.rules_of(w.emulator, by_name["aaa"]["id"])
    assert of_rule["object_id"] == live["id"]
    assert of_rule["updated_at"] == live.get("updated_at")
    if flavour.name == "openstack":
        assert policy["updated_at"]


def test_what_the_cloud_calls_broken_is_a_finding_of_its_own(world, flavour):
    live = spec(flavour, [A, B])
    live[0]["provisioning_status"] = "ERROR"
    w = world(live)
    wanted = spec(flavour, [A, B])
    w.listener(wanted)
    result = w.drift()
    assert brief(result) == [("error", "aaa")]
    (broken,) = result.document["findings"]
    assert (broken["status"], broken["fields"], broken["alarm"]) == ("ERROR", [], True)
    wanted[0]["redirect_pool"] = "c"
    w.listener(wanted)
    assert brief(w.drift()) == [("changed", "aaa"), ("error", "aaa")]


@pytest.mark.parametrize("name", ["gcore", "openstack"])
def test_a_rule_that_the_cloud_calls_broken_is_a_finding_where_rules_are_objects(tmp_path, name):
    flavour = FLAVOURS[name]
    live = spec(flavour, [A])
    live[0]["rules"] = [{**live[0]["rules"][0], "provisioning_status": "ERROR"}]
    w = World(flavour, tmp_path, live)
    w.listener(spec(flavour, [A]))
    result = w.drift()
    assert brief(result) == [("error", "aaa/rule/PATH")]
    assert result.document["findings"][0]["status"] == "ERROR"
    assert {s["role"] for s in w.plan().document["steps"]} == {"heal"}


def test_an_extra_rule_that_opens_something_says_what_it_covers(world, flavour):
    opened = [flavour.rule(443, "0.0.0.0/0"), flavour.rule(443), flavour.rule(22, "192.0.2.0/24")]
    w = world([], opened)
    w.group([flavour.rule(443)])
    result = w.drift()
    by_remote = {f["live"]["remote_ip_prefix"]: f for f in findings(result, what="unlisted")}
    assert set(by_remote) == {"0.0.0.0/0", "192.0.2.0/24"}
    assert by_remote["0.0.0.0/0"]["opens"]
    assert by_remote["0.0.0.0/0"]["covers"] == [f"{SECURITY}:443:10.0.0.0%2F8"]
    assert by_remote["192.0.2.0/24"]["opens"]
    assert by_remote["192.0.2.0/24"]["covers"] == []
    narrower = World(flavour, w.directory, [], [flavour.rule(443), flavour.rule(443, "10.1.0.0/16")])
    (inside,) = findings(narrower.drift(), what="unlisted")
    assert not inside["opens"]
    assert inside["covers"] == [f"{SECURITY}:443:10.0.0.0%2F8"]


def test_a_deny_that_is_gone_and_an_allow_that_comes_first_open_something(tmp_path):
    flavour = FLAVOURS["huawei"]
    deny = flavour.rule(22, action="deny", priority=5)
    w = World(flavour, tmp_path, [], [flavour.rule(443, priority=3)])
    w.group([deny, flavour.rule(443, priority=9)])
    result = w.drift()
    opens = {(f["what"], f["address"].removeprefix(SECURITY)): f["opens"] for f in result.document["findings"]}
    assert opens == {
        ("missing", ":22:10.0.0.0%2F8"): True, ("missing", ":443:10.0.0.0%2F8#1"): False,
        ("unlisted", ":443:10.0.0.0%2F8#2"): True,
    }  # fmt: skip


def test_a_rule_that_was_switched_off_is_changed(tmp_path):
    flavour = FLAVOURS["huawei"]
    w = World(flavour, tmp_path, [], [flavour.rule(443, enabled=False), flavour.rule(22)])
    w.group([flavour.rule(443), flavour.rule(22, enabled=False)])
    changed = {f["live"]["multiport"]: f for f in findings(w.drift(), what="changed")}
    assert changed["443"]["fields"] == [{"field": "enabled", "wanted": None, "live": False}]
    assert not changed["443"]["opens"]
    assert changed["22"]["opens"]


def test_words_that_differ_are_cosmetic_and_no_drift(world, flavour):
    w = world([], [flavour.rule(443, description="live")])
    w.group([flavour.rule(443, description="wanted")])
    result = w.drift()
    assert result.exit_code == 0
    assert result.document["result"] == "clean"
    (note,) = result.document["cosmetic"]
    assert note["changed"] == [{"field": "description", "before": "live", "after": "wanted"}]


@pytest.mark.parametrize(("unlisted", "code"), [("keep", 0), ("delete", 2), ("refuse", 2)])
def test_unlisted_objects_are_drift_by_what_the_manifest_says_of_them(world, flavour, unlisted, code):
    w = world(spec(flavour, [A, B]), [flavour.rule(22)])
    w.listener(spec(flavour, [B]), unlisted=unlisted)
    w.group([], unlisted=unlisted)
    result = w.drift()
    assert result.exit_code == code
    assert [(f["kept"], f["alarm"]) for f in result.document["findings"]] == [(code == 0, code == 2)] * 2
    (policy,) = findings(result, kind="l7policy")
    assert f"unlisted: {unlisted}" in policy["why"]
    assert w.drift(baseline=result.document).exit_code == 0


def test_a_kept_object_alarms_only_where_a_baseline_shows_that_it_is_new(world, flavour):
    w = world(spec(flavour, [A]))
    w.listener(spec(flavour, [A]), unlisted="keep")
    before = w.drift().document
    again = World(flavour, w.directory, spec(flavour, [A, B]))
    assert again.drift().exit_code == 0
    result = again.drift(baseline=before)
    (new,) = result.document["findings"]
    assert (result.exit_code, new["kept"], new["alarm"], new["known"]) == (2, True, True, False)
    assert "new since" in new["why"]
    untold = copy.deepcopy(before)
    untold["scopes"][0]["status"] = "unknown"
    assert again.drift(baseline=untold).exit_code == 0


def test_a_scope_that_cannot_be_read_is_1_even_if_others_drifted(world, flavour):
    w = world(spec(flavour, [A]), [flavour.rule(22)])
    second = json.loads(json.dumps(flavour.provider))
    second["metadata"]["name"] = "again"
    (w.directory / "providers.yaml").write_text("---\n".join(json.dumps(d) + "\n" for d in (flavour.provider, second)))
    w.listener(spec(flavour, [A, B]))
    w.group([], provider="again")
    wire = w.new_wire()
    wire.every = lambda request, _: (
        httpx.Response(500, json={}, request=request) if "security" in str(request.url) else None
    )
    result = w.drift(wire=wire)
    document = result.document
    assert (result.exit_code, document["result"]) == (1, "unknown")
    assert [(u["scope"], u["unread"]) for u in document["unknown"]] == [("security_group/web", True)]
    status = {s["address"]: (s["status"], s["alarms"]) for s in document["scopes"]}
    assert status == {"listener/web": ("drift", 1), "security_group/web": ("unknown", 0)}


def test_findings_of_a_scope_that_cannot_be_read_now_are_not_gone(world, flavour):
    w = world(spec(flavour, [A]), [flavour.rule(22)])
    w.listener(spec(flavour, [A, B]))
    w.group([])
    before = w.drift().document
    assert before["summary"]["findings"] == 2
    wire = w.new_wire()
    wire.every = lambda request, _: (
        httpx.Response(500, json={}, request=request) if "security" in str(request.url) else None
    )
    result = w.drift(wire=wire, baseline=before)
    assert result.document["baseline"]["gone"] == 0
    w.apply(allow=frozenset({"empty=security_group/web"}))
    assert w.drift(baseline=before).document["baseline"]["gone"] == 2


def test_an_outcome_of_another_account_tells_nothing_and_says_so(world, flavour):
    w = world(spec(flavour, [A]))
    w.listener(spec(flavour, [A, B]))
    outcome = json.loads(json.dumps(w.apply().outcome))
    ask_delete(w, flavour, "bbb")
    assert findings(w.drift([outcome]), cause="outside")
    for key, value in (("id", "another-listener"), ("lane", "other:project:load_balancer:x")):
        other = copy.deepcopy(outcome)
        other["placed"][0][key] = value
        result = w.drift([other])
        assert [f["cause"] for f in result.document["findings"]] == ["unknown"]
        assert codes(result) == ["DRIFT-SINCE-OTHER"]
        both = w.drift([other, outcome])
        assert [f["cause"] for f in both.document["findings"]] == ["outside"]
        assert codes(both) == []


def ask_delete(w, flavour, name):
    from test_saved_plans import policy_path

    (policy,) = [p for p in w.live() if p["name"] == name]
    ask(w.emulator, "DELETE", policy_path(flavour, policy["id"]))
    w.clock._now += 60.0


def test_an_outcome_of_an_older_version_tells_nothing_and_says_so(world, flavour):
    w = world(spec(flavour, [A]))
    w.listener(spec(flavour, [A, B]))
    outcome = dict(w.apply().outcome)
    del outcome["placed"]
    result = w.drift([outcome])
    assert codes(result) == ["DRIFT-SINCE-OLD"]
    assert result.exit_code == 0


def test_the_newest_outcome_that_names_the_scope_counts(world, flavour):
    w = world(spec(flavour, [A]))
    w.listener(spec(flavour, [A, B]))
    first = w.apply().outcome
    w.clock._now += 60.0
    w.listener(spec(flavour, [A, B, C]))
    second = w.apply().outcome
    ask_delete(w, flavour, "ccc")
    for given in ([first, second], [second, first], [second, first, second]):
        result = w.drift(given)
        assert [f["cause"] for f in result.document["findings"]] == ["outside"]
        assert [r["run"] for r in result.document["since"]] == [first["run"], second["run"]]
    assert [f["cause"] for f in w.drift([first]).document["findings"]] == ["not_applied"]


def test_a_run_that_had_nothing_to_do_is_told_too(world, flavour):
    w = world(spec(flavour, [A, B]))
    w.listener(spec(flavour, [A, B]))
    result = w.apply()
    assert result.outcome is None
    ask_delete(w, flavour, "bbb")
    assert [f["cause"] for f in w.drift([result.record]).document["findings"]] == ["outside"]


def test_a_scope_that_a_guard_stopped_tells_what_stood_already(world, flavour):
    w = world(spec(flavour, [A, B]))
    w.listener(spec(flavour, [A, B, C]), protect=["bbb"])
    w.group([])
    w.listener(spec(flavour, [A, C]), protect=["bbb"])
    result = w.apply()
    assert result.exit_code == 4
    (placed,) = [p for p in result.record["placed"] if p["scope"] == "listener/web"]
    assert [p["name"] for p in placed["policies"]] == ["aaa"]
    causes = {f["address"].rpartition("/")[2]: f["cause"] for f in w.drift([result.record]).document["findings"]}
    assert causes == {"bbb": "not_applied", "ccc": "not_applied"}


def test_what_an_ignore_entry_left_at_the_apply_is_not_applied_when_it_ends(world, flavour):
    w = world(spec(flavour, [A, B]))
    wanted = spec(flavour, [A, B])
    wanted[0]["redirect_pool"] = "c"
    field = "redirect_pool_id"
    ignore = [{"policy": "aaa", "fields": [field], "reason": "launch", "until": "2026-01-10"}]
    w.listener(wanted, ignore=ignore)
    outcome = w.apply().record
    early = w.drift([outcome])
    assert (early.exit_code, codes(early)) == (0, ["DRIFT-IGNORE-ENDS"])
    (note,) = early.document["ignored"]
    assert (note["address"], note["until"]) == ("listener/web/policy/aaa", "2026-01-10")
    late = w.drift([outcome], today="2026-01-11")
    assert codes(late) == ["DRIFT-IGNORE-EXPIRED"]
    (finding,) = late.document["findings"]
    assert (finding["cause"], [d["field"] for d in finding["fields"]]) == ("not_applied", [field])
    assert "expired" in finding["why"]


@pytest.mark.parametrize(("today", "found"), [
    ("2026-01-01", []), ("2026-01-17", ["DRIFT-IGNORE-ENDS"]), ("2026-01-31", ["DRIFT-IGNORE-ENDS"]),
    ("2026-01-16", []), ("2026-02-01", ["DRIFT-IGNORE-EXPIRED"]),
])  # fmt: skip
def test_an_ignore_entry_warns_in_its_last_14_days(world, flavour, today, found):
    w = world(spec(flavour, [A]))
    w.listener(spec(flavour, [A]), ignore=[{"policy": "*", "reason": "x", "until": "2026-01-31"}])
    assert codes(w.drift(today=today)) == found


def test_the_same_world_gives_the_same_bytes(world, flavour):
    w = world(spec(flavour, [A, B]), [flavour.rule(22)])
    w.listener(spec(flavour, [C, A]))
    w.group([flavour.rule(443)])
    first, now = w.drift().document, w.clock.now()
    w.clock._now = now
    second = w.drift().document
    assert {**first, "checked_at": ""} == {**second, "checked_at": ""}


def test_reads_are_counted(world, flavour):
    w = world(spec(flavour, [A, B]), [flavour.rule(22)])
    w.listener(spec(flavour, [C, A]))
    w.group([flavour.rule(443)])
    assert w.drift().document["reads"]["calls"] == w.wire.reads


def test_a_policy_that_was_renamed_in_the_cloud_is_changed_and_one_that_the_manifest_renames_too(world, flavour):
    w = world(spec(flavour, [A, B]))
    w.listener([{**spec(flavour, [A])[0], "name": "new", "renamed_from": "aaa"}, *spec(flavour, [B])])
    (finding,) = w.drift().document["findings"]
    assert (finding["what"], finding["address"]) == ("changed", "listener/web/policy/new")
    assert finding["fields"] == [{"field": "name", "wanted": "new", "live": "aaa"}]


def test_two_live_policies_of_one_name_cannot_be_told(world, flavour):
    twins = [*spec(flavour, [A]), flavour.policy("aaa", [rule("/z")], pool="b")]
    w = world(twins)
    w.listener([flavour.policy("aaa", [rule("/y")], pool="c")])
    result = w.drift()
    assert (result.exit_code, result.document["result"]) == (3, "unknown")
    assert [(u["code"], u["unread"]) for u in result.document["unknown"]] == [("PLAN-AMBIGUOUS", False)]
