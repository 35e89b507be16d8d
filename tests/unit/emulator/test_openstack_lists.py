"""Octavia's lists: links that lose the filters, full pages with a next one, collation, fields."""

from urllib.parse import parse_qs, urlsplit

import pytest
from unit.emulator.openstack_support import Cloud, seed_of


@pytest.fixture
def cloud():
    policies = [
        {"name": name, "listener": listener, "tags": tags}
        for name, listener, tags in (
            ("Café", "web", ["blue"]), ("b", "web", ["blue", "green"]), ("c", "web", []), ("d", "two", ["x"]), ("e", "two", []),
        )
    ]  # fmt: skip
    listeners = [{"name": "web"}, {"name": "two", "protocol_port": 81}]
    return Cloud(seed_of(project={"name": "demo"}, listeners=listeners, l7policies=policies))


def names(cloud, query):
    return sorted(policy["name"] for policy in cloud.ok("GET", f"/l7policies?{query}")["l7policies"])


def test_a_next_link_drops_the_filter_and_leads_to_another_listener(cloud):
    first = cloud.ok("GET", f"/l7policies?listener_id={cloud.listener}&limit=2&sort=name&fields=id")
    (link,) = first["l7policies_links"]
    query = parse_qs(urlsplit(link["href"]).query)
    assert link["rel"] == "next"
    assert set(query) == {"limit", "sort", "marker"}
    seen = []
    while link:
        page = cloud.raw("GET", link["href"].removeprefix("http://cloud.example"), X_Auth_Token=cloud.token).json()
        seen += [policy["listener_id"] for policy in page["l7policies"]]
        link = next((link for link in page["l7policies_links"] if link["rel"] == "next"), None)
    assert set(seen) - {cloud.listener}


def test_a_full_page_always_has_a_next_link_and_the_last_page_may_be_empty(cloud):
    query = f"/l7policies?listener_id={cloud.listener}&limit=3"
    page = cloud.ok("GET", query)
    assert len(page["l7policies"]) == 3
    assert page["l7policies_links"]
    rest = cloud.ok("GET", f"{query}&marker={page['l7policies'][-1]['id']}")
    assert rest["l7policies"] == []
    assert rest["l7policies_links"] == []


def test_own_paging_by_marker_sees_every_policy_of_the_listener_once(cloud):
    seen, marker = [], ""
    while page := cloud.ok("GET", f"/l7policies?listener_id={cloud.listener}&limit=1{marker}")["l7policies"]:
        seen += [policy["name"] for policy in page]
        marker = f"&marker={page[-1]['id']}"
    assert sorted(seen) == ["Café", "b", "c"]


def test_a_larger_limit_is_cut_down_and_zero_means_everything():
    cloud = Cloud(seed_of(listeners=[{"name": "web"}], l7policies=[{"name": str(n)} for n in range(5)]), octavia_page_maximum=2)
    assert len(cloud.ok("GET", "/l7policies")["l7policies"]) == 2
    assert len(cloud.ok("GET", "/l7policies?limit=4")["l7policies"]) == 2
    everything = cloud.ok("GET", "/l7policies?limit=0")
    assert len(everything["l7policies"]) == 5
    assert "limit=None" in everything["l7policies_links"][0]["href"]


def test_links_may_point_where_no_client_gets():
    seed = seed_of(listeners=[{"name": "web"}], l7policies=[{"name": "a"}])
    cloud = Cloud(seed, link_base="http://192.0.2.9:9876")
    assert cloud.ok("GET", "/l7policies?limit=1")["l7policies_links"][0]["href"].startswith("http://192.0.2.9:9876/v2/lbaas/l7policies?")


def test_names_and_tags_are_found_without_regard_to_case_and_accents(cloud):
    assert names(cloud, "name=CAFE") == ["Café"]
    assert names(cloud, "tags=BLUE,green") == ["b"]
    assert names(cloud, "tags-any=green,X") == ["b", "d"]
    assert names(cloud, "not-tags=blue") == ["c", "d", "e"]
    assert names(cloud, "not-tags-any=blue,x") == ["c", "e"]
    exact = Cloud(seed_of(listeners=[{"name": "web"}], l7policies=[{"name": "Café"}]), collation="binary")
    assert names(exact, "name=CAFE") == []
    assert names(exact, "name=Caf%C3%A9") == ["Café"]


def test_a_filter_for_an_unknown_listener_is_an_empty_list_and_an_unknown_filter_a_400(cloud):
    assert names(cloud, "listener_id=nope") == []
    refused = (400, "One or more arguments are either duplicate or invalid")
    assert cloud.refused("GET", "/l7policies?bogus=1") == refused
    assert names(cloud, "admin_state_up=maybe") == []
    assert len(names(cloud, "admin_state_up=yes")) == 5


@pytest.mark.parametrize("query", ["limit=x", "sort=bogus", "sort=position:up", "marker=nope"])
def test_what_does_not_fit_a_page_is_a_400(cloud, query):
    assert cloud.refused("GET", f"/l7policies?{query}")[0] == 400


def test_fields_repeat_and_unknown_ones_leave_empty_items(cloud):
    (first, *_) = cloud.ok("GET", "/l7policies?fields=id&fields=name")["l7policies"]
    assert set(first) == {"id", "name"}
    assert cloud.ok("GET", "/l7policies?fields=bogus")["l7policies"] == [{}] * 5


def test_the_default_order_is_not_by_position():
    cloud = Cloud()
    for name in "abc":
        cloud.policy(name=name, position=1)
    assert [policy["name"] for policy in cloud.ok("GET", "/l7policies")["l7policies"]] == ["a", "b", "c"]
    assert cloud.order() == "cba"
    down = cloud.ok("GET", "/l7policies?sort=position:desc")["l7policies"]
    assert [policy["position"] for policy in down] == [3, 2, 1]


def test_the_status_tree_has_no_policies_in_it(cloud):
    tree = cloud.ok("GET", f"/loadbalancers/{cloud.id('loadbalancers', 'load-balancer')}/status")
    assert "l7policies" not in str(tree)
    assert tree["statuses"]["loadbalancer"]["listeners"]


def test_quotas_show_limits_without_usage_and_are_set_by_administrators():
    cloud = Cloud(user_roles={"root": "admin"})
    from unit.emulator.openstack_support import PROJECT

    assert cloud.ok("GET", f"/quotas/{PROJECT}")["quota"]["l7policy"] == -1
    body = {"quota": {"l7policy": 3}}
    assert cloud.refused("PUT", f"/quotas/{PROJECT}", body)[0] == 403
    cloud.ok("PUT", f"/quotas/{PROJECT}", body, token=cloud.login("root"))
    assert cloud.ok("GET", f"/quotas/{PROJECT}")["quota"]["l7policy"] == 3
