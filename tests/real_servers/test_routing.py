"""What real HAProxy does with requests while a listener changes: nobody is served by neither the old nor the new state.

Each change makes Octavia's worker render the amphora's configuration with Octavia's own templates; every one of them is
kept, run in HAProxy, and asked the same requests.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.real_servers.haproxy import Asked, answers
from tests.real_servers.world import host, path, to_pool, to_url

pytestmark = pytest.mark.real

LIVE = [to_pool("api", "b", path("/api")), to_pool("rest", "c", path("/"))]
NEW = to_pool("canary", "a", path("/api/canary"), host("shop.example.com"))
TIDY = ("/", "/api", "/api/", "/api/canary", "/api/canary/1", "/api/canaries", "/API/canary", "/other", "/old", "/old/1")
REQUESTS = [Asked(*one) for one in itertools.product(TIDY, ("shop.example.com", "SHOP.example.com", "www.example.com"))]


class Recorded:
    """The configurations of one load balancer's amphora, in the order in which it got them."""

    def __init__(self, lab, cloud, balancer, directory: Path) -> None:
        self.cloud, self.balancer, self.directory = cloud, balancer, directory
        self.pushed = directory / "pushed"
        self.pushed.mkdir()
        self.names = {identity: name for name, identity in balancer.pools.items()}
        lab.control(balancer.id, record=self.pushed)
        cloud.write(balancer.id, "PUT", f"/listeners/{balancer.listener}", {"listener": {"description": "recorded"}})

    def states(self) -> list[dict[Asked, str]]:
        """What HAProxy answered in each state: before, between and after the steps."""
        configs = [file.read_text() for file in sorted(self.pushed.glob("*.cfg"))]
        return [answers(config, self.names, REQUESTS, self.directory) for config in configs]


def misrouted(states: list[dict[Asked, str]]) -> list[tuple[int, Asked, str]]:
    """Answers that neither the first nor the last state gives, and where they were given."""
    old, new = states[0], states[-1]
    return [(n, request, answer) for n, state in enumerate(states) for request, answer in state.items()
            if answer not in (old[request], new[request])]  # fmt: skip


@pytest.fixture
def recorded(lab, cloud, fresh, tmp_path):
    """A load balancer with two policies whose configurations are kept."""
    return Recorded(lab, cloud, cloud.balancer(fresh, LIVE), tmp_path)


def test_a_two_rule_policy_comes_without_a_wrong_answer_in_between(recorded, world):
    world.listener(recorded.balancer, [NEW, *LIVE])
    ran = world.apply().good()
    states = recorded.states()
    assert len(states) == 1 + len(ran.document["steps"]) == 5, "created disabled, two rules, enabled"
    assert misrouted(states) == []
    hit, missed = Asked("/api/canary/1", "shop.example.com"), Asked("/api/canary/1", "www.example.com")
    assert (states[0][hit], states[-1][hit], states[-1][missed]) == ("b", "a", "b")


def test_the_naive_order_does_not_pass_the_same_check(recorded, cloud):
    cloud.policy(recorded.balancer, NEW, position=1)
    states = recorded.states()
    assert len(states) == 4, "created enabled, one rule, and the other"
    wrong = misrouted(states)
    assert (2, Asked("/api/canary/1", "www.example.com"), "a") in wrong
    assert {n for n, _, _ in wrong} == {2}


def test_an_exchange_of_policies_and_rules_has_no_wrong_answer_in_between(recorded, world):
    world.listener(recorded.balancer, [
        to_url("old", "https://new.example.com/", path("/old")),
        to_pool("canary", "a", path("/api/c"), host("shop.example.com")),
        to_pool("api", "a", path("/api"), host("www.example.com")),
        to_pool("rest", "c", path("/")),
    ])  # fmt: skip
    world.apply().good()
    states = recorded.states()
    assert misrouted(states) == []
    assert states[-1][Asked("/old/1", "www.example.com")] == "302 https://new.example.com/"
    world.nothing_is_left_to_do()
