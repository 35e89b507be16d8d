"""Diagnostics for machines: SARIF, GitHub's workflow commands, GitLab's Code Quality; and logs that give no commands."""

from __future__ import annotations

import dataclasses
import json
import re
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.codes import pages
from reconciler.diagnostics import Diagnostic, Severity, Span
from reconciler.reports import diagnostics, diagnostics_ci, diagnostics_sarif
from reconciler.visible import inert, visible

ERROR = Diagnostic(
    "HW-R61", "a policy has 11 conditions", "every condition counts;\nat most 10", "split the policy",
    address="listener/shop", path=("spec", "policies", 0, "rules"), span=Span("shop.yaml", 3, 5, 5),
)  # fmt: skip
WARNING = dataclasses.replace(ERROR, code="PLAN-UNLISTED-FIRST", severity=Severity.WARNING, span=None)
NOTE = dataclasses.replace(ERROR, code="PLAN-UNSETTLED", severity=Severity.NOTE, span=Span("<stdin>", 1, 1))
ALL = [NOTE, WARNING, ERROR]

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}, "markdown": {"type": "string"}},
        "additionalProperties": False}  # fmt: skip
SARIF = {
    # What the schema of the standard (sarif-schema-2.1.0.json, draft-07) says of the parts that are used here; the whole
    # would be a hundred kilobytes, and no package of the index carries it.
    "type": "object", "required": ["version", "runs"], "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"enum": ["2.1.0"]},
        "runs": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/run"}},
    },
    "$defs": {
        "run": {
            "type": "object", "required": ["tool", "results"], "additionalProperties": False,
            "properties": {
                "tool": {"type": "object", "required": ["driver"], "additionalProperties": False,
                         "properties": {"driver": {"$ref": "#/$defs/driver"}}},
                "invocations": {"type": "array", "items": {
                    "type": "object", "required": ["executionSuccessful"], "additionalProperties": False,
                    "properties": {"executionSuccessful": {"type": "boolean"}, "exitCode": {"type": "integer"}}}},
                "originalUriBaseIds": {"type": "object", "additionalProperties": {
                    "type": "object", "additionalProperties": False, "properties": {"description": TEXT}}},
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
            },
        },
        "driver": {
            "type": "object", "required": ["name"], "additionalProperties": False,
            "properties": {
                "name": {"type": "string"}, "semanticVersion": {"type": "string"},
                "rules": {"type": "array", "uniqueItems": True, "items": {
                    "type": "object", "required": ["id"], "additionalProperties": False,
                    "properties": {"id": {"type": "string"}, "shortDescription": TEXT, "fullDescription": TEXT, "help": TEXT,
                                   "properties": {"type": "object", "properties": {
                                       "tags": {"type": "array", "uniqueItems": True, "items": {"type": "string"}}}}}}},
            },
        },
        "result": {
            "type": "object", "required": ["message"], "additionalProperties": False,
            "properties": {
                "ruleId": {"type": "string"}, "ruleIndex": {"type": "integer", "minimum": 0},
                "level": {"enum": ["none", "note", "warning", "error"]}, "message": TEXT,
                "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
                "locations": {"type": "array", "items": {"$ref": "#/$defs/location"}},
            },
        },
        "location": {
            "type": "object", "additionalProperties": False,
            "properties": {
                "physicalLocation": {
                    "type": "object", "required": ["artifactLocation"], "additionalProperties": False,
                    "properties": {
                        "artifactLocation": {"type": "object", "additionalProperties": False, "properties": {
                            "uri": {"type": "string", "pattern": "^[A-Za-z0-9/._~%:+-]*$"},
                            "uriBaseId": {"type": "string"}}},
                        "region": {"type": "object", "additionalProperties": False, "properties": {
                            name: {"type": "integer", "minimum": 1} for name in ("startLine", "startColumn", "endColumn")}},
                    },
                },
                "logicalLocations": {"type": "array", "uniqueItems": True, "items": {
                    "type": "object", "additionalProperties": False,
                    "properties": {"fullyQualifiedName": {"type": "string"}, "kind": {"type": "string"}}}},
            },
        },
    },
}  # fmt: skip


def locate(file: str) -> str | None:
    return None if file == "<stdin>" else f"deploy/{file}"


