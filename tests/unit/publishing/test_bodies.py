"""What a comment's text may hold: judged by a markdown parser that follows CommonMark and GitHub's tables."""

from __future__ import annotations

import copy
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from unit.publishing.conftest import empty_plan, example, signed

from reconciler.diagnostics import DiagnosticError
from reconciler.publishing.bodies import code, compose
from reconciler.publishing.marker import Marker, read
from reconciler.publishing.runs import Run
from reconciler.publishing.units import Unit, default_name, unit_of
from reconciler.reports import render

HOSTILE = [
    "a|b|c", "`", "``", "```", "````\n", "~~~", "<script>alert(1)</script>", "\x1b[31mred\x1b[0m", "\u202egnp.exe", "\u2066x",
    "-->", "--!>", "<!--", "]]>", "@acme/team", "@all", "#123", "!5", "acme/shop#1", "GH-1", "https://evil.example", "www.evil.example",
    "![](http://tracker.example/x.png)", "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>", "</details>", "</code></pre>",
    "\n/close", "/merge", "\r\n\r\n# all is well", "\u2028# x", "&lt;b&gt;", "&#64;all", "\\", "*b* _i_ ~~s~~", "$x$", "\x00", ":tada:", "> quote", "- [ ] task",
    "c" * 40, "<https://evil.example>", "[^1]", "{{x}}", "%{http}", "mailto:a@b.example",
]  # fmt: skip
ALL = " ".join(HOSTILE)


def unit(name: str = "shop", **change) -> Unit:
    told = {"name": name, "kind": "Plan", "empty": False, "line": "Plan: 1 to create", "digest": "d" * 64, "commit": "c" * 40}
    return Unit(**(told | change))


def spoiled(value, word):
    """A document in which every free text holds ``word``; what the schema fixes stays."""
    if isinstance(value, dict):
        return {k: v if k in _FIXED else spoiled(v, word) for k, v in value.items()}
    if isinstance(value, list):
        return [spoiled(v, word) for v in value]
    return value + word if isinstance(value, str) else value


_FIXED = {
    "kind", "op", "role", "today", "digest", "fingerprint", "severity", "code", "what", "cause", "result", "status", "manifest_digest", "checked_at",
    "plan_digest", "started_at", "finished_at", "run", "needs", "id", "step", "type", "unlisted", "address", "scope", "verified", "shard", "finished",
    "commit", "interrupted", "direction", "ethertype", "constraints", "routing", "exposure", "tool_version", "method", "replaces", "plan",
}  # fmt: skip


DOCUMENTS = [
    *((kind, spoiled(copy.deepcopy(example(kind)), ALL)) for kind in ("plan", "outcome", "drift")),
    ("drift", example("drift-hostile")),
]


def outside_code(body: str) -> str:
    """The text of a body that is in no fence and no code, with its HTML; the hidden marker left out."""
    parser = MarkdownIt("gfm-like", {"linkify": False, "html": True})
    found = []
    for token in parser.parse(body):
        if token.type == "html_block":
            found.append(re.sub(r"<code>[^<]*</code>|<!-- reconciler:comment:1 [^<>]* -->", "", token.content))
        for child in token.children or ():
            assert child.type != "image"
            if child.type in ("text", "html_inline"):
                found.append(child.content)
            if child.type == "link_open":
                found.append(f"link:{child.attrs['href']}")
    return "\n".join(found)


@pytest.mark.parametrize(("kind", "document"), DOCUMENTS, ids=lambda x: x if isinstance(x, str) else "")
def test_no_hostile_word_stands_outside_of_code(kind, document):
    one = unit_of(document, ALL[:190])
    marker = Marker(one.name, Run("c" * 40, "github " + ALL, 1), one.digest)
    body = compose(one, marker, lambda budget: render(document, "markdown", budget=budget), 900_000, "https://ci.example.com/1").text
    outside = outside_code(body)
    allowed = re.sub(r"</?(details|summary|sub)>|link:https://ci\.example\.com/1", "", outside)
    assert "evil" not in allowed
    assert "tracker" not in allowed
    assert not re.search(r"[<>@`|\[\]\\]", allowed), re.findall(r".{30}[<>@`|\[\]\\].{30}", allowed)
    assert not re.search(r"#\d|\bGH-|!\d|:tada:|https?:|www\.", allowed)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", body)


