"""Signatures, tokens, projects (huawei.md 1.2, 1.3, 6.3)."""

import calendar
import time

import pytest
from unit.emulator.huawei_cloud import PROJECT, START, Cloud, seed

from reconciler.emulator.http import make_request
from reconciler.emulator.huawei.auth import signature
from reconciler.emulator.options import HuaweiOptions, Options

AK, SK = "AKEXAMPLE0000000001", "SKexampleSKexampleSKexampleSKexample0001"
HEADERS = {
    "Content-Type": "application/json",
    "Host": "elb.example-region-1.myhuaweicloud.com",
    "X-Project-Id": PROJECT,
    "X-Sdk-Date": "20250102T030405Z",
}
NAMES = "content-type;host;x-project-id;x-sdk-date"
PATH = f"/v3/{PROJECT}/elb/l7policies"


def test_vector_a_of_the_reference_verifies():
    query = "listener_id=e2220d2a-3faf-44f3-8cd6-0c42952bd0ab&limit=2&name=a%20b%2Fc~d%2A%C3%A9&display_all_rules=true"
    request = make_request("GET", f"{PATH}?{query}", headers=HEADERS)
    assert signature(request, SK, NAMES) == "887e5015e6d3ae4c67700c08c324f3bb2e3d230b40288a97fdddb7458bfaa52b"


def test_vector_b_of_the_reference_verifies():
    body = (
        b'{"l7policy":{"action":"REDIRECT_TO_POOL","listener_id":"e2220d2a-3faf-44f3-8cd6-0c42952bd0ab",'
        b'"redirect_pool_id":"768e9e8c-e7cb-4fef-b24b-af9399dbb240"}}'
    )
    request = make_request("POST", PATH, headers=HEADERS, body=body)
    assert signature(request, SK, NAMES) == "ec8347d89295910ae1bcb1bc8fe90a9b60ff12067db7ebe7c9aec18db4c4f725"


def signed(cloud_time, *, ak=AK, sk=SK, project=PROJECT, path=PATH, **extra):
    headers = {
        "Host": "elb.example",
        "X-Sdk-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(cloud_time)),
        "X-Project-Id": project,
        **extra,
    }
    names = "host;x-project-id;x-sdk-date"
    mark = signature(make_request("GET", path, headers=headers), sk, names)
    headers["Authorization"] = f"SDK-HMAC-SHA256 Access={ak}, SignedHeaders={names}, Signature={mark}"
    return headers


@pytest.fixture
def cloud():
    options = Options(verify_signatures=True, credentials={AK: SK}, users={"alice": "secret"}, tokens=("forever",))
    return Cloud(options=options)


def ask(cloud, headers, path=PATH):
    reply = cloud.call("GET", path, headers=headers)
    return reply.status, (reply.json().get("error_code") if reply.status >= 400 else None)


def test_a_right_signature_is_let_in_and_a_wrong_one_is_not(cloud):
    assert ask(cloud, signed(START)) == (200, None)
    assert ask(cloud, {}) == (401, "APIGW.0301")
    assert ask(cloud, signed(START, sk="other")) == (401, "APIGW.0301")
    assert ask(cloud, signed(START, ak="other")) == (401, "APIGW.0301")
    assert ask(cloud, {"Authorization": "Basic x"}) == (401, "APIGW.0301")
    assert ask(cloud, {**signed(START), "X-Sdk-Date": "yesterday"}) == (401, "APIGW.0301")


def test_a_signature_more_than_15_minutes_off_is_refused(cloud):
    assert ask(cloud, signed(START - 899))[0] == 200
    assert ask(cloud, signed(START + 901)) == (401, "APIGW.0303")
    options = Options(verify_signatures=True, credentials={AK: SK}, huawei=HuaweiOptions(check_date_skew=False))
    assert ask(Cloud(options=options), signed(START + 9999))[0] == 200


def test_a_temporary_key_needs_its_security_token():
    options = Options(verify_signatures=True, credentials={AK: SK}, security_tokens={AK: "st"})
    cloud = Cloud(options=options)
    assert ask(cloud, signed(START))[0] == 401
    assert ask(cloud, {**signed(START), "X-Security-Token": "st"})[0] == 200


def test_the_project_of_the_url_must_be_the_callers(cloud):
    assert ask(cloud, signed(START, project="f" * 32)) == (403, "ELB.8903")
    path = PATH.replace(PROJECT, "f" * 32)
    assert ask(cloud, signed(START, project="f" * 32, path=path), path) == (403, "ELB.8903")
    vpc = f"/v3/{'f' * 32}/vpc/security-groups"
    assert ask(cloud, signed(START, path=vpc), vpc) == (400, "VPC.0007")


def token_body(name="alice", password="secret", **scope):
    identity = {
        "methods": ["password"],
        "password": {"user": {"name": name, "password": password, "domain": {"name": "acct"}}},
    }
    return {"auth": {"identity": identity, **({"scope": scope} if scope else {})}}


