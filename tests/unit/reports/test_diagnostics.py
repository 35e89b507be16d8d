"""Diagnostics for people: place, source line, caret, hint; and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.diagnostics import Diagnostic, Severity, Span
from reconciler.reports import diagnostics

GOOD = Diagnostic(
    "HW-R61",
    "a policy has 11 conditions",
    "every condition counts; at most 10",
    "split the policy",
    address="listener/shop",
    path=("spec", "policies", 0, "rules"),
    span=Span("shop.yaml", 3, 5, 5),
)
FILE = ["apiVersion: reconciler/v1", "spec:", "    rules: [1, 2]"]


def lines(file: str, number: int) -> str | None:
    return FILE[number - 1] if file == "shop.yaml" else None


def test_a_diagnostic_shows_place_code_source_line_caret_why_and_fix():
    assert diagnostics.render([GOOD], source=lines) == (
        "shop.yaml:3:5: error[HW-R61]: a policy has 11 conditions\n"
        "  3 |     rules: [1, 2]\n"
        "    |     ^^^^^\n"
        "  in listener/shop\n"
        "  every condition counts; at most 10\n"
        "  fix: split the policy\n"
        "\n1 error\n"
    )


def test_nothing_wrong_says_nothing():
    assert diagnostics.render([]) == ""


def test_a_place_without_source_still_names_the_file():
    assert diagnostics.render([GOOD]).startswith("shop.yaml:3:5: error[HW-R61]")


def test_errors_and_warnings_are_counted():
    warning = Diagnostic("X-1", "careful", severity=Severity.WARNING)
    assert diagnostics.render([GOOD, warning, GOOD]).endswith("\n2 errors, 1 warning\n")


@pytest.mark.parametrize("before", ["", "\t", "日本 ", "e\u0301", "\x1b[31m", "\u202e", "x" * 400])
def test_the_caret_stands_under_the_place_whatever_stands_before_it(before):
    line = f"{before}HERE and more {'z' * 300}"
    shown = diagnostics.render(
        [Diagnostic("X-1", "s", span=Span("f", 1, len(before) + 1, 4))], source=lambda f, n: line, width=80
    ).splitlines()
    source, caret = shown[1], shown[2]
    import unicodedata

    def columns(text):
        return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)

    assert columns(source[: source.index("HERE")]) == caret.index("^")
    assert caret.count("^") == 4
    assert len(source) < 120


def test_hostile_words_and_source_lines_do_not_act():
    evil = "\x1b[2J\u202e\r\n<b>"
    made = diagnostics.render(
        [Diagnostic("X-1", evil, evil, evil, address=evil, span=Span(evil, 1, 1))], source=lambda f, n: evil
    )
    assert "\x1b" not in made
    assert "\u202e" not in made
    assert "\r" not in made


def test_as_json_a_diagnostic_has_the_same_fields_as_in_a_plan():
    plan = json.loads((Path(__file__).parents[2] / "golden/reports/plan.json").read_text())
    assert set(diagnostics.to_json(GOOD)) == set(plan["diagnostics"][0])
    whole = diagnostics.document([GOOD], 3)
    assert whole["exit_code"] == 3
    assert whole["diagnostics"][0]["line"] == 3


def test_ascii_only_terminals_get_ascii():
    assert diagnostics.render([Diagnostic("X-1", "grün")], ascii_only=True).isascii()
