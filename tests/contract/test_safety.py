"""What must never happen: a write while reading (P3), credentials at a strange host (P10) or in any output (P7)."""

import asyncio
import copy
import io
import json
import re

import httpx
import pytest
from test_interruptions import errors, make
from test_migrations import A, B, C, spec

from reconciler.model.calls import WriteRefused
from reconciler.model.desired import ProviderSpec
from reconciler.model.plugin import Connection, plugin
from reconciler.workflow.plan import make_plan
from reconciler.workflow.settings import Settings

CANARY = "CANARY7c1f0e9d"


def test_plan_import_and_drift_cannot_write_whatever_asks_them(world, flavour):
    w = make(world, flavour)
    steps = w.plan().document["steps"]
    assert steps
    assert w.wire.sent == []
    wire = w.new_wire()
    spec_ = flavour.provider["spec"]
    connection = Connection(clock=w.clock, environ={}, wire=wire, writable=False, dummy_credentials=True)
    provider = plugin(flavour.name).open(ProviderSpec("cloud", flavour.name, spec_), connection)
    from reconciler.planning.reading import load

    plan = load(w.plan().document)

    async def each():
        await provider.authenticate()
        for step in plan.steps:
            if "$" in json.dumps(step.call.to_json()).replace("${", ""):
                continue
            with pytest.raises(WriteRefused):
                await provider.send(step.call)

    asyncio.run(each())
    assert wire.sent == []
    assert w.import_().exit_code == 0
    assert w.wire.sent == []
    assert w.drift().exit_code == 2
    assert w.wire.sent == []


def hostile(flavour, directory, endpoint):
    document = json.loads(json.dumps(flavour.provider))
    if flavour.name == "huawei":
        document["spec"]["endpoints"] = {"elb": endpoint}
    elif flavour.name == "openstack":
        document["spec"]["endpoints"] = {"load-balancer": endpoint}
    else:
        document["spec"]["endpoints"] = {"api": endpoint}
    (directory / "providers.yaml").write_text(json.dumps(document))


@pytest.mark.parametrize("endpoint", [
    "https://evil.example.com", "https://myhuaweicloud.com.evil.example.com", "https://api.gcore.com.evil.example.com",
    "https://evilmyhuaweicloud.com", "http://203.0.113.9",
])  # fmt: skip
def test_a_hostile_endpoint_in_a_manifest_receives_nothing(world, flavour, endpoint):
    w = make(world, flavour)
    hostile(flavour, w.directory, endpoint)
    for more in ({}, {"environ": credentials(flavour)}):
        for run in (w.plan, w.apply, w.import_, w.drift):
            result = run(**more)
            assert result.exit_code == 4, (run, result.diagnostics)
            assert w.wire.requests == []


def credentials(flavour):
    if flavour.name == "huawei":
        return {"HUAWEICLOUD_SDK_AK": f"AK{CANARY}", "HUAWEICLOUD_SDK_SK": f"SK{CANARY}"}
    if flavour.name == "openstack":
        return {"OS_AUTH_URL": "https://keystone.example.com/v3", "OS_USERNAME": "u", "OS_PASSWORD": f"PW{CANARY}"}
    return {"GCORE_API_KEY": f"1234${CANARY}"}


class Everything:
    """A wire whose clouds repeat what they are sent, in every error."""

    def __init__(self, inner, status):
        self.inner, self.status, self.seen = inner, status, []

    async def handle_async_request(self, request):
        said = json.dumps({**dict(request.headers.items()), "body": request.content.decode()})
        self.seen.append(said)
        if request.method == "GET" and self.status is None:
            return await self.inner.handle_async_request(request)
        body = {"message": said, "error_msg": said, "error_code": "X.1", "exception_class": "E", "request_id": said}
        return httpx.Response(self.status or 400, json=body, headers={"x-request-id": said}, request=request)

    async def aclose(self):
        pass


