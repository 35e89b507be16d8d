"""Names beside ids in the reports of a plan: for people only, never in a call, never in place of the id."""

from __future__ import annotations

import copy
import json

import pytest

from reconciler.reports import render
from reconciler.reports.plan_names import named

from .test_reports import example

POOL, LISTED = "22222222-2222-4222-8222-222222222222", "768e9e8c-e7cb-4fef-b24b-af9399dbb240"
GROUP = "33333333-3333-4333-8333-333333333333"


def plan() -> dict:
    found = example("plan")
    rule = next(s for s in found["steps"] if s["kind"] == "security_group_rule" and s["op"] == "create")
    rule["after"] |= {"remote_group_id": GROUP, "remote_ip_prefix": None, "description": POOL}
    return {**found, "names": {POOL: "blue", LISTED: "shop-canary", GROUP: "office"}}


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_reports_show_the_name_and_the_id(form):
    made = render(plan(), form)
    for name, id in ((f"blue ({POOL})", POOL), (f"shop-canary ({LISTED})", LISTED), (f"office ({GROUP})", GROUP)):
        assert name in made
        assert id in made


def test_calls_and_texts_stay_as_they_are():
    found = plan()
    before = copy.deepcopy(found)
    shown = named(found)
    assert found == before
    assert [s["call"] for s in shown["steps"]] == [s["call"] for s in found["steps"]]
    rule = next(s for s in shown["steps"] if s["kind"] == "security_group_rule" and s["op"] == "create")
    assert rule["after"]["description"] == POOL
    assert json.loads(render(found, "json")) == found


def test_a_plan_without_names_is_itself():
    assert named(example("plan")) == example("plan")


def test_a_name_cannot_hide_the_id():
    evil = plan() | {"names": {POOL: f"green ({LISTED})\u202e\n"}}
    made = render(evil, "text")
    assert f'green ({LISTED})\\u202e\\n ({POOL})"' in made
