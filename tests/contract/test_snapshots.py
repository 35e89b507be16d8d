"""Snapshots: a plan without credentials is the plan with them, and what the file does not tell is never made up."""

import asyncio
import copy
import dataclasses
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit import FLAVOURS, PROJECT, World, ask, rule
from test_interruptions import make
from test_migrations import A, B, C, D, P, spec
from test_random import made, policies
from test_safety import CANARY, Everything, credentials
from test_saved_plans import meddle

from reconciler.diagnostics import DiagnosticError
from reconciler.manifests.documents import read
from reconciler.model.calls import WriteRefused
from reconciler.model.canonical import digest
from reconciler.workflow.connect import opened
from reconciler.workflow.observe import used_providers
from reconciler.workflow.snapshot import take
from reconciler.workflow.snapshot_age import is_stale, taken
from reconciler.workflow.validate import load


class NoEnvironment(dict):
    """Reading a credential is a failure; that nothing is set is not asked either."""

    def get(self, name, default=None):
        raise AssertionError(f"{name} was looked for")

    __getitem__ = __contains__ = get


class NoWire:
    """Any request is a failure."""

    async def handle_async_request(self, request):
        raise AssertionError(f"{request.method} {request.url} was sent")

    async def aclose(self):
        pass


def snapshot(w, all_of=(), **more):
    return asyncio.run(take(w.settings(**more), all_of))


def signed(document):
    """The document with the digest of what it holds."""
    body = {k: v for k, v in document.items() if k != "digest"}
    return {**body, "digest": digest(body)}


def stored(w, document, max_age=None, after=0.0):
    """Through a file, as the other side gets it."""
    path = w.directory / "live.json"
    path.write_text(json.dumps(document), "utf-8")
    found = read(str(path), kinds=("Snapshot",), refuse_altered=True)
    return taken(found.document, w.clock.now() + after, max_age)


def plan_from(w, document, **more):
    live = stored(w, document)
    return w.plan(live=live, environ=NoEnvironment(), wire=NoWire(), **more)


def comparable(document):
    """What must be equal, whoever was asked."""
    document = copy.deepcopy(document)
    document["source"].pop("live", None)
    del document["reads"], document["digest"]
    document["diagnostics"] = [d for d in document["diagnostics"] if d["code"] != "SNAPSHOT-AGE"]
    return json.dumps(document, sort_keys=False)


def same(w, document, **more):
    """Plan both ways; the one from the snapshot."""
    live, offline = w.plan(**more), plan_from(w, document, **more)
    assert comparable(offline.document) == comparable(live.document)
    assert offline.exit_code == live.exit_code
    assert offline.document["source"]["live"] == {k: document[k] for k in ("digest", "taken_at")}
    assert offline.document["reads"] == {"terms": [], "calls": 0}
    assert "live" not in live.document["source"]
    return offline


# ------------------------------------------------------------------------------------------------ the law
@pytest.mark.parametrize("name", sorted(FLAVOURS))
@given(live=policies(), before=policies(), wanted=policies(), ports=st.lists(st.integers(1, 9), unique=True, max_size=4),
       wanted_ports=st.lists(st.integers(1, 9), unique=True, max_size=4), unlisted=st.sampled_from(("keep", "delete", "refuse")))  # fmt: skip
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_plan_from_a_snapshot_taken_now_is_the_live_plan_byte_for_byte(
    name, live, before, wanted, ports, wanted_ports, unlisted
):
    flavour = FLAVOURS[name]
    with tempfile.TemporaryDirectory() as folder:
        w = World(flavour, Path(folder), made(flavour, live), [flavour.rule(p) for p in ports])
        w.listener(made(flavour, before))  # what the trusted branch asks for
        w.group([flavour.rule(p) for p in ports])
        result = snapshot(w)
        assert (result.exit_code, w.wire.sent) == (0, [])
        assert result.document["reads"]["calls"] == w.wire.reads
        w.listener(made(flavour, wanted), unlisted=unlisted)  # what the pull request asks for
        w.group([flavour.rule(p) for p in wanted_ports], unlisted=unlisted)
        same(w, result.document)


@pytest.mark.parametrize("name", ["huawei", "gcore"])
@pytest.mark.parametrize("options", [{}, {"quota_status": 400}, {"display_all_rules": False}], ids=str)
def test_the_law_holds_for_rules_that_are_read_back_in_other_words(name, options, tmp_path):
    from test_readings import awkward_rules

    if name == "gcore":
        options = {"any_protocol_read_back": "any"} if options else {}
    flavour = FLAVOURS[name]
    w = make(lambda p, r: World(flavour, tmp_path, p, r, options=options), flavour)
    w.group([*awkward_rules(name), flavour.rule(80)])
    assert w.apply().exit_code == 0
    result = snapshot(w)
    assert result.exit_code == 0
    assert same(w, result.document).document["steps"] == []
    w.group([flavour.rule(81)])
    assert same(w, result.document).document["steps"]


