"""Neutron: values that come back different, the table of duplicates, bulk, revisions, quotas, lists."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.emulator.openstack_support import PROJECT, Cloud, seed_of

NOWHERE = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def cloud():
    return Cloud()


def test_a_new_group_allows_everything_out_and_the_project_has_a_default_group(cloud):
    group = cloud.group()
    assert sorted((rule["direction"], rule["ethertype"]) for rule in group["security_group_rules"]) == [
        ("egress", "IPv4"), ("egress", "IPv6")]  # fmt: skip
    assert group["revision_number"] == 1
    assert {rule["description"] for rule in group["security_group_rules"]} == {None}
    default = cloud.ok("GET", "/security-groups?name=default")["security_groups"][0]
    assert len(default["security_group_rules"]) == 4
    path = f"/security-groups/{default['id']}"
    assert cloud.refused("DELETE", path) == (409, "SecurityGroupCannotRemoveDefault")
    assert cloud.refused("PUT", path, {"security_group": {"name": "x"}}) == (409, "SecurityGroupCannotUpdateDefault")
    made = cloud.refused("POST", "/security-groups", {"security_group": {"name": "Default"}})
    assert made == (409, "SecurityGroupDefaultAlreadyExists")


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"protocol": "TCP", "port_range_min": 1, "port_range_max": 65535}, {"protocol": "tcp", "port_range_min": None, "port_range_max": None}),
        ({"protocol": "any"}, {"protocol": None}), ({"protocol": 0}, {"protocol": "0"}), ({"protocol": "ip"}, {"protocol": "ip"}),
        ({"protocol": 6}, {"protocol": "6"}), ({"protocol": "icmp", "ethertype": "ipv6"}, {"protocol": "ipv6-icmp", "ethertype": "IPv6"}),
        ({"protocol": "58", "ethertype": "IPv6"}, {"protocol": "58"}), ({"protocol": 1, "ethertype": "IPv6"}, {"protocol": "58"}),
        ({"remote_ip_prefix": "10.1.2.3/8"}, {"remote_ip_prefix": "10.1.2.3/8", "normalized_cidr": "10.0.0.0/8"}),
        ({"remote_ip_prefix": "10.1.2.3"}, {"remote_ip_prefix": "10.1.2.3/32"}), ({"remote_ip_prefix": ""}, {"remote_ip_prefix": None}),
        ({"remote_ip_prefix": "10.0.0.0/255.0.0.0"}, {"remote_ip_prefix": "10.0.0.0/8"}),
        ({"remote_ip_prefix": "10.0.0.0/0.0.0.255"}, {"remote_ip_prefix": "10.0.0.0/24"}),
        ({"remote_ip_prefix": "2001:DB8:0:0::1/64", "ethertype": "IPv6"},
         {"remote_ip_prefix": "2001:db8::1/64", "normalized_cidr": "2001:db8::/64"}),
        ({"remote_ip_prefix": "::ffff:1.2.3.4", "ethertype": "IPv6"}, {"remote_ip_prefix": "::ffff:1.2.3.4/128"}),
        ({"remote_ip_prefix": "0.0.0.0/0"}, {"remote_ip_prefix": "0.0.0.0/0"}), ({}, {"description": "", "ethertype": "IPv4"}),
        ({"protocol": "tcp", "port_range_min": "80", "port_range_max": "80"}, {"port_range_min": 80, "port_range_max": 80}),
        ({"protocol": "icmp", "port_range_min": 8, "port_range_max": 0}, {"port_range_min": 8, "port_range_max": 0}),
        ({"port_range_min": 1, "port_range_max": 65535}, {"port_range_min": None}),
    ],
)  # fmt: skip
def test_what_comes_back_different(cloud, sent, stored):
    rule = cloud.admit(cloud.group(), **sent)
    assert {name: rule[name] for name in stored} == stored


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ({"remote_ip_prefix": "10.0.0.0/33"}, "InvalidCIDR"), ({"remote_ip_prefix": "010.0.0.1/32"}, "InvalidCIDR"),
        ({"remote_ip_prefix": "10.1"}, "InvalidCIDR"), ({"remote_ip_prefix": "fe80::1%eth0", "ethertype": "IPv6"}, "InvalidCIDR"),
        ({"remote_ip_prefix": "::/0"}, "SecurityGroupRuleParameterConflict"), ({"protocol": "bogus"}, "SecurityGroupRuleInvalidProtocol"),
        ({"port_range_min": 80, "port_range_max": 80}, "SecurityGroupProtocolRequiredWithPorts"),
        ({"protocol": "gre", "port_range_min": 1, "port_range_max": 1}, "SecurityGroupInvalidProtocolForPort"),
        ({"protocol": "tcp", "port_range_min": 2, "port_range_max": 1}, "SecurityGroupInvalidPortRange"),
        ({"protocol": "tcp", "port_range_min": 80}, "SecurityGroupInvalidPortRange"),
        ({"protocol": "tcp", "port_range_min": 0, "port_range_max": 1}, "SecurityGroupInvalidPortValue"),
        ({"protocol": "tcp", "port_range_min": 65536, "port_range_max": 65536}, "SecurityGroupInvalidPortValue"),
        ({"protocol": "icmp", "port_range_min": 256, "port_range_max": 0}, "SecurityGroupInvalidIcmpValue"),
        ({"protocol": "icmp", "port_range_max": 0}, "SecurityGroupMissingIcmpType"),
        ({"protocol": "icmpv6"}, "SecurityGroupEthertypeConflictWithProtocol"), ({"ethertype": None}, "SecurityGroupRuleInvalidEtherType"),
        ({"bogus": 1}, "HTTPBadRequest"), ({"direction": "in"}, "HTTPBadRequest"), ({"project_id": "x"}, "HTTPBadRequest"),
        ({"description": "x" * 256}, "HTTPBadRequest"), ({"tags": ["a"]}, "HTTPBadRequest"), ({"id": NOWHERE}, "HTTPBadRequest"),
    ],
)  # fmt: skip
def test_what_neutron_refuses_is_a_400_of_its_type(cloud, sent, kind):
    assert cloud.admit_refused(cloud.group(), **sent) == (400, kind)


def test_remotes_exclude_each_other_and_must_exist(cloud):
    group = cloud.group()
    both = cloud.admit_refused(group, remote_group_id=group["id"], remote_ip_prefix="10.0.0.0/8")
    assert both == (400, "SecurityGroupMultipleRemoteEntites")
    assert cloud.admit_refused(group, remote_group_id=NOWHERE) == (404, "SecurityGroupNotFound")
    assert cloud.admit_refused({"id": NOWHERE}) == (404, "SecurityGroupNotFound")


SAME = [
    [{"protocol": "tcp"}, {"protocol": 6}, {"protocol": "TCP", "port_range_min": 1, "port_range_max": 65535}],
    [{"protocol": "icmp"}, {"protocol": "1"}],
    [{"protocol": "icmp", "ethertype": "IPv6"}, {"protocol": "icmpv6", "ethertype": "IPv6"}, {"protocol": "58", "ethertype": "IPv6"}],
    [{"protocol": "ip"}, {"protocol": "0"}],
    [{}, {"protocol": "any"}, {"remote_ip_prefix": "0.0.0.0/0"}, {"description": "other"}],
    [{"ethertype": "IPv6"}, {"ethertype": "IPv6", "remote_ip_prefix": "::/0"}],
    [{"remote_ip_prefix": "10.0.0.1"}, {"remote_ip_prefix": "10.0.0.1/32"}],
    [{"remote_ip_prefix": "10.1.2.3/8"}], [{"remote_ip_prefix": "10.0.0.0/8"}],
    [{"protocol": "icmp", "port_range_min": 0}], [{"protocol": "icmp", "port_range_min": 0, "port_range_max": 0}],
]  # fmt: skip


@pytest.mark.parametrize("family", SAME)
def test_equal_rules_are_duplicates_and_the_409_names_the_first(cloud, family):
    group = cloud.group()
    first = cloud.admit(group, **family[0])
    for other in family:
        body = {"security_group_rule": {"security_group_id": group["id"], "direction": "ingress", **other}}
        status, answer = cloud.send("POST", "/security-group-rules", body)
        assert (status, answer["NeutronError"]["type"]) == (409, "SecurityGroupRuleExists")
        assert answer["NeutronError"]["message"] == f"Security group rule already exists. Rule id is {first['id']}."


def test_rules_of_different_families_are_no_duplicates(cloud):
    group = cloud.group()
    made = [cloud.admit(group, **family[0])["id"] for family in SAME]
    assert len(set(made)) == len(SAME)


def test_a_rule_cannot_be_changed(cloud):
    rule = cloud.admit(cloud.group(), protocol="tcp")
    path = f"/security-group-rules/{rule['id']}"
    assert cloud.refused("PUT", path, {"security_group_rule": {"protocol": "udp"}}) == (400, "HTTPBadRequest")
    assert cloud.refused("PUT", path, {"security_group_rule": {"description": "x"}})[0] == 500


def test_a_bulk_is_all_or_nothing(cloud):
    group = cloud.group()
    good = [{"security_group_id": group["id"], "direction": "ingress", "protocol": name} for name in ("tcp", "udp")]
    assert len(cloud.ok("POST", "/security-group-rules", {"security_group_rules": good})["security_group_rules"]) == 2
    new = {**good[0], "protocol": "sctp"}
    for bad, refusal in (
        ([new, good[0]], (409, "SecurityGroupRuleExists")), ([new, {**new, "protocol": 132}], (409, "DuplicateSecurityGroupRuleInPost")),
        ([new, {**new, "direction": "x"}], (400, "HTTPBadRequest")), ([], (400, "HTTPBadRequest")),
    ):  # fmt: skip
        assert cloud.refused("POST", "/security-group-rules", {"security_group_rules": bad}) == refusal
    assert len(cloud.ok("GET", f"/security-groups/{group['id']}")["security_group"]["security_group_rules"]) == 4


def test_what_is_given_as_it_was_is_held_against_the_revision_and_counts_where_a_description_is_beside_it(cloud):
    """Seen on real servers (29.0.0) by the differential test."""
    path = f"/security-groups/{cloud.ok('POST', '/security-groups', {'security_group': {'name': 'g', 'description': 'd'}})['security_group']['id']}"

    def put(**fields):
        return cloud.ok("PUT", path, {"security_group": fields})["security_group"]["revision_number"]

    assert [put(name="g"), put(description="d"), put(name="g", stateful=True), put()] == [1, 1, 1, 1]
    assert [put(name="g", description="d"), put(description="d", stateful=True)] == [2, 3]
    assert cloud.refused("PUT", path, {"security_group": {"name": "g"}}, If_Match="revision_number=1")[0] == 412
    cloud.ok("PUT", path, {"security_group": {}}, If_Match="revision_number=1")


def test_every_change_of_a_group_or_its_rules_raises_its_revision(cloud):
    group = cloud.group()
    path = f"/security-groups/{group['id']}"

    def revision():
        return cloud.ok("GET", path)["security_group"]["revision_number"]

    seen = [revision()]
    rule = cloud.admit(group, protocol="tcp")
    seen.append(revision())
    cloud.ok("PUT", path, {"security_group": {"description": "new"}})
    seen.append(revision())
    cloud.ok("PUT", path, {"security_group": {"description": "new"}})
    seen.append(revision())
    cloud.ok("DELETE", f"/security-group-rules/{rule['id']}")
    seen.append(revision())
    assert [later - earlier for earlier, later in itertools.pairwise(seen)] == [1, 1, 0, 1]


def test_if_match_guards_a_group_and_the_deletion_of_a_rule_but_no_creation(cloud):
    group = cloud.group()
    rule, path = cloud.admit(group, protocol="tcp"), f"/security-groups/{group['id']}"
    change = {"security_group": {"name": "new"}}
    assert cloud.refused("PUT", path, change, If_Match="revision_number=1") == (412, "RevisionNumberConstraintFailed")
    cloud.ok("PUT", path, change, If_Match="revision_number=2")
    body = {"security_group_rule": {"security_group_id": group["id"], "direction": "ingress"}}
    assert cloud.refused("POST", "/security-group-rules", body, If_Match="revision_number=3")[0] == 500
    assert cloud.refused("DELETE", f"/security-group-rules/{rule['id']}", If_Match="revision_number=1")[0] == 412
    cloud.ok("DELETE", f"/security-group-rules/{rule['id']}", If_Match="revision_number=0")


def test_deleting_a_group_takes_the_rules_of_others_along_that_name_it():
    seed = seed_of(
        project={"name": "demo"}, ports=[{"security_groups": ["used"]}],
        security_groups=[{"name": "used"}, {"name": "peer"},
                         {"name": "web", "security_group_rules": [{"direction": "ingress", "remote_group": "peer"}]}],
    )  # fmt: skip
    cloud = Cloud(seed)
    assert cloud.refused("DELETE", f"/security-groups/{cloud.id('security-groups', 'used')}") == (409, "SecurityGroupInUse")
    cloud.ok("DELETE", f"/security-groups/{cloud.id('security-groups', 'peer')}")
    web = cloud.ok("GET", f"/security-groups/{cloud.id('security-groups', 'web')}")["security_group"]
    assert web["security_group_rules"] == []


def test_tags_have_paths_of_their_own(cloud):
    group = cloud.group()
    path = f"/security-groups/{group['id']}/tags"
    cloud.ok("PUT", path, {"tags": ["a", "b"]})
    assert cloud.ok("GET", f"/security-groups?tags=A&name={group['name']}")["security_groups"][0]["tags"] == ["a", "b"]
    cloud.ok("DELETE", f"{path}/a")
    assert cloud.refused("DELETE", f"{path}/a") == (404, "TagNotFound")
    assert cloud.refused("PUT", path, {"tags": ["a", "a"]}) == (400, "InvalidInput")
    refused = cloud.refused("POST", "/security-groups", {"security_group": {"name": "x", "tags": ["a"]}})
    assert refused == (400, "HTTPBadRequest")


def test_quotas_count_the_default_group_and_a_full_one_is_a_409():
    cloud = Cloud(security_group_quota=2, security_group_rule_quota=7)
    group = cloud.group()
    refused = cloud.refused("POST", "/security-groups", {"security_group": {"name": "x"}})
    assert refused == (409, "OverQuota")
    cloud.admit(group, protocol="tcp")
    assert cloud.admit_refused(group, protocol="udp") == (409, "OverQuota")
    details = cloud.ok("GET", f"/quotas-network/{PROJECT}/details.json")["quota"]
    assert details["security_group_rule"] == {"limit": 7, "used": 7, "reserved": 0}


def test_links_keep_the_filters_and_an_unknown_marker_starts_over(cloud):
    group = cloud.group()
    for name in ("tcp", "udp", "sctp", "icmp"):
        cloud.admit(group, protocol=name)
    query = f"/security-group-rules?security_group_id={group['id']}&direction=ingress"
    assert "security_group_rules_links" not in cloud.ok("GET", query)
    page = cloud.ok("GET", f"{query}&limit=2")
    links = {link["rel"]: link["href"] for link in page["security_group_rules_links"]}
    assert "direction=ingress" in links["next"]
    assert set(links) == {"next", "previous"}
    assert cloud.ok("GET", f"{query}&limit=2&marker=nope")["security_group_rules"] == page["security_group_rules"]
    seen, path = [], f"{query}&limit=2"
    for size in (2, 2, 0):
        page = cloud.ok("GET", path)
        assert len(page["security_group_rules"]) == size
        seen += [rule["id"] for rule in page["security_group_rules"]]
        link = next((link["href"] for link in page["security_group_rules_links"] if link["rel"] == "next"), "")
        path = link.removeprefix("http://cloud.example/network/v2.0")
    assert len(set(seen)) == 4
    assert seen == sorted(seen)


def test_filters_compare_as_the_server_does(cloud):
    group = cloud.group()
    cloud.admit(group, protocol="tcp", remote_ip_prefix="10.1.2.3/8")

    def count(query):
        return len(cloud.ok("GET", f"/security-group-rules?security_group_id={group['id']}&{query}")["security_group_rules"])

    assert [count(query) for query in ("protocol=TCP", "protocol=6", "remote_ip_prefix=10.0.0.0/8", "normalized_cidr=1.1.1.1/32")] == [
        1, 0, 0, 3]  # fmt: skip
    assert cloud.refused("GET", "/security-group-rules?bogus=1") == (400, "HTTPBadRequest")
    assert cloud.ok("GET", f"/security-group-rules?fields=bogus&security_group_id={group['id']}")["security_group_rules"] == [{}] * 3


PREFIXES = ("10.0.0.0/8", "10.1.2.3/8", "10.1.2.3", "0.0.0.0/0", "::/0", "2001:db8::1/64", "", None, "x")
RULES = st.fixed_dictionaries(
    {},
    optional={
        "protocol": st.sampled_from(["tcp", "6", 6, "icmp", 1, "any", None, "0", "ip", "icmpv6", "58", "gre", "x"]),
        "ethertype": st.sampled_from(["IPv4", "IPv6", "ipv6"]),
        "port_range_min": st.sampled_from([None, 0, 1, 80, 65535]),
        "port_range_max": st.sampled_from([None, 0, 1, 80, 65535]),
        "remote_ip_prefix": st.sampled_from(PREFIXES),
        "description": st.sampled_from(["", "x"]),
    },
)


@settings(max_examples=50, deadline=None)
@given(RULES)
def test_a_rule_as_it_is_read_back_is_a_duplicate_of_itself(rule):
    cloud = Cloud()
    group = cloud.group()
    status, answer = cloud.send("POST", "/security-group-rules", {"security_group_rule": {"security_group_id": group["id"], "direction": "ingress", **rule}})  # fmt: skip
    if status != 201:
        assert status == 400
        return
    names = ("protocol", "ethertype", "port_range_min", "port_range_max", "remote_ip_prefix")
    again = {name: answer["security_group_rule"][name] for name in names}
    assert cloud.admit_refused(group, **again) == (409, "SecurityGroupRuleExists")
