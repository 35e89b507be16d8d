"""Keystone: tokens, the catalog, and three forms of 401."""

import pytest
from unit.emulator.openstack_support import PROJECT, SEED, Cloud

TOKENS = "/identity/v3/auth/tokens"


def password(name="demo", secret="x", scope=True, **user):
    identity = {"methods": ["password"], "password": {"user": {"name": name, "domain": {"id": "default"}, "password": secret, **user}}}
    auth = {"identity": identity}
    if scope:
        auth["scope"] = {"project": {"name": "demo", "domain": {"id": "default"}}}
    return {"auth": auth}


def credential(id="ci", secret="s", **auth):
    return {"auth": {"identity": {"methods": ["application_credential"], "application_credential": {"id": id, "secret": secret}}, **auth}}


def test_a_token_names_project_roles_and_a_catalog_on_the_host_that_was_asked():
    reply = Cloud().raw("POST", TOKENS, password())
    token = reply.json()["token"]
    urls = {service["type"]: service["endpoints"][0]["url"] for service in token["catalog"]}
    assert reply.status == 201
    assert token["project"]["id"] == PROJECT
    assert token["expires_at"].endswith("Z")
    assert urls == {
        "load-balancer": "http://cloud.example/load-balancer",
        "network": "http://cloud.example/network",
        "identity": "http://cloud.example/identity/v3",
    }
    assert {entry["interface"] for entry in token["catalog"][0]["endpoints"]} == {"public", "internal", "admin"}


def test_a_catalog_may_carry_versions():
    token = Cloud(catalog_versions="present").raw("POST", TOKENS, password()).json()["token"]
    assert {service["endpoints"][0]["url"].removeprefix("http://cloud.example") for service in token["catalog"]} == {
        "/load-balancer/v2", "/network/v2.0", "/identity/v3"}  # fmt: skip


def test_an_application_credential_gets_a_token_without_a_scope_and_none_with_one():
    cloud = Cloud(application_credentials={"ci": "s"})
    assert cloud.raw("POST", TOKENS, credential()).json()["token"]["project"]["id"] == PROJECT
    assert cloud.raw("POST", TOKENS, credential(secret="t")).status == 401
    assert cloud.raw("POST", TOKENS, credential(id="no")).status == 404
    refused = cloud.raw("POST", TOKENS, credential(scope={"project": {"id": PROJECT}}))
    assert refused.status == 401
    assert refused.json()["error"]["message"].endswith("Application credentials cannot request a scope.")


def test_a_scope_names_a_project_with_its_domain_or_says_unscoped():
    """As a real Keystone (30.0.0) answers."""

    def scoped(scope):
        body = password()
        body["auth"]["scope"] = scope
        reply = Cloud().raw("POST", TOKENS, body)
        return reply.status, "project" in reply.json().get("token", {})

    assert scoped({"project": {"name": "demo"}}) == (400, False)
    assert scoped("unscoped") == (201, False)
    assert scoped({"domain": {"id": "default"}}) == scoped({"system": {"all": True}}) == (401, False)
    assert Cloud().raw("POST", TOKENS, {"auth": {"identity": {"methods": ["bogus"]}}}).status == 401


def test_a_wrong_password_and_an_unknown_project_are_the_same_401():
    cloud = Cloud(users={"demo": "right"}, strict=True)
    unknown = password(secret="right")
    unknown["auth"]["scope"]["project"]["name"] = "elsewhere"
    bodies = {cloud.raw("POST", TOKENS, body).body for body in (password(secret="wrong"), unknown)}
    assert len(bodies) == 1
    assert b'"code":401' in bodies.pop()
    assert cloud.raw("POST", TOKENS, password(secret="right")).status == 201


@pytest.mark.parametrize(
    "body", [{}, {"auth": {}}, {"auth": {"identity": {}}}, {"auth": {"identity": {"methods": ["password"]}}}, {"auth": 5}]
)
def test_a_body_without_its_parts_is_a_400_in_keystones_form(body):
    reply = Cloud().raw("POST", TOKENS, body)
    assert reply.status == 400
    assert reply.json()["error"]["code"] == 400


def test_an_unscoped_login_of_a_user_with_one_project_is_scoped_to_it():
    assert Cloud().raw("POST", TOKENS, password(scope=False)).json()["token"]["project"]["id"] == PROJECT
    two = {**SEED, "openstack": {PROJECT: {"project": {"name": "demo"}}, "b" * 32: {}}}
    assert "project" not in Cloud(two).raw("POST", TOKENS, password(scope=False)).json()["token"]