def test_quotas_are_in_the_snapshot_and_bound_the_plan_alike(tmp_path):
    flavour = FLAVOURS["huawei"]
    w = World(flavour, tmp_path, spec(flavour, [A, B]))
    w.listener(spec(flavour, [A, B]))
    (account,) = snapshot(w).document["providers"]
    assert account["quotas"]["listener"]["limits"]["l7policy"] > 2
    assert account["quotas"]["security_group"] is None
    document = snapshot(w).document
    full = copy.deepcopy(document)
    full["providers"][0]["quotas"]["listener"]["limits"]["l7policy"] = 2
    w.listener(spec(flavour, [A, B, C]))
    assert plan_from(w, document).exit_code == 0
    short = plan_from(w, signed(full))
    assert short.exit_code == 3
    assert any("quota" in d.summary for d in short.diagnostics)


class Bounded:
    """OpenStack with quotas that are nearly used up."""

    def __init__(self, **quotas):
        self.quotas = quotas

    def __getattr__(self, name):
        return getattr(FLAVOURS["openstack"], name)

    def seed(self, *given):
        seed = FLAVOURS["openstack"].seed(*given)
        seed["openstack"][PROJECT]["quotas"] = self.quotas
        return seed


@pytest.mark.parametrize("limit", [2, 3, 4])
@pytest.mark.parametrize("name", ["huawei", "openstack"])
def test_the_law_holds_where_quotas_decide(name, limit, tmp_path):
    quotas = {"l7policy": limit, "security_group_rule": limit}
    flavour, options = Bounded(**quotas), {}
    if name == "huawei":
        flavour, options = FLAVOURS[name], {"elb_quotas": {"l7policies_per_listener": limit}}
    w = World(flavour, tmp_path, spec(flavour, [A, B]), [flavour.rule(22), flavour.rule(80)], options=options)
    w.listener(spec(flavour, [A, B]))
    w.group([flavour.rule(22), flavour.rule(80)])
    document = snapshot(w).document
    w.listener(spec(flavour, [P("aaa", "/a2"), C, B, D]), unlisted="delete")
    w.group([flavour.rule(443), flavour.rule(444)])
    offline = same(w, document)
    if name == "openstack":
        assert (offline.exit_code == 0) == (limit == 4)


def test_the_law_holds_for_a_redirect_to_a_listener_beside(tmp_path):
    flavour = FLAVOURS["huawei"]
    w = World(flavour, tmp_path, spec(flavour, [B]))
    w.listener(spec(flavour, [B]))
    document = snapshot(w).document
    for target in ("tls", "web", "nowhere"):
        redirect = {"name": "up", "action": "REDIRECT_TO_LISTENER", "redirect_listener": target}
        w.listener([redirect])
        assert same(w, document).exit_code == (0 if target == "tls" else 3)
        w.listener(spec(flavour, [A]), unlisted="keep")
        same(w, document)


def test_a_live_policy_in_error_and_an_unfinished_run_look_alike_from_a_snapshot(tmp_path):
    flavour = FLAVOURS["huawei"]
    bad = {**flavour.policy("aaa", [rule("/a")]), "provisioning_status": "ERROR"}
    clone = flavour.policy("bbb.next-012345", [rule("/b9")])
    w = World(flavour, tmp_path, [bad, clone, *spec(flavour, [B])])
    w.listener(spec(flavour, [A, B]), unlisted="keep")
    offline = same(w, snapshot(w).document)
    assert "heal" in {s["role"] for s in offline.document["steps"]}


# ------------------------------------------------------------------------------------------------ the trusted side
def test_equal_state_gives_equal_bytes_and_nothing_is_written(world, flavour):
    w = make(world, flavour)
    first, second = snapshot(w), snapshot(w)
    one, two = copy.deepcopy(first.document), copy.deepcopy(second.document)
    for document in (one, two):
        del document["taken_at"], document["digest"]
    assert json.dumps(one) == json.dumps(two)
    assert w.wire.sent == []
    assert first.document["digest"] == digest({k: v for k, v in first.document.items() if k != "digest"})


def test_a_document_with_a_mistake_is_still_in_the_snapshot_so_that_its_correction_can_be_planned(world, flavour):
    w = make(world, flavour)
    broken = copy.deepcopy(spec(flavour, [A, B, C]))
    broken[0]["rules"][0]["compare_type"] = "SOMEHOW"
    w.listener(broken)
    result = snapshot(w)
    assert result.exit_code == 3
    w.listener(spec(flavour, [A, D]))
    assert same(w, result.document).document["steps"]


