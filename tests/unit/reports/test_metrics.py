"""Metrics of drift, read back by the parsers of prometheus-client: OpenMetrics and Prometheus' own text format."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from reconciler.reports.metrics import escape, render, selection

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "reports"
HOSTILE = 'a"b\\c\nd|`<script>alert(1)</script>\x1b[31m\u202e{}=,# EOF'


def example(name: str = "drift") -> dict:
    return json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))


def samples(text: str, parse=open_metrics) -> dict:
    found = [(s.name, frozenset(s.labels.items()), s.value) for family in parse(text) for s in family.samples]
    assert len({(name, labels) for name, labels, _ in found}) == len(found)
    return {(name.removeprefix("reconciler_drift_"), labels): value for name, labels, value in found}


def value(found: dict, metric: str, **labels: str) -> float:
    matching = [v for (name, have), v in found.items() if name == metric and set(labels.items()) <= have]
    return sum(matching)


@pytest.mark.parametrize("name", ["drift", "drift-hostile"])
def test_both_parsers_read_the_same_from_it(name):
    text = render(example(name))
    assert text.endswith("\n# EOF\n")
    assert samples(text) == samples(text, prometheus)


@pytest.mark.parametrize("parse", [open_metrics, prometheus])
def test_the_numbers_are_those_of_the_document(parse):
    drift = example()
    found = samples(render(drift), parse)
    summary = drift["summary"]
    for metric in ("findings", "alarms", "known", "kept"):
        assert value(found, metric) == summary[metric]
    for what, count in summary["what"].items():
        assert value(found, "findings", what=what) == count
    for cause, count in summary["cause"].items():
        assert value(found, "findings", cause=cause) == count
    for status, count in Counter(s["status"] for s in drift["scopes"]).items():
        assert value(found, "scope_status", status=status) == count
    for scope in drift["scopes"]:
        assert value(found, "scope_alarms", scope=scope["address"], provider=scope["provider"]) == scope["alarms"]
        assert (
            sum((name, scope["address"]) == ("scope_status", dict(labels).get("scope")) for name, labels in found) == 4
        )
    assert value(found, "scope_opens", scope="security_group/web") == 1
    assert value(found, "scope_unknown", scope="listener/status", code="CONN-TIMEOUT") == 1
    assert value(found, "run_read_calls") == drift["reads"]["calls"]
    assert value(found, "run_timestamp_seconds") == 1795314600.0
    assert value(found, "run_result", result="unknown") == 1
    assert value(found, "run_result") == 1
    assert value(found, "scope_ignore_left_days", scope="listener/shop-https") == 8
    assert value(found, "scope_ignored") == len(drift["ignored"])
    assert value(found, "run_baseline_findings", state="gone") == 1


def test_a_scope_that_was_not_told_has_no_time_of_a_check_that_told_it():
    found = samples(render(example()))
    assert value(found, "scope_timestamp_seconds", scope="listener/status") > 0
    assert value(found, "scope_told_timestamp_seconds", scope="listener/status") == 0
    assert value(found, "scope_told_timestamp_seconds", scope="security_group/cache") > 0


def test_every_family_has_help_type_and_its_unit():
    families = list(open_metrics(render(example())))
    assert families
    for family in families:
        assert family.documentation
        assert family.type == "gauge"  # the only type that both formats write the same way
        assert (family.unit != "") == family.name.endswith(("_seconds", "_days"))


@pytest.mark.parametrize("parse", [open_metrics, prometheus])
def test_hostile_names_come_back_as_they_are(parse):
    drift = example()
    drift["scopes"][0]["provider"] = HOSTILE
    drift["source"]["paths"] = [HOSTILE]
    labels = [dict(have) for _, have in samples(render(drift), parse)]
    assert HOSTILE in {have.get("provider") for have in labels}
    assert HOSTILE in {have.get("selection") for have in labels}


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_comes_back_through_the_parser(text):
    drift = {
        **example(),
        "scopes": [{**example()["scopes"][3], "provider": text}],
        "findings": [],
        "unknown": [],
        "ignored": [],
    }
    assert {dict(have).get("provider") for name, have in samples(render(drift)) if name == "scope_alarms"} == {text}


def test_half_characters_and_nul_cannot_break_the_file():
    assert escape("a\ud800b\0").encode() == "a\ufffd\ufffd\ufffdb\ufffd".encode()


def test_the_number_of_series_does_not_grow_with_the_findings():
    drift = example()
    few = len(samples(render(drift)))
    drift["findings"] *= 500
    assert len(samples(render(drift))) == few


def test_files_of_two_shards_never_hold_the_same_series():
    one, two = example(), example()
    one["scopes"], two["scopes"] = one["scopes"][:3], two["scopes"][3:]
    for drift in (one, two):
        inside = {s["address"] for s in drift["scopes"]}
        for key in ("findings", "ignored", "unknown"):
            drift[key] = [item for item in drift[key] if item["scope"] in inside]
    two["source"]["target"] = ["security_group/*"]
    assert not set(samples(render(one))) & set(samples(render(two)))


def test_the_same_document_gives_the_same_bytes_and_a_selection_that_stays():
    assert render(example()) == render(example())
    source = {"paths": ["a", "b"], "target": ["x*"], "exclude": ["y"], "commit": "1", "manifest_digest": "2"}
    assert selection({**source, "shard": "2/5"}) == "a b --target x* --exclude y --shard 2/5"
    assert selection(source) == "a b --target x* --exclude y"


def test_other_documents_have_no_metrics():
    with pytest.raises(ValueError, match="no kind"):
        render({"kind": "Plan"})
