"""Schema refusals as diagnostics: one a mistake, at the key or value that is wrong, in words.

The verdict on a whole document comes from the fast validator. Only what it refuses is looked at again, piece by
piece (policies and rules one by one), by the validator that can say why. The schemas are written so that each
mistake is one error: alternatives are picked by ``if``/``then`` on action and type, never by ``oneOf``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from reconciler.diagnostics import Diagnostic, Path, did_you_mean
from reconciler.manifests import schemas

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

QUOTE_HINT = "put it in quotes"
"""How the hint for a number in place of a text starts; fmt follows it."""

_LISTS = {"Listener": ("policies", "policy"), "SecurityGroup": ("rules", "rule")}
_TYPES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "null",
}
_CODES = {
    "type": "SCHEMA-TYPE",
    "enum": "SCHEMA-ENUM",
    "const": "SCHEMA-ENUM",
    "required": "SCHEMA-REQUIRED",
    "additionalProperties": "SCHEMA-UNKNOWN-FIELD",
    "pattern": "SCHEMA-PATTERN",
    "minimum": "SCHEMA-RANGE",
    "maximum": "SCHEMA-RANGE",
    "exclusiveMinimum": "SCHEMA-RANGE",
    "minLength": "SCHEMA-LENGTH",
    "maxLength": "SCHEMA-LENGTH",
    "minItems": "SCHEMA-LENGTH",
    "maxItems": "SCHEMA-LENGTH",
    "minProperties": "SCHEMA-LENGTH",
    "maxProperties": "SCHEMA-LENGTH",
    "uniqueItems": "SCHEMA-DUPLICATE",
}


def refusals(document: Mapping[str, Any], name: str, address: str | None) -> list[Diagnostic]:
    """Every way in which a document breaks the schema ``name``; empty when it is valid. Spans are not set yet."""
    if schemas.accepts(name, document):
        return []
    found = list(_pieces(document, name, address))
    if not found:  # the two validators disagree: say so instead of letting the document pass
        found = [Diagnostic("SCHEMA-INVALID", f"the document does not fit the schema {name}", address=address)]
    return found


def _pieces(document: Mapping[str, Any], name: str, address: str | None) -> Iterator[Diagnostic]:
    """The shell without its long list, then each item that is refused."""
    list_key, definition = _LISTS.get(str(document.get("kind")), ("", ""))
    spec = document.get("spec")
    items = spec.get(list_key) if isinstance(spec, Mapping) and list_key else None
    if not isinstance(spec, Mapping) or not isinstance(items, list):
        yield from _word(schemas.wording(name), document, (), address)
        return
    yield from _word(schemas.wording(name), {**document, "spec": {**spec, list_key: []}}, (), address)
    is_valid = schemas.verdict(name, definition).is_valid
    for index, item in enumerate(items):
        if not is_valid(item):
            path: Path = ("spec", list_key, index)
            rules = item.get("rules") if definition == "policy" and isinstance(item, Mapping) else None
            if not isinstance(rules, list):
                yield from _word(schemas.wording(name, definition), item, path, address)
                continue
            yield from _word(schemas.wording(name, "policy"), _with_rules(name, item, rules), path, address)
            rule_is_valid = schemas.verdict(name, "rule").is_valid
            for number, rule in enumerate(rules):
                if not rule_is_valid(rule):
                    yield from _word(schemas.wording(name, "rule"), rule, (*path, "rules", number), address)


def _with_rules(name: str, policy: Mapping[str, Any], rules: Sequence[Any]) -> dict[str, Any]:
    """The policy with one valid rule in place of its own: how many there are may matter, what is in them not here."""
    stand_in = schemas.schema(name)["examples"][0]["spec"]["policies"][0]["rules"][0]
    return {**policy, "rules": [stand_in] if rules else []}


def _word(validator: Any, instance: Any, base: Path, address: str | None) -> Iterator[Diagnostic]:
    errors = _of_the_right_type(list(validator.iter_errors(instance)))
    errors = _most_specific(errors)
    misspelt = _misspelt(errors)
    unknown_variant = {tuple(e.absolute_path)[:-1] for e in errors if _is_unknown_variant(e)}
    for error in errors:
        if _object(error) in unknown_variant and _depends_on_variant(error):
            continue
        wanted = misspelt.get(tuple(error.absolute_path))
        if wanted is None or not _is_follow_on(error, wanted):
            yield from _diagnostics(error, (*base, *error.absolute_path), address, wanted or ())


def _of_the_right_type(errors: Sequence[Any]) -> list[Any]:
    """What is of the wrong type is told so, once: what else a value of that type would have to be does not matter."""
    mistyped = {tuple(e.absolute_path): e for e in reversed(errors) if e.validator == "type"}
    return [e for e in errors if mistyped.get(tuple(e.absolute_path), e) is e]


def _most_specific(errors: Sequence[Any]) -> list[Any]:
    """One refusal a text: a wrong one often breaks its length, its pattern and what its variant asks for.

    The refusal that stands deepest in the schema knows the variant (the rule's type, say); among equals the first.
    """
    deepest: dict[Path, Any] = {}
    for error in errors:
        if isinstance(error.instance, str):
            path = tuple(error.absolute_path)
            if path not in deepest or len(error.absolute_schema_path) > len(deepest[path].absolute_schema_path):
                deepest[path] = error
    return [e for e in errors if not isinstance(e.instance, str) or deepest[tuple(e.absolute_path)] is e]


def _is_unknown_variant(error: Any) -> bool:
    """Is the word refused that decides which other fields there are?"""
    return error.validator == "enum" and bool(error.absolute_path) and error.absolute_path[-1] in ("action", "type")


def _object(error: Any) -> Path:
    """The object that an error is about: for a field that has no place, the object that it stands in."""
    path = tuple(error.absolute_path)
    return path[:-1] if error.validator == "not" and error.schema["not"] == {} else path


def _depends_on_variant(error: Any) -> bool:
    if error.validator == "required":
        return bool(error.message.startswith("'value'"))
    return bool(error.validator == "not" and error.schema["not"] == {})


def _misspelt(errors: Sequence[Any]) -> dict[Path, set[str]]:
    """By object: the known fields that its unknown ones were probably meant to be."""
    found: dict[Path, set[str]] = {}
    for error in errors:
        if error.validator == "additionalProperties":
            known = error.schema.get("properties", {})
            free = [f for f in _usable(known) if f not in error.instance]
            path = tuple(error.absolute_path)
            unknown = [f for f in error.instance if f not in known]
            for field in unknown:
                near = _near(field, free)
                if near is not None:
                    found.setdefault(path, set()).add(near)
            if path not in found and len(unknown) == 1:
                renamed = _renamed(unknown[0], error, errors)
                if renamed is not None:
                    found[path] = {renamed}
    return found


def _renamed(unknown: str, refusal: Any, errors: Sequence[Any]) -> str | None:
    """The one field that an entry of a list lacks while it has one that nobody knows: a wrong name, told once."""
    path = list(refusal.absolute_path)
    missing = [e for e in errors if e.validator == "required" and list(e.absolute_path) == path]
    is_entry = not path or isinstance(path[-1], int)  # the policies and rules of a document are judged one by one
    if not is_entry or len(missing) != 1 or "spec" in refusal.schema.get("properties", {}):
        return None
    if _near(unknown, [f for f in refusal.instance if f != unknown]) is not None:
        return None
    return next((f for f in missing[0].schema["required"] if missing[0].message.startswith(repr(f))), None)


def _is_follow_on(error: Any, misspelt: set[str]) -> bool:
    """Is a field said to be missing that is only misspelt? That is told once, at the misspelt key."""
    if error.validator == "required":
        return any(error.message.startswith(repr(field)) for field in misspelt)
    if error.validator == "anyOf":
        return any(misspelt.intersection(option.get("required", ())) for option in error.schema["anyOf"])
    return False


def _near(word: str, known: Sequence[str]) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(word.casefold(), known, n=1, cutoff=0.6)), None)


def _diagnostics(error: Any, path: Path, address: str | None, meant: Collection[str]) -> Iterator[Diagnostic]:
    """The words for one refusal; ``meant`` are the fields that unknown ones of this object probably stand for."""
    keyword, schema = error.validator, error.schema
    at = (schema["x-at"],) if "x-at" in schema and keyword in ("required", "anyOf") else ()
    path += at
    # a whole mapping or list begins a line below its key in block style: people look for it at the key
    whole = not at and path != () and isinstance(path[-1], str) and isinstance(error.instance, (Mapping, list))
    if keyword == "additionalProperties":
        known = schema.get("properties", {})
        for field in error.instance:
            if field not in known:
                yield Diagnostic(
                    _code(schema, keyword, field),
                    f"unknown field {_shown(field)}",
                    _known(known),
                    _instead(field, [f for f in _usable(known) if f not in error.instance], meant),
                    address=address,
                    path=(*path, field),
                    on_key=True,
                )
        return
    if keyword == "required":
        # one error a missing field; the message of the validator starts with the field's repr
        missing = next(f for f in schema["required"] if f not in error.instance and error.message.startswith(repr(f)))
        hint = did_you_mean(missing, [f for f in error.instance if isinstance(f, str)])
        yield Diagnostic(
            _code(schema, keyword, missing),
            f"{missing} is missing",
            _detail(schema, missing),
            f"add {missing}" + (f" ({hint})" if hint else ""),
            address=address,
            path=path,
            on_key=whole,
        )
        return
    summary, hint = _words(error, keyword, schema, path)
    excluded = schema["not"].get("required", ()) if keyword == "not" else ()
    exclusive = [f for f in error.instance if f in excluded] if excluded else []
    if exclusive:  # two fields that exclude each other: the second one is looked at first
        path = (*path, exclusive[-1])
    yield Diagnostic(
        _code(schema, keyword, None),
        summary,
        schema.get("description", ""),
        hint,
        address=address,
        path=path,
        on_key=bool(exclusive) or (keyword == "not" and schema["not"] == {}) or whole,
    )


def _instead(field: str, free: Sequence[str], meant: Collection[str]) -> str:
    near = did_you_mean(field, free)
    if near or len(meant) != 1:
        return near or "remove it"
    missing = next(iter(meant))
    return f"{missing} is missing here: rename the field if that is what it is, or remove it and add {missing}"


def _code(schema: Mapping[str, Any], keyword: str, field: str | None) -> str:
    given = schema.get("x-code")
    if isinstance(given, Mapping):
        given = given.get(keyword)
        if isinstance(given, Mapping):
            given = given.get(field)
    elif keyword in ("type", "additionalProperties", "required"):
        given = None
    return given or _CODES.get(keyword, "SCHEMA-INVALID")


def _words(error: Any, keyword: str, schema: Mapping[str, Any], path: Path) -> tuple[str, str]:
    """Summary and hint for every keyword but ``required`` and ``additionalProperties``."""
    value = error.instance
    what = str(path[-1]) if path and isinstance(path[-1], str) else "this entry"
    if keyword == "type":
        return _type_words(value, schema, what)
    message = schema.get("x-message")
    limit: Any = schema.get(keyword)
    if schema.get("x-secret"):
        if keyword.endswith("Properties"):
            return f"{what} needs exactly one of env and file", "write {env: NAME} or {file: PATH}"
        return f"{what} is no name of an environment variable", "a name has letters, digits and _ only"
    if message is not None and keyword not in ("enum", "uniqueItems"):
        return f"{what}: {_shown(value)} is not possible" if keyword in ("pattern", "const") else str(message), (
            str(message) if keyword in ("pattern", "const") else ""
        )
    match keyword:
        case "enum" | "const":
            values = [limit] if keyword == "const" else list(limit)
            hint = did_you_mean(value, [v for v in values if isinstance(v, str)]) if isinstance(value, str) else ""
            listed = ", ".join(_shown(v) for v in values)
            return f"{what} cannot be {_shown(value)}", (f"{hint} " if hint else "") + f"one of: {listed}"
        case "pattern":
            return f"{what}: {_shown(value)} has characters or a form that is not allowed", f"it must match {limit}"
        case "minimum" | "maximum" | "exclusiveMinimum":
            return f"{what}: {_shown(value)} is out of range", _range(schema)
        case "minLength" | "maxLength":
            return f"{what} has {len(value)} characters", _lengths(schema, "Length", "characters")
        case "minItems" | "maxItems":
            return f"{what} has {len(value)} entries", _lengths(schema, "Items", "entries")
        case "minProperties" | "maxProperties":
            return f"{what} has {len(value)} fields", _lengths(schema, "Properties", "fields")
        case "uniqueItems":
            return f"{what} has an entry twice", "delete one of them"
        case _:
            return str(message or f"{what} does not fit {keyword}"), ""


def _type_words(value: Any, schema: Mapping[str, Any], what: str) -> tuple[str, str]:
    wanted = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if schema.get("x-secret"):
        return f"{what} must be {{env: NAME}} or {{file: PATH}}, never the credential itself", (
            "name an environment variable or a file; and replace a credential that was ever in a file in Git"
        )
    is_text = "string" in wanted and isinstance(value, (int, float))
    words = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    if is_text and words and _plain(value) not in words:
        return f"{what} must be a string, not {_kind(value)}", f"one of: {', '.join(map(_shown, words))}"
    hint = f'{QUOTE_HINT}: "{_plain(value)}"' if is_text else ""
    if isinstance(value, str) and value.lstrip("-").isdigit() and {"integer", "number"} & set(wanted):
        hint = f"write it without quotes: {value}"
    expected = " or ".join(_TYPES[t] for t in wanted)
    return f"{what} must be {expected}, not {_kind(value)}", hint or _type_hint(value, wanted)


def _type_hint(value: Any, wanted: Sequence[str]) -> str:
    if value is None:
        return "give it a value, or delete the key"
    if "array" in wanted:
        return "write a list: each entry on a line of its own behind '- ', or [a, b]"
    if "object" in wanted:
        return "write its fields below it, as 'name: value'"
    if isinstance(value, (list, Mapping)):
        return "write one value, without dashes, brackets or fields"
    return "write true or false, without quotes" if "boolean" in wanted else "write a whole number"


def _range(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum")
    if high is None:
        return f"at least {low}"
    return f"{low} to {high}" if "minimum" in schema else f"more than {low}, at most {high}"


def _lengths(schema: Mapping[str, Any], suffix: str, unit: str) -> str:
    low, high = schema.get(f"min{suffix}"), schema.get(f"max{suffix}")
    if high is None:
        return f"at least {low} {unit}"
    return f"{low or 0} to {high} {unit}"


def _usable(known: Mapping[str, Any]) -> list[str]:
    return [name for name, schema in known.items() if schema.get("not") != {}]


def _known(known: Mapping[str, Any]) -> str:
    return f"Known here: {', '.join(_usable(known))}."


def _detail(schema: Mapping[str, Any], field: str) -> str:
    described = schema.get("properties", {}).get(field, {})
    return str(described.get("description", "")) if isinstance(described, Mapping) else ""


def _kind(value: Any) -> str:
    if value is None:
        return "empty (null)"
    if isinstance(value, bool):
        return f"the truth value {_plain(value)}"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    return "a string" if isinstance(value, str) else "a list" if isinstance(value, list) else "a mapping"


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(value: Any, limit: int = 60) -> str:
    if not isinstance(value, (str, int, float, bool)) and value is not None:
        return _kind(value)
    text = "null" if value is None else repr(_without_userinfo(value)) if isinstance(value, str) else _plain(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _without_userinfo(text: str) -> str:
    """A URL without its user and password (P7)."""
    scheme, separator, rest = text.partition("://")
    authority = rest.partition("/")[0]
    user, at, _ = authority.rpartition("@")
    return text if not at else f"{scheme}{separator}***{rest[len(user) :]}"