def test_a_pull_request_may_refer_to_what_no_manifest_named_before(world, flavour):
    pool = {"name": "fresh", "protocol": "HTTP"}
    key = "loadbalancer" if flavour.name == "huawei" else "load_balancer"
    w = world(spec(flavour, [A]), more={"pools": [{**pool, key: "lb"}]})
    w.listener(spec(flavour, [A]))
    document = snapshot(w).document
    w.listener(spec(flavour, [A, P("new", "/new", "fresh")]))
    assert same(w, document).document["steps"]
    w.listener(spec(flavour, [A, P("new", "/new", "nowhere")]))
    offline = same(w, document)
    assert offline.exit_code == 3
    assert [b["kind"] for b in offline.document["blocked"]] == ["diagnostic"]
    assert [b["code"] for b in offline.document["blocked"]] == ["PLAN-REF-MISSING"]


def test_what_was_not_read_is_unknown_and_all_of_reads_everything(world, flavour):
    w = world(spec(flavour, [A, B]), [flavour.rule(22)])
    w.listener(spec(flavour, [A, B]))
    document = snapshot(w).document
    w.group([flavour.rule(80)])  # the pull request adds it
    planned = plan_from(w, document)
    assert planned.exit_code == 1
    assert planned.document["steps"] == []
    assert [(b["scope"], b["kind"], b["code"]) for b in planned.document["blocked"]] == [
        ("security_group/web", "unread", "SNAPSHOT-SCOPE")
    ]
    (problem,) = [d for d in planned.diagnostics if d.code == "SNAPSHOT-SCOPE"]
    assert problem.span is not None
    (w.directory / "manifests" / "group.yaml").unlink()
    whole = snapshot(w, ("cloud",))
    assert whole.exit_code == 0
    w.group([flavour.rule(80)])
    assert {s["op"] for s in same(w, whole.document).document["steps"]} == {"create", "delete"}


def test_a_listener_that_two_documents_claim_is_held_once_so_that_the_correction_can_be_planned(world, flavour):
    w = world(spec(flavour, [A, B]))
    w.listener(spec(flavour, [A]))
    w.write("again.yaml", {"kind": "Listener", "metadata": {"name": "again"},
                           "spec": {"provider": "cloud", "listener_id": flavour.id_of(w.emulator, "listener", "web"),
                                    "unlisted": "keep", "policies": []}})  # fmt: skip
    result = snapshot(w)
    assert (result.exit_code, result.diagnostics) == (0, ())
    assert len(result.document["providers"][0]["scopes"]) == 1
    assert same(w, result.document).exit_code == 3
    (w.directory / "manifests" / "again.yaml").unlink()
    assert [s["op"] for s in same(w, result.document).document["steps"]] == ["delete"]


def test_all_of_a_provider_that_no_manifest_names(world, flavour):
    w = world(spec(flavour, [A, B]), [flavour.rule(22)])
    result = snapshot(w, ("cloud",), paths=())
    assert result.exit_code == 0, result.diagnostics
    w.listener(spec(flavour, [A]))
    assert [s["op"] for s in same(w, result.document).document["steps"]] == ["delete"]
    nobody = snapshot(w, ("clout",), paths=())
    assert (nobody.document, nobody.exit_code) == (None, 3)
    assert [d.code for d in nobody.diagnostics] == ["REF-PROVIDER"]


def test_whatever_a_provider_does_while_it_is_read_nothing_is_written(world, flavour, monkeypatch):
    w = make(world, flavour)
    from reconciler.planning.reading import load as plan_of

    step = next(s for s in plan_of(w.plan().document).steps if s.op == "delete")
    from reconciler.model.desired import ProviderSpec
    from reconciler.model.plugin import Connection, plugin

    connection = Connection(clock=w.clock, environ={}, wire=w.wire, dummy_credentials=True)
    kind = type(plugin(flavour.name).open(ProviderSpec("cloud", flavour.name, flavour.provider["spec"]), connection))

    async def writes(self, scopes):
        await self.send(step.call)

    monkeypatch.setattr(kind, "read", writes)
    before = w.live()
    result = snapshot(w)
    assert (result.exit_code, w.wire.sent) == (1, [])
    assert {f["code"] for f in result.document["failures"]} == {"CONN-READ-ONLY"}
    assert w.live() == before


