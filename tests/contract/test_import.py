"""Import: what is live becomes manifests, and the plan for them is empty."""

import json

from kit import FLAVOURS, World, host, rule
from test_migrations import A, B, C, spec, two

from reconciler.model.desired import Reference
from reconciler.workflow.importing import import_live


def imported(w):
    result = w.import_()
    assert (result.exit_code, result.diagnostics) == (0, ())
    folder = w.directory / "manifests"
    folder.mkdir(exist_ok=True)
    text = "".join("---\n" + json.dumps(d) + "\n" for d in result.documents)
    (folder / "imported.yaml").write_text(text)
    return result


def by_address(result):
    return {(d["kind"], d["metadata"]["name"]): d["spec"] for d in result.documents}


def test_what_is_imported_needs_nothing(world, flavour):
    live = [A, B, C, two("ddd", "/d", "h.example.com"), ("policy", "eee", [rule("/u")], {"url": "t.example.com"})]
    w = world(spec(flavour, live), [flavour.rule(22), flavour.rule(443, "192.0.2.0/24")])
    result = imported(w)
    assert result.notes == ()
    listener = by_address(result)["Listener", "web"]
    assert sorted(w.names()) == ["aaa", "bbb", "ccc", "ddd", "eee"]
    assert [p["name"] for p in listener["policies"]] == w.names()
    assert next(p for p in listener["policies"] if p["name"] == "aaa")["redirect_pool"] == "a"
    assert "listener" not in listener
    planned = w.plan()
    assert (planned.exit_code, [d for d in planned.diagnostics if d.is_error]) == (0, [])
    assert planned.document["steps"] == []
    assert planned.document["unlisted"] == []


def test_hostile_duplicate_and_empty_names_are_left_out_with_a_note_and_the_plan_stays_empty(tmp_path, flavour):
    names = ["aaa", "twin", "twin", "", "@at", "a\nb", "a.next-012345", "ok-ok"]
    if flavour.name == "gcore":
        names = ["aaa", "twin", "twin", "ok-ok"]
    policies = [
        flavour.policy(name, [rule(f"/{n}"), host(f"h{n}.example.com")]) for n, name in enumerate(names)
    ]
    w = World(flavour, tmp_path, policies)
    result = imported(w)
    listed = [p["name"] for p in by_address(result)["Listener", "web"]["policies"]]
    assert listed == ["aaa", "ok-ok"]
    assert sum("twin" in note for note in result.notes) == 2
    planned = w.plan()
    assert planned.exit_code == 0
    assert planned.document["steps"] == []


def test_listeners_pools_and_groups_whose_names_are_not_unique_are_written_by_id(tmp_path, flavour):
    key = "loadbalancer" if flavour.name == "huawei" else "load_balancer"
    more = {
        "loadbalancers": [{"name": "lb2"}],
        "listeners": [{"name": "web", key: "lb2", "protocol": "HTTP", "protocol_port": 80,
                       **({"enhance_l7policy_enable": True} if flavour.name == "huawei" else {})}],
        "security_groups": [{"name": "web"}],
    }  # fmt: skip
    w = World(flavour, tmp_path, [], [], more=more)
    result = imported(w)
    specs = by_address(result)
    webs = [s for (kind, name), s in specs.items() if kind == "Listener" and name.startswith("web")]
    assert sorted((s.get("load_balancer"), s.get("listener")) for s in webs) == [("lb", "web"), ("lb2", "web")]
    groups = [s for (kind, name), s in specs.items() if kind == "SecurityGroup" and name.startswith("web")]
    assert len({s["security_group_id"] for s in groups}) == 2
    planned = w.plan()
    assert (planned.exit_code, planned.document["steps"]) == (0, [])


