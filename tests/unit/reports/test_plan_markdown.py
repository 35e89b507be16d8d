"""The plan as a comment: danger first and never cut, equal changes once, a byte budget, nothing that acts."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reconciler.reports import render

from .test_reports import HOSTILE, example, hostile, many

ACTING = (
    "](https://evil.example/) ![x](https://evil.example/x.png) <img src=x onerror=alert(1)> <script>alert(1)</script> "
    "</code></summary></details> --> <!-- @octocat #1 GH-1 !1 $1 %1 ~bug https://evil.example www.evil.example "
    "``` ~~~ a|b **bold** _it_ \\` &lt;b&gt; [ ] /close \u202e\u200f\u2066 \x1b[31m \x00 \r\n\n/close\n# h\n- item\n"
)


class _Html(HTMLParser):
    """Tags of the HTML between the markdown, and the text outside of ``<code>``."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[str] = []
        self.comments: list[str] = []
        self.outside = ""
        self._code = 0

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [name for name, _ in attrs]
        self._code += tag == "code"

    def handle_endtag(self, tag):
        self._code -= tag == "code"

    def handle_data(self, data):
        self.outside += "" if self._code else data

    def handle_comment(self, data):
        self.comments.append(data)


def judged(text: str) -> tuple[list, _Html, str]:
    """Tokens by an implementation of CommonMark with GitHub's extensions, the raw HTML, and all words outside code."""
    tokens = MarkdownIt("gfm-like", {"html": True}).parse(text)
    html, words = _Html(), []
    for token in tokens:
        if token.type == "html_block":
            html.feed(token.content)
        for child in token.children or ():
            if child.type == "html_inline":
                html.feed(child.content)
            elif child.type != "code_inline":
                words.append(child.content)
    return tokens, html, " ".join(words) + html.outside


def nothing_acts(text: str, *marks: str) -> None:
    tokens, html, outside = judged(text)
    inline = {child.type for token in tokens for child in token.children or ()}
    assert not inline & {"link_open", "image", "html_inline"}
    assert {token.type for token in tokens} <= {
        "heading_open", "heading_close", "inline", "fence", "html_block", "paragraph_open", "paragraph_close",
        "blockquote_open", "blockquote_close",
    }  # fmt: skip
    assert html.tags <= {"details", "summary", "code"}
    assert html.attributes == html.comments == []
    for mark in marks:
        assert mark not in outside
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f]", text)


def poisoned(document: dict, words: str) -> dict:
    """The document with hostile words also in scope addresses, providers, paths and codes."""
    found = hostile(document)
    for step in found["steps"]:
        step["call"]["path"] = [*step["call"]["path"], words]
        step["reason"] = step["scope"] = words
        step["address"] = f"listener/x/policy/{words}"
        step["changed"] = [*step["changed"], {"field": words, "before": words, "after": {words: words}}]
        step["warnings"] = [words]
    for scope in found["scopes"]:
        scope["address"] = scope["provider"] = words
    for gap in found["gaps"]:
        gap |= {"object": words, "why": words, "falls_to": [words]}
    for item in found["blocked"]:
        item |= {"scope": words, "reason": words, "code": words, "allow": words}
    for item in found["diagnostics"]:
        item |= {"summary": words, "detail": words, "hint": words, "file": words, "code": words}
    for note in found["unlisted"] + found["ignored"] + found["cosmetic"]:
        note |= {"scope": words, "reason": words, "address": f"listener/x/policy/{words}"}
    found["left_open"] = [{**found["cosmetic"][0], "related": [words]}]
    return found


@pytest.mark.parametrize("words", [HOSTILE, ACTING, "`" * 70_000, "~" * 500, "```\n```", "    ```", "\n", "", "é" * 300])
@pytest.mark.parametrize("budget", [3_000, 60_000, None])
def test_no_value_is_a_link_an_image_html_or_a_mention(words, budget):
    made = render(poisoned(example("plan"), words), "markdown", budget=budget)
    nothing_acts(made, *(mark for mark in ("octocat", "evil.example", "alert(1)", "/close", "\u00e9") if mark in words))
    assert budget is None or len(made.encode()) <= budget


@given(st.text(max_size=60), st.integers(2_500, 20_000))
@settings(max_examples=40)
def test_whatever_stands_in_a_plan_nothing_of_it_is_markup(words, budget):
    made = render(poisoned(example("plan"), f"{words}\x00octocat"), "markdown", budget=budget)
    nothing_acts(made, "octocat")
    assert len(made.encode()) <= budget


