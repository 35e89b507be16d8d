"""What is written is read back as it was; what is formatted means what it meant, comments included."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.diagnostics import DiagnosticError
from reconciler.manifests import source, stream, writer
from reconciler.manifests.fmt import format_text
from reconciler.manifests.parsed import Memo

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"

HOSTILE = [
    "", " ", "yes", "No", "ON", "y", "~", "null", "True", "1:30", "0o17", "0x1f", "1e3", ".inf", "010", "-", "- a", "a: b", "a #b",
    "#c", "'", '"', "\\", "&a", "*a", "!t", "|", ">", "@x", "`x`", "%x", "[", "{a}", "a,b", "<<", "=", "2026-01-01", "é", "日本",
    " lead", "trail ", "a\u00a0b", "\u200b", "${host}", "a\u202eb", "---", "...", "?", "😀", "403", "/", "//", "a/b.c-d_e",
]  # fmt: skip


def read(text: str) -> list[Any]:
    found = list(stream.documents(source.read("f", text.encode()), Memo()))
    assert not [p for d in found for p in d.problems]
    return [d.data for d in found]


def test_hostile_texts_survive() -> None:
    data = [{"value": text, "list": [text, {"k": text}]} for text in HOSTILE]
    assert read(writer.dump(data)) == data
    assert list(yaml.safe_load_all(writer.dump(data))) == data  # a reader of YAML 1.1 takes nothing for something else


words = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"), max_size=12)
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | words
trees = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=8)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.dictionaries(words, trees, min_size=1, max_size=4), min_size=1, max_size=3))
def test_what_is_written_is_read_back(data: list[dict[str, Any]]) -> None:
    text = writer.dump(data)
    assert read(text) == data
    assert writer.dump(data) == text


def test_line_breaks_of_descriptions_survive() -> None:
    data = [{"description": "a\nb\n\tc", "message_body": "\n"}]
    assert read(writer.dump(data)) == data


def test_what_is_no_data_is_refused() -> None:
    with pytest.raises(TypeError):
        writer.dump([{"a": object()}])


MESSY = """\
# header
kind: Listener   # kind
apiVersion: reconciler/v1
spec:
  # provider
  provider: hw
  policies:
    # first
    - action: FIXED_RESPONSE
      # its name
      name: block   # name!
      fixed_response_config: {message_body: "a, {b}", status_code: 403}
      rules:
      - {value: 5, compare_type: STARTS_WITH, type: PATH}
      # second rule
      - value: |-
          /x
        # about the type
        type: PATH

        compare_type: REGEX
    # second
    - action: REDIRECT_TO_POOL
      name: b
  unlisted: keep

metadata: {name: x}
---
z: {b: 1,   a: 010}   # not ours
"""
NEAT = """\
# header
apiVersion: reconciler/v1
kind: Listener   # kind

metadata: {name: x}
spec:
  # provider
  provider: hw
  unlisted: keep
  policies:
    # first
    # its name
    - name: block   # name!
      action: FIXED_RESPONSE
      fixed_response_config: {status_code: "403", message_body: "a, {b}"}
      rules:
      - {type: PATH, compare_type: STARTS_WITH, value: "5"}
      # second rule
      # about the type
      - type: PATH

        compare_type: REGEX
        value: |-
          /x
    # second
    - name: b
      action: REDIRECT_TO_POOL
---
z: {b: 1,   a: 010}   # not ours
"""


def test_fields_get_their_order_and_comments_go_with_them() -> None:
    assert format_text(MESSY, "f") == NEAT
    assert format_text(NEAT, "f") == NEAT


def test_documents_that_are_not_ours_stay_byte_for_byte() -> None:
    for text in ("b: 1\na:   2", "", "# only a comment", "kind: Deployment\napiVersion: apps/v1\n<<: {a: 1}\n", "- !t x"):
        assert format_text(text, "f") == text


def test_a_file_with_yaml_errors_is_refused() -> None:
    with pytest.raises(DiagnosticError) as refused:
        format_text("apiVersion: reconciler/v1\nkind: Listener\nkind: Listener\n---\na: 'x\n", "f")
    assert [d.code for d in refused.value.diagnostics] == ["YAML-DUPLICATE-KEY", "YAML-QUOTE"]


def test_aliases_stay_below_their_anchors() -> None:
    text = "kind: Listener\nspec: {z: &a {k: 1}, name: *a}\napiVersion: reconciler/v1\n"
    assert format_text(text, "f") == text


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/*.yaml")), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_the_examples_are_in_order(path: Path) -> None:
    text = path.read_text("utf-8")
    assert format_text(text, path.name) == text


FIELDS = ["name", "action", "description", "redirect_pool", "rules", "priority", "renamed_from", "zz"]


@st.composite
def manifests(draw: st.DrawFn) -> str:
    lines = [draw(st.sampled_from(["# top\n", "", "\n"]))]
    head = draw(st.permutations(["apiVersion: reconciler/v1\n", "kind: Listener\n", "metadata: {name: x}\n", None]))
    for entry in head:
        if entry is not None:
            lines.append(draw(st.sampled_from(["", "# note\n", "\n"])) + entry)
            continue
        lines.append("spec:\n")
        for key in draw(st.permutations(["unlisted: keep", "provider: p", "protect: [a]"])):
            lines.append(draw(st.sampled_from(["", "  # c\n", "\n"])) + f"  {key}\n")
        lines.append("  policies:\n")
        indent = draw(st.sampled_from(["  ", "    "]))
        for _ in range(draw(st.integers(0, 3))):
            lines.append(draw(st.sampled_from(["", f"{indent}# item\n", "\n"])))
            chosen = draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=5, unique=True))
            for number, field in enumerate(chosen):
                start = f"{indent}- " if number == 0 else f"{indent}  "
                pad = f"{indent}    "
                bodies = ["x", '"q # r"', "5", "{b: 1, a: 'x}', type: 2}", "[1, {value: 1, key: 2}]", f"|-\n{pad}text"]
                bodies += [f"\n{pad}value: 1\n{pad}# n\n{pad}type: 2", f"\n{pad[:-2]}- value: 1\n{pad}type: 2"]
                body = draw(st.sampled_from(bodies))
                if field == "description":
                    body = f"|\n{pad}text\n{pad}# in\n\n{pad}more"
                note = draw(st.sampled_from(["", f"{indent}  # before\n", "\n"])) if number else ""
                lines.append(f"{note}{start}{field}: {body}\n")
    return "".join(lines)


@settings(max_examples=50, deadline=None)
@given(manifests())
def test_formatting_keeps_meaning_and_comments_and_is_done_once(text: str) -> None:
    once = format_text(text, "f")
    assert format_text(once, "f") == once
    before, after = read(text), read(once)
    assert _unquoted(before) == _unquoted(after)
    assert sorted(line.strip() for line in text.split("\n") if line.strip().startswith("#")) == sorted(
        line.strip() for line in once.split("\n") if line.strip().startswith("#")
    )


def _unquoted(data: Any) -> Any:
    """Data with numbers as texts: fmt may quote them."""
    if isinstance(data, dict):
        return {k: _unquoted(v) for k, v in data.items()}
    if isinstance(data, list):
        return [_unquoted(v) for v in data]
    return str(data) if isinstance(data, int) else data


def test_stdin_text_is_formatted_like_a_file() -> None:
    assert format_text(io.StringIO(MESSY).read(), "<stdin>") == NEAT
