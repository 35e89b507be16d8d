"""`reconcile comment` against stub forges: one comment a unit, whose it is, and what goes wrong."""

from __future__ import annotations

import json

import pytest
from unit.publishing import forges
from unit.publishing.conftest import empty_plan, example, signed
from unit.publishing.forges import ACTIONS, HEAD, OLD_HEAD, OTHER_APP, PERSON, READ_ONLY, Answer

from reconciler.publishing.marker import Marker, read
from reconciler.publishing.runs import Run

BOT = "github-actions[bot]"


# ---------------------------------------------------------------------- one comment a unit
def test_the_first_run_creates_one_comment_with_the_plan_and_its_digest(github, actions, documents, reconcile):
    plan = example("plan")
    run = reconcile("comment", "--github", *documents(plan=plan), environ=actions())
    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("created   examples/quickstart: Plan: 3 to create")
    assert "https://github.com/acme/shop/pull/17#issuecomment-1001" in run.out
    [comment] = github.comments.values()
    assert read(comment["body"]).unit == "examples/quickstart"
    assert comment["body"].splitlines()[0].startswith("<!-- ")
    assert comment["body"].splitlines()[0].endswith(" -->")
    assert f"plan digest `{plan['digest']}`" in comment["body"]
    assert "[the run](<https://github.com/acme/shop/actions/runs/99>)" in comment["body"]
    assert "deletes listener/shop-https/policy/old-shop" in comment["body"]


def test_the_next_run_edits_the_same_comment(github, actions, documents, reconcile):
    files = documents(plan=example("plan"))
    reconcile("comment", "--github", *files, environ=actions())
    plan = example("plan")
    plan["today"] = "2026-11-23"
    files = documents(plan=signed(plan))
    run = reconcile("comment", "--github", *files, environ=actions(number=4))
    assert run.code == 0
    assert run.out.startswith("updated")
    [comment] = github.comments.values()
    assert signed(plan)["digest"] in comment["body"]
    assert len(github.asked("POST", "/comments")) == 1
    assert len(github.asked("PATCH")) == 1


def test_an_equal_comment_is_not_written_again(github, actions, documents, reconcile):
    files = documents(plan=example("plan"))
    reconcile("comment", "--github", *files, environ=actions())
    [comment] = github.comments.values()
    comment["body"] = comment["body"].replace("\n", "\r\n")  # as GitHub keeps what was edited in the browser
    run = reconcile("comment", "--github", *files, environ=actions())
    assert run.out.startswith("unchanged")
    assert not github.asked("PATCH")


def test_nothing_to_do_and_no_comment_makes_none(github, actions, documents, reconcile):
    run = reconcile("comment", "--github", *documents(plan=empty_plan()), environ=actions())
    assert (run.code, run.out) == (0, "nothing   examples/quickstart: Plan: nothing to change\n")
    assert not github.comments


def test_nothing_to_do_is_said_where_it_is_wanted_always(github, actions, documents, reconcile):
    run = reconcile("comment", "--github", "--always", *documents(plan=empty_plan()), environ=actions())
    assert run.out.startswith("created")
    [comment] = github.comments.values()
    assert _visible_lines(comment["body"]) == 1


def test_a_comment_is_folded_to_one_line_when_nothing_is_left_to_do(github, actions, documents, reconcile):
    reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions())
    run = reconcile("comment", "--github", *documents(plan=empty_plan()), environ=actions(number=4))
    assert run.out.startswith("updated")
    [comment] = github.comments.values()
    assert "**reconcile** `examples/quickstart`: Plan: nothing to change" in comment["body"]
    assert _visible_lines(comment["body"]) == 1


def _visible_lines(body: str) -> int:
    """Lines that a reader sees without unfolding anything."""
    head = body.partition("<details>")[0]
    return len([line for line in head.splitlines()[1:] if line.strip()])


def test_a_comment_is_deleted_when_nothing_is_left_to_do_if_that_is_wanted(github, actions, documents, reconcile):
    reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions())
    files = documents(plan=empty_plan())
    assert reconcile("comment", "--github", "--delete-empty", *files, environ=actions(number=4)).out.startswith("deleted")
    assert not github.comments
    assert reconcile("comment", "--github", "--delete-empty", *files, environ=actions(number=5)).out.startswith("nothing")


