"""What the comparison sees and what it leaves out, without servers: a blind one would let everything pass."""

from __future__ import annotations

import pytest

from tests.real_servers.differential import known, report
from tests.real_servers.differential.calls import Answer, Call, Emulated
from tests.real_servers.differential.compare import difference
from tests.real_servers.differential.generate import Generator, setup
from tests.real_servers.differential.run import Difference

LIST = Call("octavia", "GET", "/l7policies")
PAGED = Call("octavia", "GET", "/l7policies?limit=1", loose=True)


ONE = Call("neutron", "POST", "/security-group-rules", {"security_group_rule": {}})
SEVERAL = Call("neutron", "POST", "/security-group-rules", {"security_group_rules": [{}, {}]})


def exists(rule):
    return Answer(409, {"NeutronError": {"type": "SecurityGroupRuleExists", "message": f"Rule id is {rule}.", "detail": ""}})


def policies(*items):
    return Answer(200, {"l7policies": list(items), "l7policies_links": []})


@pytest.mark.parametrize(
    ("call", "real", "emulated"),
    [
        (LIST, Answer(200, {}), Answer(201, {})),
        (LIST, policies({"position": 1}), policies({"position": 2})),
        (LIST, policies({"position": 1}), policies({"position": "1"})),
        (LIST, policies({"position": True}), policies({"position": 1})),
        (LIST, policies({"position": 1}), policies()),
        (LIST, policies({"a": 1}), policies({})),
        (LIST, policies({"updated_at": None}), policies({"updated_at": "now"})),
        (Call("octavia", "GET", "/l7policies?sort=position"), policies({"n": 1}, {"n": 2}), policies({"n": 2}, {"n": 1})),
        (PAGED, policies({"a": 1}), policies({"a": 1}, {"a": 1})),
        (PAGED, policies({"a": 1}), policies({"b": 1})),
        (LIST, Answer(404, {"faultstring": "Pool $a$ not found."}), Answer(404, {"faultstring": "Pool $b$ not found."})),
        (LIST, Answer(404, {"faultstring": "x"}), Answer(404, {"code": 404})),
        (ONE, exists("$a$"), exists("$b$")),
        (LIST, Answer(409, {"NeutronError": {"type": "A", "message": ""}}), Answer(409, {"NeutronError": {"type": "B", "message": ""}})),
    ],
)
def test_a_difference_is_seen(call, real, emulated):
    assert difference(call, real, emulated) is not None


@pytest.mark.parametrize(
    ("call", "real", "emulated"),
    [
        (LIST, policies({"n": 1}, {"n": 2}), policies({"n": 2}, {"n": 1})),
        (LIST, policies({"created_at": "now"}), policies({"created_at": "then"})),
        (PAGED, policies({"a": 1}), policies({"a": 2})),
        (SEVERAL, exists("$a$"), exists("$b$")),
        (LIST, Answer(409, {"faultstring": "Pool $p$ is in use by L7 policy $a$"}),
         Answer(409, {"faultstring": "Pool $p$ is in use by L7 policy $b$"})),
    ],
)
def test_what_only_chance_decides_is_left_out(call, real, emulated):
    assert difference(call, real, emulated) is None


def test_every_known_difference_covers_its_own_kind_only():
    (extra,) = [entry for entry in known.load() if entry.name == "words behind an id"]
    meant = "status 200, emulated 404: x"
    assert extra.covers(Call("octavia", "GET", "/l7policies/$policy1$/nothing"), meant)
    assert not extra.covers(Call("octavia", "GET", "/l7policies/$policy1$/rules"), meant)
    assert not extra.covers(Call("octavia", "PUT", "/l7policies/$policy1$/nothing"), meant)
    assert not extra.covers(Call("octavia", "GET", "/l7policies/$policy1$/nothing"), "status 200, emulated 500")


def test_a_known_difference_without_a_reason_is_refused(tmp_path):
    file = tmp_path / "known.toml"
    file.write_text('[[difference]]\nname = "a"\nservice = "octavia"\nmethod = ""\npath = ""\ndifference = ""\n')
    with pytest.raises(ValueError, match="has no reason"):
        known.load(file)


def test_the_same_seed_makes_the_same_calls_and_names_resolve():
    assert [Generator(7).next() for _ in range(1)] == [Generator(7).next()]
    one, other = Generator(5), Generator(5)
    assert [one.next() for _ in range(50)] == [other.next() for _ in range(50)]


def test_the_emulator_answers_the_calls_of_a_generator_and_takes_many_of_them():
    side, generator, accepted = Emulated("0" * 32), Generator(3), 0
    side.ids["project"] = "0" * 32
    for call in setup():
        assert side.send(call).status in (200, 201)
        side.settle(call.locks or "lb")
    for _ in range(300):
        call = generator.next()
        answer = side.send(call)
        side.settle("lb")
        generator.note(call, answer.status < 300)
        accepted += call.method != "GET" and answer.status < 300
        assert "$" not in side.target(call) or answer.status >= 400 or "?" in call.path
    assert accepted > 60
    side.close()


def test_a_reproduction_begins_with_the_calls_that_make_what_the_differing_call_names():
    policy = Call("octavia", "POST", "/l7policies", {}, makes="policy1")
    rule = Call("octavia", "POST", "/l7policies/$policy1$/rules", {}, makes="rule2")
    bulk = Call("neutron", "POST", "/security-group-rules", {"security_group_rules": [{}, {}]}, makes="secrule3x")
    change = Call("octavia", "PUT", "/l7policies/$policy1$/rules/$rule2$", {})
    drop = Call("neutron", "DELETE", "/security-group-rules/$secrule3x1$")

    def needed(*calls):
        return report.needed(Difference(calls[-1], "", None, calls, diverged=False))

    assert needed(policy, LIST, rule, bulk, change) == [policy, rule, change]
    assert needed(policy, LIST, rule, bulk, change, drop) == [bulk, drop]
    assert '"makes": "policy1"' in report.reproduction([policy])
