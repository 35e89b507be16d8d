"""Huawei's writes as data, both ways: steps into calls (:class:`HuaweiEncoder`), calls into effects (decoder).

Only policies, rules and security group rules can be written or read here. A policy call carries its rules inline and
the priority as a number; a changed value of one rule has a call of its own that keeps the rule's id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.model.calls import Call, Effect, PathSegment
from reconciler.model.canonical import Json
from reconciler.model.dialect import Dialect
from reconciler.providers.bodies import Defaults, complete, differing, identifier, known, taken_back

POLICY, RULE, SECURITY_RULE = "l7policy", "l7rule", "security_group_rule"
_NEVER_SENT = frozenset({"id", "listener_id", "security_group_id", "rules", "priority"})

Body = Mapping[str, Json]


class HuaweiEncoder:
    """Encodes one step as one call. ``project`` tells the project's id when the call is made."""

    def __init__(self, dialect: Dialect, project: Callable[[], str]) -> None:
        self._defaults: Defaults = dialect.defaults
        self._project = project

    def encode(
        self, op: str, kind: str, object_id: Json, parent_id: Json, before: Body | None, after: Body | None
    ) -> Call:
        """See :class:`reconciler.model.calls.Encoder`. Updates send what differs, nested objects in full."""
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
        path = self._path("elb", "l7policies")
        if op == "delete":
            return Call("elb", "DELETE", (*path, identifier(object_id, "policy")))
        if op == "create":
            body = {"listener_id": identifier(parent_id, "listener"), **self._fields({}, after)}
            if after.get("rules"):
                body["rules"] = [rule_body(rule) for rule in after["rules"]]
            if after.get("priority") is not None:
                body["priority"] = after["priority"]
            return Call("elb", "POST", path, {"l7policy": body})
        if before.get("action") != after.get("action"):
            raise ValueError("the action of a policy cannot be changed: delete it and create it again")
        body = self._fields(before, after)
        if before.get("rules", []) != after.get("rules", []):
            body["rules"] = [rule_body(rule) for rule in after.get("rules", [])]
        if after.get("priority") is not None and before.get("priority") != after["priority"]:
            body["priority"] = after["priority"]
        if not body:
            raise ValueError("nothing differs: there is no call for this update")
        return Call("elb", "PUT", (*path, identifier(object_id, "policy")), {"l7policy": body})

    def _fields(self, before: Body, after: Body) -> dict[str, Json]:
        """The policy's own fields that differ; one pool after several stays a list, because the list wins (HW-R11)."""
        own = known(self._defaults, POLICY)
        out: dict[str, Json] = {}
        pools = {"redirect_pool_id", "redirect_pools_config"}
        listed = "redirect_pools_config" in before or "redirect_pools_config" in after
        for name in differing(before, after):
            if name in _NEVER_SENT:
                continue
            if name in pools and listed:
                out["redirect_pools_config"] = _pools(after)
            elif name not in after and name in pools:
                raise ValueError("a policy that forwards to a pool cannot lose its pool")
            elif name in after:
                out[name] = complete(name, before.get(name), after[name], self._defaults)
            else:
                out[name] = taken_back(name, before[name], own, self._defaults)
        return out

    def _rule(self, op: str, object_id: Json, parent_id: Json, before: Body, after: Body) -> Call:
        path = (*self._path("elb", "l7policies"), identifier(parent_id, "policy"), "rules")
        if op == "delete":
            return Call("elb", "DELETE", (*path, identifier(object_id, "rule")))
        if op == "create":
            return Call("elb", "POST", path, {"rule": rule_body(after)})
        if before.get("type") != after.get("type"):
            raise ValueError("the type of a rule cannot be changed: send all rules of its policy")
        if bool(before.get("conditions")) != bool(after.get("conditions")):
            raise ValueError("a rule cannot change between a value and conditions: send all rules of its policy")
        whole, own = rule_body(after), known(self._defaults, RULE)
        body: dict[str, Json] = {}
        for name in differing(before, after):
            body[name] = whole[name] if name in whole else taken_back(name, before[name], own, self._defaults)
        if not body:
            raise ValueError("nothing differs: there is no call for this update")
        return Call("elb", "PUT", (*path, identifier(object_id, "rule")), {"rule": body})

    def _security_rule(self, op: str, object_id: Json, parent_id: Json, after: Body) -> Call:
        path = self._path("vpc", "security-group-rules")
        if op == "delete":
            return Call("vpc", "DELETE", (*path, identifier(object_id, "security group rule")))
        if op != "create":
            raise ValueError("a security group rule cannot be changed: create the new one, delete the old one")
        explicit = {name: known(self._defaults, SECURITY_RULE).get(name) for name in ("ethertype", "action")}
        body = {
            "security_group_id": identifier(parent_id, "security group"),
            **{name: value for name, value in explicit.items() if value is not None},
            **{name: value for name, value in after.items() if name not in _NEVER_SENT or name == "priority"},
        }
        return Call("vpc", "POST", path, {"security_group_rule": body})

    def _path(self, service: str, collection: str) -> tuple[PathSegment, ...]:
        return ("v3", self._project(), service, collection)


