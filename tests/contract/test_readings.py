"""The same promises under every reading of the APIs that their documentation leaves open."""

import pytest
from kit import FLAVOURS, World, ask, host, rule
from test_interruptions import content, errors, make
from test_migrations import A, B, C, spec

HUAWEI = [
    {"rules_listing": False, "display_all_rules": False}, {"display_all_rules": False}, {"pending_seconds": 7.0},
    {"mirror_pools": False}, {"next_marker_on_last_page": True}, {"duplicate_match_set": "conflict"},
    {"security_rule_enabled": False}, {"security_rule_priority": 1}, {"quota_status": 400},
    {"priority_conflict_status": 400}, {"page_info_when_unpaged": False},
]  # fmt: skip
GCORE = [
    {"task_new_seconds": 0.0, "task_running_seconds": 0.0}, {"task_new_seconds": 20.0, "task_running_seconds": 45.0},
    {"security_group_page": 1000}, {"invalid_rule": "task_error"}, {"duplicate_security_rule": "task_error"},
    {"redirect_code_default": "null"}, {"ipv6_icmp_read_back": "ipv6-icmp"}, {"host_bits": "cleared"},
    {"any_protocol_read_back": "any"}, {"full_port_range_read_back": "null"},
]  # fmt: skip
READINGS = [("huawei", o) for o in HUAWEI] + [("gcore", o) for o in GCORE]


def awkward_rules(name):
    """Rules that APIs like to read back in other words."""
    both = {"direction": "ingress", "ethertype": "IPv4"}
    six = {"direction": "ingress", "ethertype": "IPv6"}
    if name == "huawei":
        more = {"priority": 1, "action": "allow"}
        return [
            {**both, "protocol": "tcp", "multiport": "80,443,1000-2000", "remote_ip_prefix": "10.1.2.0/24", **more},
            {**both, "remote_ip_prefix": "192.0.2.0/24", **more},
            {**six, "protocol": "icmpv6", "remote_ip_prefix": "2001:db8::/32", **more},
            {**both, "protocol": "udp", "remote_group": "web", **more},
            {**both, "protocol": "tcp", "multiport": "22", "remote_ip_prefix": "0.0.0.0/0", "priority": 7,
             "action": "deny"},
        ]  # fmt: skip
    return [
        {**both, "protocol": "tcp", "port_range_min": 80, "port_range_max": 443, "remote_ip_prefix": "10.1.2.3/8"},
        {**both, "protocol": "tcp", "port_range_min": 1, "port_range_max": 65535, "remote_ip_prefix": "192.0.2.0/24"},
        {**both, "remote_ip_prefix": "192.0.2.0/24"},
        {**six, "protocol": "icmp", "remote_ip_prefix": "2001:db8::/32"},
        {**both, "protocol": "udp", "port_range_min": 53, "port_range_max": 53, "remote_group": "web"},
    ]


def under(name, options, tmp_path):
    w = make(lambda p, r: World(FLAVOURS[name], tmp_path, p, r, options=options), FLAVOURS[name])
    w.group([*awkward_rules(name), FLAVOURS[name].rule(80)])
    return w


@pytest.mark.parametrize(("name", "options"), READINGS, ids=[f"{n}-{'-'.join(map(str, o))}" for n, o in READINGS])
def test_the_second_plan_is_empty_under_every_reading(name, options, tmp_path):
    w = under(name, options, tmp_path)
    planned = w.plan()
    assert (planned.exit_code, errors(planned)) == (0, [])
    assert planned.document["reads"]["calls"] == w.wire.reads
    result = w.apply()
    assert (result.exit_code, errors(result)) == (0, []), result.outcome["steps"]
    assert len(w.wire.sent) == len(planned.document["steps"])
    assert w.plan().document["steps"] == []


@pytest.mark.parametrize(("name", "options"), READINGS, ids=[f"{n}-{'-'.join(map(str, o))}" for n, o in READINGS])
def test_every_answer_may_be_lost_under_every_reading(name, options, tmp_path):
    w = under(name, options, tmp_path)
    wire = w.new_wire()
    wire.acts = dict.fromkeys(range(1, 100), "lose")
    result = w.apply(wire=wire)
    assert (result.exit_code, errors(result)) == (0, []), result.outcome["steps"]
    assert w.plan().document["steps"] == []


def seeded(flavour, tmp_path, status):
    policies = spec(flavour, [A, B, C])
    policies[1] = {**policies[1], "provisioning_status": status}
    return World(flavour, tmp_path, policies)


