"""Gcore's writes as data, both ways. Policies and rules go to v1, security group rules to v2."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.calls import Call, Effect, PathSegment
from reconciler.model.canonical import Json
from reconciler.model.dialect import Dialect
from reconciler.providers.bodies import Defaults, differing, identifier, known, taken_back

POLICY, RULE, SECURITY_RULE = "l7policy", "l7rule", "security_group_rule"
TARGETS: Mapping[str, str] = {
    "REDIRECT_TO_POOL": "redirect_pool_id",
    "REDIRECT_TO_URL": "redirect_url",
    "REDIRECT_PREFIX": "redirect_prefix",
}
"""The field that each action must come with, in every PATCH too (gcore.md 0.2); REJECT has none."""

_TARGET_FIELDS = frozenset({*TARGETS.values(), "redirect_http_code"})
_NEVER_SENT = frozenset({"id", "listener_id", "rules", "position", "action"})

Body = Mapping[str, Json]


class GcoreEncoder:
    """Encodes one step as one call."""

    def __init__(self, dialect: Dialect, project_id: int, region_id: int) -> None:
        self._defaults: Defaults = dialect.defaults
        self._scope = (project_id, region_id)

    def encode(
        self, op: str, kind: str, object_id: Json, parent_id: Json, before: Body | None, after: Body | None
    ) -> Call:
        """See :class:`reconciler.model.calls.Encoder`. A PATCH always names the action and its target."""
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
        path: tuple[PathSegment, ...] = ("cloud", "v1", "l7policies", *self._scope)
        if op == "delete":
            return Call("cloud", "DELETE", (*path, identifier(object_id, "policy")))
        body: dict[str, Json] = self._target(after)
        own = known(self._defaults, POLICY)
        for name in differing(before, after):
            if name in _NEVER_SENT or name in _TARGET_FIELDS:
                continue
            body[name] = after[name] if name in after else taken_back(name, before[name], own, self._defaults)
        if after.get("position") is not None and before.get("position") != after["position"]:
            body["position"] = after["position"]
        if op == "create":
            return Call("cloud", "POST", path, {"listener_id": identifier(parent_id, "listener"), **body})
        return Call("cloud", "PATCH", (*path, identifier(object_id, "policy")), body)

    def _target(self, after: Body) -> dict[str, Json]:
        """The action with what belongs to it; the redirect code always, because a PATCH without one may reset it."""
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
        policy = identifier(parent_id, "policy")
        path: tuple[PathSegment, ...] = ("cloud", "v1", "l7policies", *self._scope, policy, "rules")
        if op == "delete":
            return Call("cloud", "DELETE", (*path, identifier(object_id, "rule")))
        own = known(self._defaults, RULE)
        body = {name: after[name] for name in ("type", "compare_type", "value", "key") if after.get(name) is not None}
        body["invert"] = after.get("invert", own.get("invert", False))
        if op == "create":
            if after.get("tags"):
                body["tags"] = after["tags"]
            return Call("cloud", "POST", path, body)
        if before.get("key") is not None and after.get("key") is None:
            raise ValueError("a rule cannot lose its key: create a new rule, delete the old one")
        body["tags"] = after.get("tags", own.get("tags", []))
        return Call("cloud", "PUT", (*path, identifier(object_id, "rule")), body)

    def _security_rule(self, op: str, object_id: Json, parent_id: Json, after: Body) -> Call:
        group = identifier(parent_id, "security group")
        path: tuple[PathSegment, ...] = ("cloud", "v2", "security_groups", *self._scope, group, "rules")
        if op == "delete":
            return Call("cloud", "DELETE", (*path, identifier(object_id, "security group rule")))
        if op != "create":
            raise ValueError("a security group rule cannot be changed: create the new one, delete the old one")
        ethertype = known(self._defaults, SECURITY_RULE).get("ethertype")
        body = {"ethertype": ethertype} if ethertype is not None else {}
        return Call("cloud", "POST", path, {**body, **{name: value for name, value in after.items() if name != "id"}})


class GcoreDecoder:
    """Reads a call back; knows nothing of the encoder."""

    def __init__(self, project_id: int, region_id: int) -> None:
        self._scope = (project_id, region_id)

    def effect(self, call: Call) -> Effect:
        """See :class:`reconciler.model.calls.Decoder`."""
        head, tail = tuple(call.path[:5]), tuple(call.path[5:])
        if call.service == "cloud" and head == ("cloud", "v1", "l7policies", *self._scope):
            if len(tail) <= 1:
                return self._policy(call, tail)
            if len(tail) in (2, 3) and tail[1] == "rules":
                return self._rule(call, tail)
        groups = call.service == "cloud" and head == ("cloud", "v2", "security_groups", *self._scope)
        if groups and len(tail) in (2, 3) and tail[1] == "rules":
            return self._security_rule(call, tail)
        raise _foreign(call)

    def _policy(self, call: Call, tail: tuple[PathSegment, ...]) -> Effect:
        if call.method == "DELETE" and tail:
            return Effect("delete", POLICY, _id(call, tail[0]), None)
        values = _body(call)
        number = values.pop("position", None)
        if call.method == "POST" and not tail:
            return Effect("create", POLICY, None, values.pop("listener_id", None), values, None, number)
        if call.method == "PATCH" and tail:
            return Effect("update", POLICY, _id(call, tail[0]), None, values, None, number)
        raise _foreign(call)

    def _rule(self, call: Call, tail: tuple[PathSegment, ...]) -> Effect:
        policy = _id(call, tail[0])
        if call.method == "DELETE" and len(tail) == 3:
            return Effect("delete", RULE, _id(call, tail[2]), policy)
        if call.method == "POST" and len(tail) == 2:
            return Effect("create", RULE, None, policy, _body(call))
        if call.method == "PUT" and len(tail) == 3:
            return Effect("update", RULE, _id(call, tail[2]), policy, _body(call))
        raise _foreign(call)

    def _security_rule(self, call: Call, tail: tuple[PathSegment, ...]) -> Effect:
        group = _id(call, tail[0])
        if call.method == "DELETE" and len(tail) == 3:
            return Effect("delete", SECURITY_RULE, _id(call, tail[2]), group)
        if call.method == "POST" and len(tail) == 2:
            return Effect("create", SECURITY_RULE, None, group, _body(call))
        raise _foreign(call)


def _body(call: Call) -> dict[str, Json]:
    if not isinstance(call.body, Mapping):
        raise _foreign(call)
    return dict(call.body)


def _id(call: Call, segment: PathSegment) -> Json:
    try:
        return identifier(segment, "object")
    except ValueError:
        raise _foreign(call) from None


def _foreign(call: Call) -> ValueError:
    path = "/".join(str(part) if isinstance(part, str | int) else "*" for part in call.path)
    return ValueError(f"not a call to a policy, rule or security group rule of this project: {call.method} /{path}")
