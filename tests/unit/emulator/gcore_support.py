"""A Gcore cloud in the test's own process: calls by path, time by hand."""

from reconciler.emulator.app import Emulator
from reconciler.emulator.http import make_request
from reconciler.emulator.options import GcoreOptions, Options

SEED = {
    "apiVersion": "reconciler.emulator/v1",
    "kind": "Cloud",
    "gcore": {
        "1/1": {
            "loadbalancers": [{"name": "shop"}],
            "listeners": [{"name": "web"}],
            "pools": [{"name": "blue"}],
        },
    },
}


class Cloud:
    """An emulator with a clock that only ``wait`` moves."""

    def __init__(self, seed=SEED, *, state=None, faults=(), clock=None, **switches):
        self.clock = clock if clock is not None else [1_780_000_000.0]
        options = Options(gcore=GcoreOptions(**switches))
        self.emulator = Emulator(seed, state=state, faults=faults, now=lambda: self.clock[0], options=options)

    def wait(self, seconds=10.0):
        self.clock[0] += seconds

    def send(self, method, path, body=None, key="APIKey 1$a"):
        """The reply as (status, JSON or None); ``path`` comes after ``/cloud``."""
        headers = {"Authorization": key} if key else {}
        reply = self.emulator.handle(make_request(method, f"/cloud{path}", headers=headers, json_body=body))
        return reply.status, reply.json() if reply.body else None

    def ok(self, method, path, body=None):
        """The JSON of a reply that must be 200 or 204."""
        status, answer = self.send(method, path, body)
        assert status in (200, 204), (method, path, status, answer)
        return answer

    def done(self, method, path, body=None):
        """Send a write and let its task end; the task."""
        (task,) = self.ok(method, path, body)["tasks"]
        self.wait()
        return self.ok("GET", f"/v1/tasks/{task}")

    def refused(self, method, path, body=None):
        """(status, invalid fields or message) of a refusal."""
        status, answer = self.send(method, path, body)
        assert status >= 400, (status, answer)
        assert {"exception_class", "message", "request_id"} <= set(answer)
        return status, list(answer["invalid_fields"]) if "invalid_fields" in answer else answer["message"]

    def all(self, collection):
        return self.ok("GET", f"/v1/{collection}/1/1?limit=1000")["results"]

    @property
    def listener(self):
        return self.all("lblisteners")[0]["id"]

    @property
    def pool(self):
        return self.all("lbpools")[0]["id"]

    def policy(self, **body):
        """Create a policy (REJECT on the only listener unless told otherwise); its id."""
        task = self.done("POST", "/v1/l7policies/1/1", {"action": "REJECT", "listener_id": self.listener, **body})
        return task["created_resources"]["l7polices"][0]

    def group(self, *rules, **body):
        """Create a security group with these rules; its id."""
        task = self.done("POST", "/v2/security_groups/1/1", {"name": "web", "rules": list(rules), **body})
        return task["created_resources"]["security_groups"][0]
