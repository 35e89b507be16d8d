"""The plan as a page: whole, in order, self-contained, and deaf to what values say."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.reports import render
from reconciler.reports.plan_html import OPEN_STEPS

from .test_reports import example, many

EVIL = (
    "\"><script>document.title='PWNED'</script><img src=x onerror=alert(1)><style>*{display:none}</style>"
    "</pre></code></details></style><a href='javascript:alert(1)'>x</a> --> <!-- ' onmouseover=x &lt; \x1b[31m \u202e\n"
)
TAGS = {
    "html", "head", "meta", "title", "style", "body", "main", "p", "span", "h1", "h2", "h3", "ul", "ol", "li", "b",
    "section", "details", "summary", "table", "tr", "th", "td", "code", "wbr", "pre", "dl", "dt", "dd", "div", "small",
    "footer", "a",
}  # fmt: skip
VOID = {"meta", "wbr"}


class Page(HTMLParser):
    """Tags, attributes, balance, and the text that a reader sees."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[tuple[str, str]] = set()
        self.open: list[str] = []
        self.text = ""
        self.odd: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.odd.append(tag)

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data

    def handle_comment(self, data):
        self.odd.append(data)


def poisoned(value, words):
    """Every string of a document with hostile words at its end, but for what the schema fixes."""
    if isinstance(value, str):
        return value + words
    if isinstance(value, list):
        return [poisoned(item, words) for item in value]
    if isinstance(value, dict):
        fixed = ("op", "kind", "id", "role", "severity")
        return {key: item if key in fixed else poisoned(item, words) for key, item in value.items()}
    return value


def page_of(words: str) -> str:
    document = {**poisoned(example("plan"), words), "kind": "Plan"}
    document["left_open"] = [{**document["cosmetic"][0], "related": [words]}]
    for step in document["steps"]:
        step["warnings"] = [words]
    return render(document, "html", full=True)


@pytest.mark.parametrize(
    "words", [EVIL, "</title>", "</style>", "`", "\x00", "]]>", "<!--", "\ud7ff", "&#x3c;script&#x3e;"]
)
def test_no_value_becomes_an_element_an_attribute_or_a_comment(words):
    page = Page(page_of(words))
    assert set(page.tags) <= TAGS
    assert page.odd == []
    assert page.open == []
    assert {name for _, name in page.attributes} <= {"class", "id", "href", "open", "lang", "charset", "name", "content",
                                                     "http-equiv"}  # fmt: skip


@given(st.text(max_size=40))
@settings(max_examples=30)
def test_whatever_stands_in_a_plan_the_page_has_the_same_elements(words):
    def elements(text):  # a line of a hint is a paragraph, and long names may be broken at their joints
        return [tag for tag in Page(page_of(text)).tags if tag not in ("p", "wbr")]

    assert elements(f"x{words}") == elements("x")


def test_every_step_stands_in_order_with_its_fields_its_call_and_its_body():
    plan = example("plan")
    page = Page(made := render(plan, "html"))
    assert re.findall('<li class="[a-z]+" id="(s[0-9]+)">', made) == [s["id"] for s in plan["steps"]]
    for step in plan["steps"]:
        assert step["address"] in page.text
        assert f"{step['call']['service']} {step['call']['method']} /" in page.text
        if step["call"]["body"] is not None:
            assert json.dumps(step["call"]["body"], indent=2) in page.text
    assert '"404"' in page.text
    assert '"403"' in page.text
    assert plan["digest"] in page.text
    for word in ("must be as it was read", "must be absent", "GUARD-GAP", "deletes listener/shop-https/policy/old-shop",
                 "opens ingress", "evaluated before block-admin", "marketing edits it by hand"):  # fmt: skip
        assert word in page.text


def test_danger_leads_to_the_step():
    made = render(example("plan"), "html")
    assert 'replaced by s9 <span class="tail"><a href="#s8">s8</a>' in made


def test_a_value_keeps_to_its_line_of_the_body():
    plan = example("plan")
    plan["steps"][0]["call"]["body"] = {"a": "x\ny", "b": "\u2028", "c": "\x85"}
    text = Page(render(plan, "html")).text
    assert '"a": "x\\ny",\n  "b": "\\u2028",\n  "c": "\\x85"' in text


def test_long_values_are_whole():
    plan = example("plan")
    plan["steps"][5]["changed"] = [{"field": "message_body", "before": "a" * 20_000, "after": "b" * 20_000}]
    made = render(plan, "html")
    assert "a" * 20_000 in made
    assert "b" * 20_000 in made


def test_large_plans_are_folded_small_ones_open_and_full_unfolds_everything():
    assert render(example("plan"), "html").count('<details class="scope" open>') == 3
    large = render(many(OPEN_STEPS + 1), "html")
    assert '<details class="scope" open>' not in large
    full = render(example("plan"), "html", full=True)
    assert full.count("<details") == len(re.findall("<details[^>]* open>", full))


def test_ten_thousand_steps_take_a_few_bytes_each():
    plan = many(8_400)
    assert len(plan["steps"]) == 10_080
    assert len(render(plan, "html")) < 1_500 * len(plan["steps"])


def test_a_plan_without_steps_says_so_and_names_no_command():
    plan = example("plan")
    plan |= {"steps": [], "blocked": [], "gaps": [], "unlisted": [], "ignored": [], "cosmetic": [], "diagnostics": []}
    plan["summary"] = {"create": 0, "update": 0, "delete": 0, "move": 0, "calls": 0}
    text = Page(render(plan, "html")).text
    assert "Plan: nothing to change." in text
    assert "Danger" not in text
    assert "apply" not in text