def sarif(found, code=3) -> dict:
    log = json.loads(diagnostics_sarif.render(found, code, locate))
    Draft202012Validator(SARIF).validate(log)
    return log["runs"][0]


def test_sarif_has_a_result_for_each_diagnostic_with_its_rule_place_and_level():
    run = sarif(ALL)
    rules = run["tool"]["driver"]["rules"]
    assert [r["level"] for r in run["results"]] == ["note", "warning", "error"]
    for result, one in zip(run["results"], ALL, strict=True):
        assert result["ruleId"] == rules[result["ruleIndex"]]["id"] == one.code
        assert result["message"]["text"] == (
            "a policy has 11 conditions\nevery condition counts;\nat most 10\nfix: split the policy"
        )
        assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "listener/shop"
    assert ["physicalLocation" in r["locations"][0] for r in run["results"]] == [False, False, True]
    place = run["results"][2]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "deploy/shop.yaml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 3, "startColumn": 5, "endColumn": 10}
    assert "%SRCROOT%" in run["originalUriBaseIds"]
    assert run["columnKind"] == "unicodeCodePoints"


def test_a_rule_of_sarif_explains_itself_with_the_page_of_its_code():
    (rule,) = sarif([ERROR])["tool"]["driver"]["rules"]
    page = pages()["HW-R61"]
    assert rule["shortDescription"]["text"] == page.title
    assert page.why in rule["help"]["markdown"]
    assert page.fix in rule["help"]["markdown"]
    assert page.fix in rule["help"]["text"]


def test_every_code_makes_a_rule():
    found = [dataclasses.replace(ERROR, code=code) for code in pages()]
    assert len(sarif(found)["tool"]["driver"]["rules"]) == len(pages())
    assert sarif([dataclasses.replace(ERROR, code="ACME-1")])["tool"]["driver"]["rules"] == [{"id": "ACME-1"}]
    assert sarif([], 0)["results"] == []


def test_fingerprints_stay_when_lines_and_neighbours_move_and_differ_between_findings():
    def mark(*found):
        return [r["partialFingerprints"]["primaryLocationLineHash"] for r in sarif(found)["results"]]

    moved = dataclasses.replace(ERROR, span=Span("shop.yaml", 40, 9, 5), path=("spec", "policies", 7, "rules"))
    assert mark(ERROR) == mark(moved)
    assert len(set(mark(ERROR, moved))) == 2
    others = [
        dataclasses.replace(ERROR, code="HW-R62"), dataclasses.replace(ERROR, address="listener/web"),
        dataclasses.replace(ERROR, path=("spec", "policies", 0, "action")), dataclasses.replace(ERROR, summary="other"),
        dataclasses.replace(ERROR, span=Span("web.yaml", 3, 5, 5)),
    ]  # fmt: skip
    assert len(set(mark(ERROR, *others))) == 6


def test_a_path_with_odd_characters_is_a_uri():
    def uri(file):
        found = dataclasses.replace(ERROR, span=Span(file, 1, 1))
        return json.loads(diagnostics_sarif.render([found], 3, lambda f: f))["runs"][0]["results"][0]["locations"][0][
            "physicalLocation"
        ]["artifactLocation"]

    assert uri("a b/ü#?.yaml")["uri"] == "a%20b/%C3%BC%23%3F.yaml"
    assert unquote(uri("a b/ü#?.yaml")["uri"]) == "a b/ü#?.yaml"
    assert uri("../x.yaml") == {"uri": "../x.yaml"}
    assert uri("/etc/x.yaml") == {"uri": "file:///etc/x.yaml"}


def test_a_value_is_no_link_in_a_message_of_sarif():
    evil = dataclasses.replace(ERROR, summary="[click](https://evil.example) \x1b[2J\u202e")
    (result,) = sarif([evil])["results"]
    assert "](" not in result["message"]["text"]
    assert "\x1b" not in result["message"]["text"]


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command, as GitHub's runner reads it (ActionCommand.TryParseV2)."""
    command, properties, data = re.fullmatch(r"::([a-z]+) ([^\r\n]*?)::([^\r\n]*)", line).groups()

    def plain(text, escapes):
        for escape, character in escapes.items():
            text = text.replace(escape, character)
        return text.replace("%25", "%")

    data_escapes = {"%0D": "\r", "%0A": "\n"}
    escapes = {**data_escapes, "%3A": ":", "%2C": ","}
    pairs = (part.partition("=") for part in properties.split(","))
    return command, {name: plain(value, escapes) for name, _, value in pairs}, plain(data, data_escapes)