@pytest.mark.parametrize("count", [10, 100, 1_000, 10_000])
@pytest.mark.parametrize("budget", [2_500, 10_000, 60_000])
def test_a_comment_keeps_to_its_budget_and_its_fences_are_whole(count, budget):
    made = render(many(count), "markdown", budget=budget)
    assert len(made.encode()) <= budget
    nothing_acts(made)
    assert made.rstrip().endswith("```")
    assert f"--expect-digest {many(1)['digest']}" in made


@pytest.mark.parametrize("count", [100, 500, 800])
def test_no_deletion_gap_or_new_security_group_rule_is_cut_while_their_names_fit(count):
    made = render(many(count), "markdown")
    assert "not named" not in made.partition("#### Changes")[0]
    danger = made.partition("#### Danger")[2].partition("####")[0]
    for n in range(0, count, 10):
        assert re.search(rf"\bgone{n}\b", danger)
        assert re.search(rf"\bgap{n}\b", danger)
        assert f"10.{n // 250}.{n % 250}.0/24" in danger


def test_danger_that_does_not_fit_is_told_first_and_loudly_with_exact_counts():
    plan = many(10_000)
    made = render(plan, "markdown", budget=10_000)
    top = made[:900]
    assert "> [!CAUTION]" in top
    assert "1,000 gaps, 1,000 deletions, 1,000 new security group rules" in top
    unnamed, total = re.search(r"([\d,]+) of these ([\d,]+) are \*\*not named\*\*", top).groups()
    assert total == "3,002"  # and two blocked scopes
    named = made.partition("by name")[2].partition("####")[0]
    told = [f"gone{n}" for n in range(0, 10_000, 10)] + [f"gap{n}" for n in range(0, 10_000, 10)]
    told += [f"10.{n // 250}.{n % 250}.0/24" for n in range(0, 10_000, 10)]
    found = sum(bool(re.search(rf"(?<![\w.]){re.escape(word)}(?![\w.])", named)) for word in told)
    assert found + 2 == 3_002 - int(unnamed.replace(",", ""))
    assert found > 100
    assert "Do not approve it from this comment alone" in top


def test_ten_thousand_deletions_do_not_hide_the_one_rule_that_is_opened():
    plan = many(30)
    deletion = next(s for s in plan["steps"] if s["op"] == "delete")
    opened = next(s for s in plan["steps"] if s["op"] == "create")
    gone = [
        {**deletion, "address": f"listener/shop-https/policy/a-rather-long-name-{n}", "id": f"s{n + 1}"}
        for n in range(10_000)
    ]
    plan |= {"steps": [*gone, {**opened, "id": "s10001"}], "gaps": []}
    made = render(plan, "markdown")
    assert "10,000 deletions, 1 new security group rule" in made[:600]
    assert "opens: ingress IPv4 tcp port 443 from 10.0.0.0/24" in made


def test_more_scopes_than_fit_are_counted():
    plan = many(10)
    deletion = next(s for s in plan["steps"] if s["op"] == "delete")
    plan["steps"] = [
        {**deletion, "scope": f"listener/shop-number-{n}", "address": f"listener/shop-number-{n}/policy/p", "id": f"s{n}"}
        for n in range(1, 3001)
    ]
    made = render(plan, "markdown", budget=20_000)
    rows = made.count(": 1 deletion\n")
    left = int(re.search(r"> ([\d,]+) more scopes with danger", made)[1].replace(",", ""))
    others = len({gap["scope"] for gap in plan["gaps"]} | {b["scope"] for b in plan["blocked"]})
    assert rows > 50
    assert rows + left + others == 3_000 + others
    assert len(made.encode()) <= 20_000


def test_what_is_left_out_of_the_changes_is_counted_in_steps_and_lines():
    plan = many(1_000)
    made = render(plan, "markdown")
    changes = made.partition("#### Changes")[2]
    unnamed = int(re.search(r"> ([\d,]+) of the 1,200 steps are not named in this list", changes)[1].replace(",", ""))
    body = changes.partition("\n> ")[0]
    named = len(re.findall(r"\[s\d+\]$", body, re.MULTILINE)) + len(re.findall(r"\bgone\d+", body))
    named += len(re.findall(r"10\.\d+\.\d+\.0/24", body))
    assert unnamed + named == 1_200
    assert named > 300


def test_a_budget_that_is_large_enough_cuts_nothing():
    whole = render(example("plan"), "markdown", budget=None)
    assert whole == render(example("plan"), "markdown", budget=60_000)
    assert "left out" not in whole
    assert "not fit" not in whole


