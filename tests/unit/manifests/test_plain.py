"""The fast reader gives what the complete reader gives: data, marks, lines; it stops where it is not certain."""

import random
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.manifests import reading, source, stream
from reconciler.manifests.parsed import Memo
from reconciler.manifests.plain import PlainReader

from . import mistakes

ROOT = Path(__file__).parents[3]
FILES = sorted(p for p in (ROOT / "examples").rglob("*.yaml") if "cloud" not in p.name)
SAMPLE = """\
# a comment
apiVersion: reconciler/v1
kind: Listener
metadata: {name: shop, labels: [a, "b c", 'd', {e: 1}]}
spec:
  unlisted: keep   # why

  policies:
  - name: one
    rules:
      - type: PATH
        value: /a b:c
        conditions: [{key: X-Env, value: "stage 1"}, {value: 'x'}]
      - {type: METHOD, value: GET}
    fixed_response_config:
        status_code: "503"
        size: 10
  - name: two
    tags:
      - a
      - "b"
---
kind: Provider
spec:
  limits: {a: true, b: 1.5, c: []}
  empty: {}
"""
PIECES = [
    "a: b", "b: 1", "kind: Provider", "name: x y", "- a", "- b: c", "- b:", "k:", "d: [a, b]", "e: {x: 1, y: [z]}", "f: 'q'", 'g: "r s"',
    "- {a: b}", "- [a, 'b', \"c\"]", "# note", "", "---", "--- # more", "...", "a: b # c", "a: b#c", "a:b", "a: b: c", "h: |", "  text", "i: &x y",
    "j: *x", "- - a", "-", "k: null", "k: ~", "l: 010", "m: 99999999999999999999", "n: yes", "null: 1", "1: 2", "o: -1", "p: .5", "q: - a",
    "r: [a", "s: {a, b}", "t: {a: }", "u: [a: b]", "v: é", "w: \"\\n\"", "x: ''''", "y: a  ", "z: [a,]", "A: [ ]", "B: { }", "C: [a b, c-d]",
    "? a", "! a", "%x", "D: [a] b", "E: [a] # c", "F: 'a' b", "G: a\tb", "H: [a#b]", "I: [http://x/y]", "J: http://x:80/y?z=1", "<<: {a: b}",
    "K: {a: b:c}", "L: {a: 'b'}", "M: {\"a\": b}", "N: [a,b]", "O: {a: b,c: d}", "P: [ a , b ]", "Q: [[a], [b]]", "R: [-1]", "S: [*]", "T: a -b",
    "U: \"a\"b", "V: [}", "W: a, b", "X: a [b]", "Y: @a", "Z: 12:30", "true: 1", "- true", "- 'x' # y", "-a", "-  a", "a.b-c: d",
]  # fmt: skip
LINES = st.lists(st.tuples(st.integers(0, 6), st.sampled_from(PIECES)), max_size=9)


def read(text, reader):
    made = source.read("f", text.encode("utf-8"))
    return [
        (d.data, repr(d.data), d.marks.places.tolist(), d.marks.extents.tolist(), d.lines, d.problems, d.poisoned, d.readable)
        for d in (reading._judge_lines(parsed, made) for parsed in reader.documents(made, Memo()))
    ]


def same(text):
    assert read(text, reading) == read(text, stream)


@settings(max_examples=400)
@given(LINES, st.booleans())
@example([(0, "k:"), (0, "- a")], True)
@example([(0, "---")], True)
@example([(0, "# note"), (0, "---"), (0, "a: b")], False)
def test_lines_in_any_order_are_read_alike(lines, ended):
    same("\n".join(" " * indent + piece for indent, piece in lines) + "\n" * ended)


@settings(max_examples=300)
@given(st.integers(0, 2**32))
def test_a_bent_file_is_read_alike(seed):
    """Lines dropped, doubled, swapped, indented anew, and characters replaced."""
    draw = random.Random(seed)
    lines = SAMPLE.split("\n")
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(lines))
        match draw.randrange(5):
            case 0:
                del lines[at]
            case 1:
                lines.insert(draw.randrange(len(lines)), lines[at])
            case 2:
                lines[at] = " " * draw.randint(0, 9) + lines[at].lstrip()
            case 3 if lines[at]:
                place = draw.randrange(len(lines[at]))
                lines[at] = lines[at][:place] + draw.choice(" :-#[]{},\"'|>&*!?~aé1\t") + lines[at][place + 1 :]
            case _:
                lines.insert(at, " " * draw.randint(0, 6) + draw.choice(PIECES))
    same("\n".join(lines))


@pytest.mark.parametrize("mistake", mistakes.ALL, ids=lambda m: m.code)
def test_a_file_with_a_mistake_is_read_alike(mistake):
    if isinstance(mistake.text, str):
        same(mistake.text.replace(mistakes.MARK, ""))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_examples_are_read_alike(path):
    same(path.read_text("utf-8"))


def test_a_plain_file_needs_no_other_reader():
    reader = PlainReader("f", SAMPLE, Memo())
    assert [d.data["kind"] for d in reader.documents()] == ["Listener", "Provider"]
    assert (reader.offset, reader.line) == (len(SAMPLE), SAMPLE.count("\n"))


def test_it_stops_at_the_start_of_the_first_document_that_is_not_plain():
    text = "a: b\n---\nc: d\n---\ne: |\n  f\n---\ng: h\n"
    reader = PlainReader("f", text, Memo())
    assert [d.data for d in reader.documents()] == [{"a": "b"}, {"c": "d"}]
    assert (text[reader.offset :].split("\n")[1], reader.line) == ("e: |", 3)
    assert [d[0] for d in read(text, reading)] == [{"a": "b"}, {"c": "d"}, {"e": "f\n"}, {"g": "h"}]


def test_deep_nesting_is_left_to_the_complete_reader():
    deep = "".join(" " * n + "a:\n" for n in range(80)) + " " * 80 + "a: b\n"
    flow = "a: " + "[" * 80 + "]" * 80 + "\n"
    for text in (deep, flow):
        assert not list(PlainReader("f", text, Memo()).documents())
        same(text)
