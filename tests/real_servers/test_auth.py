"""Credentials, tokens, rights and endpoints, found and used as every OpenStack tool finds and uses them."""

from __future__ import annotations

import json
import time

import pytest

from tests.real_servers.lab.places import PAGES_REGION, PASSWORD, VERSIONED_REGION
from tests.real_servers.world import host, path, to_pool

pytestmark = pytest.mark.real

LIVE = [to_pool("aaa", "a", path("/a")), to_pool("bbb", "b", path("/b"))]
WANTED = [to_pool("new", "c", path("/new"), host("new.example.com")), *reversed(LIVE)]


@pytest.fixture(scope="module")
def balancer(cloud):
    """One load balancer for all that only looks."""
    return cloud.balancer(f"auth-{time.time_ns()}", LIVE)


def clouds_yaml(world, name: str, auth: dict, secret: dict, **more) -> None:
    """A clouds.yaml and a secure.yaml beside the manifests, and no OS_* but none at all."""
    world.environ = {"OS_CLIENT_CONFIG_FILE": str(world.directory / "clouds.yaml"),
                     "OS_CLIENT_SECURE_FILE": str(world.directory / "secure.yaml")}  # fmt: skip
    (world.directory / "clouds.yaml").write_text(json.dumps({"clouds": {name: {"auth": auth, **more}}}))
    (world.directory / "secure.yaml").write_text(json.dumps({"clouds": {name: {"auth": secret}}}))


def auth_of(lab, user="demo") -> dict:
    environ = lab.environ(user)
    return {"auth_url": environ["OS_AUTH_URL"], "username": user, "project_name": environ["OS_PROJECT_NAME"],
            "user_domain_id": "default", "project_domain_id": "default"}  # fmt: skip


def test_a_token_that_ends_during_apply_is_renewed(lab, cloud, world, fresh):
    balancer = cloud.balancer(fresh, LIVE)
    world.listener(balancer, WANTED)
    lab.control(balancer.id, delay=1.5)
    with lab.short_tokens(6) as auth_url:
        world.environ["OS_AUTH_URL"] = auth_url
        began = time.time()
        ran = world.apply().good()
    lab.control(balancer.id)
    seen = lab.requests(began, "reconciler")
    ended = [r for r in seen if r.status == 401]
    logins = [r for r in seen if r.service == "keystone-short" and r.method == "POST"]
    assert ended, "a token ended meanwhile"
    assert 2 <= len(logins) <= 1 + len(ended), "one token, and one more for each that ended"
    assert {step["status"] for step in ran.document["steps"]} == {"done"}
    assert cloud.names(balancer) == ["new", "bbb", "aaa"]


def test_clouds_yaml_secure_yaml_and_the_clouds_name_are_enough(lab, world, balancer):
    world.provider(cloud="shop")
    clouds_yaml(world, "shop", auth_of(lab), {"password": PASSWORD}, region_name="RegionOne")
    world.listener(balancer, LIVE)
    world.nothing_is_left_to_do()


def test_an_application_credential_is_enough(lab, cloud, world, balancer):
    wanted = {"application_credential": {"name": f"reconcile-{time.time_ns()}"}}
    made = cloud.ask("POST", "keystone", f"/users/{cloud.user_id}/application_credentials", wanted)["application_credential"]
    world.environ = {
        "OS_AUTH_TYPE": "v3applicationcredential", "OS_AUTH_URL": lab.environ()["OS_AUTH_URL"], "OS_REGION_NAME": "RegionOne",
        "OS_APPLICATION_CREDENTIAL_ID": made["id"], "OS_APPLICATION_CREDENTIAL_SECRET": made["secret"],
    }  # fmt: skip
    world.listener(balancer, LIVE)
    world.nothing_is_left_to_do()


def test_endpoints_that_end_in_a_version_are_the_same_servers(lab, world, balancer):
    world.environ = lab.environ(region=VERSIONED_REGION)
    world.listener(balancer, LIVE)
    began = time.time()
    world.nothing_is_left_to_do()
    assert {r.path.split("/")[1] for r in lab.requests(began, "reconciler") if r.service == "octavia"} <= {"v2", "v2.0"}


def test_pages_that_are_smaller_than_asked_for_are_all_read(lab, cloud, world, fresh):
    policies = [to_pool(f"p{n}", "abc"[n % 3], path(f"/{n}")) for n in range(7)]
    balancer = cloud.balancer(fresh, listeners={"other": [to_pool("elsewhere", "a", path("/else"))] * 3, "web": policies})
    lab.small_pages()
    world.environ = lab.environ(region=PAGES_REGION)
    world.listener(balancer, policies, name="web")
    began = time.time()
    ran = world.plan("--detailed-exitcode").good()
    assert ran.document["steps"] == []
    seen = [r.path for r in lab.requests(began, "reconciler") if r.service == "octavia-pages"]
    lists = [p for p in seen if p.startswith("/v2/lbaas/l7policies?")]
    assert len(lists) == 3, "seven policies on pages of three"
    assert all(f"listener_id={balancer.listeners['web']}" in p for p in lists), "each page with our own filter"
    assert len([p for p in seen if p.split("?")[0].endswith("/rules")]) == 7


def test_a_wrong_password_is_told_and_shown_nowhere(world, balancer):
    world.environ["OS_PASSWORD"] = "certainly-not-the-password"
    world.listener(balancer, WANTED)
    for ran in (world.plan(), world.apply()):
        assert ran.code == 1, ran.told()
        assert "Traceback" not in ran.told()
        assert "certainly-not-the-password" not in ran.told() + json.dumps(ran.document)


def test_a_reader_may_plan_and_is_told_what_apply_needs(lab, cloud, world, balancer):
    world.environ = lab.environ("observer")
    world.listener(balancer, WANTED)
    assert world.plan().good().document["summary"]["calls"] > 0
    before = cloud.policies(balancer)
    ran = world.apply()
    assert ran.code == 1, ran.told()
    assert "APPLY-DENIED" in ran.err
    assert cloud.policies(balancer) == before


def test_a_region_that_the_catalog_lacks_is_told_before_anything_is_read(lab, world, balancer):
    world.environ = lab.environ(region="RegionNowhere")
    world.listener(balancer, LIVE)
    began = time.time()
    ran = world.plan()
    assert ran.code in (1, 3), ran.told()
    assert "CONN-CATALOG" in ran.err
    assert [r for r in lab.requests(began, "reconciler") if not r.service.startswith("keystone")] == []


def test_no_token_and_no_password_is_in_any_output_or_file(lab, world, balancer):
    world.listener(balancer, WANTED)
    ran = world.run("plan", "-vv", "manifests")
    shown = ran.told() + "".join(f.read_text(errors="replace") for f in world.directory.rglob("*") if f.is_file())
    assert PASSWORD not in shown
    assert "gAAAAA" not in shown, "how a Keystone token begins"
