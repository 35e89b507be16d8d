"""OpenStack: login, catalog, pages, waits and refusals, against servers that behave as the real ones do."""

import asyncio
import json
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from unit.providers.worlds import Clock

from reconciler.diagnostics import DiagnosticError
from reconciler.model.calls import (
    Call,
    Denied,
    Immutable,
    NotFound,
    OutcomeUnknown,
    QuotaExceeded,
    Refused,
    UntrustedEndpoint,
    WriteRefused,
)
from reconciler.model.desired import ProviderSpec
from reconciler.model.live import ScopeRef, Wanted
from reconciler.model.plugin import Connection, plugin
from reconciler.providers.openstack.settling import LIMIT

ENVIRON = {
    "OS_AUTH_URL": "https://keystone.example.com:5000/v3", "OS_USERNAME": "demo", "OS_PASSWORD": "s3cret-pass",
    "OS_PROJECT_NAME": "shop", "OS_USER_DOMAIN_NAME": "Default", "OS_PROJECT_DOMAIN_NAME": "Default", "HOME": "/nonexistent",
}  # fmt: skip
OCTAVIA, NEUTRON = "https://lb.example.com:9876", "https://net.example.com:9696"


def catalog(octavia=OCTAVIA, neutron=NEUTRON, **more):
    def one(url, region="RegionOne", interface="public"):
        return {"interface": interface, "region": region, "region_id": region, "url": url}

    return [
        {"type": "load-balancer", "endpoints": [one(octavia), one("https://internal.example.com", interface="internal"),
                                                *(one(u, r) for r, u in more.items())]},
        {"type": "network", "endpoints": [one(neutron), *(one(u, r) for r, u in more.items())]},
    ]  # fmt: skip


class Cloud(httpx.AsyncBaseTransport):
    """Keystone, and whatever ``answers`` says: (method, path) -> a status and body, a list of them, or a function."""

    def __init__(self, answers=None, services=None):
        self.answers = answers or {}
        self.services = catalog() if services is None else services
        self.requests = []
        self.tokens = 0
        self.expired = set()

    async def handle_async_request(self, request):
        await asyncio.sleep(0)
        body = json.loads(request.content) if request.content else None
        path = request.url.path
        query = parse_qsl(request.url.query.decode(), keep_blank_values=True)
        self.requests.append((request.method, f"{request.url.scheme}://{request.url.netloc.decode()}{path}", query, body))
        if path.endswith("/v3/auth/tokens"):
            self.tokens += 1
            token = {"project": {"id": "P1", "name": "shop"}, "catalog": self.services}
            return httpx.Response(201, json={"token": token}, headers={"X-Subject-Token": f"token-{self.tokens}-abcdef"}, request=request)
        if request.headers.get("x-auth-token") in self.expired:
            error = {"error": {"code": 401, "title": "Unauthorized", "message": "expired"}}
            return httpx.Response(401, json=error, request=request)
        answer = self.answers.get((request.method, path), (404, {"faultstring": f"{path} not found."}))
        if callable(answer):
            answer = answer(dict(query), body)
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        status, content = answer
        return httpx.Response(status, json=content, headers={"x-openstack-request-id": "req-1"}, request=request)

    def asked(self, part, method="GET"):
        return [(url, query) for m, url, query, _ in self.requests if m == method and part in url]


def opened(cloud, spec=None, environ=None, **more):
    fields = {"wire": cloud, "writable": True, "random": lambda: 0.5, "directory": "/nonexistent", **more}
    connection = Connection(more.pop("clock", None) or Clock(), dict(ENVIRON if environ is None else environ), **{k: v for k, v in fields.items() if k != "clock"})
    return plugin("openstack").open(ProviderSpec("os", "openstack", {"type": "openstack", **(spec or {})}), connection)


def run(job):
    return asyncio.run(job)


LB = {"id": "LB", "name": "lb", "provider": "amphora", "provisioning_status": "ACTIVE"}


def listener(*policies, id="L", **more):
    return {"id": id, "name": "web", "protocol": "HTTP", "protocol_port": 80, "loadbalancers": [{"id": "LB"}],
            "l7policies": [{"id": p} for p in policies], "provisioning_status": "ACTIVE", **more}  # fmt: skip


