"""Whatever is called in whatever order, what the emulator stores obeys the API's own rules."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from unit.emulator.huawei_cloud import Cloud

PATHS = st.sampled_from(["/a", "/b", "/c"])
NUMBERS = st.none() | st.integers(0, 4)


@st.composite
def rules(draw):
    path = {"type": "PATH", "compare_type": draw(st.sampled_from(["EQUAL_TO", "REGEX"])), "value": draw(PATHS)}
    count = draw(st.integers(0, 11))
    header = {
        "type": "HEADER",
        "compare_type": "EQUAL_TO",
        "conditions": [{"key": "K", "value": str(number)} for number in range(count)],
    }
    return draw(st.lists(st.sampled_from([path, header]), max_size=3))


class Clouds(RuleBasedStateMachine):
    @initialize(listener=st.sampled_from(["adv", "plain"]))
    def begin(self, listener):
        self.cloud = Cloud()
        self.listener = self.cloud.id("listeners", listener)
        self.pools = [self.cloud.id("pools", name) for name in ("blue", "green")]
        self.ids = []

    def change(self, method, path, body=None):
        """A call; when it is refused nothing may have changed."""
        before = self.state()
        reply = self.cloud.call(method, path, body)
        assert reply.status in (200, 201, 202, 204, 400, 404, 409)
        if reply.status >= 400:
            assert self.state() == before
        return reply

    def state(self):
        return [self.cloud.ok("GET", f"elb/{name}")[name.split("/")[-1]] for name in ("l7policies", "l7policies/rules")]

    @rule(number=NUMBERS, given=rules(), pool=st.integers(0, 1))
    def create(self, number, given, pool):
        body = {
            "listener_id": self.listener,
            "action": "REDIRECT_TO_POOL",
            "redirect_pool_id": self.pools[pool],
            "priority": number,
            "rules": given,
        }
        reply = self.change("POST", "elb/l7policies", {"l7policy": body})
        if reply.status == 201:
            self.ids.append(reply.json()["l7policy"]["id"])

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), number=NUMBERS, given=st.none() | rules())
    def update(self, data, number, given):
        body = {key: value for key, value in (("priority", number), ("rules", given)) if value is not None}
        self.change("PUT", f"elb/l7policies/{data.draw(st.sampled_from(self.ids))}", {"l7policy": body})

    @precondition(lambda self: len(self.ids) > 1)
    @rule(data=st.data(), numbers=st.lists(st.integers(1, 4), min_size=2, max_size=2))
    def batch(self, data, numbers):
        pair = data.draw(st.permutations(self.ids))[:2]
        entries = [{"id": id, "priority": number} for id, number in zip(pair, numbers, strict=True)]
        self.change("POST", "elb/l7policies/batch-update-priority", {"l7policies": entries})

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), value=PATHS)
    def add_rule(self, data, value):
        body = {"rule": {"type": "PATH", "compare_type": "EQUAL_TO", "value": value}}
        self.change("POST", f"elb/l7policies/{data.draw(st.sampled_from(self.ids))}/rules", body)

    @precondition(lambda self: self.ids)
    @rule(data=st.data())
    def delete(self, data):
        id = data.draw(st.sampled_from(self.ids))
        assert self.change("DELETE", f"elb/l7policies/{id}").status == 204
        self.ids.remove(id)

    @rule()
    def advance(self):
        body = {"listener": {"enhance_l7policy_enable": True}}
        self.change("PUT", f"elb/listeners/{self.listener}", body)

    @invariant()
    def lawful(self):
        if not hasattr(self, "cloud"):
            return
        policies, all_rules = self.state()
        assert [item["id"] for item in policies] == self.ids
        advanced = self.cloud.ok("GET", f"elb/listeners/{self.listener}")["listener"]["enhance_l7policy_enable"]
        numbers = [item["priority"] for item in policies]
        if advanced:
            assert len(set(numbers)) == len(numbers)
            assert all(1 <= number <= 10000 for number in numbers)
        else:
            assert set(numbers) <= {1}
        listed = []
        healthy = []
        for policy in policies:
            own = self.cloud.ok("GET", f"elb/l7policies/{policy['id']}/rules")["rules"]
            assert [{"id": item["id"]} for item in own] == policy["rules"]
            assert sum(max(1, len(item["conditions"])) for item in own) <= 10
            assert len([item for item in own if item["type"] == "PATH"]) <= 1
            listed += own
            if own and policy["provisioning_status"] == "ACTIVE":
                healthy.append(
                    sorted(
                        repr((item["type"], item["compare_type"], item["value"], item["conditions"])) for item in own
                    )
                )
        assert sorted(item["id"] for item in all_rules) == sorted(item["id"] for item in listed)
        assert all(healthy.count(item) == 1 for item in healthy)


TestClouds = Clouds.TestCase
TestClouds.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
