"""The verdict on small documents never differs from that of the validator which judges the large ones."""

import copy
import json
import subprocess
import sys
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.manifests import schemas, verdict

NAMES = [n for n in schemas.names() if n.partition(".")[0] in schemas.UNIONS and "." in n]
EXAMPLES = [(name, example) for name in NAMES for example in schemas.schema(name)["examples"]]
LEAVES = st.one_of(
    st.sampled_from([None, True, False, 0, 1, -1, 5, 101, 65536, 1.0, 0.5, "", "x", "a b", "é", "1\n", "\x1c", "*.x.y", "/p",
                     "GET", "EQUAL_TO", "REGEX", "PATH", "HOST_NAME", "REDIRECT_TO_POOL", "REJECT", "${host}", "2026-01-31",
                     "10.0.0.0/8", "ingress", "tcp", "y" * 129, "z" * 256, {}, [], ["x"], [1, True], {"env": "A_B"}]),
    st.text(max_size=4),
)  # fmt: skip
KEYS = ["name", "value", "key", "type", "action", "priority", "rules", "conditions", "redirect_pool", "redirect_url_config", "extra"]


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in _places(item, (*path, key)))]


@st.composite
def _bent(draw: Any) -> tuple[str, Any]:
    """An example of a schema with up to three changes: values replaced, dropped, added or repeated."""
    name, example = draw(st.sampled_from(EXAMPLES))
    document = copy.deepcopy(example)
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(_places(document)[1:]))
        owner = document
        for step in path[:-1]:
            owner = owner[step]
        match draw(st.integers(0, 3)):
            case 0:
                owner[path[-1]] = copy.deepcopy(draw(LEAVES))
            case 1:
                del owner[path[-1]]
            case 2 if isinstance(owner, list):
                owner.append(copy.deepcopy(owner[path[-1]]))
            case _ if isinstance(owner, dict):
                owner[draw(st.sampled_from(KEYS))] = copy.deepcopy(draw(LEAVES))
        if len(_places(document)) < 2:
            break
    return name, document


@settings(max_examples=300)
@given(_bent())
def test_what_it_accepts_is_valid(bent):
    name, document = bent
    sure = verdict.Judge(10**6)
    valid = schemas.verdict(name).is_valid(document)
    assert not sure.accepts(schemas.schema(name), document) or valid
    try:
        assert sure._valid(schemas.schema(name), document, schemas.schema(name)) == valid
    except verdict.Unsure:
        assert any(isinstance(value, float) or (isinstance(value, str) and not (value.isascii() and value.isprintable()))
                   or isinstance(value, (dict, list)) for value in _values(document))  # fmt: skip


def _values(value: Any) -> list[Any]:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [v for item in inner for v in ([item] if not isinstance(item, (dict, list)) or not item else _values(item))]


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=lambda v: v if isinstance(v, str) else "")
def test_the_examples_of_every_schema_are_accepted_without_help(name, example):
    assert verdict.Judge(10**6).accepts(schemas.schema(name), example)


CASES = [
    ({"type": "integer"}, [1, True, "1", None, [], {}]),
    ({"type": "number"}, [1, False, "1"]),
    ({"type": ["string", "null"]}, ["", None, 0]),
    ({"enum": [1, "a", None]}, [1, True, "a", "b", None]),
    ({"const": True}, [True, 1, "true"]),
    ({"const": 0}, [0, False]),
    ({"pattern": "^a+$"}, ["a", "aa", "b", 1]),
    ({"pattern": "b"}, ["abc", "ac"]),
    ({"minLength": 2, "maxLength": 3}, ["a", "ab", "abcd", "éé", "😀", 5]),
    ({"minItems": 1, "maxItems": 2}, [[], [1], [1, 2, 3], {}]),
    ({"minProperties": 1, "maxProperties": 1}, [{}, {"a": 1}, {"a": 1, "b": 2}, []]),
    ({"minimum": 1, "maximum": 5}, [0, 1, 5, 6, True, "3"]),
    ({"exclusiveMinimum": 1}, [1, 2]),
    ({"uniqueItems": True}, [[1, True], [1, 1], ["a", "a"], [{"a": 1, "b": 2}, {"b": 2, "a": 1}], [[1], [1]], {}]),
    ({"uniqueItems": False}, [[1, 1]]),
    ({"required": ["a"]}, [{}, {"a": None}, []]),
    ({"properties": {"a": {"type": "string"}}, "additionalProperties": False}, [{"a": ""}, {"a": 1}, {"b": ""}, {}, 1]),
    ({"properties": {"a": {}}, "additionalProperties": {"type": "string"}}, [{"a": 1, "b": "x"}, {"b": 1}]),
    ({"items": {"type": "string"}}, [["a"], ["a", 1], {}]),
    ({"items": False}, [[], [1]]),
    ({"allOf": [{"minLength": 1}, {"maxLength": 1}]}, ["", "a", "ab"]),
    ({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, [{"a": 1}, {"b": 1}, {}]),
    ({"not": {"required": ["a"]}}, [{"a": 1}, {}]),
    ({"not": {}}, [1]),
    ({"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}, [{"a": 1}, {"a": 1, "b": 1}, {}, {"c": 1}]),
    ({"if": {"required": ["a"]}, "then": False}, [{"a": 1}, {}]),
    ({"$ref": "#/$defs/x", "minLength": 2, "$defs": {"x": {"type": "string"}}}, ["a", "ab", 1]),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "values"), CASES, ids=lambda v: json.dumps(v)[:40] if isinstance(v, dict) else "")
def test_every_keyword_means_what_it_means_elsewhere(schema, values):
    other = jsonschema_rs.validator_for({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
    assert [verdict.Judge(1000).accepts(schema, value) for value in values] == [other.is_valid(value) for value in values]


@pytest.mark.parametrize(("schema", "value"), [
    ({"contains": {}}, []), ({"type": "integer"}, 1.0), ({"minimum": 1}, 1.5), ({"not": {"type": "integer"}}, 1.5),
    ({"pattern": "^a$"}, "a\n"), ({"not": {"pattern": "^a$"}}, "a\n"), ({"pattern": r"^\s$"}, "\x1c"), ({"enum": [[1]]}, [1]),
    ({"not": {"$ref": "other.json"}}, 1), ({"uniqueItems": True}, [1.0, 1]), ({"not": {"const": 1}}, 1.0),
])  # fmt: skip
def test_where_validators_may_differ_it_does_not_judge(schema, value):
    with pytest.raises(verdict.Unsure):
        verdict.Judge(1000)._valid(schema, value, schema)
    assert not verdict.Judge(1000).accepts(schema, value)


def test_much_work_is_left_to_the_fast_validator():
    judge = verdict.Judge(10)
    assert judge.accepts({"items": {"type": "string"}}, ["a"] * 5)
    assert not judge.accepts({"items": {"type": "string"}}, ["a"] * 5)
    assert judge.left == 0
    assert not judge.accepts({}, 1)


def test_a_small_good_file_needs_no_other_validator(tmp_path):
    provider = schemas.schema("provider.huawei")["examples"][0]
    (tmp_path / "p.yaml").write_text(json.dumps(provider), "utf-8")
    script = (
        "import sys\nfrom reconciler.manifests import load\n"
        f"print(load(['p.yaml'], directory={str(tmp_path)!r}).diagnostics, 'jsonschema_rs' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["()", "False"]