def test_several_documents_are_several_units_and_are_listed_once(github, actions, documents, reconcile):
    files = documents(shop=example("plan"), web=example("plan"), drift=example("drift"))
    run = reconcile("comment", "--github", "--unit", "shop", "--unit", "web", "--unit", "drift of web", *files, environ=actions())
    assert run.code == 0
    assert sorted(read(c["body"]).unit for c in github.comments.values()) == ["drift of web", "shop", "web"]
    github.log.clear()
    run = reconcile("comment", "--github", "--unit", "shop", "--unit", "web", "--unit", "drift of web", *files, environ=actions())
    assert [line.split()[0] for line in run.out.splitlines()] == ["unchanged"] * 3
    assert len(github.asked("GET", "/comments")) == 1
    assert len(github.log) == 3  # whose token, the pull request, the comments


def test_two_documents_of_one_unit_are_refused_before_anything_is_sent(github, actions, documents, reconcile):
    run = reconcile("comment", "--github", *documents(a=example("plan"), b=example("plan")), environ=actions())
    assert run.code == 3
    assert "PUB-UNIT" in run.err
    assert not github.log


def test_the_outcome_of_an_apply_is_published_too(github, actions, documents, reconcile):
    run = reconcile("comment", "--github", *documents(outcome=example("outcome")), environ=actions())
    assert run.code == 0
    assert example("outcome")["plan_digest"] in next(iter(github.comments.values()))["body"]


def test_the_result_is_json_where_that_is_wanted(github, actions, documents, reconcile):
    run = reconcile("comment", "--github", "--format", "json", *documents(plan=example("plan")), environ=actions())
    found = json.loads(run.out)
    assert found["kind"] == "Comments"
    assert found["comments"][0] | {"line": ""} == {
        "file": "plan.json", "unit": "examples/quickstart", "kind": "Plan", "empty": False, "line": "", "action": "created",
        "url": "https://github.com/acme/shop/pull/17#issuecomment-1001",
    }  # fmt: skip


# ---------------------------------------------------------------------- whose comment it is
@pytest.mark.parametrize("token", [ACTIONS, PERSON, OTHER_APP])
def test_a_stranger_s_comment_with_our_marker_is_neither_edited_nor_taken_for_ours(github, actions, documents, reconcile, token):
    forged = Marker("examples/quickstart", Run(HEAD, "github x", 9999), "0" * 64).line() + "\nall is well, approve me"
    theirs = github.say(forged)
    reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions(token))
    reconcile("comment", "--github", *documents(plan=empty_plan()), environ=actions(token, number=4))
    assert github.comments[theirs]["body"] == forged
    assert len(github.of(forges.IDENTITIES[token]["login"])) == 1
    assert not github.asked("PATCH", str(theirs))


def test_a_person_whose_login_was_another_s_before_is_told_apart_by_the_id(github, actions, documents, reconcile):
    github.say(Marker("examples/quickstart", Run()).line() + "\nold", {"login": "alice", "id": 8, "type": "User"})
    reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions(PERSON))
    assert len(github.comments) == 2


def test_where_nobody_tells_whose_the_token_is_a_person_named_like_the_bot_is_not_it(github, actions, documents, reconcile):
    github.faults += [("POST", "/graphql", Answer(200, {"errors": [{"message": "no"}]}))]
    fake = github.say(Marker("examples/quickstart", Run()).line(), {"login": BOT, "id": 5, "type": "User"})
    run = reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions())
    assert run.out.startswith("created")
    assert github.comments[fake]["body"].count("\n") == 0


def test_our_marker_anywhere_but_in_the_first_line_is_no_marker(github, actions, documents, reconcile):
    github.say("see\n" + Marker("examples/quickstart", Run()).line(), forges.IDENTITIES[ACTIONS])
    assert reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions()).out.startswith("created")


def test_our_comment_is_found_on_any_page(github, actions, documents, reconcile):
    for number in range(150):
        github.say(f"nice {number}")
    reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions())
    for number in range(150):
        github.say(f"also nice {number}")
    github.log.clear()
    run = reconcile("comment", "--github", *documents(plan=empty_plan()), environ=actions(number=4))
    assert run.out.startswith("updated")
    assert [a.query["page"] for a in github.asked("GET", "/comments")] == ["1", "2", "3", "4"]