def test_danger_stands_before_the_changes_and_the_full_plan_is_folded_behind_them():
    made = render(example("plan"), "markdown")
    order = ["### Plan: 3 to create", "#### Danger", "#### Errors", "#### Changes", "#### Warnings", "<summary>Left alone",
             "<summary>Full plan: 11 steps", "Digest: ", "reconcile apply --plan plan.json --expect-digest"]  # fmt: skip
    places = [made.index(word) for word in order]
    assert places == sorted(places)
    danger = made[places[1] : places[2]]
    for word in ("gap: listener/shop-https/policy/old-shop", "deletes listener/shop-https/policy/old-shop",
                 "opens ingress IPv4 tcp port 443", "blocked: listener/ghost", "--allow gap="):  # fmt: skip
        assert word in danger
    for step in example("plan")["steps"]:
        assert f"[{step['id']}]" in made[places[6] :]


def test_a_rule_that_takes_the_place_of_another_one_and_a_rule_left_open_are_danger():
    plan = example("plan")
    opened = next(s for s in plan["steps"] if s["kind"] == "security_group_rule" and s["op"] == "create")
    opened["replaces"] = "security_group/web/rule/ingress:IPv4:tcp:22:any"
    note = next(n for n in plan["cosmetic"] if n["kind"] == "security_group_rule")
    plan["left_open"] = [{**note, "related": ["security_group/web/rule/ingress:IPv4:tcp:443:any"]}]
    danger = render(plan, "markdown").partition("#### Changes")[0]
    assert "replaces ingress:IPv4:tcp:22:any by ingress IPv4 tcp port 443 from anywhere" in danger
    assert "left open: security_group/web/rule" in danger
    assert "(covers or overlaps ingress:IPv4:tcp:443:any)" in danger
    opened["after"]["action"], opened["replaces"] = "deny", None
    assert "denies deny ingress" in render(plan, "markdown")


def test_new_and_deleted_objects_that_differ_in_their_names_only_are_told_once():
    plan = example("plan")
    step = next(s for s in plan["steps"] if s["id"] == "s5")
    plan["steps"] = [
        {**step, "id": f"s{n}", "address": f"listener/shop-https/policy/c{n}",
         "after": {**step["after"], "name": f"c{n}", "priority": 100 + n},
         "changed": [{**c, "after": {"name": f"c{n}", "priority": 100 + n}.get(c["field"], c["after"])}
                     for c in step["changed"]]}
        for n in range(1, 6)
    ]  # fmt: skip
    made = render(plan, "text")
    assert "5 policies that differ in name and number only, REDIRECT_TO_POOL:  [s1..s5]" in made
    assert "c1 (priority 101), c2 (priority 102)" in made
    assert made.count('rule HOST_NAME EQUAL_TO "shop.example.com"') == 1
    assert render(plan, "text", full=True).count('rule HOST_NAME EQUAL_TO "shop.example.com"') == 5
    plan["steps"][2]["after"]["rules"] = []
    plan["steps"][2]["changed"] = [c for c in plan["steps"][2]["changed"] if c["field"] != "rules"]
    assert "4 policies that differ" in render(plan, "text")


def test_rules_that_differ_in_who_is_let_in_only_are_told_once_with_everybody():
    plan = many(100)
    plan["steps"] = [s for s in plan["steps"] if s["kind"] == "security_group_rule"]
    made = render(plan, "text")
    title = "10 rules ingress IPv4 tcp port 443 from each of these"
    assert title in made
    for n in range(0, 100, 10):
        assert f"10.0.{n}.0/24" in made.partition(title)[2]


def test_many_changes_are_folded_by_scope_and_few_stand_open():
    few, several = render(example("plan"), "markdown"), render(many(100), "markdown")
    assert "<summary><code>listener/shop-https</code>: " in several
    assert "<summary><code>" not in few


def test_a_plan_without_steps_is_short_and_names_no_command():
    plan = example("plan")
    plan |= {"steps": [], "blocked": [], "gaps": [], "unlisted": [], "ignored": [], "cosmetic": [], "diagnostics": []}
    plan["summary"] = {"create": 0, "update": 0, "delete": 0, "move": 0, "calls": 0}
    made = render(plan, "markdown")
    assert made.startswith("### Plan: nothing to change.\n")
    assert "apply" not in made
    assert len(made) < 600


def test_every_error_that_does_not_fit_is_counted():
    plan = example("plan")
    plan["diagnostics"] = [{**plan["diagnostics"][0], "line": n, "summary": f"mistake {n}"} for n in range(1, 3_001)]
    made = render(plan, "markdown")
    shown = len(re.findall(r"error\[PLAN-REF-MISSING\]: mistake \d+", made))
    left = int(re.search(r"> ([\d,]+) of 3,000 errors are left out", made)[1].replace(",", ""))
    assert shown + left == 3_000
    assert "#### Changes" in made