@pytest.mark.parametrize(("kind", "document"), DOCUMENTS, ids=lambda x: x if isinstance(x, str) else "")
def test_no_line_is_a_command_to_gitlab(kind, document):
    """A line that begins with a slash would be carried out with the token's rights, if it stood outside of a fence."""
    body = compose(unit_of(document, "/close"), None, lambda budget: render(document, "markdown", budget=budget), 900_000).text
    assert not re.search(r"^\s*/", body, re.MULTILINE)


@pytest.mark.parametrize("word", HOSTILE)
def test_a_hostile_unit_does_not_break_out_of_the_marker_or_the_heading(word):
    name = f"a{word}b"
    marker = Marker(name, Run(None, name, 1), "")
    line = marker.line()
    assert re.fullmatch(r"<!-- [A-Za-z0-9:=._~% ]* -->", line)
    assert read(line + "\nbody") == marker
    body = compose(unit(name), marker, lambda _: "report", 65536).text
    outside = outside_code(body)
    assert outside.count("report") == 1
    assert "reconcile" in outside
    assert not re.search(r"evil|tracker|[<>@#`|\[\]\\]", outside.replace("<sub>", "").replace("</sub>", ""))


@settings(max_examples=50)
@given(name=st.text(min_size=1, max_size=200).filter(str.strip), head=st.text(max_size=40), number=st.integers(0, 10**15))
def test_a_marker_is_read_back_as_it_was_written(name, head, number):
    name, head = (text.encode("utf-8", "replace").decode() for text in (name, head))
    marker = Marker(name, Run(head or None, name, number), "d" * 64)
    assert read(marker.line() + "\r\nmore") == marker


@settings(max_examples=50)
@given(text=st.text(max_size=300))
def test_any_text_is_one_code_span(text):
    tokens = MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse("x " + code(text) + " y")
    [inline] = [token for token in tokens if token.type == "inline"]
    assert [child.type for child in inline.children] == ["text", "code_inline", "text"]


@pytest.mark.parametrize(
    "line",
    ["", "<!-- reconciler:comment:1 -->", "<!-- reconciler:comment:2 unit=a -->", "x<!-- reconciler:comment:1 unit=a -->",
     "<!-- reconciler:comment:1 unit= -->", "<!-- reconciler:comment:1 unit=a --> x", "<!-- reconciler:comment:1 unit=a<b -->"],
)  # fmt: skip
def test_what_is_no_marker_is_none(line):
    assert read(line) is None


def test_a_marker_with_nonsense_is_read_without_harm():
    line = f"<!-- reconciler:comment:1 unit=a number={'9' * 500} attempt=x series= -->"
    assert read(line) == Marker("a", Run(None, None, 0, 1))


# ---------------------------------------------------------------------- size
def big(kib: int) -> dict:
    """A plan whose details alone take about ``kib`` KiB, with one deletion."""
    plan = copy.deepcopy(example("plan"))
    step = next(s for s in plan["steps"] if s["op"] == "update" and s["kind"] == "l7policy")
    count = kib * 4
    plan["steps"] = [s for s in plan["steps"] if s["op"] == "delete"] + [
        {**copy.deepcopy(step), "id": f"s{n + 100}", "needs": [], "address": f"{step['scope']}/policy/p{n}",
         "changed": [{"field": "description", "before": f"{n} " + "x" * 60, "after": f"{n} " + "y" * 60}]}
        for n in range(count)
    ]  # fmt: skip
    return signed(plan)


def test_a_report_of_300_kb_fits_into_a_comment_of_github_and_no_deletion_is_lost(github, actions, documents, reconcile):
    plan = big(300)
    assert len(render(plan, "markdown", budget=None)) > 300_000
    run = reconcile("comment", "--github", *documents(plan=plan), environ=actions())
    assert (run.code, run.err) == (0, "")
    [comment] = github.comments.values()
    assert len(comment["body"]) <= 65_536
    assert "deletes listener/shop-https/policy/old-shop" in comment["body"]
    assert plan["digest"] in comment["body"]


def test_gitlab_gets_it_whole(gitlab, job, documents, reconcile):
    run = reconcile("comment", "--gitlab", *documents(plan=big(300)), environ=job())
    assert (run.code, run.err) == (0, "")
    [note] = gitlab.notes.values()
    assert 300_000 < len(note["body"]) <= 1_000_000