def test_links_of_the_api_are_not_followed_anywhere(github, actions, documents, reconcile, hook):
    github.faults += [("GET", "/comments$", Answer(200, [{"id": 1, "body": "x", "user": None}],
                                                   {"link": f'<{hook.url}/steal?page=2>; rel="next"'}))]
    assert reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions()).code == 0
    assert not hook.log


# ---------------------------------------------------------------------- runs that overtake each other
def test_a_run_of_an_older_commit_leaves_the_newest_commit_s_comment(github, actions, documents, reconcile):
    reconcile("comment", "--github", *documents(plan=empty_plan()), "--always", environ=actions())
    before = dict(next(iter(github.comments.values())))
    run = reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions(head=OLD_HEAD, number=2))
    assert run.code == 0
    assert run.out.startswith("left")
    assert "PUB-OLDER" in run.err
    assert next(iter(github.comments.values())) == before


def test_the_run_of_the_newest_commit_overwrites_whatever_is_there(github, actions, documents, reconcile):
    reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions(head=OLD_HEAD, number=9))
    run = reconcile("comment", "--github", *documents(plan=empty_plan()), environ=actions(number=8))
    assert run.out.startswith("updated")


def test_an_earlier_run_of_the_same_commit_and_workflow_is_older_unless_it_was_started_again(github, actions, documents, reconcile):
    reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions(number=6))
    assert reconcile("comment", "--github", *documents(plan=empty_plan()), environ=actions(number=5)).out.startswith("left")
    run = reconcile("comment", "--github", *documents(plan=empty_plan()), environ=actions(number=5, attempt=2))
    assert run.out.startswith("updated")


@pytest.mark.parametrize(
    ("ours", "theirs", "older"),
    [
        (Run(OLD_HEAD, "a", 9), Run(HEAD, "a", 1), True),
        (Run(HEAD, "a", 1), Run(OLD_HEAD, "a", 9), False),
        (Run(HEAD, "a", 1), Run(HEAD, "b", 9), False),
        (Run(HEAD, "a", 3, 1), Run(HEAD, "a", 3, 2), True),
        (Run(HEAD, "a", 3, 2), Run(HEAD, "a", 3, 1), False),
        (Run(None, None), Run(HEAD, "a", 1), False),
        (Run(OLD_HEAD, "a", 2), Run("b" * 40, "a", 3), True),
        (Run(HEAD, "a", 3), Run(HEAD, "a", 3), False),
    ],
)
def test_what_is_known_of_the_order_of_two_runs(ours, theirs, older):
    assert ours.is_older_than(theirs, HEAD) is older


def test_of_two_own_comments_the_oldest_stays(github, actions, documents, reconcile):
    marker = Marker("examples/quickstart", Run()).line()
    first = github.say(marker + "\none", forges.IDENTITIES[ACTIONS])
    github.say(marker + "\ntwo", forges.IDENTITIES[ACTIONS])
    assert reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions()).code == 0
    assert list(github.comments) == [first]
    assert "Danger" in github.comments[first]["body"]


def test_two_runs_that_create_at_once_leave_one_comment(github, actions, documents, reconcile, monkeypatch):
    """The other run's comment appears between our look and our creation."""
    create = github.of_issue

    def raced(asked, number, who):
        if asked.method == "POST" and not github.comments:
            github.say(Marker("examples/quickstart", Run(HEAD, "github acme/shop/.github/workflows/review.yaml", 2)).line() + "\nfirst", who)
        return create(asked, number, who)

    monkeypatch.setattr(github, "of_issue", raced)
    run = reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions(number=3))
    assert run.code == 0
    [comment] = github.comments.values()
    assert comment["id"] == 1001
    assert "Danger" in comment["body"]


def test_of_two_runs_that_create_at_once_the_newer_one_s_content_stays(github, actions, documents, reconcile, monkeypatch):
    create = github.of_issue

    def raced(asked, number, who):
        if asked.method == "POST" and not github.comments:
            github.say(Marker("examples/quickstart", Run(HEAD, "github acme/shop/.github/workflows/review.yaml", 7)).line() + "\nnewer", who)
        return create(asked, number, who)

    monkeypatch.setattr(github, "of_issue", raced)
    run = reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions(number=3))
    assert run.out.startswith("left")
    [comment] = github.comments.values()
    assert comment["body"].endswith("newer")


