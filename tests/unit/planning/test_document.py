"""What the plan's document promises."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import jsonschema
import pytest
from properties.oracle_planning import P, make

from reconciler.diagnostics import DiagnosticError
from reconciler.model.canonical import canonical, digest
from reconciler.planning import load

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "schemas/plan.schema.json").read_text())
EXAMPLE = json.loads((ROOT / "tests/golden/plan/example.json").read_text())


def some_plans():
    live = [P("a", ("a",), "p", 100), P("b", ("/b", "h"), "p", 200), P("u", ("u",), "p", 50)]
    wanted = [P("b", ("/b", "h"), "q"), P("a", ("/x",), "url:z"), P("n", ("/n", "m"), "p")]
    for provider in ("huawei", "gcore"):
        for unlisted in ("keep", "delete", "refuse"):
            yield make(provider, live, wanted, unlisted=unlisted)


def test_every_plan_is_valid_by_the_published_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.validate(EXAMPLE)
    for plan in some_plans():
        validator.validate(json.loads(json.dumps(plan.to_json())))


def test_a_plan_is_read_back_as_it_was_written():
    for plan in some_plans():
        document = json.loads(json.dumps(plan.to_json()))
        assert canonical(load(document).to_json()) == canonical(document)
    assert load(EXAMPLE).to_json() == EXAMPLE


def test_the_digest_is_that_of_the_document_without_it():
    body = {k: v for k, v in EXAMPLE.items() if k != "digest"}
    assert EXAMPLE["digest"] == digest(body)


@pytest.mark.parametrize(
    "path", [("steps", 0, "op"), ("summary", "calls"), ("today",), ("blocked",), ("source", "commit")]
)
def test_an_altered_plan_is_refused(path):
    document = copy.deepcopy(EXAMPLE)
    place = document
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = "altered"
    with pytest.raises(DiagnosticError, match="PLAN-DIGEST"):
        load(document)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "Outcome"}, "PLAN-FORMAT"),
        ({"format_version": 2}, "PLAN-VERSION"),
        ({"extra": 1}, "PLAN-FORMAT"),
        ({"steps": None}, "PLAN-FORMAT"),
        ({"steps": [{"id": 1}]}, "PLAN-FORMAT"),
    ],
)
def test_a_foreign_document_is_refused_even_with_a_fitting_digest(change, code):
    document = {**EXAMPLE, **change}
    document["digest"] = digest({k: v for k, v in document.items() if k != "digest"})
    with pytest.raises(DiagnosticError, match=code):
        load(document)


def test_something_that_is_no_object_is_refused():
    for nonsense in (None, [], "plan", 3):
        with pytest.raises(DiagnosticError, match="PLAN-FORMAT"):
            load(nonsense)