def test_a_part_of_the_fleet_says_which_part_it_is(world, flavour):
    from reconciler.model.shard import parse

    w = make(world, flavour)
    parts = [snapshot(w, shard=parse(f"{n}/2")) for n in (1, 2)]
    held = [{s["address"] for p in part.document["providers"] for s in p["scopes"]} if part.document else set() for part in parts]
    assert held[0] | held[1] == {"listener/web", "security_group/web"}
    assert not held[0] & held[1]
    assert {part.document["source"]["shard"] for part in parts if part.document} <= {"1/2", "2/2"}


def test_nothing_to_take_is_an_error(world, flavour):
    w = world(spec(flavour, [A]))
    w.listener(spec(flavour, [A]))
    result = snapshot(w, paths=("providers.yaml",))
    assert (result.document, result.exit_code) == (None, 3)
    assert [d.code for d in result.diagnostics] == ["SNAPSHOT-NOTHING"]


GROUPS = {"huawei": "/vpc/", "gcore": "/securitygroups/", "openstack": "/network/"}
NAMES_OF_GROUPS = {"huawei": "/vpc/security-groups?", "gcore": "/securitygroups/1/1?", "openstack": "/security-groups?"}


def refusing(w, part):
    """A wire on which one part of the cloud is forbidden."""
    import httpx

    def every(request, _):
        said = request.url.raw_path.decode()
        if part in said:
            return httpx.Response(403, json={"message": f"user-{CANARY} may not"}, request=request)
        return None

    wire = w.new_wire()
    wire.every = every
    return wire


def test_what_cannot_be_read_is_a_failure_the_rest_is_written_and_its_plan_is_unknown(world, flavour):
    w = make(world, flavour)
    result = snapshot(w, wire=refusing(w, GROUPS[flavour.name]))
    assert result.exit_code == 1
    assert result.document["summary"]["failures"] == len(result.document["failures"]) == 1
    assert {f["code"] for f in result.document["failures"]} == {"AUTH-DENIED"}
    assert CANARY not in json.dumps(result.document)  # the cloud's words stay on the trusted side
    planned = plan_from(w, result.document)
    assert planned.exit_code == 1
    assert [(b["scope"], b["kind"]) for b in planned.document["blocked"]] == [("security_group/web", "unread")]
    assert {s["scope"] for s in planned.document["steps"]} == {"listener/web"}


def test_rights_that_nobody_needs_are_not_missed_until_somebody_refers_to_what_they_show(world, flavour):
    w = make(world, flavour)
    (w.directory / "manifests" / "group.yaml").unlink()
    result = snapshot(w, wire=refusing(w, NAMES_OF_GROUPS[flavour.name]))
    assert (result.exit_code, result.document["failures"]) == (0, [])
    same(w, result.document)
    w.group([flavour.rule(80)])
    planned = plan_from(w, result.document)
    assert planned.exit_code == 1
    assert [(b["scope"], b["kind"], b["code"]) for b in planned.document["blocked"]] == [
        ("security_group/web", "unread", "PLAN-REF-UNKNOWN")
    ]


def test_names_that_could_not_be_listed_are_told_with_their_reason_and_nothing_else_is_waited_for(world, flavour):
    w = make(world, flavour)
    (w.directory / "manifests" / "listener.yaml").unlink()
    result = snapshot(w, wire=refusing(w, NAMES_OF_GROUPS[flavour.name]))
    assert result.exit_code == 1
    assert [(f["kind"], f["id"], f["code"]) for f in result.document["failures"]] == [
        ("security_group", None, "AUTH-DENIED")
    ]
    assert {d.code for d in result.diagnostics if d.is_error} == {"AUTH-DENIED"}
    assert not [p for _, p in w.wire.requests if "listeners" in p]
    whole = snapshot(w, ("cloud",), wire=refusing(w, NAMES_OF_GROUPS[flavour.name]))
    assert [s["kind"] for s in whole.document["providers"][0]["scopes"]][:1] == ["listener"]
    planned = plan_from(w, result.document)
    told = [(d.code, d.severity) for d in planned.diagnostics if d.code != "SNAPSHOT-AGE"]
    assert sorted(told) == [("PLAN-REF-UNKNOWN", "error"), ("SNAPSHOT-UNREAD", "warning")]


def test_credentials_that_are_refused_leave_a_snapshot_that_says_so(world, flavour):
    w = make(world, flavour)
    result = snapshot(w, wire=Everything(w.new_wire(), 401), environ=credentials(flavour))
    assert result.exit_code == 1
    planned = plan_from(w, result.document)
    assert planned.exit_code == 1
    assert {b["kind"] for b in planned.document["blocked"]} == {"unread"}
    assert planned.document["steps"] == []