# ---------------------------------------------------------------------- which pull request
def _follow_up(tmp_path, **more):
    event = tmp_path / "workflow_run.json"
    event.write_text(json.dumps({"workflow_run": {
        "head_sha": HEAD, "head_branch": "change", "pull_requests": [],
        "head_repository": {"id": 5, "owner": {"login": "stranger"}},
        "workflow_id": 5, "run_number": 12, "run_attempt": 1, **more}}))  # fmt: skip
    return str(event)


def test_a_workflow_run_finds_the_fork_s_pull_request_by_its_branch(github, actions, documents, reconcile, tmp_path):
    environ = actions() | {"GITHUB_EVENT_PATH": _follow_up(tmp_path), "GITHUB_REF": "refs/heads/main"}
    assert reconcile("comment", "--github", *documents(plan=example("plan")), environ=environ).code == 0
    [comment] = github.comments.values()
    assert comment["number"] == 17
    assert f"commit `{HEAD[:12]}`" in comment["body"]
    assert "made by the pull request's own run, which its author may have changed" in comment["body"]


def test_a_plan_of_the_run_itself_carries_no_such_note(github, actions, documents, reconcile):
    reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions())
    assert "its author may have changed" not in next(iter(github.comments.values()))["body"]


def test_a_number_that_a_stranger_s_run_claims_is_not_believed(github, actions, documents, reconcile, tmp_path):
    github.pulls[18] = {"number": 18, "state": "open", "head": {"sha": OLD_HEAD, "label": "acme:secret"}}
    environ = actions() | {"GITHUB_EVENT_PATH": _follow_up(tmp_path)}
    run = reconcile("comment", "--github", "--number", "18", *documents(plan=example("plan")), environ=environ)
    assert run.code == 1
    assert "PUB-NUMBER" in run.err
    assert not github.comments
    assert reconcile("comment", "--github", "--number", "17", *documents(plan=example("plan")), environ=environ).code == 0


def test_of_several_pull_requests_of_a_branch_the_one_with_the_commit_is_meant(github, actions, documents, reconcile, tmp_path):
    github.pulls[18] = {"number": 18, "state": "open",
                        "head": {"sha": OLD_HEAD, "label": "stranger:change", "repo": {"id": 5}}}  # fmt: skip
    environ = actions() | {"GITHUB_EVENT_PATH": _follow_up(tmp_path)}
    assert reconcile("comment", "--github", *documents(plan=example("plan")), environ=environ).code == 0
    assert next(iter(github.comments.values()))["number"] == 17


def test_a_branch_of_the_same_name_in_another_repository_of_that_owner_is_another_one(
    github, actions, documents, reconcile, tmp_path
):
    """Forks inside an organization: their author closes the own pull request, so that the other one is the only one."""
    github.pulls[17]["state"] = "closed"
    github.pulls[18] = {"number": 18, "state": "open",
                        "head": {"sha": OLD_HEAD, "label": "stranger:change", "repo": {"id": 6}}}  # fmt: skip
    environ = actions() | {"GITHUB_EVENT_PATH": _follow_up(tmp_path)}
    assert reconcile("comment", "--github", *documents(plan=example("plan")), environ=environ).code == 0
    assert [comment["number"] for comment in github.comments.values()] == [17]
    del github.pulls[17]
    run = reconcile("comment", "--github", *documents(plan=example("plan")), environ=environ)
    assert "PUB-NUMBER" in run.err


def test_nothing_to_do_in_a_stranger_s_words_has_no_check_mark_and_says_whose_words_they_are(
    github, actions, documents, reconcile, tmp_path
):
    page = tmp_path / "summary.md"
    environ = actions() | {"GITHUB_EVENT_PATH": _follow_up(tmp_path), "GITHUB_STEP_SUMMARY": str(page)}
    run = reconcile("comment", "--github", "--summary", "--always", *documents(plan=empty_plan()), environ=environ)
    assert run.code == 0
    [comment] = github.comments.values()
    for text in (comment["body"], page.read_text("utf-8")):
        assert "nothing to change" in text
        assert "\N{WHITE HEAVY CHECK MARK}" not in text
        assert "its author may have changed" in text.rpartition("</details>")[2]