@pytest.mark.parametrize("status", [None, 400, 401, 403, 404, 409, 500])
def test_no_credential_is_in_any_output_even_if_the_cloud_repeats_it(world, flavour, status, capsys):
    w = make(world, flavour)
    document = json.loads(json.dumps(flavour.provider))
    document["spec"]["credentials"] = {
        "huawei": {"access_key": {"env": "MY_AK"}, "secret_key": {"env": "MY_SK"}},
        "gcore": {"api_key": {"env": "MY_SK"}},
        "openstack": {"username": {"env": "MY_AK"}, "password": {"env": "MY_SK"}},
    }[flavour.name]
    (w.directory / "providers.yaml").write_text(json.dumps(document))
    environ = {"MY_AK": f"AK{CANARY}", "MY_SK": f"SK{CANARY}"}
    events = io.StringIO()
    wire = Everything(w.new_wire(), status)
    # `dummy_credentials` never replaces credentials that are set, so the wire sees the real ones.
    more = {"environ": environ, "wire": wire, "on_event": lambda name, facts: events.write(f"{name} {dict(facts)!r}\n")}
    planned, applied, drifted = w.plan(**more), w.apply(**more), w.drift(**more)
    text = json.dumps([planned.document, applied.plan, applied.outcome, drifted.document], default=str)
    text += repr(planned.diagnostics) + repr(applied.diagnostics) + repr(drifted.diagnostics) + events.getvalue()
    text += "".join(p.read_text() for p in (w.directory / ".reconcile").rglob("*.jsonl"))
    captured = capsys.readouterr()
    text += captured.out + captured.err
    assert wire.seen
    assert f"SK{CANARY}" not in text
    secret = [json.loads(s).get("authorization", "") for s in wire.seen]
    for header in filter(None, secret):
        for part in re.findall(r"Signature=([0-9a-f]{64})", header):
            assert part not in text
    if flavour.name == "gcore":
        assert any(CANARY in s for s in secret)


def test_a_credential_variable_that_is_not_set_is_invalid_input(world, flavour, tmp_path):
    w = make(world, flavour)
    settings = Settings(directory=str(w.directory), paths=("manifests",), environ={}, clock=w.clock, today="2026-01-01")
    result = asyncio.run(make_plan(settings))
    assert result.exit_code == 3
    assert {d.code.partition("-")[0] for d in result.diagnostics if d.is_error} == {"AUTH"}


def test_the_journal_holds_every_write_before_it_is_sent(world, flavour):
    w = make(world, flavour)
    result = w.apply()
    path = w.directory / result.outcome["journal"]
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len([x for x in lines if x["event"] == "intent"]) == len(w.wire.sent)
    assert lines[-1]["event"] == "end"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_directory_that_cannot_be_written_stops_the_run_before_the_first_write(world, flavour):
    w = make(world, flavour)
    import reconciler.workflow.apply as module

    def broken(*_):
        from reconciler.diagnostics import Diagnostic, DiagnosticError

        raise DiagnosticError(Diagnostic("APPLY-JOURNAL", "no space left on device"))

    original, module.FileJournal = module.FileJournal, broken
    try:
        result = w.apply()
    finally:
        module.FileJournal = original
    assert (result.exit_code, w.wire.sent) == (1, [])
    assert "APPLY-JOURNAL" in {d.code for d in result.diagnostics}


def test_the_answer_no_sends_nothing(world, flavour):
    w = make(world, flavour)
    shown = []
    result = w.apply(approve=lambda plan: bool(shown.append(plan)))
    assert (result.exit_code, w.wire.sent, result.outcome) == (4, [], None)
    assert shown[0]["steps"]


def test_one_broken_document_does_not_stop_the_others(world, flavour):
    w = make(world, flavour)
    broken = copy.deepcopy(spec(flavour, [A, B, C]))
    broken[0]["rules"][0]["compare_type"] = "SOMEHOW"
    w.listener(broken)
    planned = w.plan()
    assert planned.exit_code == 3
    assert [b["scope"] for b in planned.document["blocked"]] == ["listener/web"]
    result = w.apply()
    assert result.exit_code == 3
    assert {s["scope"] for s in result.outcome["steps"]} == {"security_group/web"}
    assert len(errors(result)) == 1


def test_two_provider_documents_of_one_account_cannot_claim_one_listener(world, flavour):
    w = make(world, flavour)
    second = json.loads(json.dumps(flavour.provider))
    second["metadata"]["name"] = "again"
    (w.directory / "providers.yaml").write_text("---\n".join(json.dumps(d) + "\n" for d in (flavour.provider, second)))
    w.write("second.yaml", {"kind": "Listener", "metadata": {"name": "web-too"},
            "spec": {"provider": "again", "listener": "web", "unlisted": "keep", "policies": []}})  # fmt: skip
    planned = w.plan()
    assert planned.exit_code == 3
    assert {b["scope"] for b in planned.document["blocked"]} == {"listener/web", "listener/web-too"}
    assert w.apply().exit_code == 3
    assert [p for _, p in w.wire.sent if "l7polic" in p] == []