def test_annotations_name_kind_place_title_and_message_errors_first():
    lines = diagnostics_ci.github(ALL, locate).splitlines()
    assert [parsed(line)[0] for line in lines] == ["error", "warning", "notice"]
    assert lines[0] == (
        "::error file=deploy/shop.yaml,line=3,col=5,endColumn=10,title=HW-R61%3A listener/shop"
        "::a policy has 11 conditions%0Aevery condition counts;%0Aat most 10%0Afix: split the policy"
    )
    assert "file" not in parsed(lines[1])[1]


@given(st.text(max_size=60), st.text(max_size=30), st.text(min_size=1, max_size=30))
@settings(max_examples=50)
def test_whatever_values_say_an_annotation_is_one_command_with_their_words(summary, address, file):
    evil = dataclasses.replace(ERROR, summary=summary, detail="", hint="", address=address, span=Span(file, 1, 1))
    (line,) = diagnostics_ci.github([evil], lambda f: f).removesuffix("\n").split("\n")
    command, properties, data = parsed(line)
    assert command == "error"
    assert properties["file"] == visible(file)
    assert data == visible(summary)


@pytest.mark.parametrize(
    "text", ["::error::x", "%0A::add-mask::y", "a,line=9", "x::y", "\r\n::stop-commands::t", "%25"]
)
def test_hostile_words_do_not_end_an_annotation(text):
    evil = dataclasses.replace(ERROR, summary=text, detail=text, address=text, span=Span(text, 1, 1))
    out = diagnostics_ci.github([evil], lambda f: f)
    assert out.count("\n") == 1
    assert parsed(out.rstrip("\n"))[1]["line"] == "1"


def test_code_quality_has_what_gitlab_requires_and_loses_no_diagnostic():
    report = json.loads(diagnostics_ci.gitlab([ERROR, ERROR, WARNING, NOTE], locate))
    assert len({item["fingerprint"] for item in report}) == 4
    assert [item["severity"] for item in report] == ["critical", "critical", "minor", "info"]
    assert report[0]["location"] == {"path": "deploy/shop.yaml", "lines": {"begin": 3}}
    assert [item["location"]["path"] for item in report[2:]] == [".", "."]
    assert report[0]["check_name"] == "HW-R61"
    assert report[0]["description"].startswith("a policy has 11 conditions")


def test_a_diagnostic_survives_its_way_through_a_document():
    for one in ALL:
        back = diagnostics.from_json(diagnostics.to_json(one))
        span = one.span and dataclasses.replace(one.span, width=1)
        assert back == dataclasses.replace(one, span=span)


@pytest.mark.parametrize(
    "text",
    ["::error::x", "  ::add-mask::x", "\t::set-output name=a::b", "##[error]x", "a ##vso[task.setvariable v=x]y"],
)
def test_a_value_in_a_log_is_no_command_of_a_ci_system(text):
    shown = visible(text)
    assert not re.match(r"\s*::[a-zA-Z-]+(\s.*?)?::", shown)
    assert not re.search(r"##(vso)?\[", shown)
    data = json.dumps({"a": text}, ensure_ascii=False)
    assert not re.search(r"##(vso)?\[", inert(data))
    assert json.loads(inert(data)) == {"a": text}


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\u200b", "\x9b", "\ufeff", "\u2028", "\U000e0041"])
def test_json_on_a_terminal_shows_what_would_hide_or_turn_its_lines_around(hidden):
    data = json.dumps({"é": f"a{hidden}b"}, ensure_ascii=False)
    assert hidden not in inert(data)
    assert "é" in inert(data)
    assert json.loads(inert(data)) == json.loads(data)


@pytest.mark.parametrize("text", ["::/0", "fe80::1", "::1, ::2", "# one ## two", "a::b::c", "color: #fff"])
def test_ordinary_words_stay_as_they_are(text):
    assert visible(text) == text
    assert inert(text) == text