def test_a_token_opens_its_project_until_it_expires(cloud):
    reply = cloud.call("POST", "/v3/auth/tokens", token_body(project={"id": PROJECT}))
    assert reply.status == 201
    token, body = reply.headers["x-subject-token"], reply.json()["token"]
    assert body["project"]["id"] == PROJECT
    assert {item["type"] for item in body["catalog"]} == {"elb", "vpc", "iam"}
    expires = calendar.timegm(time.strptime(body["expires_at"].partition(".")[0], "%Y-%m-%dT%H:%M:%S"))
    assert expires == START + 86400
    assert ask(cloud, {"X-Auth-Token": token})[0] == 200
    assert ask(cloud, {"X-Auth-Token": "forever"})[0] == 200
    assert ask(cloud, {"X-Auth-Token": "other"}) == (401, "APIGW.0301")
    cloud.time += 86400
    assert ask(cloud, {"X-Auth-Token": token}) == (401, "APIGW.0301")


def test_a_token_of_another_project_opens_nothing():
    document = seed()
    document["huawei"]["f" * 32] = {"project": {"name": "other"}}
    cloud = Cloud(document)
    reply = cloud.call("POST", "/v3/auth/tokens?nocatalog=true", token_body(project={"name": "other"}))
    assert reply.json()["token"]["catalog"] == []
    assert ask(cloud, {"X-Auth-Token": reply.headers["x-subject-token"]}) == (403, "ELB.8903")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (token_body(password="wrong"), 401),
        (token_body(name="bob"), 401),
        (token_body(project={"id": "nowhere"}), 401),
        (token_body(project={"id": PROJECT}, domain={"id": "x"}), 400),
        ({"auth": {}}, 400),
        ([], 400),
    ],
)
def test_a_wrong_token_request_is_refused_in_the_form_of_iam(cloud, body, status):
    reply = cloud.call("POST", "/v3/auth/tokens", body)
    assert (reply.status, reply.json()["error"]["code"]) == (status, status)
    assert reply.json()["error"]["title"]


def test_projects_are_found_by_name():
    document = seed(project={"name": "cn-north-4"})
    cloud = Cloud(document)
    assert [item["id"] for item in cloud.ok("GET", "/v3/projects?name=cn-north-4")["projects"]] == [PROJECT]
    assert cloud.ok("GET", "/v3/projects?name=other")["projects"] == []
    assert len(Cloud().ok("GET", "/v3/projects?name=anything")["projects"]) == 1
    assert len(cloud.ok("GET", "/v3/auth/domains")["domains"]) == 1
    assert len(cloud.ok("GET", "/v3/auth/catalog")["catalog"]) == 3


def test_unknown_paths_are_the_gateways_404_and_are_recorded():
    cloud = Cloud()
    for path in ("elb/flavors", "elb/l7policies/a/rules/b/c", "vpc/ports", "nothing"):
        assert cloud.refused("GET", path)[:2] == (404, "APIGW.0101")
    assert cloud.refused("DELETE", "/v3/auth/tokens")[:2] == (404, "APIGW.0101")
    assert [call.path for call in cloud.emulator.unknown][:1] == [f"/v3/{PROJECT}/elb/flavors"]
    assert len(cloud.emulator.unknown) == 5


@pytest.mark.parametrize(
    ("permission", "method", "path"),
    [
        ("elb:loadbalancers:list", "GET", "elb/loadbalancers"),
        ("elb:listeners:get", "GET", "elb/listeners/x"),
        ("elb:pools:put", "PUT", "elb/pools/x"),
        ("elb:l7policies:list", "GET", "elb/l7policies"),
        ("elb:l7policies:create", "POST", "elb/l7policies"),
        ("elb:l7policies:delete", "DELETE", "elb/l7policies/x"),
        ("elb:l7policies:put", "POST", "elb/l7policies/batch-update-priority"),
        ("elb:l7rules:list", "GET", "elb/l7policies/rules"),
        ("elb:l7rules:create", "POST", "elb/l7policies/x/rules"),
        ("elb:l7rules:put", "PUT", "elb/l7policies/x/rules/y"),
        ("elb:quotas:get", "GET", "elb/quotas"),
        ("vpc:securityGroups:list", "GET", "vpc/security-groups"),
        ("vpc:securityGroupRules:create", "POST", "vpc/security-group-rules"),
        ("vpc:securityGroupRules:create", "POST", "vpc/security-groups/x/security-group-rules/batch-create"),
        ("vpc:securityGroupRules:delete", "DELETE", "vpc/security-group-rules/x"),
    ],
)
def test_a_missing_permission_is_named(permission, method, path):
    cloud = Cloud(denied_permissions=frozenset({permission}))
    status, code, text = cloud.refused(method, path)
    assert (status, code) == (403, "ELB.9802" if permission.startswith("elb") else "VPC.2701")
    assert permission in text
