"""One document against its schema, its own references and its dialect: every mistake once, no follow-ons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.diagnostics import Diagnostic, Path
from reconciler.manifests import checks, desired, schemas
from reconciler.manifests.envelope import Document
from reconciler.manifests.refusals import refusals
from reconciler.model.desired import ListenerDocument, ScopeDocument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from reconciler.model.dialect import Dialect

_ITEMS = {"Listener": "policies", "SecurityGroup": "rules"}
_SCHEMAS = {"Listener": "listener", "SecurityGroup": "security_group"}
_UNNAMED = "?"


def schema_name(kind: str, stem: str) -> str:
    """Name of the schema for a scope document; ``stem`` is the provider type's (``Plugin.schema``)."""
    return f"{_SCHEMAS[kind]}.{stem}"


def shell_only(document: Document, stem: str) -> list[Diagnostic]:
    """The schema's word on everything but the items: all that can be told while the provider is not known."""
    data = document.data
    spec = data.get("spec")
    items = _ITEMS[document.kind]
    if isinstance(spec, Mapping) and isinstance(spec.get(items), list):
        data = {**data, "spec": {**spec, items: []}}
    return _unpoisoned(refusals(data, schema_name(document.kind, stem), document.address), document.poisoned)


def judge(document: Document, dialect: Dialect, stem: str) -> tuple[ScopeDocument | None, list[Diagnostic]]:
    """The scope document as far as it is sound, and every diagnostic (without spans).

    Items with a mistake are left out of the returned document; it must not be planned when there are errors. None
    when the document has no name.
    """
    name = schema_name(document.kind, stem)
    address = document.address or ""
    found = _unpoisoned(refusals(document.data, name, document.address), document.poisoned)
    wrong = {d.path for d in found} | document.poisoned
    found = _in_the_dialects_words(document, dialect, found)
    fields = _fields(document.kind, name)
    own = checks.inside(document.data, address, fields)
    values = {d.path for d in found if not _about_an_object(d, document.data)} | document.poisoned
    found += [d for d in own if not _touches(d.path, values)]
    scope = _scope(document, dialect, wrong)
    found += _dialect_problems(document, dialect, scope, wrong, values)
    return (scope if document.name else None), found


def _fields(kind: str, name: str) -> Sequence[str]:
    properties = schemas.schema(name)["$defs"]["policy" if kind == "Listener" else "rule"]["properties"]
    return [f for f, s in properties.items() if s.get("not") != {} and f not in ("name", "renamed_from")]


def _unpoisoned(found: Iterable[Diagnostic], poisoned: frozenset[Path]) -> list[Diagnostic]:
    return [d for d in found if not _touches(d.path, poisoned) and not (poisoned and d.code == "SCHEMA-INVALID")]


def _about_an_object(diagnostic: Diagnostic, data: Any) -> bool:
    """Is a field of a mapping missing or in excess? Then what is inside of the other fields can still be judged."""
    for step in diagnostic.path:
        if not isinstance(data, (Mapping, list)) or (isinstance(data, Mapping) and step not in data):
            return False
        data = data[step]  # type: ignore[index]  # a path holds the step that fits
    return isinstance(data, Mapping) and diagnostic.code != "SCHEMA-TYPE"


def _touches(path: Path, wrong: Iterable[Path]) -> bool:
    """Is ``path`` at or below one of ``wrong``?"""
    return bool(wrong) and any(path[:n] in wrong for n in range(len(path) + 1))


# ---------------------------------------------------------------------- dialect
def _scope(document: Document, dialect: Dialect, wrong: set[Path]) -> ScopeDocument:
    """The model's document, of the sound items only."""
    data = _mended(document, wrong) if wrong else document.data
    items = data["spec"][_ITEMS[document.kind]]
    bad = {path[2] for path in wrong if len(path) > 2 and path[:2] == ("spec", _ITEMS[document.kind])}
    sound = ((index, item) for index, item in enumerate(items) if index not in bad)
    if document.kind == "Listener":
        return desired.listener(data, dialect.number_field, sound)
    return desired.security_group(data, sound)


def _mended(document: Document, wrong: set[Path]) -> dict[str, Any]:
    """The document with neutral values in place of what is wrong outside of its items, so that they can be checked."""
    given = document.data.get("spec")
    items = _ITEMS[document.kind]
    broken = {path[1] for path in wrong if len(path) > 1 and path[0] == "spec" and path[1] != items}
    spec: dict[str, Any] = {"provider": _UNNAMED, "unlisted": "refuse", "directions": ["ingress", "egress"]}
    if isinstance(given, Mapping):
        spec |= {key: value for key, value in given.items() if key not in broken}
    if not isinstance(spec.get(items), list):
        spec[items] = []
    return {"metadata": {"name": document.name or _UNNAMED}, "spec": spec}


