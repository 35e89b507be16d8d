"""An OpenStack cloud in the test's own process: calls by path, time by hand."""

from reconciler.emulator.app import Emulator
from reconciler.emulator.http import make_request
from reconciler.emulator.options import OpenStackOptions, Options

PROJECT = "0123456789abcdef0123456789abcdef"
SEED = {
    "apiVersion": "reconciler.emulator/v1",
    "kind": "Cloud",
    "openstack": {
        PROJECT: {
            "project": {"name": "demo"},
            "loadbalancers": [{"name": "shop"}],
            "listeners": [{"name": "web"}],
            "pools": [{"name": "blue"}, {"name": "green"}],
        },
    },
}


def seed_of(**account):
    """A seed whose one project holds this."""
    return {**SEED, "openstack": {PROJECT: account}}


class Cloud:
    """An emulator with a clock that only ``wait`` moves, and a token."""

    def __init__(self, seed=SEED, *, state=None, faults=(), clock=None, user="demo", users=None, strict=False, **switches):
        self.clock = clock if clock is not None else [1_780_000_000.0]
        options = Options(openstack=OpenStackOptions(**switches), users=users or {}, verify_signatures=strict)
        self.emulator = Emulator(seed, state=state, faults=faults, now=lambda: self.clock[0], options=options)
        self.token = self.login(user) if not strict else None

    def wait(self, seconds=10.0):
        self.clock[0] += seconds

    def login(self, user="demo", project="demo"):
        """A token of a user in a project."""
        identity = {"methods": ["password"], "password": {"user": {"name": user, "domain": {"id": "default"}, "password": "x"}}}
        scope = {"project": {"name": project, "domain": {"id": "default"}}}
        reply = self.raw("POST", "/identity/v3/auth/tokens", {"auth": {"identity": identity, "scope": scope}})
        assert reply.status == 201, reply.body
        return reply.headers["x-subject-token"]

    def raw(self, method, path, body=None, **headers):
        """The reply itself."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.emulator.handle(make_request(method, path, headers={"Host": "cloud.example", **headers}, json_body=body))

    def send(self, method, path, body=None, token=None, **headers):
        """(status, JSON or None); ``/l7...`` paths are Octavia's, ``/security...`` Neutron's."""
        mount = "/network/v2.0" if path.startswith(("/security", "/quotas-network")) else "/load-balancer/v2/lbaas"
        path = path.replace("/quotas-network", "/quotas")
        reply = self.raw(method, mount + path, body, X_Auth_Token=token or self.token, **headers)
        return reply.status, reply.json() if reply.body else None

    def ok(self, method, path, body=None, **more):
        """The JSON of a reply that must not be a refusal."""
        status, answer = self.send(method, path, body, **more)
        assert status < 300, (method, path, status, answer)
        return answer

    def done(self, method, path, body=None):
        """A write, and time for it; the object that was answered."""
        answer = self.ok(method, path, body)
        self.wait()
        return next(iter(answer.values())) if answer else None

    def refused(self, method, path, body=None, **more):
        """(status, text) of a refusal, whatever its form."""
        status, answer = self.send(method, path, body, **more)
        assert status >= 400, (method, path, status, answer)
        if "NeutronError" in answer:
            return status, answer["NeutronError"]["type"]
        if "error" in answer:
            return status, answer["error"]["message"]
        return status, answer.get("faultstring", answer.get("description"))

    def id(self, kind, name):
        """The id of a seeded object."""
        (found,) = [item["id"] for item in self.ok("GET", f"/{kind}")[kind.replace("-", "_")] if item["name"] == name]
        return found

    @property
    def listener(self):
        return self.id("listeners", "web")

    def policy(self, **body):
        """A settled policy (REJECT, unless told otherwise)."""
        return self.done("POST", "/l7policies", {"l7policy": {"listener_id": self.listener, "action": "REJECT", **body}})

    def rule(self, policy, **body):
        """A settled rule (PATH STARTS_WITH /x, unless told otherwise)."""
        rule = {"type": "PATH", "compare_type": "STARTS_WITH", "value": "/x", **body}
        return self.done("POST", f"/l7policies/{policy['id']}/rules", {"rule": rule})

    def order(self):
        """Names of the listener's policies by position, which must be 1..n."""
        found = self.ok("GET", f"/l7policies?listener_id={self.listener}&sort=position")["l7policies"]
        assert [policy["position"] for policy in found] == list(range(1, len(found) + 1))
        return "".join(policy["name"] for policy in found)

    def group(self, name="web"):
        return self.ok("POST", "/security-groups", {"security_group": {"name": name}})["security_group"]

    def admit(self, group, **rule):
        body = {"security_group_id": group["id"], "direction": "ingress", **rule}
        return self.ok("POST", "/security-group-rules", {"security_group_rule": body})["security_group_rule"]

    def admit_refused(self, group, **rule):
        body = {"security_group_id": group["id"], "direction": "ingress", **rule}
        return self.refused("POST", "/security-group-rules", {"security_group_rule": body})
