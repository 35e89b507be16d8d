"""A cloud that lies, repeats what it was told, or never ends: clear errors, and no credential in any of them."""

import asyncio
import json
import subprocess
import sys
from contextlib import aclosing

import httpx
import pytest
from unit.providers.worlds import Clock, connection

from reconciler.model.calls import Call, ProviderError, Unreachable
from reconciler.model.desired import ProviderSpec
from reconciler.model.live import ScopeRef, Wanted
from reconciler.model.plugin import plugin

PROJECT = "p" * 32
CANARIES = {
    "HUAWEICLOUD_SDK_AK": "CANARYACCESSKEY00001",
    "HUAWEICLOUD_SDK_SK": "canary/secret+key=0001",
    "HUAWEICLOUD_SDK_SECURITY_TOKEN": "canary-security-token-0001",
    "GCORE_API_KEY": "77$canarycanarycanary",
    "HTTPS_PROXY": "http://canary-user:canary-pass@proxy.example:1",
}
SPECS = {
    "huawei": {"type": "huawei", "region": "x", "project_id": PROJECT},
    "gcore": {"type": "gcore", "project_id": 1, "region_id": 1},
}
SCOPES = (ScopeRef("listener/a", "listener", "l1", "lb"), ScopeRef("security_group/b", "security_group", "g1"))
WRITES = {
    "huawei": Call("elb", "DELETE", ("v3", PROJECT, "elb", "l7policies", "x")),
    "gcore": Call("cloud", "DELETE", ("cloud", "v1", "l7policies", 1, 1, "x")),
}


def told(type_, handle, body, environ=CANARIES, **fields):
    async def go():
        settings = {"wire": httpx.MockTransport(handle), "writable": True, **fields}
        spec = ProviderSpec("p", type_, SPECS[type_])
        async with aclosing(plugin(type_).open(spec, connection(Clock(), environ, **settings))) as provider:
            return await body(provider)

    return asyncio.run(go())


def echo(status):
    def handle(request):
        told = "; ".join(f"{k}: {v}" for k, v in request.headers.items())
        words = {"error_msg": told, "message": told, "error_code": told, "exception_class": told, "request_id": told}
        return httpx.Response(status, json=words, headers={"X-Request-Id": request.headers["authorization"]})

    return handle


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 409, 500])
@pytest.mark.parametrize("type_", SPECS)
def test_a_cloud_that_repeats_our_headers_leaks_nothing(type_, status):
    seen = []

    async def body(provider):
        words = [json.dumps(provider.describe()), repr(provider), repr(provider.settings)]
        for attempt in (
            lambda: provider.lookup(Wanted({"listener": frozenset()}, {})),
            lambda: provider.order("l1"),
            lambda: provider.send(WRITES[type_]),
            lambda: provider.settle("x:load_balancer:lb", None, None),
        ):
            try:
                await attempt()
            except ProviderError as error:
                words += [str(error), repr(error), str(error.code), str(error.request_id), str(error.request)]
        result = await provider.read(SCOPES)
        words += [repr(failure) for failure in result.failures]
        return words

    words = told(type_, echo(status), body, on_event=lambda name, facts: seen.append(repr(facts)))
    everything = "\n".join([*words, *seen])
    assert seen
    for secret in ("canary", "CANARY"):
        assert secret not in everything, everything[max(0, everything.find(secret) - 200) :][:400]
    assert "Signature=" not in everything or "Signature=***" in everything


def test_markers_that_come_back_end_with_an_error():
    def handle(request):
        return httpx.Response(200, json={"listeners": [{"id": "a"}], "loadbalancers": [{"id": "a"}],
                                         "page_info": {"next_marker": "a"}})  # fmt: skip

    with pytest.raises(Unreachable, match="the list does not end"):
        told("huawei", handle, lambda p: p.lookup(Wanted({"listener": frozenset()}, {})))


def test_pages_that_never_end_end_with_an_error():
    def handle(request):
        return httpx.Response(200, json={"count": 10**18, "results": [{"id": "a"}]})

    with pytest.raises(Unreachable, match="the list does not end"):
        told("gcore", handle, lambda p: p.lookup(Wanted({"listener": frozenset()}, {})))


SHAPES = [
    {}, [], None, "x", {"results": None}, {"results": [None]}, {"results": [{}], "count": 1},
    {"results": [{"id": 5}], "count": 1}, {"results": [{"id": "a"}], "count": "many"},
    {"l7policies": [{"id": None}]}, {"listeners": {"id": "a"}, "loadbalancers": []},
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=json.dumps)
@pytest.mark.parametrize("type_", SPECS)
def test_answers_of_the_wrong_shape_are_failures_of_their_scopes(type_, shape):
    result = told(type_, lambda request: httpx.Response(200, json=shape), lambda p: p.read(SCOPES))
    assert [failure.scope for failure in result.failures] == list(SCOPES)
    assert {failure.diagnostic.code for failure in result.failures} <= {"CONN-ANSWER"}


WRONG = {
    "huawei": {"id": "p1", "listener_id": "l1", "action": 5, "name": ["x"], "priority": "high", "rules": "none",
               "redirect_pools_config": [5, None, {"pool_id": {}}], "fixed_response_config": "x",
               "redirect_url_config": [], "description": {"a": 1}, "updated_at": 5, "provisioning_status": None},
    "gcore": {"id": "p1", "listener_id": "l1", "action": 5, "name": ["x"], "position": "high", "rules": {"id": 5},
              "redirect_http_code": "x", "tags": 5, "task_id": 5},
}  # fmt: skip


@pytest.mark.parametrize("type_", SPECS)
def test_objects_of_the_wrong_types_never_end_in_a_traceback(type_):
    def handle(request):
        path = request.url.path
        if "l7policies" in path:
            listed = [WRONG[type_]]
        elif "listeners" in path:
            listed = [{"id": "l1", "loadbalancers": "x", "protocol_port": "y", "name": 5, "load_balancer_id": 7}]
        else:
            listed = [{"id": "lb", "listeners": 5, "guaranteed": "x", "provisioning_status": 5}]
        rules = {"security_group": {"security_group_rules": [{"direction": 5, "protocol": [], "multiport": {}}]}}
        key = path.rsplit("/", 1)[-1].replace("-", "_")
        return httpx.Response(200, json={key: listed, "results": listed, "count": 1, **rules,
                                         "security_group_rules": [{"id": 5, "port_range_min": "x"}]})  # fmt: skip

    result = told(type_, handle, lambda p: p.read(SCOPES))
    assert len(result.lives) + len(result.failures) == 2
    for live in result.lives:
        for one in live.diagnostics:
            assert one.code == "CONN-OBJECT"


@pytest.mark.parametrize("type_", SPECS)
def test_finding_a_provider_type_loads_nothing_heavy(type_):
    script = (
        f"import sys; from reconciler.model.plugin import plugin; plugin({type_!r}); "
        "print([m for m in ('httpx', 'asyncio', 'ssl', 'reconciler.providers.http') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
