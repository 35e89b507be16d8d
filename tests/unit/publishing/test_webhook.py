"""`--notify`: what a webhook is told, when, and that its failure is one diagnostic and nothing else."""

from __future__ import annotations

import copy
import json
import re
import time

import pytest
from jsonschema import Draft202012Validator
from unit.publishing import forges
from unit.publishing.conftest import example
from unit.publishing.forges import LOST, Answer

from reconciler.diagnostics import DiagnosticError, Severity
from reconciler.manifests.schemas import schema
from reconciler.publishing.messages import MAX_BYTES, SLACK_SECTION, notification, slack, slack_code
from reconciler.publishing.webhook import hook_of, notify

KEY = "services/T00000000/B00000000/s3cr3t-webhook-key"
DRIFTS = ["drift", "drift-hostile"]


def tell(server, clock, drift=None, *, format=None, environ=None, **options):
    hook = hook_of(f"{server.url}/{KEY}", format)
    return notify(drift or example("drift"), hook, environ=environ or {}, clock=clock, **options)


# ---------------------------------------------------------------------- what is told
@pytest.mark.parametrize("name", DRIFTS)
def test_a_json_notification_is_what_its_schema_says(hook, clock, name):
    assert tell(hook, clock, example(name)) is None
    [asked] = hook.log
    Draft202012Validator(schema("notification"), format_checker=Draft202012Validator.FORMAT_CHECKER).validate(asked.body)
    assert asked.path == f"/{KEY}"
    assert asked.headers["content-type"].startswith("application/json")
    alarms = [f for f in example(name)["findings"] if f["alarm"]]
    assert {f["fingerprint"] for f in asked.body["findings"]} == {f["fingerprint"] for f in alarms}
    assert asked.body["left_out"] == 0


def test_what_opens_traffic_is_told_first():
    found = notification(example("drift"))["findings"]
    assert [f["opens"] for f in found] == sorted((f["opens"] for f in found), reverse=True)
    assert found[0]["opens"]


def test_findings_that_do_not_alarm_are_not_told():
    drift = example("drift")
    quiet = {f["fingerprint"] for f in drift["findings"] if not f["alarm"]}
    assert quiet
    assert not quiet & {f["fingerprint"] for f in notification(drift)["findings"]}


def test_without_a_new_alarm_nothing_is_sent(hook, clock):
    drift = example("drift")
    for finding in drift["findings"]:
        finding["alarm"] = False
    assert tell(hook, clock, drift) is None
    assert not hook.log


def test_no_value_of_a_manifest_or_a_live_object_is_told():
    drift = example("drift")
    for finding in drift["findings"]:
        for field in finding["fields"]:
            field |= {"wanted": "value-7781", "live": ["value-7781"]}
        for side in ("wanted", "live"):
            if finding[side]:
                finding[side]["description"] = "value-7781"
        finding["why"] = "value-7781"
    assert "value-7781" not in json.dumps([notification(drift), slack(drift)])


@pytest.mark.parametrize("count", [1, 99, 101, 3000])
def test_a_notification_is_bounded_and_counts_what_it_leaves_out(count):
    drift = many(count)
    told = notification(drift)
    assert len(json.dumps(told, ensure_ascii=False).encode()) <= 64 * 1024
    assert len(told["findings"]) + told["left_out"] == count
    Draft202012Validator(schema("notification")).validate(told)


def test_long_words_are_cut_and_the_whole_stays_within_its_bound():
    drift = many(200)
    for finding in drift["findings"]:
        finding |= {"address": "listener/x/policy/" + "ü" * 5000, "file": "f" * 5000, "object_id": "i" * 5000}
        finding["fields"] = [{"field": "é" * 5000, "wanted": 1, "live": 2}] * 300
    drift["source"] |= {"paths": ["p" * 5000] * 500, "target": ["t" * 5000] * 500}
    told = notification(drift)
    assert len(json.dumps(told, ensure_ascii=False).encode()) <= 64 * 1024
    assert told["findings"]
    assert len(told["findings"]) + told["left_out"] == 200
    Draft202012Validator(schema("notification")).validate(told)
    check_slack(slack(drift))


def many(count: int):
    drift = copy.deepcopy(example("drift"))
    one = next(f for f in drift["findings"] if f["alarm"])
    drift["findings"] = [{**one, "fingerprint": f"{n:064x}"} for n in range(count)]
    return drift


def test_the_id_is_of_the_run_and_its_findings():
    drift = example("drift")
    first = notification(drift)["id"]
    assert notification(copy.deepcopy(drift))["id"] == first
    assert notification(drift | {"checked_at": "2026-11-22T09:00:00.000Z"})["id"] != first
    drift["findings"].reverse()
    assert notification(drift)["id"] == first


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, None),
        ({"CI_JOB_URL": "https://gitlab.example.com/a/-/jobs/1"}, "https://gitlab.example.com/a/-/jobs/1"),
        ({"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "a/b", "GITHUB_RUN_ID": "1"}, "https://github.com/a/b/actions/runs/1"),
        ({"CI_JOB_URL": "https://x/)![](http://tracker)"}, None),
        ({"CI_JOB_URL": "javascript:alert(1)"}, None),
    ],
)
def test_the_run_is_linked_where_there_is_one(hook, clock, environ, url):
    tell(hook, clock, environ=environ)
    assert hook.log[0].body["run_url"] == url


