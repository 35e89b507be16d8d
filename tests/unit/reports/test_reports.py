"""Reports of plans and outcomes: golden texts, hostile values, the byte budget."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from reconciler.reports import FORMATS, render

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "golden"
EXTENSIONS = {"text": "txt", "json": "json", "markdown": "md", "html": "html"}
HOSTILE = (
    "a|b `c` ```` <script>alert(1)</script> \x1b[31mred\x1b[0m \u202egnp.exe\u2066 \r\n- deleted @all &amp; \u2028 \x9b"
)


def example(kind: str) -> dict:
    return json.loads((GOLDEN / "reports" / f"{kind}.json").read_text("utf-8"))


def hostile(document: dict) -> dict:
    """The document with hostile text in every place that holds a user's or a provider's words."""
    poisoned = copy.deepcopy(document)
    for step in poisoned["steps"]:
        for key in ("reason", "why", "words"):
            if step.get(key):
                step[key] += HOSTILE
        for side in ("before", "after"):
            if step.get(side) and "name" in step[side]:
                step[side]["name"] += HOSTILE
            if step.get(side) and "description" in step[side]:
                step[side]["description"] += HOSTILE
            if step.get(side) and "value" in step[side]:
                step[side]["value"] += HOSTILE
        for change in step.get("changed", []):
            if isinstance(change["after"], str):
                change["after"] += HOSTILE
            if isinstance(change["before"], str):
                change["before"] += HOSTILE
        step["address"] += HOSTILE
        step["scope"] += HOSTILE
    for note in [n for key in ("unlisted", "left_open", "ignored", "cosmetic") for n in poisoned.get(key, [])]:
        note["reason"] += HOSTILE
        note["object"]["description"] = HOSTILE
    for item in poisoned.get("blocked", []) + poisoned["diagnostics"]:
        for key in ("reason", "summary", "detail", "hint", "file"):
            if item.get(key):
                item[key] += HOSTILE
    return poisoned


@pytest.mark.parametrize("kind", ["plan", "outcome"])
def test_the_documents_that_are_rendered_here_are_right_by_their_schemas(kind):
    import jsonschema

    schema = json.loads((ROOT.parent / "schemas" / f"{kind}.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(example(kind))


@pytest.mark.parametrize("kind", ["plan", "outcome"])
@pytest.mark.parametrize("name", ["", "-hostile"])
@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_a_report_is_byte_for_byte_what_the_golden_file_holds(kind, name, form):
    document = example(kind) if not name else hostile(example(kind))
    path = GOLDEN / "reports" / f"{kind}{name}.{EXTENSIONS[form]}"
    made = render(document, form)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(made, "utf-8", newline="")
    assert made == path.read_bytes().decode("utf-8")


@pytest.mark.parametrize("kind", ["plan", "outcome"])
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("full", [False, True])
def test_hostile_values_never_act_in_any_report(kind, form, full):
    made = render(hostile(example(kind)), form, full=full)
    if form != "json":
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f]", made)
        assert "\n- deleted" not in made
    else:
        assert json.loads(made) == hostile(example(kind))


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.places: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.places += [value for name, value in attrs if name == "href"]
        self.attributes += [name for name, _ in attrs]


@pytest.mark.parametrize("kind", ["plan", "outcome"])
def test_html_loads_nothing_and_runs_nothing(kind):
    made = render(hostile(example(kind)), "html", full=True)
    page = _Page()
    page.feed(made)
    assert {"script", "img", "iframe", "link", "svg"}.isdisjoint(page.tags)
    assert not [name for name in page.attributes if name.startswith("on") or name in ("src", "style")]
    assert all(re.fullmatch("#s[0-9]+", place) for place in page.places)
    assert page.tags.count("style") == 1
    policy = re.search('Content-Security-Policy" content="([^"]*)"', made)[1]
    sheet = re.search("<style>(.*?)</style>", made, re.DOTALL)[1]
    hashed = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{hashed}'; base-uri 'none'; form-action 'none'"


def test_symbols_carry_the_meaning_without_colour():
    plain, coloured = render(example("plan"), "text"), render(example("plan"), "text", color=True)
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == plain
    for symbol in ("+ policy", "~ policy", "> policy", "- policy", "! gap"):
        assert symbol in plain


def test_ascii_only_output_is_ascii_and_loses_nothing():
    plan = example("plan")
    plan["steps"][0]["changed"][0]["after"] = "grün→"
    plan["steps"][0]["address"] = "listener/shop-gcore/policy/grün→"
    made = render(plan, "text", ascii_only=True)
    assert made.isascii()
    assert "gr\\xfcn\\u2192" in made
    assert "grün→" in render(plan, "text")


def test_danger_comes_first():
    lines = render(example("plan"), "text").splitlines()
    assert lines[0] == "Danger"
    first_scope = next(n for n, line in enumerate(lines) if line.startswith("listener/shop-gcore"))
    for word in ("gap:", "deletes listener/shop-https/policy/old-shop", "blocked:", "--allow gap="):
        assert any(word in line for line in lines[:first_scope]), word


def many(count: int) -> dict:
    """A plan with ``count`` equal updates, and as many deletions, created rules and gaps as there are tenths of it."""
    plan = example("plan")
    by_id = {step["id"]: step for step in plan["steps"]}
    update, delete, create, gap = by_id["s6"], by_id["s8"], by_id["s10"], plan["gaps"][0]
    plan["steps"], plan["gaps"] = [], []
    for n in range(count):
        changed = {**update, "address": f"listener/shop-https/policy/p{n}", "gap": None, "warnings": []}
        plan["steps"].append(
            {**changed, "changed": [{"field": "description", "before": "x" * 60, "after": f"{n}" * 9}]}
        )
        if n % 10 == 0:
            plan["steps"].append({**delete, "address": f"listener/shop-https/policy/gone{n}", "gap": None})
            prefix = f"10.{n // 250}.{n % 250}.0/24"
            rule = {**create["after"], "remote_ip_prefix": prefix}
            plan["steps"].append({**create, "after": rule, "address": f"security_group/web/rule/r{n}"})
            plan["gaps"].append({**gap, "object": f"listener/shop-https/policy/gap{n}"})
    for n, step in enumerate(plan["steps"], 1):
        step["id"] = f"s{n}"
    return plan


def test_equal_changes_of_many_objects_are_told_once():
    plan = many(41)
    for step in plan["steps"]:
        if step["op"] == "update":
            step["changed"] = [{"field": "description", "before": "old", "after": "new"}]
    made = render(plan, "text")
    assert "the same change on 41 policies:" in made
    assert made.count('description: "old" -> "new"') == 1
    assert render(plan, "text", full=True).count('description: "old" -> "new"') == 41
    names = re.search(r"the same change on 41 policies:.*?description", made, re.DOTALL)[0]
    assert re.findall(r"\bp\d+\b", names) == [f"p{n}" for n in range(41)]


def test_long_values_are_cut_around_the_difference_unless_full_is_asked_for():
    plan = example("plan")
    step = next(s for s in plan["steps"] if s["id"] == "s6")
    old, new = "x" * 5000 + "OLD" + "y" * 5000, "x" * 5000 + "NEW" + "y" * 5000
    step["changed"] = [{"field": "message_body", "before": old, "after": new}]
    short, full = render(plan, "text"), render(plan, "text", full=True)
    line = next(line for line in short.splitlines() if "message_body" in line)
    assert len(line) < 300
    assert "OLD" in line
    assert "NEW" in line
    assert old in full
    assert new in full


def test_an_empty_plan_says_that_nothing_is_to_change():
    plan = example("plan")
    plan |= {"steps": [], "blocked": [], "gaps": [], "unlisted": [], "ignored": [], "cosmetic": [], "diagnostics": []}
    plan["summary"] = {"create": 0, "update": 0, "delete": 0, "move": 0, "calls": 0}
    assert "Plan: nothing to change." in render(plan, "text")
    plan |= {"scopes": []}
    assert "Plan: nothing was planned." in render(plan, "text")  # a path that does not exist, say


def test_the_read_formula_is_printed_term_by_term():
    plan = example("plan")
    short, full = render(plan, "text"), render(plan, "text", full=True)
    assert "huawei-prod: listeners 1 + policies 1 + rules 1 = 3" in short
    assert "gcore-prod: policies 1 + rules of policies 2 + security groups 1 = 4" in short
    assert "Read calls (7 calls)" in short
    for term in plan["reads"]["terms"]:
        assert f"{term['name'].partition(': ')[2]}: {term['formula']} = {term['calls']}" in full


def test_an_unlisted_object_that_is_deleted_is_told_as_a_deletion_only():
    plan = example("plan")
    step = next(s for s in plan["steps"] if s["id"] == "s8")
    plan["unlisted"].append({**plan["unlisted"][0], "object_id": step["object_id"], "reason": "deleted"})
    made = render(plan, "text")
    assert "[deleted]" not in made
    assert "[kept (unlisted: keep)]" in made


def test_a_list_of_objects_is_one_line_an_object():
    plan = example("plan")
    step = next(s for s in plan["steps"] if s["id"] == "s6")
    pools = [{"pool_id": f"{n}" * 36, "weight": n} for n in range(3)]
    step["changed"] = [{"field": "redirect_pools_config", "before": pools[:2], "after": pools[1:]}]
    made = render(plan, "text").splitlines()
    changed = [line.strip() for line in made if "redirect_pools_config" in line and '"weight": 1' not in line]
    assert [line[0] for line in changed if "222222" in line or "000000" in line] == ["-", "+"]


def test_an_outcome_names_every_step_and_the_command_to_go_on():
    outcome = example("outcome")
    made = render(outcome, "text")
    for step in outcome["steps"]:
        assert step["address"] in made
    assert "To go on: reconcile apply ." in made
    assert "open gap" in made


def test_unknown_formats_and_kinds_are_refused():
    with pytest.raises(ValueError, match="no format"):
        render(example("plan"), "pdf")
    with pytest.raises(ValueError, match="no kind"):
        render({"kind": "Weather"}, "text")


def test_one_cause_that_stops_many_steps_is_told_once():
    outcome = example("outcome")
    stopped = [s for s in outcome["steps"] if s["status"] == "not_tried"]
    more = [{**stopped[0], "id": f"s{90 + n}", "why": "s1 failed: the cloud said no"} for n in range(3)]
    outcome["steps"] += more
    text = render(outcome, "text")
    assert all(f"[{s['id']}]" in text for s in more)
    assert text.count("s1 failed: the cloud said no") == 1


def test_an_update_that_also_moves_a_policy_shows_where_it_goes_as_a_move():
    plan = example("plan")
    place = {"$position": {"after": None, "before": "listener/shop/policy/last", "expected": 1}}
    step = next(s for s in plan["steps"] if s["kind"] == "l7policy" and s["op"] == "update")
    step["changed"].append({"field": "position", "before": None, "after": place})
    assert "> position: 1 (first, before 'last')" in render(plan, "text")


@pytest.mark.parametrize("budget", [3_000, 20_000, 60_000])
def test_an_outcome_with_more_failures_than_fit_says_so_first_and_keeps_to_its_budget(budget):
    outcome = example("outcome")
    failed = next(s for s in outcome["steps"] if s["status"] == "failed")
    outcome["steps"] = [
        {**failed, "id": f"s{n}", "address": f"listener/shop/policy/number-{n}"} for n in range(1, 3_001)
    ]
    made = render(outcome, "markdown", budget=budget)
    assert len(made.encode()) <= budget
    left, total = re.search(
        r"\*\*([\d,]+) of the ([\d,]+) lines that must be seen do not fit here", made[:600]
    ).groups()
    told = len(re.findall(r"listener/shop/policy/number-\d+\b", made))
    assert told > 0
    others = int(total.replace(",", "")) - 3_000
    assert 3_000 - told <= int(left.replace(",", "")) <= 3_000 - told + others
    assert "To go on: reconcile apply" in made
    assert "lines of detail are left out" in made