def test_a_branch_without_a_pull_request_is_told(github, actions, documents, reconcile, tmp_path):
    environ = actions() | {"GITHUB_EVENT_PATH": _follow_up(tmp_path, head_branch="other")}
    run = reconcile("comment", "--github", *documents(plan=example("plan")), environ=environ)
    assert run.code == 1
    assert "PUB-NUMBER" in run.err


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"GITHUB_TOKEN": ""}, "PUB-ENV"),
        ({"GITHUB_TOKEN": "two words"}, "PUB-ENV"),
        ({"GITHUB_TOKEN": "line\nend"}, "PUB-ENV"),
        ({"GITHUB_REPOSITORY": ""}, "PUB-ENV"),
        ({"GITHUB_REPOSITORY": "acme/shop/../../user"}, "PUB-ENV"),
        ({"GITHUB_EVENT_PATH": "/nonexistent/event"}, "PUB-ENV"),
        ({"GITHUB_EVENT_PATH": "", "GITHUB_REF": "refs/heads/main"}, "PUB-NUMBER"),
        ({"GITHUB_API_URL": "http://api.example.com"}, "PUB-URL"),
        ({"GITHUB_API_URL": "https://user:hunter22@api.example.com"}, "PUB-URL"),
        ({"SSL_CERT_FILE": "/nonexistent/ca.pem"}, "CONN-CA-FILE"),
    ],
)
def test_an_environment_that_does_not_tell_enough_is_one_diagnostic(github, actions, documents, reconcile, change, code):
    run = reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions() | change)
    assert run.code == 3
    assert f"error[{code}]" in run.err
    assert run.err.count("error[") == 1
    assert "hunter22" not in run.err
    assert not github.log


@pytest.mark.parametrize("argv", [[], ["--github", "--gitlab"], ["--github", "--unit", "a", "--unit", "b"]])
def test_a_command_line_that_makes_no_sense_is_told(documents, reconcile, argv):
    run = reconcile("comment", *argv, *documents(plan=example("plan")))
    assert run.code == 3
    assert run.err.count("error[CLI-") == 1


# ---------------------------------------------------------------------- refusals
@pytest.mark.parametrize(
    ("token", "state", "code"),
    [
        ("ghp_revoked-00000000000000000000", {}, "PUB-UNAUTHORIZED"),
        (READ_ONLY, {}, "PUB-DENIED"),
        (ACTIONS, {"locked": True}, "PUB-LOCKED"),
        (ACTIONS, {"gone": True}, "PUB-GONE"),
        (ACTIONS, {"pulls": {}}, "PUB-NOT-FOUND"),
    ],
)
def test_a_refusal_is_one_diagnostic_that_says_what_to_fix(github, actions, documents, reconcile, token, state, code):
    vars(github).update(state)
    files = documents(a=example("plan"), b=example("plan"))
    run = reconcile("comment", "--github", "--unit", "a", "--unit", "b", *files, environ=actions(token))
    assert run.code == 1
    assert f"error[{code}]" in run.err
    assert run.err.count("error[") == 1
    assert "fix: " in run.err
    assert token not in run.err + run.out
    assert [line[:9] for line in run.out.splitlines()] == ["failed   ", "not tried"]


def test_a_comment_that_is_not_taken_does_not_keep_back_the_others(github, actions, documents, reconcile):
    github.faults += [("POST", "/comments", Answer(422, {"message": "Validation Failed", "errors": [{"message": "no"}]}))]
    files = documents(a=example("plan"), b=example("plan"))
    run = reconcile("comment", "--github", "--unit", "a", "--unit", "b", *files, environ=actions())
    assert run.code == 1
    assert "error[PUB-REFUSED]" in run.err
    assert [line.split()[0] for line in run.out.splitlines()] == ["failed", "created"]


def test_a_renamed_repository_is_told_and_not_followed(github, actions, documents, reconcile):
    github.faults += [("GET", "/pulls/17", Answer(301, {"message": "Moved Permanently"}, {"location": f"{github.url}/repositories/1"}))]
    run = reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions())
    assert run.code == 1
    assert "error[PUB-REDIRECT]" in run.err
    assert not github.asked("GET", "repositories")


