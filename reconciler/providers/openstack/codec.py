"""Octavia's and Neutron's writes as data, both ways."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.calls import Call, Effect, PathSegment
from reconciler.model.canonical import Json
from reconciler.model.dialect import Dialect
from reconciler.providers.bodies import Defaults, differing, identifier, known, taken_back

POLICY, RULE, SECURITY_RULE = "l7policy", "l7rule", "security_group_rule"
LOAD_BALANCER, NETWORK = "load-balancer", "network"
"""The services, by their types in Keystone's catalog."""

POLICIES: tuple[str, ...] = ("v2", "lbaas", "l7policies")
SECURITY_RULES: tuple[str, ...] = ("v2.0", "security-group-rules")
TARGETS: Mapping[str, str] = {
    "REDIRECT_TO_POOL": "redirect_pool_id",
    "REDIRECT_TO_URL": "redirect_url",
    "REDIRECT_PREFIX": "redirect_prefix",
}
"""The field that each action comes with; REJECT has none."""

_TARGET_FIELDS = frozenset({*TARGETS.values(), "redirect_http_code"})
_NEVER_SENT = frozenset({"id", "listener_id", "rules", "position", "action"})

Body = Mapping[str, Json]


class OpenStackEncoder:
    """Encodes one step as one call."""

    def __init__(self, dialect: Dialect) -> None:
        self._defaults: Defaults = dialect.defaults

    def encode(
        self, op: str, kind: str, object_id: Json, parent_id: Json, before: Body | None, after: Body | None
    ) -> Call:
        """See :class:`reconciler.model.calls.Encoder`.

        A PUT of a policy always names the action with its target and code: a target alone changes the action, a
        change of action clears the code (openstack.md 3). A PUT of a rule is whole, ``invert`` explicit; a key that
        goes is sent as null, the one null that has a meaning.
        """
        if op not in ("create", "update", "move", "delete"):
            raise ValueError(f"no such operation: {op}")
        if kind == POLICY:
            return self._policy(op, object_id, parent_id, before or {}, after or {})
        if kind == RULE:
            return self._rule(op, object_id, parent_id, before or {}, after or {})
        if kind == SECURITY_RULE:
            return self._security_rule(op, object_id, parent_id, after or {})
        raise ValueError(f"no such kind: {kind}")

    def _policy(self, op: str, object_id: Json, parent_id: Json, before: Body, after: Body) -> Call:
        if op == "delete":
            return Call(LOAD_BALANCER, "DELETE", (*POLICIES, identifier(object_id, "policy")))
        body: dict[str, Json] = self._target(after)
        own = known(self._defaults, POLICY)
        for name in differing(before, after):
            if name in _NEVER_SENT or name in _TARGET_FIELDS:
                continue
            body[name] = after[name] if name in after else taken_back(name, before[name], own, self._defaults)
        if after.get("position") is not None and before.get("position") != after["position"]:
            body["position"] = after["position"]
        if op == "create":
            body.setdefault("admin_state_up", own.get("admin_state_up", True))
            body["listener_id"] = identifier(parent_id, "listener")
            return Call(LOAD_BALANCER, "POST", POLICIES, {POLICY: body})
        return Call(LOAD_BALANCER, "PUT", (*POLICIES, identifier(object_id, "policy")), {POLICY: body})

    def _target(self, after: Body) -> dict[str, Json]:
        """The action with everything that belongs to it."""
        action = after.get("action")
        body: dict[str, Json] = {"action": action}
        field = TARGETS.get(str(action))
        if field is not None:
            if after.get(field) is None:
                raise ValueError(f"{action} needs {field}")
            body[field] = after[field]
        if action in ("REDIRECT_TO_URL", "REDIRECT_PREFIX"):
            code = after.get("redirect_http_code", known(self._defaults, POLICY).get("redirect_http_code"))
            if code is not None:
                body["redirect_http_code"] = code
        return body

    def _rule(self, op: str, object_id: Json, parent_id: Json, before: Body, after: Body) -> Call:
        path: tuple[PathSegment, ...] = (*POLICIES, identifier(parent_id, "policy"), "rules")
        if op == "delete":
            return Call(LOAD_BALANCER, "DELETE", (*path, identifier(object_id, "rule")))
        own = known(self._defaults, RULE)
        body = {name: after[name] for name in ("type", "compare_type", "value", "key") if after.get(name) is not None}
        body["invert"] = after.get("invert", own.get("invert", False))
        body["admin_state_up"] = after.get("admin_state_up", own.get("admin_state_up", True))
        if op == "create":
            if after.get("tags"):
                body["tags"] = after["tags"]
            return Call(LOAD_BALANCER, "POST", path, {"rule": body})
        if before.get("key") is not None and after.get("key") is None:
            body["key"] = None
        body["tags"] = after.get("tags", own.get("tags", []))
        return Call(LOAD_BALANCER, "PUT", (*path, identifier(object_id, "rule")), {"rule": body})

    def _security_rule(self, op: str, object_id: Json, parent_id: Json, after: Body) -> Call:
        if op == "delete":
            return Call(NETWORK, "DELETE", (*SECURITY_RULES, identifier(object_id, "security group rule")))
        if op != "create":
            raise ValueError("a security group rule cannot be changed: create the new one, delete the old one")
        ethertype = known(self._defaults, SECURITY_RULE).get("ethertype")
        body: dict[str, Json] = {"ethertype": ethertype} if ethertype is not None else {}
        body.update((name, value) for name, value in after.items() if name != "id")
        body["security_group_id"] = identifier(parent_id, "security group")
        return Call(NETWORK, "POST", SECURITY_RULES, {SECURITY_RULE: body})