def test_a_report_whose_danger_alone_is_too_long_is_a_notice_and_not_a_part(github, actions, documents, reconcile, tmp_path):
    plan = copy.deepcopy(example("plan"))
    step = next(s for s in plan["steps"] if s["op"] == "delete")
    plan["steps"] += [{**copy.deepcopy(step), "id": f"s{n + 100}", "address": f"{step['scope']}/policy/{'p' * 80}{n}"} for n in range(900)]
    page = tmp_path / "summary.md"
    environ = actions() | {"GITHUB_STEP_SUMMARY": str(page)}
    files = documents(plan=signed(plan))
    run = reconcile("comment", "--github", "--summary", *files, environ=environ)
    [comment] = github.comments.values()
    assert len(comment["body"]) <= 65_536
    if len(render(signed(plan), "markdown", budget=60_000)) > 65_536:
        assert run.code == 0
        assert "warning[PUB-TOO-LONG]" in run.err
        assert "**Not shown:**" in comment["body"]
        assert "deletes" not in comment["body"]
    assert page.read_text().count("deletes listener/shop-https/policy/") >= 900


def test_a_report_that_does_not_fit_is_never_shown_in_part():
    body = compose(unit(), Marker("shop", Run()), lambda budget: "x" * 70_000, 65_536)
    assert not body.whole
    assert body.needed > 70_000
    assert "xxx" not in body.text
    assert "**Not shown:**" in body.text


def test_a_folded_report_that_does_not_fit_leaves_its_one_line():
    body = compose(unit(empty=True, line="Plan: nothing to change"), None, lambda budget: "x" * 70_000, 65_536)
    assert body.whole
    assert "nothing to change" in body.text
    assert len(body.text) < 500


# ---------------------------------------------------------------------- units
def test_a_unit_s_name_is_its_source_and_the_same_in_every_run():
    plan = example("plan")
    plan["source"] |= {"paths": ["a", "b"], "target": ["x*"], "exclude": ["y"], "shard": "1/3"}
    assert default_name(plan) == "a b --target x* --exclude y --shard 1/3"
    assert default_name(example("drift")) == "drift examples/shop"


def test_names_that_are_too_long_stay_apart():
    one, two = example("plan"), example("plan")
    one["source"]["paths"] = [f"dir{n}" for n in range(100)]
    two["source"]["paths"] = [f"dir{n}" for n in range(101)]
    assert len(default_name(one)) <= 200
    assert default_name(one) != default_name(two)


@pytest.mark.parametrize("name", ["", "  ", "x" * 201])
def test_a_name_that_cannot_be_one_is_refused(name):
    with pytest.raises(DiagnosticError) as caught:
        unit_of(example("plan"), name)
    assert caught.value.diagnostics[0].code == "PUB-UNIT"


@pytest.mark.parametrize("kept", ["steps", "blocked", "gaps"])
def test_a_plan_with_anything_to_decide_is_not_folded(kept):
    plan = empty_plan()
    assert unit_of(plan).empty
    plan[kept] = example("plan")[kept]
    assert not unit_of(plan).empty


def test_an_error_keeps_a_plan_unfolded_and_a_warning_is_counted():
    plan = empty_plan()
    diagnostic = copy.deepcopy(example("plan")["diagnostics"][0])
    plan["diagnostics"] = [diagnostic | {"severity": "warning"}]
    assert unit_of(plan).empty
    assert unit_of(plan).line == "Plan: nothing to change (1 warned of)"
    plan["diagnostics"] = [diagnostic | {"severity": "error"}]
    assert not unit_of(plan).empty


@pytest.mark.parametrize(("result", "empty"), [("clean", True), ("drift", False), ("unknown", False)])
def test_drift_is_folded_only_when_it_is_clean(result, empty):
    drift = copy.deepcopy(example("drift"))
    drift |= {"result": result, "diagnostics": []}
    if empty:
        drift["summary"]["alarms"] = 0
    assert unit_of(drift).empty is empty


@pytest.mark.parametrize("result", ["done", "partly", "failed", "not_tried"])
def test_an_apply_is_folded_only_when_there_was_nothing_to_apply(result):
    outcome = json.loads(json.dumps(example("outcome")))
    outcome |= {"result": result, "diagnostics": []}
    assert not unit_of(outcome).empty
    outcome["summary"]["steps"] = 0
    assert unit_of(outcome).empty is (result == "done")


def test_a_commit_that_is_none_is_not_shown():
    plan = example("plan")
    plan["source"]["commit"] = "`@all`"
    assert unit_of(plan).commit == ""