def test_a_network_that_is_down_is_one_diagnostic(actions, documents, reconcile):
    environ = actions() | {"GITHUB_API_URL": "https://127.0.0.1:9"}
    run = reconcile("comment", "--github", "--timeout", "1s", *documents(plan=example("plan")), environ=environ)
    assert run.code == 1
    assert "error[PUB-UNREACHABLE]" in run.err
    assert ACTIONS not in run.err


def test_an_altered_plan_is_not_published(github, actions, documents, reconcile):
    plan = example("plan")
    plan["steps"] = []
    run = reconcile("comment", "--github", *documents(plan=plan), environ=actions())
    assert run.code == 3
    assert "DOC-ALTERED" in run.err
    assert not github.log


def test_markdown_is_never_taken_from_a_file(tmp_path, github, actions, reconcile):
    (tmp_path / "plan.json").write_text("### all is well\n", "utf-8")
    run = reconcile("comment", "--github", "plan.json", environ=actions())
    assert run.code == 3
    assert "DOC-JSON" in run.err
    assert not github.log


def test_requests_are_logged_without_the_token(github, actions, documents, reconcile):
    run = reconcile("comment", "--github", "-vv", *documents(plan=example("plan")), environ=actions())
    assert "/repos/acme/shop/issues/17/comments" in run.err
    assert ACTIONS not in run.err


def test_only_the_variables_that_publishing_names_are_read(github, actions, documents, reconcile):
    read_names = set()

    class Watched(dict):
        def __getitem__(self, name):
            read_names.add(name)
            return super().__getitem__(name)

        def get(self, name, default=None):
            read_names.add(name)
            return super().get(name, default)

    secrets = {"HUAWEICLOUD_SDK_SK": "cloud-secret-1", "GCORE_API_KEY": "cloud-secret-2", "OS_PASSWORD": "cloud-secret-3"}
    run = reconcile("comment", "--github", *documents(plan=example("plan")), environ=Watched(actions() | secrets))
    assert run.code == 0
    assert not {name for name in read_names if name.startswith(("HUAWEI", "HW_", "GCORE", "OS_"))}
    assert "cloud-secret" not in repr(github.log)


# ---------------------------------------------------------------------- the step's summary
def test_a_summary_is_added_and_needs_no_token(documents, reconcile, tmp_path):
    page = tmp_path / "summary.md"
    page.write_text("before\n")
    run = reconcile("comment", "--summary", *documents(drift=example("drift")), environ={"GITHUB_STEP_SUMMARY": str(page)})
    assert (run.code, run.out, run.err) == (0, "", "")
    assert page.read_text().startswith("before\n")
    assert "**reconcile** `drift examples/shop`: Drift: " in page.read_text()


def test_a_summary_that_cannot_be_written_does_not_keep_back_the_comment(github, actions, documents, reconcile, tmp_path):
    environ = actions() | {"GITHUB_STEP_SUMMARY": str(tmp_path)}
    run = reconcile("comment", "--github", "--summary", *documents(plan=example("plan")), environ=environ)
    assert run.code == 1
    assert "error[PUB-SUMMARY]" in run.err
    assert run.out.startswith("created")


def test_a_summary_without_its_variable_is_told(documents, reconcile):
    run = reconcile("comment", "--summary", *documents(plan=example("plan")))
    assert run.code == 1
    assert "error[PUB-ENV]: GITHUB_STEP_SUMMARY is not set" in run.err


def test_a_summary_that_is_full_is_told(documents, reconcile, tmp_path):
    page = tmp_path / "summary.md"
    page.write_bytes(b"x" * (1024 * 1024 - 50))
    run = reconcile("comment", "--summary", *documents(plan=example("plan")), environ={"GITHUB_STEP_SUMMARY": str(page)})
    assert run.code == 1
    assert "error[PUB-SUMMARY]" in run.err
    assert page.stat().st_size == 1024 * 1024 - 50


# ---------------------------------------------------------------------- GitLab
def test_gitlab_creates_edits_folds_and_deletes(gitlab, job, documents, reconcile):
    plan, empty = example("plan"), empty_plan()
    run = reconcile("comment", "--gitlab", *documents(plan=plan), environ=job())
    assert (run.code, run.err) == (0, "")
    assert "https://gitlab.example.com/acme/shop/-/merge_requests/5#note_301" in run.out
    assert plan["digest"] in gitlab.notes[301]["body"]
    assert reconcile("comment", "--gitlab", *documents(plan=empty), environ=job(pipeline=31)).out.startswith("updated")
    assert _visible_lines(gitlab.notes[301]["body"]) == 1
    run = reconcile("comment", "--gitlab", "--delete-empty", *documents(plan=empty), environ=job(pipeline=32))
    assert run.out.startswith("deleted")
    assert not gitlab.notes