class OpenStackDecoder:
    """Reads a call back; knows nothing of the encoder."""

    def effect(self, call: Call) -> Effect:
        """See :class:`reconciler.model.calls.Decoder`."""
        path = tuple(call.path)
        if call.service == "load-balancer" and path[:3] == ("v2", "lbaas", "l7policies"):
            tail = path[3:]
            if len(tail) <= 1:
                return self._policy(call, tail)
            if len(tail) in (2, 3) and tail[1] == "rules":
                return self._rule(call, tail)
        if call.service == "network" and path[:2] == ("v2.0", "security-group-rules") and len(path) <= 3:
            return self._security_rule(call, path[2:])
        raise _foreign(call)

    def _policy(self, call: Call, tail: tuple[PathSegment, ...]) -> Effect:
        if call.method == "DELETE" and tail:
            return Effect("delete", "l7policy", _id(call, tail[0]), None)
        values = _body(call, "l7policy")
        number, listener = values.pop("position", None), values.pop("listener_id", None)
        if call.method == "POST" and not tail and listener is not None:
            return Effect("create", "l7policy", None, listener, values, None, number)
        if call.method == "PUT" and tail and listener is None:
            return Effect("update", "l7policy", _id(call, tail[0]), None, values, None, number)
        raise _foreign(call)

    def _rule(self, call: Call, tail: tuple[PathSegment, ...]) -> Effect:
        policy = _id(call, tail[0])
        if call.method == "DELETE" and len(tail) == 3:
            return Effect("delete", "l7rule", _id(call, tail[2]), policy)
        if call.method == "POST" and len(tail) == 2:
            return Effect("create", "l7rule", None, policy, _body(call, "rule"))
        if call.method == "PUT" and len(tail) == 3:
            return Effect("update", "l7rule", _id(call, tail[2]), policy, _body(call, "rule"))
        raise _foreign(call)

    def _security_rule(self, call: Call, tail: tuple[PathSegment, ...]) -> Effect:
        if call.method == "DELETE" and tail:
            return Effect("delete", "security_group_rule", _id(call, tail[0]), None)
        values = _body(call, "security_group_rule")
        group = values.pop("security_group_id", None)
        if call.method == "POST" and not tail and group is not None:
            return Effect("create", "security_group_rule", None, group, values)
        raise _foreign(call)


def _body(call: Call, key: str) -> dict[str, Json]:
    """The object of a body, which has nothing beside it."""
    if not isinstance(call.body, Mapping) or set(call.body) != {key} or not isinstance(call.body[key], Mapping):
        raise _foreign(call)
    return dict(call.body[key])


def _id(call: Call, segment: PathSegment) -> Json:
    try:
        return identifier(segment, "object")
    except ValueError:
        raise _foreign(call) from None


def _foreign(call: Call) -> ValueError:
    path = "/".join(str(part) if isinstance(part, str | int) else "*" for part in call.path)
    return ValueError(f"not a call to a policy, rule or security group rule: {call.method} /{path}")