@pytest.mark.parametrize("status", [None, 400, 403, 404, 500])
def test_no_credential_is_in_the_file_even_if_the_cloud_repeats_it(world, flavour, status):
    w = make(world, flavour)
    document = json.loads(json.dumps(flavour.provider))
    document["spec"]["credentials"] = {
        "huawei": {"access_key": {"env": "MY_AK"}, "secret_key": {"env": "MY_SK"}},
        "gcore": {"api_key": {"env": "MY_SK"}},
        "openstack": {"username": {"env": "MY_AK"}, "password": {"env": "MY_SK"}},
    }[flavour.name]
    (w.directory / "providers.yaml").write_text(json.dumps(document))
    wire = Everything(w.new_wire(), status)
    result = snapshot(w, wire=wire, environ={"MY_AK": f"user-{CANARY}", "MY_SK": f"SK{CANARY}"})
    assert wire.seen
    text = json.dumps(result.document)
    for secret in (CANARY, "MY_AK", "MY_SK", "authorization", "Signature"):
        assert secret not in text
    assert f"SK{CANARY}" not in repr(result.diagnostics)


# ------------------------------------------------------------------------------------------------ the untrusted side
def test_a_snapshot_takes_no_writes_whatever_asks_it(world, flavour):
    w = make(world, flavour)
    live = stored(w, snapshot(w).document)
    steps = w.plan().document["steps"]
    from reconciler.planning.reading import load as plan_of

    plan = plan_of(w.plan().document)
    options = w.settings(live=live, environ=NoEnvironment(), wire=NoWire())

    async def each():
        async with opened(options, used_providers(load(options)), writable=False) as found:
            for step in plan.steps:
                with pytest.raises(WriteRefused):
                    await found.providers["cloud"].send(step.call)
            with pytest.raises(WriteRefused):
                await found.providers["cloud"].order("x")
        with pytest.raises(ValueError):
            async with opened(options, [], writable=True):
                pass

    asyncio.run(each())
    assert steps


@pytest.mark.parametrize("change", ["project", "endpoints", "type", "name"])
def test_a_provider_document_that_means_another_cloud_is_unknown(world, flavour, change):
    w = make(world, flavour)
    document = snapshot(w).document
    provider = copy.deepcopy(flavour.provider)
    if change == "project":
        provider["spec"] |= {"huawei": {"project_id": "f" * 32}, "gcore": {"project_id": 2}, "openstack": {"cloud": "x"}}[flavour.name]
    elif change == "endpoints":
        service = {"huawei": "elb", "gcore": "api", "openstack": "load-balancer"}[flavour.name]
        provider["spec"]["endpoints"] = {service: "https://evil.example.com"}
    elif change == "type":
        provider["spec"] = FLAVOURS["gcore" if flavour.name != "gcore" else "openstack"].provider["spec"]
    else:
        provider["metadata"]["name"] = "other"
        for name in ("listener", "group"):
            path = w.directory / "manifests" / f"{name}.yaml"
            path.write_text(path.read_text().replace('"provider": "cloud"', '"provider": "other"'))
    (w.directory / "providers.yaml").write_text(json.dumps(provider))
    if change == "type":
        w.listener([])
        w.group([])
    planned = plan_from(w, document)
    assert planned.exit_code == 1, planned.diagnostics
    assert planned.document["steps"] == []
    assert {(b["kind"], b["code"]) for b in planned.document["blocked"]} == {("unread", "SNAPSHOT-PROVIDER")}
    assert [d.span is not None for d in planned.diagnostics if d.code == "SNAPSHOT-PROVIDER"] == [True]


def test_credentials_and_limits_are_no_part_of_which_cloud_it_is(world, flavour):
    w = make(world, flavour)
    document = snapshot(w).document
    provider = copy.deepcopy(flavour.provider)
    provider["spec"]["limits"] = {"concurrency": 2}
    (w.directory / "providers.yaml").write_text(json.dumps(provider))
    assert plan_from(w, document).exit_code == 0


def test_credentials_that_a_document_names_are_not_even_looked_for(world, flavour):
    w = make(world, flavour)
    document = snapshot(w).document
    provider = copy.deepcopy(flavour.provider)
    provider["spec"]["credentials"] = {
        "huawei": {"access_key": {"env": "NOT_SET"}, "secret_key": {"file": "/no/such/file"}},
        "gcore": {"api_key": {"file": "/no/such/file"}},
        "openstack": {"username": {"env": "NOT_SET"}, "password": {"file": "/no/such/file"}},
    }[flavour.name]
    (w.directory / "providers.yaml").write_text(json.dumps(provider))
    planned = plan_from(w, document)
    assert (planned.exit_code, [d.code for d in planned.diagnostics]) == (0, ["SNAPSHOT-AGE"])


