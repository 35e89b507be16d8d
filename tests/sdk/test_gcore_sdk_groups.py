"""Security groups and their rules through the official SDK, every reply checked against its models."""

import warnings

import gcore
import pytest

from reconciler.emulator.options import GcoreOptions, Options

HTTPS = {
    "direction": "ingress",
    "ethertype": "IPv4",
    "protocol": "tcp",
    "port_range_min": 443,
    "port_range_max": 443,
    "remote_ip_prefix": "10.0.0.0/8",
}


@pytest.fixture
def cloud(gcore_cloud):
    return gcore_cloud()


@pytest.fixture
def groups(cloud):
    return cloud.client.cloud.security_groups


def test_without_rules_the_default_template_is_installed_and_an_empty_list_means_none(groups):
    default = groups.create_and_poll(name="with template", description="two ways")
    shape = sorted((rule.direction, rule.ethertype, rule.protocol) for rule in default.security_group_rules)
    assert shape == [(way, family, None) for way in ("egress", "ingress") for family in ("IPv4", "IPv6")]
    assert default.description == "two ways"
    assert groups.create_and_poll(name="empty", rules=[]).security_group_rules == []


def test_a_patch_takes_the_whole_set_and_keeps_the_ids_of_what_stays(groups):
    group = groups.create_and_poll(name="web", rules=[{**HTTPS, "description": "https"}, {"direction": "egress"}])
    kept = {rule.direction: rule.id for rule in group.security_group_rules}
    changed = groups.update_and_poll(
        group.id,
        name="web-2",
        description="new",
        rules=[{**HTTPS, "description": "https"}, {"direction": "ingress", "protocol": "icmp"}],
    )
    assert (changed.name, changed.description) == ("web-2", "new")
    assert changed.revision_number > group.revision_number
    after = {rule.protocol: rule.id for rule in changed.security_group_rules}
    assert after["tcp"] == kept["ingress"]
    assert set(after) == {"tcp", "icmp"}
    assert groups.update_and_poll(group.id, rules=[]).security_group_rules == []


def test_nothing_to_change_gives_no_task(groups):
    group = groups.create_and_poll(name="web", description="d", rules=[HTTPS], tags={"a": "1"})
    same = {**HTTPS, "remote_ip_prefix": "10.0.0.0/8", "description": ""}
    assert groups.update(group.id, name="web", description="d", rules=[same]).tasks == []
    assert groups.update(group.id, tags={"a": "2"}).tasks == []
    assert [(tag.key, tag.value) for tag in groups.get(group.id).tags_v2] == [("a", "2")]


def test_a_changed_description_is_a_new_rule(groups):
    group = groups.create_and_poll(name="web", rules=[HTTPS])
    changed = groups.update_and_poll(group.id, rules=[{**HTTPS, "description": "why"}])
    assert [rule.description for rule in changed.security_group_rules] == ["why"]
    assert changed.security_group_rules[0].id != group.security_group_rules[0].id


def test_tags_are_merged_and_filtered(groups):
    one = groups.create_and_poll(name="one", rules=[], tags={"env": "prod", "team": "a"})
    two = groups.create_and_poll(name="two", rules=[], tags={"env": "test"})
    groups.update_and_poll(one.id, tags={"team": None, "owner": "me"})
    assert {tag.key: tag.value for tag in groups.get(one.id).tags_v2} == {"env": "prod", "owner": "me"}
    assert [item.id for item in groups.list(tag_key=["env", "owner"])] == [one.id]
    assert [item.id for item in groups.list(tag_key_value='{"env": "test"}')] == [two.id]
    assert [item.id for item in groups.list(name="two")] == [two.id]
    groups.update_and_poll(one.id, tags=None)
    assert groups.get(one.id).tags_v2 == []


def test_the_list_pages_by_ten_unless_told_otherwise(groups, cloud):
    for number in range(12):
        groups.create_and_poll(name=f"group {number}", rules=[])
    page = groups.list()
    assert (page.count, len(page.results)) == (12, 10)
    assert len(list(groups.list())) == 12
    assert len(groups.list(limit=1000).results) == 12