@pytest.mark.parametrize("path", ["/load-balancer/v2/lbaas/l7policies", "/network/v2.0/security-groups"])
def test_a_missing_unknown_or_expired_token_is_keystones_401_and_says_where_keystone_is(path):
    cloud = Cloud(token_seconds=60)
    assert cloud.raw("GET", path, X_Auth_Token=cloud.token).status == 200
    cloud.wait(61)
    for token in ("", "unknown", cloud.token):
        reply = cloud.raw("GET", path, X_Auth_Token=token)
        assert (reply.status, reply.json()["error"]["code"]) == (401, 401)
        assert reply.headers["www-authenticate"] == 'Keystone uri="http://cloud.example/identity/v3"'


def test_versions_need_no_token():
    cloud = Cloud()
    assert cloud.raw("GET", "/identity").status == 300
    assert cloud.raw("GET", "/identity/v3").json()["version"]["id"] == "v3.14"
    assert cloud.raw("GET", "/load-balancer").json()["versions"][-1]["status"] == "CURRENT"
    assert cloud.raw("GET", "/network/").json()["versions"][0]["id"] == "v2.0"


def test_a_reader_reads_and_every_write_is_forbidden():
    cloud = Cloud(user_roles={"eve": "reader"})
    policy, group = cloud.policy(), cloud.group()
    token = cloud.login("eve")
    assert cloud.ok("GET", "/l7policies", token=token)["l7policies"]
    assert cloud.ok("GET", f"/security-groups/{group['id']}", token=token)
    for method, path, body in (
        ("DELETE", f"/l7policies/{policy['id']}", None),
        ("POST", "/l7policies", {"l7policy": {"listener_id": cloud.listener, "action": "REJECT"}}),
    ):
        assert cloud.refused(method, path, body, token=token) == (403, "Policy does not allow this request to be performed.")
    for method, path, body in (
        ("DELETE", f"/security-groups/{group['id']}", None),
        ("POST", "/security-groups", {"security_group": {"name": "x"}}),
    ):
        assert cloud.refused(method, path, body, token=token) == (403, "PolicyNotAuthorized")


def test_another_project_finds_a_403_at_octavia_and_a_404_at_neutron():
    seed = {**SEED, "openstack": {**SEED["openstack"], "b" * 32: {"project": {"name": "other"}}}}
    cloud = Cloud(seed)
    policy, group, token = cloud.policy(), cloud.group(), cloud.login(project="other")
    assert cloud.refused("GET", f"/l7policies/{policy['id']}", token=token)[0] == 403
    assert cloud.refused("GET", f"/security-groups/{group['id']}", token=token) == (404, "SecurityGroupNotFound")
    assert cloud.ok("GET", "/l7policies", token=token)["l7policies"] == []
    assert [item["name"] for item in cloud.ok("GET", "/security-groups", token=token)["security_groups"]] == ["default"]


def test_every_answer_has_a_request_id_but_a_401_of_octavia():
    cloud = Cloud()
    for path in ("/identity/v3", "/load-balancer/v2/lbaas/l7policies", "/network/v2.0/nothing"):
        assert cloud.raw("GET", path, X_Auth_Token=cloud.token).headers["x-openstack-request-id"].startswith("req-")
    refused = {path: cloud.raw("GET", path) for path in ("/load-balancer/v2/lbaas/pools", "/network/v2.0/security-groups")}
    assert ["x-openstack-request-id" in reply.headers for reply in refused.values()] == [False, True]


@pytest.mark.parametrize("status", [401, 403, 404, 409, 429, 500, 503])
@pytest.mark.parametrize("path", ["/identity/v3/auth/tokens", "/load-balancer/v2/lbaas/pools", "/network/v2.0/security-groups"])
def test_a_fault_answers_in_the_form_of_the_service_that_was_asked(path, status):
    cloud = Cloud(faults=[f"GET {path} status={status}"])
    reply = cloud.raw("GET", path, X_Auth_Token=cloud.token)
    forms = {"identity": {"error"}, "load-balancer": {"faultstring", "code"}, "network": {"NeutronError"}}[path.split("/")[1]]
    assert reply.status == status
    assert set(reply.json()) & (forms | ({"error"} if status == 401 else set()))