def test_a_policy_in_error_is_healed_once(flavour, tmp_path):
    w = seeded(flavour, tmp_path, "ERROR")
    w.listener(spec(flavour, [A, B, C]))
    allow = frozenset({"gap=listener/web/policy/bbb"})
    planned = w.plan(allow=allow)
    assert {s["role"] for s in planned.document["steps"]} == {"heal"}
    result = w.apply(allow=allow)
    assert (result.exit_code, errors(result)) == (0, []), result.outcome
    assert w.names() == ["aaa", "bbb", "ccc"]
    assert w.plan().document["steps"] == []


def test_a_policy_that_goes_to_error_is_a_failure_with_words_and_no_loop(tmp_path):
    flavour = FLAVOURS["huawei"]
    w = World(flavour, tmp_path, spec(flavour, [A, B]))
    w.listener(spec(flavour, [A, B, C]))
    (create,) = w.plan().document["steps"]
    path = "/" + "/".join(create["call"]["path"])
    body = dict(create["call"]["body"]["l7policy"], name="somebody", priority=9000)
    wire = w.new_wire()
    wire.acts = {1: lambda: ask(w.emulator, "POST", path, {"l7policy": body})}
    result = w.apply(wire=wire)
    assert result.exit_code == 5
    (step,) = result.outcome["steps"]
    assert (step["status"], step["code"], step["sent"]) == ("failed", "APPLY-ERROR-STATUS", 1)
    assert "ERROR" in step["words"]
    assert w.names() == ["aaa", "bbb", "ccc", "somebody"]
    twin = flavour.id_of(w.emulator, "l7policy", "somebody")
    ask(w.emulator, "DELETE", f"{path}/{twin}")  # what made the trouble goes; ERROR stays until it is healed
    again = w.apply(allow=frozenset({"gap=listener/web/policy/ccc"}))
    assert (again.exit_code, errors(again)) == (0, [])
    assert w.names() == ["aaa", "bbb", "ccc"]


def test_a_policy_in_error_is_healed_when_the_unlisted_twin_that_serves_for_it_is_gone(tmp_path):
    flavour = FLAVOURS["huawei"]
    policies = spec(flavour, [A, B, C])
    policies[2] = {**policies[2], "provisioning_status": "ERROR"}
    twin = {**policies[1], "name": "somebody", "rules": policies[2]["rules"]}
    w = World(flavour, tmp_path, [twin, *policies])
    w.listener(spec(flavour, [A, B, C]))
    planned = w.plan(allow=frozenset({"gap=listener/web/policy/somebody"}))
    assert (planned.exit_code, errors(planned)) == (0, [])
    steps = planned.document["steps"]
    assert [(s["op"], s["address"].rpartition("/")[2], s["role"]) for s in steps] == [
        ("delete", "somebody", "none"), ("delete", "ccc", "heal"), ("create", "ccc", "heal"),
    ]  # fmt: skip
    (gap,) = planned.document["gaps"]
    assert (gap["opened_by"], gap["closed_by"]) == (steps[0]["id"], steps[2]["id"])
    assert w.apply().exit_code == 4, "a gap needs leave"
    assert w.wire.sent == []
    result = w.apply(allow=frozenset({"gap=listener/web/policy/somebody"}))
    assert (result.exit_code, errors(result)) == (0, []), result.outcome
    assert w.names() == ["aaa", "bbb", "ccc"]
    assert w.plan().document["steps"] == []


def test_a_plan_whose_rules_somebody_else_has_taken_meanwhile_is_refused(tmp_path):
    flavour = FLAVOURS["huawei"]
    w = World(flavour, tmp_path, spec(flavour, [A, B]))
    w.listener(spec(flavour, [A, B, C]))
    plan = w.plan().document
    call = plan["steps"][0]["call"]
    body = dict(call["body"]["l7policy"], name="somebody", priority=9000)
    ask(w.emulator, "POST", "/" + "/".join(call["path"]), {"l7policy": body})
    result = w.apply(plan)
    assert (result.exit_code, w.wire.sent) == (4, [])


def test_rules_of_hosts_and_paths_are_told_apart(world, flavour):
    w = world(spec(flavour, [("policy", "aaa", [host("a.example.com"), rule("/a")], {"pool": "a"})]))
    w.listener(spec(flavour, [("policy", "aaa", [host("a.example.com"), rule("/a")], {"pool": "b"})]))
    before = content(w)[0][0][2]
    assert w.apply().exit_code == 0
    assert content(w)[0][0][2] == before