def test_a_rule_is_made_found_in_its_group_and_deleted(groups):
    group = groups.create_and_poll(name="web", rules=[])
    rule = groups.rules.create_and_poll(group.id, **HTTPS, description="https")
    assert (rule.security_group_id, rule.port_range_min, rule.remote_ip_prefix) == (group.id, 443, "10.0.0.0/8")
    assert (rule.description, rule.remote_group_id) == ("https", None)
    peer = groups.rules.create_and_poll(group.id, direction="ingress", protocol="udp", remote_group_id=group.id)
    assert (peer.remote_group_id, peer.port_range_min, peer.description) == (group.id, None, None)
    everything = groups.rules.create_and_poll(group.id, direction="egress", protocol=None, port_range_min=None)
    assert (everything.protocol, everything.ethertype) == (None, "IPv4")
    groups.rules.delete_and_poll(rule.id, group_id=group.id)
    assert {item.id for item in groups.get(group.id).security_group_rules} == {peer.id, everything.id}
    with pytest.raises(gcore.NotFoundError):
        groups.rules.delete(rule.id, group_id=group.id)


def test_a_duplicate_rule_is_a_conflict_that_names_the_first(groups):
    group = groups.create_and_poll(name="web", rules=[])
    first = groups.rules.create_and_poll(group.id, **HTTPS)
    with pytest.raises(gcore.ConflictError, match=first.id):
        groups.rules.create(group.id, **HTTPS, description="the description is not compared")


def test_a_duplicate_rule_may_be_a_task_in_error_instead(gcore_cloud):
    cloud = gcore_cloud(options=Options(gcore=GcoreOptions(duplicate_security_rule="task_error")))
    groups = cloud.client.cloud.security_groups
    group = groups.create_and_poll(name="web", rules=[HTTPS])
    with pytest.raises(ValueError, match="already exists"):
        groups.rules.create_and_poll(group.id, **HTTPS)
    assert len(groups.get(group.id).security_group_rules) == 1


def test_of_two_equal_rules_on_their_way_the_second_task_fails(groups, cloud):
    group = groups.create_and_poll(name="web", rules=[])
    first = groups.rules.create(group.id, **HTTPS).tasks[0]
    second = groups.rules.create(group.id, **HTTPS).tasks[0]
    cloud.clock.sleep(5)
    states = [cloud.client.cloud.tasks.get(task) for task in (first, second)]
    assert [task.state for task in states] == ["FINISHED", "ERROR"]
    assert "already exists" in states[1].error
    assert len(groups.get(group.id).security_group_rules) == 1


def test_the_deprecated_replacement_gives_a_new_id(groups):
    group = groups.create_and_poll(name="web", rules=[HTTPS])
    old = group.security_group_rules[0].id
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        new = groups.rules.replace(old, direction="egress", protocol="any", ethertype="IPv6")
    assert (new.direction, new.ethertype, new.protocol, new.security_group_id) == ("egress", "IPv6", None, group.id)
    assert [rule.id for rule in groups.get(group.id).security_group_rules] == [new.id]
    assert new.id != old


def test_copy_and_revert_are_synchronous(groups):
    group = groups.create_and_poll(name="web", description="d", rules=[HTTPS], tags={"a": "1"})
    copy = groups.copy(group.id, name="web copy")
    assert copy.id != group.id
    assert (copy.name, copy.description, [tag.key for tag in copy.tags_v2]) == ("web copy", "d", ["a"])
    assert [rule.remote_ip_prefix for rule in copy.security_group_rules] == ["10.0.0.0/8"]
    assert copy.security_group_rules[0].id != group.security_group_rules[0].id
    assert len(groups.revert_to_default(copy.id).security_group_rules) == 4


def test_a_deleted_group_takes_the_rules_that_name_it_along(groups):
    peer = groups.create_and_poll(name="peer", rules=[])
    group = groups.create_and_poll(
        name="web", rules=[HTTPS, {"direction": "ingress", "protocol": "tcp", "remote_group_id": peer.id}]
    )
    assert groups.delete(peer.id) is None
    assert len(groups.get(group.id).security_group_rules) == 1
    with pytest.raises(gcore.NotFoundError):
        groups.get(peer.id)
    with pytest.raises(gcore.NotFoundError):
        groups.delete(peer.id)


def test_over_quota_is_a_403_with_the_numbers(gcore_cloud):
    cloud = gcore_cloud(options=Options(gcore=GcoreOptions(firewall_count_limit=1)))
    groups = cloud.client.cloud.security_groups
    group = groups.create_and_poll(name="one", rules=[])
    for call in (lambda: groups.create(name="two"), lambda: groups.copy(group.id, name="two")):
        with pytest.raises(gcore.PermissionDeniedError) as caught:
            call()
        assert caught.value.body["exception_class"] == "QuotaLimitExceed"
        assert caught.value.body["info"] == {
            "attribute": "firewall_count",
            "current_usage": 1,
            "requested_usage": 2,
            "limit": 1,
        }
