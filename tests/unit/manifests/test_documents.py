"""The YAML reader: scalars of YAML 1.2, marks, and documents that survive their neighbours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.manifests import reading, source, stream
from reconciler.manifests.parsed import Memo, Parsed


def parse(text: str | bytes) -> list[Parsed]:
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return list(reading.documents(source.read("f", raw), Memo()))


def value(text: str) -> Any:
    (document,) = parse(text)
    assert not document.problems
    return document.data


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("on", "on"), ("no", "no"), ("y", "y"), ("1:30", "1:30"), ("2026-01-01", "2026-01-01"), ("403", 403),
        ("010", 10), ("0o17", 15), ("0x1F", 31), ("-5", -5), ("+5", 5), ("1_000", "1_000"), ("1.5", 1.5), ("1e3", 1000.0),
        (".5", 0.5), ("~", None), ("null", None), ("", None), ("true", True), ("True", True), ("yes", "yes"),
        ("'403'", "403"), ('"on"', "on"), ("0b1", "0b1"), ("=", "="), ("9223372036854775807", 2**63 - 1),
    ],
)  # fmt: skip
def test_plain_scalars_mean_what_yaml_1_2_says(written: str, meant: object) -> None:
    found = value(f"a: {written}\n")["a"]
    assert found == meant
    assert type(found) is type(meant)


def test_every_key_and_value_keeps_its_place() -> None:
    text = "a: 1\nb:\n  - x\n  - {c: 'two', d: [é, f]}\ne: &n {g: 1}\nh: *n\n"
    (document,) = parse(text)
    places = {
        ("a",): "1:4+1", ("b",): "2:1", ("b", 0): "3:5+1", ("b", 1, "c"): "4:9+5", ("b", 1, "d", 1): "4:23+1",
        ("e", "g"): "5:11+1", ("h",): "6:4+2", ("h", "g"): "5:11+1", ("missing",): "1:1+1",
    }  # fmt: skip
    for path, place in places.items():
        span = document.marks.span(document.data, path)
        assert span is not None
        if path != ("b",):
            assert f"{span.line}:{span.column}+{span.width}" == place, path
    key = document.marks.span(document.data, ("b", 1, "d"), on_key=True)
    assert key is not None
    assert (key.line, key.column) == (4, 16)


def test_a_broken_document_costs_no_other_one() -> None:
    found = parse("a: 1\n---\nb: 'x\n---\nc: [1\n---\nd: 2\n---\n\te: 1\n---\nf: 3\n")
    assert [d.data for d in found if d.readable] == [{"a": 1}, {"d": 2}, {"f": 3}]
    assert [[(p.code, str(p.span)) for p in d.problems] for d in found if not d.readable] == [
        [("YAML-QUOTE", "f:3:4")], [("YAML-BRACKET", "f:5:4")], [("YAML-TAB", "f:9:1")],
    ]  # fmt: skip
    last = found[-1]
    assert str(last.marks.span(last.data, ("f",))) == "f:11:4"


def test_bad_bytes_are_told_once_a_line_with_their_place() -> None:
    read = source.read("f", "é: 1\n".encode() + b"b: x\xff\xfe\n---\nc: 1\n")
    assert [(d.code, str(d.span)) for d in read.problems] == [("YAML-UTF8", "f:2:5")]
    assert [d.data for d in reading.documents(read, Memo()) if d.readable] == [{"c": 1}]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_other_encodings_are_one_error(encoding: str) -> None:
    raw = "\ufeffa: 1\n".encode(encoding) if encoding.endswith("le") else "a: 1\n".encode(encoding)
    assert [(d.code, str(d.span)) for d in source.read("f", raw).problems] == [("YAML-UTF8", "f:1:1")]


def test_a_byte_order_mark_is_a_warning_and_shifts_no_column() -> None:
    read = source.read("f", b"\xef\xbb\xbfa: 1\n")
    assert [(d.code, d.is_error) for d in read.problems] == [("YAML-BOM", False)]
    (document,) = reading.documents(read, Memo())
    assert str(document.marks.span(document.data, ("a",))) == "f:1:4"


def test_aliases_of_aliases_are_bounded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    (document,) = parse("\n".join(lines))
    assert [p.code for p in document.problems] == ["YAML-ALIAS"]


def test_six_thousand_levels_of_nesting_are_one_diagnostic() -> None:
    for text in ("[" * 6000, "[" * 6000 + "]" * 6000, "{a: " * 6000 + "}" * 6000, "- " * 6000 + "x"):
        found = parse(text + "\n---\nb: 1\n")
        assert [p.code for d in found for p in d.problems] == ["YAML-DEPTH"]
        assert found[-1].data == {"b": 1}


def test_message_body_and_description_may_have_line_breaks_and_nothing_else_may() -> None:
    for key in ("message_body", "description"):
        assert value(f"{key}: |\n  a\n  b\n")[key] == "a\nb\n"
    for key in ("value", "name", "host", "path", "key"):
        for style in ("|\n  a\n", "|+\n  a\n\n", ">\n  a\n", '"a\\n"', "'a\n\n  b'"):
            (document,) = parse(f"{key}: {style}")
            assert [p.code for p in document.problems] == ["YAML-LINE-BREAK"], (key, style)
        assert value(f"{key}: |-\n  a\n")[key] == "a"


def test_carriage_returns_and_directives_are_read() -> None:
    assert value("%YAML 1.2\n---\na: 1\r\nb:\r\n  - 2\r\n...\n") == {"a": 1, "b": [2]}


def test_the_parser_of_pure_python_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: 1\nb: [x, {c: 'd'}]\n---\ne: &f {g: on}\nh: *f\n---\ni: 'x\n---\nj: |\n  k\n"
    fast = parse(text)
    monkeypatch.setattr(stream, "_CParser", None)
    slow = parse(text)
    assert [(d.data, [(p.code, p.span) for p in d.problems]) for d in fast] == [
        (d.data, [(p.code, p.span) for p in d.problems]) for d in slow
    ]
    for one, other in zip(fast, slow, strict=True):
        assert one.marks.places == other.marks.places


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=120).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_no_bytes_raise(raw: bytes) -> None:
    for document in parse(raw):
        json.dumps(document.data if document.readable else None)


@settings(max_examples=50, deadline=None)
@given(st.text("ab:-[]{}&*!|>'\"%@`,#?\n \t0.~<", max_size=60))
def test_no_yaml_raises(text: str) -> None:
    for document in parse(text):
        for problem in document.problems:
            assert problem.span is not None
            assert problem.span.line <= text.count("\n") + 2