def policy(id, *rules, listener="L", position=1, status="ACTIVE", **more):
    return {"id": id, "name": id, "action": "REJECT", "listener_id": listener, "position": position, "rules": [{"id": r} for r in rules],
            "provisioning_status": status, **more}  # fmt: skip


def paged(key, objects, most=1000):
    """A list with the traps of the real one: the next link drops the filter and points to another host."""

    def answer(query, body):
        ids = [o["id"] for o in objects]
        if "marker" in query and query["marker"] not in ids:
            return 400, {"faultstring": "bad marker", "faultcode": "Client"}
        start = ids.index(query["marker"]) + 1 if "marker" in query else 0
        size = min(int(query.get("limit", most)), most)
        page = objects[start : start + size]
        links = [{"rel": "next", "href": f"http://10.0.0.1/v2?limit={size}&marker={page[-1]['id']}"}] if len(page) == size else []
        return 200, {key: page, f"{key}_links": links}

    return answer


def octavia(policies, rules=None, known=None, most=1000, **more):
    base = "/v2/lbaas"
    answers = {
        ("GET", f"{base}/loadbalancers"): paged("loadbalancers", [LB]),
        ("GET", f"{base}/listeners"): paged("listeners", [listener(*(known if known is not None else [p["id"] for p in policies]))]),
        ("GET", f"{base}/listeners/L"): (200, {"listener": listener()}),
        ("GET", f"{base}/loadbalancers/LB"): (200, {"loadbalancer": LB}),
        ("GET", f"{base}/l7policies"): paged("l7policies", policies, most),
    }  # fmt: skip
    for id, listed in (rules or {}).items():
        answers["GET", f"{base}/l7policies/{id}/rules"] = paged("rules", listed)
    return {**answers, **more}


def rule(id, value="/a", status="ACTIVE"):
    return {"id": id, "type": "PATH", "compare_type": "EQUAL_TO", "value": value, "invert": False, "admin_state_up": True,
            "tags": [], "provisioning_status": status}  # fmt: skip


def read(provider, *scopes):
    async def go():
        await provider.lookup(Wanted({"listener": frozenset({"web"})}, {}))
        return await provider.read(scopes or [ScopeRef("listener/web", "listener", "L", "LB")])

    return run(go())


# ------------------------------------------------------------------------------------------------ login and catalog
def test_one_token_serves_a_run_and_the_password_is_scoped_to_the_project():
    cloud = Cloud(octavia([]))
    read(opened(cloud))
    ((_, url, _, body),) = [r for r in cloud.requests if r[0] == "POST"]
    assert url == "https://keystone.example.com:5000/v3/auth/tokens"
    assert body == {"auth": {
        "identity": {"methods": ["password"], "password": {"user": {
            "name": "demo", "domain": {"name": "Default"}, "password": "s3cret-pass"}}},
        "scope": {"project": {"name": "shop", "domain": {"name": "Default"}}},
    }}  # fmt: skip


def test_an_application_credential_asks_for_no_scope():
    cloud = Cloud(octavia([]))
    environ = {"OS_AUTH_URL": "https://keystone.example.com/identity", "OS_APPLICATION_CREDENTIAL_ID": "ID1",
               "OS_APPLICATION_CREDENTIAL_SECRET": "SECRET1", "OS_AUTH_TYPE": "v3applicationcredential", "HOME": "/nonexistent"}  # fmt: skip
    read(opened(cloud, environ=environ))
    _, url, _, body = cloud.requests[0]
    assert url == "https://keystone.example.com/identity/v3/auth/tokens"
    assert body["auth"] == {"identity": {"methods": ["application_credential"], "application_credential": {"id": "ID1", "secret": "SECRET1"}}}


def test_a_token_that_ends_is_renewed_once_and_the_request_repeated_once():
    cloud = Cloud({("GET", "/v2/lbaas/loadbalancers/LB"): lb("ACTIVE")})
    provider = opened(cloud)

    async def go():
        await provider.settle(LANE, None, None)
        cloud.expired.add("token-1-abcdef")
        await provider.settle(LANE, None, None)
        assert cloud.tokens == 2
        cloud.expired |= {"token-2-abcdef", "token-3-abcdef"}
        with pytest.raises(Denied, match="expired"):
            await provider.settle(LANE, None, None)

    run(go())
    assert cloud.tokens == 3
    assert len(cloud.asked("/loadbalancers/LB")) == 5