def test_a_provider_type_that_cannot_be_planned_offline_says_so(world, flavour, monkeypatch):
    import reconciler.workflow.snapshot_provider as module

    w = make(world, flavour)
    document = snapshot(w).document
    known = module.plugin
    monkeypatch.setattr(module, "plugin", lambda type_: dataclasses.replace(known(type_), codec=None))
    planned = plan_from(w, document)
    assert planned.exit_code == 1
    assert {(b["kind"], b["code"]) for b in planned.document["blocked"]} == {("unread", "SNAPSHOT-PROVIDER")}


def test_an_id_that_nobody_asked_for_is_unknown_and_one_that_was_not_there_is_missing(world, flavour):
    w = world(spec(flavour, [A]))
    policy = flavour.policy("aaa", [rule("/a")])
    del policy["redirect_pool"]
    gone, other = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
    w.listener([{**policy, "redirect_pool_id": gone}])
    document = snapshot(w).document
    assert document["providers"][0]["inventory"]["absent"] == {"pool": [gone]}
    assert same(w, document).exit_code == 3
    w.listener([{**policy, "redirect_pool_id": other}])
    planned = plan_from(w, document)
    assert planned.exit_code == 1
    assert [(b["kind"], b["code"]) for b in planned.document["blocked"]] == [("unread", "PLAN-REF-UNKNOWN")]
    listed = FLAVOURS[flavour.name].id_of(w.emulator, "pool", "b")
    w.listener([{**policy, "redirect_pool_id": listed}])
    assert same(w, document).exit_code == 0


def test_a_snapshot_of_other_manifests_plans_what_it_holds(world, flavour):
    w = make(world, flavour)
    document = snapshot(w, target=("security_group/*",)).document
    planned = plan_from(w, document)
    assert planned.exit_code == 1
    assert {s["scope"] for s in planned.document["steps"]} == {"security_group/web"}
    assert [(b["scope"], b["code"]) for b in planned.document["blocked"]] == [("listener/web", "SNAPSHOT-SCOPE")]


def test_the_age_is_told_and_after_a_day_it_is_a_warning(world, flavour):
    w = make(world, flavour)
    live = stored(w, snapshot(w).document)
    more = {"live": live, "environ": NoEnvironment(), "wire": NoWire()}
    w.clock._now += 59 * 60 + 59
    (note,) = [d for d in w.plan(**more).diagnostics if d.code == "SNAPSHOT-AGE"]
    assert note.severity == "note"
    assert note.summary == f"live state of {live.document['taken_at']}, 59 minutes old"
    w.clock._now += 24 * 3600
    planned = w.plan(**more)
    (note,) = [d for d in planned.diagnostics if d.code == "SNAPSHOT-AGE"]
    assert (note.severity, planned.exit_code) == ("warning", 0)
    assert "24 hours old" in note.summary
    assert "SNAPSHOT-AGE" in {d["code"] for d in planned.document["diagnostics"]}


def refused(w, document, **more):
    with pytest.raises(DiagnosticError) as error:
        stored(w, document, **more)
    (problem,) = error.value.diagnostics
    return problem.code, is_stale(error.value)


def test_a_snapshot_is_refused_by_its_age_its_clock_or_its_maker(world, flavour):
    w = make(world, flavour)
    document = snapshot(w).document
    assert stored(w, document, max_age=60.0, after=59.0)
    assert refused(w, document, max_age=60.0, after=61.0) == ("SNAPSHOT-OLD", True)
    assert stored(w, document, after=-299.0)
    assert refused(w, document, after=-301.0) == ("SNAPSHOT-FUTURE", True)
    assert refused(w, signed({**document, "taken_at": "2026-99-99T00:00:00.000Z"})) in (
        ("SNAPSHOT-FUTURE", True), ("DOC-SCHEMA", False)
    )  # fmt: skip
    assert refused(w, signed({**document, "tool_version": "9.0.0"})) == ("SNAPSHOT-TOOL-VERSION", False)
    assert refused(w, signed({**document, "format_version": 2})) == ("DOC-VERSION", False)
    assert refused(w, {**document, "taken_at": "2027-01-01T00:00:00.000Z"}) == ("DOC-ALTERED", False)
    assert refused(w, w.plan().document) == ("DOC-KIND", False)