def _dialect_problems(
    document: Document, dialect: Dialect, scope: ScopeDocument, wrong: set[Path], values: set[Path]
) -> Iterator[Diagnostic]:
    """The dialect's word on the sound items together, and on the sound rules of each policy that has a mistake."""
    if isinstance(scope, ListenerDocument):
        for d in dialect.check_listener(scope):
            if not _touches(d.path, values):
                yield d
        yield from _rules_of_wrong_policies(document, dialect, wrong, values)
    else:
        for d in dialect.check_security_group(scope):
            if not _touches(d.path, values):
                yield d


def _in_the_dialects_words(document: Document, dialect: Dialect, found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Schema refusals, worded by the dialect where it has the same code at the same place: it knows the why.

    The dialect is asked about items that are not valid here, so whatever it stumbles over is left as the schema says.
    """
    items = _ITEMS[document.kind]
    indexes = {step for d in found if d.path[:2] == ("spec", items) for step in d.path[2:3] if isinstance(step, int)}
    words: dict[tuple[str, Path], Diagnostic] = {}
    data = _mended(document, {d.path for d in found})
    for index in indexes:
        item = data["spec"][items][index]
        if not isinstance(item, Mapping):
            continue
        try:
            if document.kind == "Listener":
                scope = desired.listener(data, dialect.number_field, [(index, {"name": _UNNAMED, **item})])
                said = list(dialect.check_listener(scope))
            else:
                said = list(dialect.check_security_group(desired.security_group(data, [(index, item)])))
        except (TypeError, ValueError, KeyError, AttributeError):
            continue
        words |= {(d.code, d.path): d for d in said if d.is_error}
    return [_worded(d, words) for d in found]


def _worded(refusal: Diagnostic, words: Mapping[tuple[str, Path], Diagnostic]) -> Diagnostic:
    """The dialect's word: at the same place, or at the one field of the object that it takes offence at."""
    said = words.get((refusal.code, refusal.path))
    if said is None:
        deeper = [d for (code, path), d in words.items() if code == refusal.code and path[:-1] == refusal.path]
        said = deeper[0] if len(deeper) == 1 else refusal
    return said


def _rules_of_wrong_policies(
    document: Document, dialect: Dialect, wrong: set[Path], values: set[Path]
) -> Iterator[Diagnostic]:
    policies_key: Path = desired.POLICIES
    by_policy: dict[int, set[int]] = {}
    for path in wrong:
        if len(path) > 2 and path[:2] == policies_key and isinstance(path[2], int):
            rules = by_policy.setdefault(path[2], set())
            if len(path) > 4 and path[3] == "rules" and isinstance(path[4], int):
                rules.add(path[4])
    if not by_policy:
        return
    data = _mended(document, wrong)
    for index, bad_rules in sorted(by_policy.items()):
        raw = data["spec"]["policies"][index]
        if not isinstance(raw, Mapping) or not isinstance(raw.get("rules"), list) or "name" not in raw:
            continue
        if "action" not in raw or any((*policies_key, index, f) in wrong for f in ("name", "action", "rules")):
            continue
        sound = [n for n in range(len(raw["rules"])) if n not in bad_rules]
        top_level = {p[3] for p in wrong if len(p) > 3 and p[:3] == (*policies_key, index) and p[3] != "rules"}
        alone = {key: value for key, value in raw.items() if key not in top_level}
        alone["rules"] = [raw["rules"][n] for n in sound]
        scope = desired.listener(data, dialect.number_field, [(index, alone)])
        for d in dialect.check_listener(scope):
            moved = _in_place(d, (*policies_key, index, "rules"), sound)
            if moved is not None and not _touches(moved.path, values):
                yield moved


def _in_place(diagnostic: Diagnostic, rules: Path, sound: Sequence[int]) -> Diagnostic | None:
    """A diagnostic of one of the rules, at its index in the manifest; None for any other."""
    from reconciler.records import replace

    path = diagnostic.path
    if len(path) <= len(rules) or path[: len(rules)] != rules:
        return None
    index = path[len(rules)]
    if not isinstance(index, int) or index >= len(sound):
        return None
    return replace(diagnostic, path=(*rules, sound[index], *path[len(rules) + 1 :]))