def test_many_requests_that_meet_an_ended_token_renew_it_once():
    policies = [policy(f"p{n}", f"r{n}", position=n) for n in range(1, 9)]
    cloud = Cloud(octavia(policies, {f"p{n}": [rule(f"r{n}")] for n in range(1, 9)}))
    provider = opened(cloud)

    async def go():
        await provider.lookup(Wanted({"listener": frozenset()}, {}))
        cloud.expired.add("token-1-abcdef")
        return await provider.read([ScopeRef("listener/web", "listener", "L", "LB")])

    assert run(go()).failures == ()
    assert cloud.tokens == 2


@pytest.mark.parametrize("octavia_url", [OCTAVIA, f"{OCTAVIA}/", f"{OCTAVIA}/v2", f"{OCTAVIA}/v2.0/", f"{OCTAVIA}/load-balancer/v2.0"])
def test_versions_in_the_catalog_make_no_difference(octavia_url):
    answers = octavia([])
    prefix = "/load-balancer" if "load-balancer" in octavia_url else ""
    cloud = Cloud({(m, prefix + p): a for (m, p), a in answers.items()}, catalog(octavia_url))
    assert read(opened(cloud)).failures == ()
    assert cloud.asked("/loadbalancers")[0][0] == f"{OCTAVIA}{prefix}/v2/lbaas/loadbalancers"


def test_endpoints_are_chosen_by_interface_and_region():
    services = catalog(other="https://other.example.com")
    with pytest.raises(DiagnosticError) as several:
        read(opened(Cloud(octavia([]), services)))
    assert several.value.diagnostics[0].code == "CONN-CATALOG"
    cloud = Cloud(octavia([]), services)
    read(opened(cloud, {"region": "other"}))
    assert cloud.asked("/listeners")[0][0].startswith("https://other.example.com/")
    cloud = Cloud(octavia([]), services)
    read(opened(cloud, {"interface": "internal"}))
    assert cloud.asked("/listeners")[0][0].startswith("https://internal.example.com/")
    with pytest.raises(DiagnosticError, match="no usable endpoint"):
        read(opened(Cloud(octavia([]), services), {"region": "nowhere"}))


def test_credentials_go_to_the_configured_keystone_and_its_catalog_only():
    for endpoints in ({"identity": "https://evil.example.com/v3"}, {"network": "https://evil.example.com"}):
        with pytest.raises(UntrustedEndpoint):
            opened(Cloud(), {"endpoints": endpoints})
    trusted = {**ENVIRON, "RECONCILE_TRUSTED_HOSTS": "lb2.example.com"}
    cloud = Cloud(octavia([]))
    read(opened(cloud, {"endpoints": {"load-balancer": "https://lb2.example.com/v2.0"}}, trusted))
    assert cloud.asked("/listeners")[0][0] == "https://lb2.example.com/v2/lbaas/listeners"
    with pytest.raises(UntrustedEndpoint, match="not encrypted"):
        read(opened(Cloud(octavia([]), catalog("http://lb.example.com"))))


def test_reading_passes_no_write_but_the_login():
    cloud = Cloud(octavia([]))
    provider = opened(cloud, writable=False)
    read(provider)
    for call in (
        Call("load-balancer", "DELETE", ("v2", "lbaas", "l7policies", "p")),
        Call("network", "POST", ("v2.0", "security-group-rules"), {"security_group_rule": {"security_group_id": "G"}}),
    ):
        with pytest.raises(WriteRefused):
            run(provider.send(call))
    assert [m for m, *_ in cloud.requests if m != "GET"] == ["POST"]


def test_no_secret_is_in_a_message_even_if_the_server_repeats_it():
    said = {"faultstring": "you sent token-1-abcdef and s3cret-pass", "faultcode": "Client"}
    cloud = Cloud(octavia([], **{}) | {("GET", "/v2/lbaas/listeners"): (400, said)})
    with pytest.raises(Refused) as told:
        read(opened(cloud))
    assert "token-1-abcdef" not in told.value.message
    assert "s3cret-pass" not in told.value.message
    assert told.value.request_id == "req-1"
    assert "s3cret-pass" not in repr(opened(Cloud()))


