"""Documents from strangers: bounded, strict, of a known kind and version, right by their schema, unaltered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.diagnostics import DiagnosticError, Severity
from reconciler.manifests import documents
from reconciler.manifests.documents import MAX_DEPTH, check, parse, read
from reconciler.manifests.schemas import published
from reconciler.model.canonical import digest

GOLDEN = Path(__file__).parents[2] / "golden" / "reports"
ALL = ("Plan", "Outcome", "Drift")


def plan() -> dict:
    return json.loads((GOLDEN / "plan.json").read_text("utf-8"))


def signed(document: dict) -> dict:
    return {**document, "digest": digest({key: value for key, value in document.items() if key != "digest"})}


def told(call, *arguments, **named) -> tuple[str, str]:
    with pytest.raises(DiagnosticError) as raised:
        call(*arguments, **named)
    (one,) = raised.value.diagnostics
    assert one.hint
    return one.code, f"{one.summary}\n{one.detail}\n{one.hint}"


@pytest.mark.parametrize("kind", ["plan", "outcome", "drift"])
def test_what_reconcile_wrote_is_read(kind):
    found = read(str(GOLDEN / f"{kind}.json"), shown=f"{kind}.json")
    assert found.kind == kind.capitalize()
    assert found.document == json.loads((GOLDEN / f"{kind}.json").read_text("utf-8"))
    assert found.warnings == ()
    assert not found.altered


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b'{"kind": "Pl', "it is cut off"),
        (b'{"kind": "Plan",', "it is cut off"),
        (b'{"kind": "Plan"', "it is cut off"),
        (b'{"kind": "Plan"} {}', "it is no JSON"),
        (b"{'kind': 1}", "it is no JSON"),
        (b'{"kind": "Plan", "kind": "Plan"}', 'the key "kind" stands twice'),
        (b'{"steps": [{"a": 1, "a": 2}]}', 'the key "a" stands twice'),
        (b'{"a": NaN}', "NaN is no JSON value"),
        (b'{"a": -Infinity}', "-Infinity is no JSON value"),
        (b'{"a": 1e999}', "too large a number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "digits"),
        (b'{"a": "\\ud800"}', "half of a character"),
        (b'{"a": "\xff"}', "not UTF-8: byte 8"),
        ('{"kind": "Plan"}'.encode("utf-16"), "not UTF-8"),
        (b"[{}]", "no JSON object"),
        (b'"Plan"', "no JSON object"),
        (b'{"a": ' * 65 + b"1" + b"}" * 65, f"deeper than {MAX_DEPTH} levels"),
        (b'{"a": ' * 5_000 + b"1" + b"}" * 5_000, f"deeper than {MAX_DEPTH} levels"),
        (b"[" * 1_000_000, "levels"),
    ],
)
def test_what_is_no_strict_json_object_is_one_diagnostic(raw, why):
    code, words = told(parse, raw, shown="x.json", kinds=ALL)
    assert code == "DOC-JSON"
    assert why in words


def test_depth_counts_levels_exactly_and_a_mark_at_the_start_is_no_matter():
    raw = b'{"a": ' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH
    assert parse(b"\xef\xbb\xbf" + raw, shown="x", kinds=ALL)


def test_a_pair_of_surrogates_is_a_character():
    assert parse(b'{"a": "\\ud83d\\ude00"}', shown="x", kinds=ALL) == {"a": "\U0001f600"}


def test_nothing_larger_than_the_limit_is_looked_at(tmp_path):
    path = tmp_path / "big.json"
    path.write_bytes(b'{"a": "' + b"x" * 100 + b'"}')
    code, words = told(read, str(path), shown="big.json", limit=50)
    assert code == "DOC-SIZE"
    assert "50 bytes" in words
    assert told(read, "/dev/zero", limit=2**20)[0] == "DOC-SIZE"


@pytest.mark.parametrize("path", ["absent.json", ".", "a\0b"])
def test_a_file_that_cannot_be_read_is_one_diagnostic(tmp_path, path):
    assert told(read, str(tmp_path / path), shown=path)[0] == "CLI-FILE"


@pytest.mark.parametrize(
    ("change", "code", "why"),
    [
        ({"kind": "Weather"}, "DOC-KIND", '"Weather"'),
        ({"kind": ["Plan"]}, "DOC-KIND", '["Plan"]'),
        ({"format_version": 2}, "DOC-VERSION", "made by a newer reconcile (0.1.0): format version 2; this one reads up to 1"),
        ({"format_version": 0}, "DOC-VERSION", "format version 0; this version of reconcile reads 1"),
        ({"format_version": True}, "DOC-VERSION", "`format_version` is true"),
        ({"format_version": "1"}, "DOC-VERSION", '`format_version` is "1"'),
        ({"format_version": 1.0}, "DOC-VERSION", "1.0"),
        ({"surprise": 1}, "DOC-SCHEMA", "$: "),
        ({"today": "x" * 5000}, "DOC-SCHEMA", "$.today: "),
        ({"digest": "0" * 64}, "DOC-ALTERED", "digest does not fit"),
        ({"digest": None}, "DOC-SCHEMA", "$.digest"),
    ],
)  # fmt: skip
def test_another_kind_version_or_shape_is_one_diagnostic(change, code, why):
    document = {**plan(), "tool_version": "0.1.0", **change}
    found, words = told(check, document, "x.json", ALL, True)
    assert found == code
    assert why in words
    assert len(words) < 2_500


def test_the_first_places_that_the_schema_refuses_are_told_with_their_paths():
    document = plan()
    for step in document["steps"]:
        step["op"] = "explode"
    code, words = told(check, document, "x.json", ALL)
    assert code == "DOC-SCHEMA"
    assert "$.steps[0].op: " in words
    assert "$.steps[4].op: " in words
    assert "$.steps[5].op: " not in words
    assert "and more" in words


def test_an_altered_document_is_a_warning_or_refused_as_the_caller_asks():
    document = plan()
    document["summary"]["create"] += 1
    found = check(document, "x.json", ALL)
    assert found.altered
    assert [(d.code, d.severity) for d in found.warnings] == [("DOC-ALTERED", Severity.WARNING)]
    assert not check(signed(document), "x.json", ALL).altered
    assert told(check, document, "x.json", ALL, True)[0] == "DOC-ALTERED"


def test_a_kind_that_the_caller_does_not_read_is_refused():
    assert told(check, plan(), "x.json", ("Drift",))[0] == "DOC-KIND"


def test_a_number_that_no_validator_holds_is_refused_or_read_but_never_a_traceback():
    document = plan()
    document["summary"]["create"] = 10**30
    try:
        check(document, "x.json", ALL)
    except DiagnosticError as error:
        assert error.diagnostics[0].code in ("DOC-SCHEMA", "DOC-ALTERED")


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=50)
def test_any_bytes_are_read_or_refused(raw):
    try:
        check(parse(raw, shown="x", kinds=ALL), "x", ALL)
    except DiagnosticError as error:
        assert len(error.diagnostics) == 1


@given(st.data())
@settings(max_examples=40)
def test_a_document_that_is_cut_or_changed_anywhere_is_read_or_refused(data):
    raw = bytearray((GOLDEN / "plan.json").read_bytes())
    place = data.draw(st.integers(0, len(raw) - 1))
    if data.draw(st.booleans()):
        del raw[place:]
    else:
        raw[place] = data.draw(st.integers(0, 255))
    try:
        found = check(parse(bytes(raw), shown="x", kinds=ALL), "x", ALL)
    except DiagnosticError as error:
        assert len(error.diagnostics) == 1
    else:
        assert found.altered or found.document == plan()


def test_every_published_kind_has_a_schema_that_states_its_version():
    for kind, name in documents.KINDS.items():
        if name in published():
            assert documents.schema(name)["properties"]["kind"]["const"] == kind
            assert isinstance(documents.schema(name)["properties"]["format_version"]["const"], int)