def test_one_listener_or_group_can_be_named_and_a_wrong_name_gets_a_hint(world, flavour):
    import asyncio

    w = world(spec(flavour, [A]), [flavour.rule(22)])

    def run(*what):
        return asyncio.run(import_live(w.settings(paths=()), "cloud", what))

    assert list(by_address(run(Reference("listener", "web")))) == [("Listener", "web")]
    group = flavour.id_of(w.emulator, "security_group", "web")
    assert list(by_address(run(Reference("security_group", id=group)))) == [("SecurityGroup", "web")]
    wrong = run(Reference("listener", "wbe"))
    assert (wrong.exit_code, wrong.diagnostics[0].code) == (3, "IMPORT-NOT-FOUND")
    assert "web" in wrong.diagnostics[0].hint
    unknown = asyncio.run(import_live(w.settings(paths=()), "clud"))
    assert unknown.exit_code == 3
    assert unknown.diagnostics[0].code == "REF-PROVIDER"


def test_platform_made_rules_of_gcore_are_left_out(tmp_path):
    from kit import FLAVOURS

    flavour = FLAVOURS["gcore"]
    w = World(flavour, tmp_path, [], [flavour.rule(22), flavour.rule(8443, description="system")])
    result = imported(w)
    assert len(by_address(result)["SecurityGroup", "web"]["rules"]) == 1
    assert any("system" in note for note in result.notes)
    assert w.plan().document["steps"] == []


def test_an_unfinished_policy_of_gcore_is_not_imported(tmp_path):
    from kit import FLAVOURS

    flavour = FLAVOURS["gcore"]
    guard = {"type": "PATH", "compare_type": "EQUAL_TO", "value": "reconciler-guard"}
    w = World(flavour, tmp_path, [flavour.policy("aaa", [guard]), flavour.policy("bbb", []),
                                  flavour.policy("ccc", [rule("/c")])])  # fmt: skip
    result = imported(w)
    assert [p["name"] for p in by_address(result)["Listener", "web"]["policies"]] == ["ccc"]
    assert sum("unfinished" in n for n in result.notes) == 2
    assert w.plan().document["steps"] == []


HOSTILE = ("a: b", "# x", "- y", "on", "1:30", "010", "null", "x\"'\\\\", "{a}", "*a", "&a", "!t", "%TAG", "'", '"', " lead", "trail ",
           "\U0001f600 shop", "~", "<<", "=", "? x", "| ", "> ", "`", "a #b", "a: ", "...", "---", "0x1F", "1e3", ".inf", ".nan",
           "2026-01-01", "[x", "a,b", "y", "True", "a/b%c:d#e", "listener/web", "-", "\u5546\u5e97")  # fmt: skip


def test_names_and_texts_that_yaml_could_misread_come_back_as_they_are(tmp_path):
    """Among them one beyond the basic plane, which JSON writes as two escapes and YAML refuses."""
    from reconciler.manifests import writer

    live = [{"name": name, "description": name, "action": "REDIRECT_TO_POOL", "redirect_pool": "a", "rules": [rule(f"/{n}")]}
            for n, name in enumerate(HOSTILE)]  # fmt: skip
    w = World(FLAVOURS["huawei"], tmp_path, policies=live)
    result = w.import_()
    assert (result.exit_code, result.notes) == (0, ())
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "all.yaml").write_text(writer.dump(result.documents))
    planned = w.plan()
    assert (planned.exit_code, planned.document["steps"], planned.document["unlisted"]) == (0, [], [])
    [listener] = [d for d in result.documents if d["metadata"]["name"] == "web" and d["kind"] == "Listener"]
    assert tuple(p["name"] for p in listener["spec"]["policies"]) == HOSTILE


def test_what_a_manifest_may_not_hold_is_named_and_left_out(tmp_path):
    live = [{"name": n, "action": "REJECT", "rules": [rule(f"/{n}")]} for n in ("good", "no")]
    result = World(FLAVOURS["gcore"], tmp_path, policies=live).import_()
    assert [n for n in result.notes if n.startswith("Listener 'web': policy 'no' is left out: GC-NAME")]