def test_a_snapshot_that_was_cut_off_or_altered_is_refused(world, flavour):
    w = make(world, flavour)
    document = snapshot(w).document
    text = json.dumps(document)
    path = w.directory / "live.json"
    for part in (text[: len(text) // 2], text[:-1], "", "[" * 100_000, text + text, text.replace("web", "wub", 1),
                 text.replace('"ACTIVE"', '"ERROR"', 1), '{"kind": "Snapshot", "kind": "Plan"}'):  # fmt: skip
        path.write_text(part, "utf-8")
        with pytest.raises(DiagnosticError) as error:
            read(str(path), kinds=("Snapshot",), refuse_altered=True)
        assert error.value.diagnostics[0].code in ("DOC-JSON", "DOC-ALTERED"), part[:80]


def plan_or_refusal(w, document):
    try:
        return plan_from(w, document)
    except DiagnosticError as error:
        return error


def scopes(document):
    return document["providers"][0]["scopes"]


def listener(document):
    return next(s for s in scopes(document) if s["kind"] == "listener")


def twice(document):
    listener(document)["policies"] *= 2


def no_network(document):
    group = next(s for s in scopes(document) if s["kind"] == "security_group")
    group["security_group_rules"][0]["rule"]["remote_ip_prefix"] = "not/a/network"


def strange(document):
    for policy in listener(document)["policies"]:
        policy["policy"]["name"] = "\u202e<script>\x1b[31m`|"
        policy["policy"]["redirect_pools_config"] = [[["deep"]]]


def text_number(document):
    listener(document)["policies"][0]["policy"]["priority"] = "first"
    listener(document)["policies"][0]["policy"]["position"] = "first"


def no_scopes(document):
    scopes(document).clear()


def other_balancer(document):
    listener(document)["facts"]["load_balancer_id"] = "elsewhere"


def other_type(document):
    document["providers"][0] |= {"type": "gcore", "project": "x", "region": None}


def no_lane(document):
    listener(document)["lane"] = ""


def sealed(document):
    document["providers"][0]["inventory"]["complete"] = []


@pytest.mark.parametrize("change", [twice, no_network, strange, text_number, no_scopes, other_balancer, other_type,
                                    no_lane, sealed], ids=lambda c: c.__name__)  # fmt: skip
def test_a_hostile_snapshot_is_data_a_plan_or_a_diagnostic_and_never_everything_anew(world, flavour, change):
    w = make(world, flavour)
    document = copy.deepcopy(snapshot(w).document)
    change(document)
    planned = plan_or_refusal(w, signed(document))
    if isinstance(planned, DiagnosticError):
        assert planned.diagnostics[0].code == "DOC-SCHEMA"
        return
    assert planned.exit_code in (0, 1, 3)
    if change in (twice, no_scopes, other_balancer, sealed):
        assert planned.exit_code == 1
        assert "listener/web" not in {s["scope"] for s in planned.document["steps"]}
        assert {b["kind"] for b in planned.document["blocked"] if b["scope"] == "listener/web"} == {"unread"}


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_value_anywhere_in_a_snapshot_ends_in_a_plan_or_a_diagnostic(data):
    with tempfile.TemporaryDirectory() as folder:
        flavour = FLAVOURS[data.draw(st.sampled_from(sorted(FLAVOURS)))]
        w = make(lambda p, r: World(flavour, Path(folder), p, r), flavour)
        document = copy.deepcopy(snapshot(w).document)
        for _ in range(data.draw(st.integers(1, 4))):
            node, key = document, data.draw(st.sampled_from(("providers", "failures", "source")))
            while isinstance(node[key], dict | list) and node[key] and data.draw(st.integers(0, 9)):
                node = node[key]
                key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
            if data.draw(st.booleans()) and isinstance(node, dict):
                del node[key]
                if not node:
                    break
            else:
                node[key] = data.draw(st.sampled_from(["", "x", "ERROR", "10.0.0.0/99", 0, -1, 10**12, True, None, [], {}, "\ud7ff"]))
            if not all(document.get(k) for k in ("providers", "source")) or "failures" not in document:
                break
        planned = plan_or_refusal(w, signed(document))
        if isinstance(planned, DiagnosticError):
            assert len(planned.diagnostics) == 1
            return
        assert planned.exit_code in (0, 1, 3)
        assert planned.document["kind"] == "Plan"


# ------------------------------------------------------------------------------------------------ and then apply
def test_a_plan_from_a_snapshot_is_carried_out_where_there_are_credentials(world, flavour):
    w = make(world, flavour)
    plan = plan_from(w, snapshot(w).document).document
    result = w.apply(plan)
    assert (result.exit_code, [d for d in result.diagnostics if d.is_error]) == (0, [])
    assert len(w.wire.sent) == len(plan["steps"])


@pytest.mark.parametrize("change", ["delete", "pool", "rule"])
def test_what_changed_since_the_snapshot_stops_its_scope_before_anything_is_written_on_it(world, flavour, change):
    w = world(spec(flavour, [A, B, C]), [flavour.rule(22)])
    w.listener(spec(flavour, [P("aaa", "/a9"), B, C]))
    w.group([flavour.rule(80)])
    document = snapshot(w).document
    meddle(w, flavour, "aaa", change)
    before = w.live()
    result = w.apply(plan_from(w, document).document)
    scope = {s["address"]: s["result"] for s in result.outcome["scopes"]}
    assert scope == {"listener/web": "changed", "security_group/web": "done"}
    assert w.live() == before
    assert "APPLY-CHANGED" in {d.code for d in result.diagnostics}


def test_one_listener_on_many_and_the_size_is_linear(tmp_path):
    """Beside: what stands on one load balancer is told once, not once for each listener."""
    flavour = FLAVOURS["huawei"]
    sizes = []
    for number in (20, 40):
        folder = tmp_path / str(number)
        folder.mkdir()
        more = {"listeners": [{"name": f"l{n}", "loadbalancer": "lb", "protocol": "HTTP", "protocol_port": 1000 + n}
                              for n in range(number)]}  # fmt: skip
        w = World(flavour, folder, more=more)
        for n in range(number):
            w.write(f"l{n}.yaml", {"kind": "Listener", "metadata": {"name": f"l{n}"},
                                   "spec": {"provider": "cloud", "unlisted": "keep", "policies": []}})  # fmt: skip
        sizes.append(len(json.dumps(snapshot(w).document)))
        same(w, snapshot(w).document)
    assert sizes[1] < 2 * sizes[0]
    assert ask(w.emulator, "GET", f"/v3/{PROJECT}/elb/listeners?limit=1000")["listeners"]


def test_drift_from_a_snapshot_is_the_drift_of_its_moment(world, flavour):
    from reconciler.workflow.drift import make_drift

    w = make(world, flavour)
    document = snapshot(w).document
    live = asyncio.run(make_drift(w.settings()))
    w.clock._now += 3600
    options = w.settings(live=stored(w, document), environ=NoEnvironment(), wire=NoWire())
    offline = asyncio.run(make_drift(options))
    assert live.document["summary"]["alarms"]
    assert offline.exit_code == live.exit_code
    assert offline.document["checked_at"] == document["taken_at"]
    one, two = copy.deepcopy(live.document), copy.deepcopy(offline.document)
    for each in (one, two):
        each["source"].pop("live", None)
        each["diagnostics"] = [d for d in each["diagnostics"] if d["code"] != "SNAPSHOT-AGE"]
        del each["checked_at"], each["reads"]
    assert one == two
    planned = w.plan(live=options.live, environ=NoEnvironment(), wire=NoWire())
    assert planned.exit_code == 0
    from reconciler.manifests.documents import check

    check(offline.document, "drift", ("Drift",))
    check(planned.document, "plan", ("Plan",), refuse_altered=True)


def test_ten_thousand_rules_are_a_few_megabytes_and_come_back_as_they_were():
    from benchmarks import data

    from reconciler.dialects.huawei import HUAWEI
    from reconciler.model.live import ListenerFacts, Live, LivePolicy, ScopeRef
    from reconciler.workflow.snapshot_document import live_of, scope_to_json

    listeners, policies_each = data.sizes(10_000)
    size = 0
    for n in range(listeners):
        ref = ScopeRef(f"listener/l{n}", "listener", f"{n:036d}", "lb")
        found = []
        for p in range(policies_each):
            raw = {"name": f"service-{p}", "action": "FIXED_RESPONSE", "priority": p + 1, "rules": data.rules_of(n, p),
                   "fixed_response_config": {"status_code": "503", "message_body": data.fixed(n, p, 0)}}  # fmt: skip
            policy = HUAWEI.policy(raw)
            ids = tuple(f"{n:012d}-{p:012d}-{r:011d}" for r in range(len(policy.rules)))
            found.append(LivePolicy(f"{n:018d}{p:018d}", policy, ids, "ACTIVE", ("ACTIVE",) * len(ids), "2026-01-01T00:00:00Z",
                                    (None,) * len(ids)))
        live = Live(ref, ListenerFacts(ref.id, "l", load_balancer_id="lb"), tuple(found))
        kept = json.loads(json.dumps(scope_to_json(live, ref.address, "lane", HUAWEI.number_field), indent=2))
        size += len(json.dumps(kept, indent=2))
        again = live_of(kept, ref, HUAWEI, {})
        assert again == live
        assert [p.policy.number for p in again.policies] == [p.policy.number for p in live.policies]
    assert size < 8_000_000