# ---------------------------------------------------------------------- Slack
def check_slack(body):
    """Slack's limits, and nothing that acts: entities, mentions and links stand nowhere but where we put them."""
    assert set(body) == {"text", "blocks", "unfurl_links", "unfurl_media"}
    assert len(body["blocks"]) <= 50
    assert len(body["text"]) < 200
    for block in body["blocks"]:
        text = block["text"]["text"]
        assert block["type"] == "section"
        assert block["text"]["verbatim"] is True
        assert len(text) < SLACK_SECTION
        assert text.count("`") % 2 == 0
        outside = re.sub(r"`[^`]*`", "", text)
        assert re.sub(r"<https://[^<>|]*\|the run>", "", outside).isascii()
        for tag in re.findall(r"<[^>]*>", text):
            assert re.fullmatch(r"<https://[\w:/.~%#?=&;-]*\|the run>", tag), tag
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", text)


@pytest.mark.parametrize("name", DRIFTS)
def test_slack_s_shape_keeps_slack_s_limits_and_nothing_acts(hook, clock, name):
    assert tell(hook, clock, example(name), format="slack", environ={"CI_JOB_URL": "https://ci.example.com/1?a=1&b=2"}) is None
    check_slack(hook.log[0].body)
    assert "11 new findings, 2 of them open traffic" in hook.log[0].body["text"]


def test_slack_is_told_how_many_more_there_are():
    blocks = slack(many(300))["blocks"]
    assert len(blocks) == 22
    assert "and 280 more" in blocks[-1]["text"]["text"]


