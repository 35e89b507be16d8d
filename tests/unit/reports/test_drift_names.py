"""Names beside ids in the reports of drift: for people only, in fields that hold ids only, never in place of the id."""

from __future__ import annotations

import copy
import json

import pytest

from reconciler.reports import render
from reconciler.reports.drift_names import named

from .test_drift import example, finding

POOL, OTHER, GROUP = "22222222-2222-4222-8222-222222222222", "768e9e8c-e7cb-4fef-b24b-af9399dbb240", "3" * 8


def drift() -> dict:
    """A pool that was changed, a rule that is open to a group, and a text that happens to be an id."""
    found = example()
    policy = finding(found, "changed", "l7policy")
    policy["fields"] = [
        {"field": "redirect_pool_id", "wanted": POOL, "live": None},
        {"field": "redirect_pools_config", "wanted": None, "live": [{"pool_id": OTHER, "weight": 1}]},
        {"field": "description", "wanted": None, "live": POOL},
    ]
    opened = finding(found, "unlisted", "security_group_rule", alarm=True)
    opened["live"] |= {"remote_group_id": GROUP, "remote_ip_prefix": None}
    return {**found, "findings": [policy, opened], "names": {POOL: "blue", OTHER: "green", GROUP: "office"}}


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_reports_show_the_name_and_the_id(form):
    made = render(drift(), form, full=True)
    for name in (f"blue ({POOL})", f"green ({OTHER})", f"office ({GROUP})"):
        assert name in made


def test_texts_and_the_document_stay_as_they_are():
    found = drift()
    before = copy.deepcopy(found)
    shown = named(found)
    assert found == before
    assert shown["findings"][0]["fields"][2]["live"] == POOL
    assert [f["fingerprint"] for f in shown["findings"]] == [f["fingerprint"] for f in found["findings"]]
    assert json.loads(render(found, "json")) == found


def test_drift_without_names_is_itself():
    assert named(example()) == example()


def test_a_name_cannot_hide_the_id():
    made = render(drift() | {"names": {POOL: f"red ({OTHER})\u202e\n"}}, "text", full=True)
    assert f"red ({OTHER})\\u202e\\n ({POOL})" in made
    assert "\u202e" not in made
