"""A small Huawei cloud for the emulator's own tests, asked in-process."""

from reconciler.emulator.app import Emulator
from reconciler.emulator.http import make_request
from reconciler.emulator.options import HuaweiOptions, Options

PROJECT = "0123456789abcdef0123456789abcdef"
START = 1_700_000_000.0


def seed(**more):
    """Two load balancers (one shared), listeners of each sort, three pools, one group."""
    data = {
        "loadbalancers": [{"name": "shop"}, {"name": "old", "guaranteed": False}],
        "listeners": [
            {"name": "adv", "loadbalancer": "shop", "protocol": "HTTP", "enhance_l7policy_enable": True},
            {"name": "plain", "loadbalancer": "shop", "protocol": "HTTP", "protocol_port": 81},
            {
                "name": "tls",
                "loadbalancer": "shop",
                "protocol": "HTTPS",
                "protocol_port": 443,
                "enhance_l7policy_enable": True,
            },
            {"name": "tcp", "loadbalancer": "shop", "protocol": "TCP", "protocol_port": 90, "default_pool": "spare"},
            {"name": "old-tls", "loadbalancer": "old", "protocol": "TERMINATED_HTTPS", "protocol_port": 443},
        ],
        "pools": [
            {"name": "blue", "loadbalancer": "shop"},
            {"name": "green", "loadbalancer": "shop"},
            {"name": "spare", "loadbalancer": "shop"},
            {"name": "foreign", "loadbalancer": "old"},
        ],
        "security_groups": [{"name": "web"}],
        **more,
    }
    return {"apiVersion": "reconciler.emulator/v1", "kind": "Cloud", "huawei": {PROJECT: data}}


class Cloud:
    """An emulator, a clock that stands still, and calls with JSON."""

    def __init__(self, document=None, *, faults=(), state=None, options=None, **switches):
        self.time = START
        self.emulator = Emulator(
            seed() if document is None else document,
            now=lambda: self.time,
            options=options or Options(huawei=HuaweiOptions(**switches)),
            faults=faults,
            state=state,
        )

    def call(self, method, path, body=None, headers=()):
        """The reply to a call; ``path`` is below the project, or whole when it begins with a slash."""
        target = path if path.startswith("/") else f"/v3/{PROJECT}/{path}"
        return self.emulator.handle(make_request(method, target, headers=headers, json_body=body))

    def ok(self, method, path, body=None):
        """The JSON of a call that must succeed (None for 204)."""
        reply = self.call(method, path, body)
        assert reply.status < 300, reply.body
        return reply.json() if reply.body else None

    def refused(self, method, path, body=None):
        """Status, code and text of a call that must be refused in the v3 form."""
        reply = self.call(method, path, body)
        assert reply.status >= 400, reply.body
        error = reply.json()
        assert set(error) == {"error_msg", "error_code", "request_id"}
        assert reply.headers["x-request-id"] == error["request_id"]
        return reply.status, error["error_code"], error["error_msg"]

    def id(self, plural, name):
        """The id of a seeded ELB object."""
        return next(item["id"] for item in self.ok("GET", f"elb/{plural}")[plural] if item["name"] == name)

    def group(self, name="web"):
        """The id of a seeded security group."""
        groups = self.ok("GET", "vpc/security-groups")["security_groups"]
        return next(item["id"] for item in groups if item["name"] == name)

    def policy_body(self, listener="adv", action="REDIRECT_TO_POOL", **fields):
        """The body of a create; a pool is added where the action needs one and none is given."""
        body = {"listener_id": self.id("listeners", listener), "action": action, **fields}
        if action == "REDIRECT_TO_POOL" and not {"redirect_pool_id", "redirect_pools_config"} & fields.keys():
            body["redirect_pool_id"] = self.id("pools", "blue")
        return {"l7policy": {key: value for key, value in body.items() if value is not ...}}

    def policy(self, listener="adv", action="REDIRECT_TO_POOL", **fields):
        """A policy that is created."""
        return self.ok("POST", "elb/l7policies", self.policy_body(listener, action, **fields))["l7policy"]

    def no_policy(self, listener="adv", action="REDIRECT_TO_POOL", **fields):
        """The refusal of a create."""
        before = self.ok("GET", "elb/l7policies")["l7policies"]
        refusal = self.refused("POST", "elb/l7policies", self.policy_body(listener, action, **fields))
        assert self.ok("GET", "elb/l7policies")["l7policies"] == before
        return refusal