HOSTILE = [
    "<!channel>", "<@U123>", "<!subteam^S1|x>", "<https://evil|bank>", "`*bold*` _x_ ~y~", "a\n*b*", "\x1b[31mred\x1b[0m", "\u202egnp.exe",
    "&lt;!here&gt;", "@here", "```", "", " ", "\x00", "\u2028",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_word_stays_one_visible_code_span(text):
    span = slack_code(text)
    assert re.fullmatch(r"`[^`\n<>]+`", span)
    drift = many(1)
    drift["findings"][0] |= {"address": "listener/x/policy/" + text, "file": text, "object_id": text, "updated_at": text}
    drift["findings"][0]["fields"] = [{"field": text, "wanted": 1, "live": 2}]
    check_slack(slack(drift))


def test_a_cut_never_splits_an_entity():
    assert slack_code("&" * 500, 22) == "`" + "&amp;" * 4 + "…`"


@pytest.mark.parametrize(
    ("url", "format", "expected"),
    [
        ("https://hooks.slack.com/services/x", None, "slack"),
        ("https://hooks.slack.com/services/x", "json", "json"),
        ("https://hooks.example.com/x", None, "json"),
        ("https://hooks.slack.com.evil.example/x", None, "json"),
    ],
)
def test_the_format_follows_the_host_unless_it_is_given(url, format, expected):
    assert hook_of(url, format).format == expected


def test_no_webhook_is_no_webhook():
    assert hook_of(None) is None
    assert hook_of("") is None


# ---------------------------------------------------------------------- failures
def failing(problem):
    assert problem.code == "PUB-NOTIFY"
    assert problem.severity is Severity.ERROR
    assert "s3cr3t" not in repr(problem)
    assert "T00000000" not in repr(problem)
    return problem.detail


def test_a_webhook_that_is_down_is_one_diagnostic(hook, clock):
    hook.close()
    assert "no connection" in failing(tell(hook, clock))


def test_a_webhook_that_answers_500_forever_is_given_up_and_told(hook, clock):
    hook.faults += [("POST", "", Answer(500, "boom"))] * 99
    assert "answers 500: boom (4 attempts)" in failing(tell(hook, clock))
    assert sum(clock.waits) <= 40


def test_a_webhook_that_is_slow_is_told(clock):
    """Nobody answers: with a timeout of 50 ms it is over soon, whatever the number of attempts."""
    import socket

    server = socket.create_server(("127.0.0.1", 0))
    begun = time.monotonic()
    problem = notify(example("drift"), hook_of(f"http://127.0.0.1:{server.getsockname()[1]}/{KEY}"), environ={}, clock=clock, timeout=0.05)
    assert "no answer within 0.05 s" in failing(problem)
    assert time.monotonic() - begun < 5
    server.close()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_webhook_that_redirects_is_told_and_not_followed(hook, clock, status):
    other = forges.Hook()
    hook.faults += [("POST", "", Answer(status, None, {"location": other.url}))]
    assert "redirects are never followed" in failing(tell(hook, clock))
    assert not other.log
    other.close()


@pytest.mark.parametrize(("status", "words"), [(400, "invalid_payload"), (403, "action_prohibited"), (404, "no_service"), (410, "channel_is_archived")])
def test_slack_s_own_words_are_told(hook, clock, status, words):
    hook.faults += [("POST", "", Answer(status, words))]
    assert failing(tell(hook, clock, format="slack")).endswith(f"answers {status}: {words}")
    assert len(hook.log) == 1


def test_a_webhook_that_repeats_its_own_address_does_not_get_it_printed(hook, clock):
    hook.faults += [("POST", "", Answer(404, f"no such hook: /{KEY} (s3cr3t-webhook-key)"))]
    assert "***" in failing(tell(hook, clock))


def test_a_json_notification_whose_answer_is_lost_is_sent_again_with_the_same_id(hook, clock):
    hook.faults += [("POST", "", LOST)]
    assert tell(hook, clock) is None
    assert len(hook.log) == 2
    assert hook.log[0].body["id"] == hook.log[1].body["id"]


def test_a_message_to_slack_whose_answer_is_lost_is_not_sent_again(hook, clock):
    hook.faults += [("POST", "", LOST)]
    failing(tell(hook, clock, format="slack"))
    assert len(hook.log) == 1


@pytest.mark.parametrize(
    ("environ", "code"),
    [({"http_proxy": "ftp://127.0.0.1"}, "CONN-PROXY"), ({"SSL_CERT_FILE": "/nonexistent"}, "CONN-CA-FILE")],
)
def test_a_network_that_is_set_up_wrongly_is_one_diagnostic(hook, clock, environ, code):
    assert tell(hook, clock, environ=environ).code == code


def test_whatever_goes_wrong_notify_raises_nothing(clock):
    class Broken:
        async def handle_async_request(self, request):
            raise RuntimeError("with s3cr3t inside")

    problem = notify(example("drift"), hook_of(f"https://h.example/{KEY}"), environ={}, clock=clock, wire=Broken())
    assert failing(problem) == "RuntimeError"


def test_an_address_on_the_command_line_is_refused_without_being_repeated():
    with pytest.raises(DiagnosticError) as caught:
        hook_of("https://u:s3cr3t@h.example/x")
    assert "s3cr3t" not in str(caught.value)


def test_a_hook_is_shown_by_its_host():
    hook = hook_of(f"https://hooks.example.com/{KEY}?t=s3cr3t")
    assert str(hook) == "https://hooks.example.com"
    assert "s3cr3t" not in repr(hook)


def test_the_bound_leaves_room_for_the_frame():
    assert MAX_BYTES < 64 * 1024


# ---------------------------------------------------------------------- from the command line
@pytest.fixture
def quickstart(tmp_path):
    """Manifests of which nothing is applied yet, and their emulated cloud."""
    import shutil
    from pathlib import Path

    shutil.copytree(Path(__file__).resolve().parents[3] / "examples" / "quickstart", tmp_path, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns(".emulator", ".reconcile"))  # fmt: skip


@pytest.mark.usefixtures("quickstart")
def test_new_drift_is_announced_and_known_drift_is_not(hook, reconcile):
    environ = {"RECONCILE_NOTIFY": f"{hook.url}/{KEY}"}
    run = reconcile("drift", ".", "--json-into", "first.json", environ=environ)
    assert run.code == 2
    [asked] = hook.log
    Draft202012Validator(schema("notification")).validate(asked.body)
    assert "s3cr3t" not in run.out + run.err
    assert reconcile("drift", ".", "--baseline", "first.json", environ=environ).code == 0
    assert len(hook.log) == 1


@pytest.mark.usefixtures("quickstart")
def test_a_failing_webhook_is_reported_and_changes_neither_the_exit_code_nor_the_document(hook, reconcile, tmp_path):
    hook.faults += [("POST", "", Answer(404, "no_service"))]
    run = reconcile("drift", ".", "-q", "--json-into", "d.json", environ={"RECONCILE_NOTIFY": f"{hook.url}/{KEY}"})
    assert run.code == 2
    assert "error[PUB-NOTIFY]" in run.err
    assert run.err.count("error[") == 1
    assert "s3cr3t" not in run.err
    assert json.loads((tmp_path / "d.json").read_text())["result"] == "drift"


@pytest.mark.usefixtures("quickstart")
def test_a_webhook_with_a_wrong_address_is_told_before_any_cloud_is_asked(reconcile, tmp_path):
    run = reconcile("drift", ".", "--notify", f"http://example.com/{KEY}", "--json-into", "d.json")
    assert run.code == 3
    assert "error[PUB-URL]" in run.err
    assert "s3cr3t" not in run.err + run.out
    written = (tmp_path / "d.json").read_text()
    assert json.loads(written)["kind"] == "Diagnostics"
    assert "s3cr3t" not in written