def test_gitlab_pages_are_walked_and_system_notes_and_strangers_skipped(gitlab, job, documents, reconcile):
    marker = Marker("examples/quickstart", Run()).line()
    gitlab.say(marker)
    gitlab.say(marker, gitlab.ME, system=True)
    for number in range(45):
        gitlab.say(f"nice {number}")
    ours = gitlab.say(marker + "\nold", gitlab.ME)
    run = reconcile("comment", "--gitlab", *documents(plan=example("plan")), environ=job())
    assert run.out.startswith("updated")
    assert [a.path for a in gitlab.asked("PUT")] == [f"/api/v4/projects/42/merge_requests/5/notes/{ours}"]
    assert [a.query["page"] for a in gitlab.asked("GET", "/notes")] == ["1", "2", "3"]


def test_gitlab_s_older_pipeline_leaves_the_newer_one_s_note(gitlab, job, documents, reconcile):
    reconcile("comment", "--gitlab", *documents(plan=example("plan")), environ=job(pipeline=40))
    assert reconcile("comment", "--gitlab", *documents(plan=empty_plan()), environ=job(pipeline=39)).out.startswith("left")
    older = job(pipeline=41, head=OLD_HEAD)
    assert reconcile("comment", "--gitlab", *documents(plan=empty_plan()), environ=older).out.startswith("left")


def test_a_fork_s_pipeline_comments_on_the_project_of_the_merge_request(gitlab, job, documents, reconcile):
    environ = job() | {"CI_PROJECT_ID": "77"}
    assert reconcile("comment", "--gitlab", *documents(plan=example("plan")), environ=environ).code == 0
    environ = job() | {"CI_MERGE_REQUEST_PROJECT_ID": "", "CI_PROJECT_ID": "acme/shop"}
    assert reconcile("comment", "--gitlab", *documents(plan=empty_plan()), environ=environ).code == 0


@pytest.mark.parametrize(
    ("change", "state", "code", "exit_code"),
    [
        ({"GITLAB_TOKEN": "glpat-wrong-0000000000000000"}, {}, "PUB-UNAUTHORIZED", 1),
        ({}, {"locked": True}, "PUB-DENIED", 1),
        ({"CI_MERGE_REQUEST_IID": "6"}, {}, "PUB-NOT-FOUND", 1),
        ({"CI_MERGE_REQUEST_IID": ""}, {}, "PUB-NUMBER", 3),
        ({"CI_PROJECT_ID": "", "CI_MERGE_REQUEST_PROJECT_ID": ""}, {}, "PUB-ENV", 3),
        ({"GITLAB_TOKEN": ""}, {}, "PUB-ENV", 3),
    ],
)
def test_gitlab_s_refusals(gitlab, job, documents, reconcile, change, state, code, exit_code):
    vars(gitlab).update(state)
    run = reconcile("comment", "--gitlab", *documents(plan=example("plan")), environ=job() | change)
    assert run.code == exit_code
    assert f"error[{code}]" in run.err
    assert run.err.count("error[") == 1
    assert "glpat-" not in run.err


def test_many_units_are_written_no_faster_than_github_asks_for(github, actions, documents, reconcile, clock):
    files = documents(**{f"d{n}": example("plan") for n in range(5)})
    units = [word for n in range(5) for word in ("--unit", f"u{n}")]
    assert reconcile("comment", "--github", *units, *files, environ=actions()).code == 0
    assert len(github.comments) == 5
    assert 4 <= sum(clock.waits) <= 4.5


def test_each_unit_is_logged(github, actions, documents, reconcile):
    run = reconcile("comment", "--github", "-v", "--log-format", "json", *documents(plan=example("plan")), environ=actions())
    [line] = run.err.splitlines()
    assert json.loads(line) | {"timestamp": ""} == {
        "event": "comment", "level": "info", "timestamp": "", "unit": "examples/quickstart", "action": "created",
        "url": "https://github.com/acme/shop/pull/17#issuecomment-1001",
    }  # fmt: skip