# ------------------------------------------------------------------------------------------------ reading
@pytest.mark.parametrize(("count", "page"), [(0, 2), (1, 2), (2, 2), (5, 2), (6, 2), (3, 1000)])
def test_a_listener_takes_a_read_a_page_and_one_a_policy_with_rules(count, page):
    policies = [policy(f"p{n}", *([f"r{n}"] if n % 2 else []), position=n + 1) for n in range(count)]
    cloud = Cloud(octavia(policies, {f"p{n}": [rule(f"r{n}")] for n in range(count)}, most=page))
    result = read(opened(cloud))
    (live,) = result.lives
    assert [p.id for p in live.policies] == [f"p{n}" for n in range(count)]
    lists = [query for url, query in cloud.asked("/l7policies") if not url.endswith("/rules")]
    assert len(lists) == -(-count // page)
    assert all(("listener_id", "L") in query for query in lists)
    assert len(cloud.asked("/rules")) == count // 2
    assert sum(t.calls for t in result.reads) == len(lists) + count // 2


def test_a_full_last_page_is_followed_where_the_count_is_not_known():
    policies = [policy(f"p{n}", position=n) for n in (1, 2, 3, 4)]
    cloud = Cloud(octavia(policies, most=2))
    provider = opened(cloud)
    read(provider)
    before = len(cloud.asked("/l7policies"))
    assert run(provider.order("L")) == ("p1", "p2", "p3", "p4")
    assert len(cloud.asked("/l7policies")) - before == 3


def test_policies_of_other_listeners_and_those_on_their_way_out_are_left_out():
    policies = [policy("mine", position=2), policy("other", listener="X"), policy("leaving", position=1, status="PENDING_DELETE")]
    provider = opened(Cloud(octavia(policies, known=["mine", "leaving"])))
    (live,) = read(provider).lives
    assert [p.id for p in live.policies] == ["mine"]
    assert run(provider.order("L")) == ("mine",)
    assert live.facts.settled


def test_a_page_whose_marker_is_gone_makes_the_walk_start_over():
    policies = [policy(f"p{n}", position=n) for n in (1, 2, 3)]
    inner = paged("l7policies", policies, 2)
    turns = []

    def answer(query, body):
        turns.append(query)
        return (400, {"faultstring": "marker"}) if len(turns) == 2 else inner(query, body)

    (live,) = read(opened(Cloud(octavia(policies) | {("GET", "/v2/lbaas/l7policies"): answer}))).lives
    assert [p.id for p in live.policies] == ["p1", "p2", "p3"]
    assert len(turns) == 4


def test_an_empty_list_of_a_listener_that_is_gone_is_not_taken_for_no_policies():
    cloud = Cloud(octavia([]))
    provider = opened(cloud)
    assert read(provider).failures == ()
    del cloud.answers["GET", "/v2/lbaas/listeners/L"]
    again = run(provider.read([ScopeRef("listener/web", "listener", "L", "LB")]))
    assert again.lives == ()
    assert len(again.failures) == 1


def test_a_policy_that_goes_while_its_rules_are_read_counts_as_gone():
    policies = [policy("stays", "r", position=1), policy("goes", "x", position=2)]
    (live,) = read(opened(Cloud(octavia(policies, {"stays": [rule("r"), rule("y", status="PENDING_DELETE")]})))).lives
    assert [(p.id, p.rule_ids) for p in live.policies] == [("stays", ("r",))]


def test_what_decides_is_told_protocol_provider_and_what_is_in_flight():
    answers = octavia([policy("p", status="PENDING_UPDATE")])
    (live,) = read(opened(Cloud(answers))).lives
    facts = live.facts
    assert (facts.protocol, facts.load_balancer_provider, facts.settled) == ("HTTP", "amphora", False)


def test_a_group_comes_with_its_rules_in_one_call():
    group = {"id": "G", "name": "web", "security_group_rules": [
        {"id": "R", "direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "port_range_min": 80, "port_range_max": 80}]}  # fmt: skip
    answers = {("GET", "/v2.0/security-groups"): (200, {"security_groups": [{"id": "G", "name": "web"}]}),
               ("GET", "/v2.0/security-groups/G"): (200, {"security_group": group})}  # fmt: skip
    cloud = Cloud(answers)
    provider = opened(cloud)

    async def go():
        inventory = await provider.lookup(Wanted({"security_group": frozenset({"web"})}, {}))
        return inventory, await provider.read([ScopeRef("security_group/web", "security_group", "G")])

    inventory, result = run(go())
    assert [(o.name, o.id) for o in inventory.of("security_group")] == [("web", "G")]
    assert [r.id for r in result.lives[0].security_rules] == ["R"]
    assert len(cloud.asked("/security-groups/G")) == 1
    assert ("fields", "name") in cloud.asked("/v2.0/security-groups")[0][1]
    assert provider.lane(ScopeRef("security_group/web", "security_group", "G")) == "openstack:P1:security_group:G"


# ------------------------------------------------------------------------------------------------ quotas
def test_octavias_use_is_counted_only_where_there_is_a_limit():
    policies = [policy("p", "a", "b"), policy("q")]
    limited = octavia(policies) | {("GET", "/v2/lbaas/quotas/P1"): (200, {"quota": {"l7policy": 2, "l7rule": -1, "pool": 1}})}
    found = run(opened(Cloud(limited)).quotas(frozenset({"l7policy", "l7rule"})))
    assert (found.limits["l7policy"], found.used) == (2, {"l7policy": 2, "l7rule": 2})
    free = Cloud({("GET", "/v2/lbaas/quotas/P1"): (200, {"quota": {"l7policy": -1, "l7rule": -1}})})
    assert run(opened(free).quotas(frozenset({"l7rule"}))).limits == {}
    assert len(free.requests) == 2


def test_neutrons_use_is_told_by_details_or_counted():
    details = {("GET", "/v2.0/quotas/P1/details.json"): (200, {"quota": {"security_group_rule": {"limit": 100, "used": 98, "reserved": 1}}})}
    found = run(opened(Cloud(details)).quotas(frozenset({"security_group_rule"})))
    assert (found.limits, found.used) == ({"security_group_rule": 100}, {"security_group_rule": 99})
    plain = {("GET", "/v2.0/quotas/P1"): (200, {"quota": {"security_group_rule": 5}}),
             ("GET", "/v2.0/security-group-rules"): (200, {"security_group_rules": [{"id": "a"}, {"id": "b"}]})}  # fmt: skip
    found = run(opened(Cloud(plain)).quotas(frozenset({"security_group_rule"})))
    assert (found.limits, found.used) == ({"security_group_rule": 5}, {"security_group_rule": 2})


# ------------------------------------------------------------------------------------------------ writes
POST = Call("load-balancer", "POST", ("v2", "lbaas", "l7policies"), {"l7policy": {"listener_id": "L", "name": "n", "action": "REJECT"}})
POST_RULE = Call("network", "POST", ("v2.0", "security-group-rules"), {"security_group_rule": {"security_group_id": "G", "direction": "ingress"}})
LANE = "openstack:P1:load_balancer:LB"


@pytest.mark.parametrize(
    ("call", "status", "body", "kind"),
    [
        (POST, 409, {"faultstring": "Load Balancer LB is immutable and cannot be updated."}, Immutable),
        (POST, 409, {"faultstring": "L7Policy p is immutable and cannot be updated."}, Immutable),
        (POST, 409, {"faultstring": "Already an entity with that specified id."}, Refused),
        (POST, 409, {"faultstring": "Too many rules on L7 policy p"}, Refused),
        (POST, 403, {"faultstring": "Quota has been met for resources: L7 Policy"}, QuotaExceeded),
        (POST, 403, {"faultstring": "Policy does not allow this request to be performed."}, Denied),
        (POST, 404, {"code": 404, "title": "Bad Request", "description": "L7 Policy p not found."}, NotFound),
        (POST, 400, {"faultstring": "Invalid input"}, Refused),
        (POST, 500, {"faultstring": "boom"}, OutcomeUnknown),
        (POST_RULE, 409, {"NeutronError": {"type": "OverQuota", "message": "Quota exceeded", "detail": ""}}, QuotaExceeded),
        (POST_RULE, 409, {"NeutronError": {"type": "SecurityGroupInUse", "message": "in use", "detail": ""}}, Refused),
        (POST_RULE, 403, {"NeutronError": {"type": "PolicyNotAuthorized", "message": "rule:x is disallowed", "detail": ""}}, Denied),
        (POST_RULE, 201, {"security_group_rule": {}}, OutcomeUnknown),
    ],
)
def test_a_refusal_is_told_apart_by_its_words(call, status, body, kind):
    cloud = Cloud({("POST", "/" + "/".join(call.path)): (status, body)})
    with pytest.raises(kind) as told:
        run(opened(cloud).send(call))
    assert type(told.value) is kind
    assert len([r for r in cloud.requests if r[0] == "POST" and "tokens" not in r[1]]) == 1


def test_a_duplicate_names_the_rule_that_is_there():
    there = "0f6f4a0c-5b1c-4a41-9f0f-7f8f1f9f0a0b"
    message = f"Security group rule already exists. Rule id is {there}."
    error = {"NeutronError": {"type": "SecurityGroupRuleExists", "message": message, "detail": ""}}
    with pytest.raises(Refused) as told:
        run(opened(Cloud({("POST", "/v2.0/security-group-rules"): (409, error)})).send(POST_RULE))
    assert told.value.existing_id == there


def settle(cloud, call, clock=None):
    provider = opened(cloud, clock=clock or Clock())

    async def go():
        reply = await provider.send(call)
        return await provider.settle(LANE, call, reply)

    return run(go())


def lb(*statuses):
    return [(200, {"loadbalancer": {**LB, "provisioning_status": s}}) for s in statuses]


def test_a_write_is_done_when_load_balancer_and_object_are():
    answers = {
        ("POST", "/v2/lbaas/l7policies"): (201, {"l7policy": policy("new", status="PENDING_CREATE")}),
        ("GET", "/v2/lbaas/loadbalancers/LB"): lb("PENDING_UPDATE", "PENDING_UPDATE", "ACTIVE"),
        ("GET", "/v2/lbaas/l7policies/new"): (200, {"l7policy": policy("new")}),
    }
    found = settle(Cloud(answers), POST)
    assert (found.object_id, found.status, found.error, found.lane_error) == ("new", "ACTIVE", None, None)


def test_an_object_in_error_is_told_although_the_load_balancer_is_active_again():
    answers = {
        ("POST", "/v2/lbaas/l7policies"): (201, {"l7policy": policy("new")}),
        ("GET", "/v2/lbaas/loadbalancers/LB"): lb("ACTIVE"),
        ("GET", "/v2/lbaas/l7policies/new"): (200, {"l7policy": policy("new", status="ERROR")}),
    }
    found = settle(Cloud(answers), POST)
    assert found.status == "ERROR"
    assert "ERROR" in found.error


def test_a_deletion_is_done_when_the_object_is_gone_and_failed_when_it_is_not():
    call = Call("load-balancer", "DELETE", ("v2", "lbaas", "l7policies", "p", "rules", "r"))
    path = "/v2/lbaas/l7policies/p/rules/r"
    answers = {("DELETE", path): (204, None), ("GET", "/v2/lbaas/loadbalancers/LB"): lb("PENDING_UPDATE", "ACTIVE")}
    assert settle(Cloud(answers), call).error is None
    failed = Cloud(answers | {("GET", path): (200, {"rule": rule("r", status="ERROR")})})
    assert settle(failed, call).status == "ERROR"


def test_a_load_balancer_in_error_ends_its_lane_and_one_that_stays_pending_is_given_up():
    answers = {("POST", "/v2/lbaas/l7policies"): (201, {"l7policy": policy("new")})}
    assert settle(Cloud(answers | {("GET", "/v2/lbaas/loadbalancers/LB"): lb("ERROR")}), POST).lane_error
    clock = Clock()
    started = clock.now()
    with pytest.raises(Immutable, match="PENDING"):
        settle(Cloud(answers | {("GET", "/v2/lbaas/loadbalancers/LB"): lb("PENDING_UPDATE")}), POST, clock)
    assert LIMIT <= clock.now() - started < LIMIT + 10


def test_neutron_answers_at_once():
    cloud = Cloud({("POST", "/v2.0/security-group-rules"): (201, {"security_group_rule": {"id": "R"}})})
    found = settle_group(cloud)
    assert (found.object_id, found.error) == ("R", None)
    assert [m for m, *_ in cloud.requests] == ["POST", "POST"]


def settle_group(cloud):
    provider = opened(cloud)

    async def go():
        reply = await provider.send(POST_RULE)
        return await provider.settle("openstack:P1:security_group:G", POST_RULE, reply)

    return run(go())


def test_names_of_hosts_in_links_are_never_followed():
    policies = [policy(f"p{n}", position=n) for n in (1, 2, 3)]
    cloud = Cloud(octavia(policies, most=1))
    read(opened(cloud))
    assert {urlsplit(url).hostname for _, url, _, _ in cloud.requests} == {"keystone.example.com", "lb.example.com"}