def rule_body(rule: Body) -> dict[str, Json]:
    """A rule as the API takes it: every condition with its key (``""`` where the type has none, HW-R77)."""
    body = {name: value for name, value in rule.items() if name != "id"}
    if rule.get("conditions"):
        body["conditions"] = [{"key": item.get("key", ""), "value": item["value"]} for item in rule["conditions"]]
    return body


def _pools(after: Body) -> list[Json]:
    if "redirect_pools_config" in after:
        return list(after["redirect_pools_config"])
    if after.get("redirect_pool_id"):
        return [{"pool_id": after["redirect_pool_id"], "weight": 1}]
    raise ValueError("a policy that forwards to a pool cannot lose its pool")


class HuaweiDecoder:
    """Reads a call back; knows nothing of the encoder."""

    def __init__(self, project: Callable[[], str]) -> None:
        self._project = project

    def effect(self, call: Call) -> Effect:
        """See :class:`reconciler.model.calls.Decoder`."""
        head, tail = tuple(call.path[:4]), tuple(call.path[4:])
        if head == ("v3", self._project(), "elb", "l7policies") and call.service == "elb":
            if len(tail) <= 1:
                return self._policy(call, tail)
            if len(tail) in (2, 3) and tail[1] == "rules":
                return self._rule(call, tail)
        if head == ("v3", self._project(), "vpc", "security-group-rules") and call.service == "vpc" and len(tail) <= 1:
            return self._security_rule(call, tail)
        raise _foreign(call)

    def _policy(self, call: Call, tail: tuple[PathSegment, ...]) -> Effect:
        if call.method == "DELETE" and tail:
            return Effect("delete", POLICY, _id(call, tail[0]), None)
        values = dict(_body(call, "l7policy"))
        rules = values.pop("rules", None)
        if rules is not None and not (isinstance(rules, list | tuple) and all(isinstance(r, Mapping) for r in rules)):
            raise _foreign(call)
        told = None if rules is None else tuple(dict(rule) for rule in rules)
        number = values.pop("priority", None)
        if call.method == "POST" and not tail:
            return Effect("create", POLICY, None, values.pop("listener_id", None), values, told or (), number)
        if call.method == "PUT" and tail:
            return Effect("update", POLICY, _id(call, tail[0]), None, values, told, number)
        raise _foreign(call)

    def _rule(self, call: Call, tail: tuple[PathSegment, ...]) -> Effect:
        policy = _id(call, tail[0])
        if call.method == "DELETE" and len(tail) == 3:
            return Effect("delete", RULE, _id(call, tail[2]), policy)
        values = dict(_body(call, "rule"))
        if call.method == "POST" and len(tail) == 2:
            return Effect("create", RULE, None, policy, values)
        if call.method == "PUT" and len(tail) == 3:
            return Effect("update", RULE, _id(call, tail[2]), policy, values)
        raise _foreign(call)

    def _security_rule(self, call: Call, tail: tuple[PathSegment, ...]) -> Effect:
        if call.method == "DELETE" and tail:
            return Effect("delete", SECURITY_RULE, _id(call, tail[0]), None)
        if call.method == "POST" and not tail:
            values = dict(_body(call, "security_group_rule"))
            return Effect("create", SECURITY_RULE, None, values.pop("security_group_id", None), values)
        raise _foreign(call)


def _body(call: Call, envelope: str) -> Mapping[str, Json]:
    body = call.body
    if not isinstance(body, Mapping) or set(body) != {envelope} or not isinstance(body[envelope], Mapping):
        raise _foreign(call)
    found: Mapping[str, Json] = body[envelope]
    return found


_COLLECTIONS = frozenset({"rules", "batch-update-priority"})


def _id(call: Call, segment: PathSegment) -> Json:
    try:
        found = identifier(segment, "object")
    except ValueError:
        raise _foreign(call) from None
    if found in _COLLECTIONS if isinstance(found, str) else False:
        raise _foreign(call)
    return found


def _foreign(call: Call) -> ValueError:
    path = "/".join(str(part) if isinstance(part, str | int) else "*" for part in call.path)
    return ValueError(f"not a call to a policy, rule or security group rule of this project: {call.method} /{path}")
