"""Adoption: ``import --merge`` brings manifests to what is live, so that the plan is empty, and keeps what people wrote."""

import asyncio
import os

import pytest
import yaml
from kit import FLAVOURS, World, host, rule

from reconciler.workflow.merging.merge import merge_live, write_files


def merged(w, **more):
    """Merge and write; the result and the names of the files that were written."""
    adopt = more.pop("adopt", False)
    result = asyncio.run(merge_live(w.settings(**more), adopt_unlisted=adopt))
    return result, write_files(result)


def put(w, text, name="web.yaml", newline="\n"):
    folder = w.directory / "manifests"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(text.replace("\n", newline).encode())
    return folder / name


def empty(w, **more):
    planned = w.plan(**more)
    assert planned.exit_code == 0, planned.diagnostics
    assert planned.document["steps"] == []
    return planned.document


def good(result):
    assert (result.exit_code, [d for d in result.diagnostics if d.is_error]) == (0, []), result.diagnostics


def text_of(name, flavour, *, target="a", note=""):
    policy = flavour.policy(name, [rule(f"/{name}")], pool=target)
    return (
        f"    # about {name}\n    - name: {name}{note}\n      action: {policy['action']}\n      redirect_pool: {target}  # the pool of {name}\n"
        f"      rules:\n        - {{type: PATH, compare_type: STARTS_WITH, value: /{name}}}  # the path of {name}\n"
    )


HEAD = """\
# The team's listener. Do not reorder by hand!
apiVersion: reconciler/v1
kind: Listener
metadata: {name: web}   # live name, too
spec:
  provider: cloud
  unlisted: %s
  policies:
"""


def listener_text(flavour, names, *, unlisted="delete", target="a"):
    return HEAD % unlisted + "\n".join(text_of(n, flavour, target=target) for n in names)


def live_policies(flavour, names, pool="a"):
    return [flavour.policy(n, [rule(f"/{n}")], pool=pool) for n in names]


def test_a_changed_value_changes_its_own_line_only(tmp_path, flavour):
    w = World(flavour, tmp_path, [*live_policies(flavour, ["aaa"]), *live_policies(flavour, ["bbb"], "b")])
    path = put(w, listener_text(flavour, ["aaa", "bbb"]))
    before = path.read_text()
    result, written = merged(w)
    good(result)
    assert written == ["manifests/web.yaml"]
    assert path.read_text() == before.replace("redirect_pool: a  # the pool of bbb", "redirect_pool: b  # the pool of bbb")
    empty(w)
    assert [c.to_json() for c in result.changes["listener/web"]] == [
        {"what": "changed", "address": "listener/web/policy/bbb", "fields": ["redirect_pool_id"]}
    ]


def test_a_second_merge_changes_nothing(tmp_path, flavour):
    w = World(flavour, tmp_path, live_policies(flavour, ["bbb", "ccc", "aaa"]))
    path = put(w, listener_text(flavour, ["aaa", "bbb"]))
    merged(w)
    before = path.read_bytes()
    result, written = merged(w)
    good(result)
    assert (written, result.changes, result.unchanged) == ([], {}, ["listener/web"])
    assert path.read_bytes() == before


def test_a_policy_that_is_gone_goes_with_its_comments_and_no_others(tmp_path, flavour):
    w = World(flavour, tmp_path, live_policies(flavour, ["aaa", "ccc"]))
    path = put(w, listener_text(flavour, ["aaa", "bbb", "ccc"]))
    good(merged(w)[0])
    assert path.read_text() == listener_text(flavour, ["aaa", "ccc"])
    empty(w)


def test_policies_that_moved_move_with_their_comments_and_the_fewest_of_them(tmp_path, flavour):
    w = World(flavour, tmp_path, live_policies(flavour, ["ddd", "aaa", "bbb", "ccc"]))
    path = put(w, listener_text(flavour, ["aaa", "bbb", "ccc", "ddd"]))
    result, _ = merged(w)
    good(result)
    assert path.read_text() == listener_text(flavour, ["ddd", "aaa", "bbb", "ccc"])
    assert [(c.what, c.address) for c in result.changes["listener/web"]] == [("moved", "listener/web/policy/ddd")]
    empty(w)


@pytest.mark.parametrize("unlisted", ["delete", "refuse"])
def test_an_unlisted_policy_comes_in_at_its_place_and_in_the_documents_manner(tmp_path, flavour, unlisted):
    w = World(flavour, tmp_path, live_policies(flavour, ["aaa", "new", "bbb"]))
    path = put(w, listener_text(flavour, ["aaa", "bbb"], unlisted=unlisted))
    good(merged(w)[0])
    bare = "".join(line.partition("  #")[0].rstrip() + "\n" for line in text_of("new", flavour).splitlines()[1:])
    one, two = text_of("aaa", flavour), text_of("bbb", flavour)
    assert path.read_text() == HEAD % unlisted + "\n".join((one, bare, two))
    empty(w)


def test_under_keep_unlisted_policies_stay_unlisted_unless_asked_for(tmp_path, flavour):
    w = World(flavour, tmp_path, live_policies(flavour, ["aaa", "other"]), [flavour.rule(22), flavour.rule(23)])
    path = put(w, listener_text(flavour, ["aaa"], unlisted="keep"))
    w.group([flavour.rule(22)], unlisted="keep")
    before = path.read_bytes()
    result, written = merged(w)
    assert (result.exit_code, written, path.read_bytes()) == (0, [], before)
    result, written = merged(w, adopt=True)
    good(result)
    assert sorted(written) == ["manifests/group.yaml", "manifests/web.yaml"]
    assert [p["name"] for p in yaml.safe_load(path.read_text())["spec"]["policies"]] == ["aaa", "other"]
    assert empty(w)["unlisted"] == []


def test_a_live_rename_is_adopted_and_renamed_from_goes(tmp_path, flavour):
    w = World(flavour, tmp_path, live_policies(flavour, ["old"]))
    path = put(w, HEAD % "delete" + text_of("old", flavour).replace("name: old", "name: new\n      renamed_from: old"))
    good(merged(w)[0])
    assert path.read_text() == HEAD % "delete" + text_of("old", flavour)
    empty(w)
    path.write_text(HEAD % "delete" + text_of("old", flavour).replace("name: old", "name: mine"))
    good(merged(w)[0])
    assert path.read_text() == HEAD % "delete" + text_of("old", flavour)


def test_pinned_numbers_follow_what_is_live(tmp_path):
    flavour = FLAVOURS["huawei"]
    live = [{**p, "priority": n} for p, n in zip(live_policies(flavour, ["aaa", "ccc", "bbb"]), (7, 20, 33), strict=True)]
    w = World(flavour, tmp_path, live)
    pins = [text_of(n, flavour).replace("      rules:", f"      priority: {p}\n      rules:") for n, p in (("aaa", 10), ("bbb", 20))]
    path = put(w, HEAD % "delete" + "".join(pins))
    good(merged(w)[0])
    found = yaml.safe_load(path.read_text())["spec"]["policies"]
    assert [(p["name"], p["priority"]) for p in found] == [("aaa", 7), ("ccc", 20), ("bbb", 33)]
    assert "# the path of aaa" in path.read_text()
    empty(w)


def test_names_stay_names_and_ids_stay_ids(tmp_path, flavour):
    w = World(flavour, tmp_path, live_policies(flavour, ["aaa", "bbb"], "b"))
    pools = {n: flavour.id_of(w.emulator, "pool", n) for n in "ab"}
    text = listener_text(flavour, ["aaa", "bbb"]).replace("redirect_pool: a  # the pool of bbb", f"redirect_pool_id: {pools['a']}  # the pool of bbb")
    path = put(w, text)
    good(merged(w)[0])
    assert "redirect_pool: b  # the pool of aaa" in path.read_text()
    assert f"redirect_pool_id: {pools['b']}  # the pool of bbb" in path.read_text()
    empty(w)


def test_a_pool_whose_name_is_not_unique_is_written_by_id(tmp_path, flavour):
    key = "loadbalancer" if flavour.name == "huawei" else "load_balancer"
    twins = {"pools": [{"name": "twin", key: "lb", "protocol": "HTTP", "id": f"0000000{n}-0000-4000-8000-000000000000"} for n in (1, 2)]}
    live = flavour.policy("aaa", [rule("/aaa")])
    live["redirect_pool_id"] = twins["pools"][1]["id"]
    del live["redirect_pool"]
    w = World(flavour, tmp_path, [live], more=twins)
    path = put(w, listener_text(flavour, ["aaa"]))
    good(merged(w)[0])
    assert f"redirect_pool_id: {twins['pools'][1]['id']}  # the pool of aaa" in path.read_text()
    empty(w)


def test_a_manifest_that_names_a_pool_that_is_gone_adopts_the_live_one(tmp_path, flavour):
    w = World(flavour, tmp_path, live_policies(flavour, ["aaa"], "b"))
    path = put(w, listener_text(flavour, ["aaa"], target="deleted-last-week"))
    good(merged(w)[0])
    assert path.read_text() == listener_text(flavour, ["aaa"], target="b")
    empty(w)


def test_ignored_fields_and_objects_stay_as_they_are_written(tmp_path, flavour):
    live = [*live_policies(flavour, ["aaa"], "b"), *live_policies(flavour, ["theirs", "their-new"], "c")]
    live[0]["tags" if flavour.name == "gcore" else "description"] = ["changed"] if flavour.name == "gcore" else "changed"
    w = World(flavour, tmp_path, live)
    text = listener_text(flavour, ["aaa", "theirs"]).replace(
        "  policies:\n", f"  ignore:\n    - {{policy: aaa, fields: [{'tags' if flavour.name == 'gcore' else 'description'}], reason: others}}\n    - {{policy: 'their*', reason: others}}\n  policies:\n")  # fmt: skip
    path = put(w, text)
    good(merged(w)[0])
    assert path.read_text() == text.replace("redirect_pool: a  # the pool of aaa", "redirect_pool: b  # the pool of aaa")
    empty(w)
    text = text.replace("reason: others", "reason: others, until: 2025-12-31")
    path.write_text(text)
    good(merged(w)[0])
    assert yaml.safe_load(path.read_text())["spec"]["policies"][0]["tags" if flavour.name == "gcore" else "description"]
    assert "their-new" in path.read_text()
    empty(w)


@pytest.mark.parametrize(("newline", "mark"), [("\n", b""), ("\r\n", b""), ("\n", b"\xef\xbb\xbf"), ("\r\n", b"\xef\xbb\xbf")])
@pytest.mark.parametrize("open_end", [False, True])
def test_line_ends_byte_order_mark_and_a_missing_last_break_stay(tmp_path, newline, mark, open_end):
    flavour = FLAVOURS["gcore"]
    w = World(flavour, tmp_path, live_policies(flavour, ["aaa", "bbb", "ccc"]))
    path = put(w, listener_text(flavour, ["bbb", "ddd", "aaa"]), newline=newline)
    path.write_bytes(mark + (path.read_bytes().removesuffix(newline.encode()) if open_end else path.read_bytes()))
    good(merged(w)[0])
    raw = path.read_bytes()
    assert raw.startswith(mark + b"# The team")
    assert raw.endswith(b"\n") != open_end
    assert raw.count(b"\r\n") == (raw.count(b"\n") if newline == "\r\n" else 0)
    empty(w)


def test_other_documents_of_the_file_stay_to_the_byte_also_broken_and_foreign_ones(tmp_path, flavour):
    w = World(flavour, tmp_path, live_policies(flavour, ["aaa"], "b"), [flavour.rule(22)])
    foreign = "apiVersion: v1\nkind: ConfigMap\ndata:   {x:   1}   # odd\n"
    blocked = HEAD.replace("name: web", "name: other") % "perhaps" + text_of("zzz", flavour)
    text = f"%YAML 1.2\n---\n{foreign}--- # next\n{listener_text(flavour, ['aaa'])}...\n---\n{blocked}"
    path = put(w, text)
    result, written = merged(w)
    assert written == ["manifests/web.yaml"]
    assert path.read_text() == text.replace("redirect_pool: a  # the pool of aaa", "redirect_pool: b  # the pool of aaa")
    assert result.exit_code == 3
    assert {d.address for d in result.diagnostics if d.is_error} == {"listener/other"}


@pytest.mark.parametrize("name", ["gcore", "openstack"])  # on Huawei two policies with equal rules are refused
def test_a_shared_anchor_gives_way_to_the_value_and_that_is_said(tmp_path, name):
    flavour = FLAVOURS[name]
    live = live_policies(flavour, ["aaa", "bbb"])
    live[0]["rules"] = live[1]["rules"] = [host("x.example.com"), rule("/shared")]
    live[1]["rules"] = [host("x.example.com"), rule("/own")]
    w = World(flavour, tmp_path, live)
    text = HEAD % "delete" + """\
    - name: aaa
      action: REDIRECT_TO_POOL
      redirect_pool: a
      rules: &both   # shared
        - {type: HOST_NAME, compare_type: EQUAL_TO, value: x.example.com}
        - &path {type: PATH, compare_type: STARTS_WITH, value: /shared}
    - name: bbb
      action: REDIRECT_TO_POOL
      redirect_pool: a
      rules: *both
"""
    path = put(w, text)
    result, _ = merged(w)
    good(result)
    assert "&both   # shared" in path.read_text()
    assert "*both" not in path.read_text()
    assert any("*both" in note and "written out" in note for note in result.notes)
    empty(w)
    # both change alike: the anchor is edited and the alias stays
    live[0]["rules"] = live[1]["rules"] = [host("x.example.com"), rule("/both")]
    (tmp_path / "second").mkdir()
    w = World(flavour, tmp_path / "second", [{**live[0], "redirect_pool": "a"}, {**live[1], "redirect_pool": "b"}])
    path = put(w, text)
    result, _ = merged(w)
    good(result)
    assert "rules: *both" in path.read_text()
    assert "value: /both" in path.read_text()
    empty(w)


@pytest.mark.parametrize("name", ["gcore", "openstack"])
def test_an_anchor_that_goes_leaves_its_value_with_the_others(tmp_path, name):
    flavour = FLAVOURS[name]
    live = [flavour.policy("bbb", [host("x.example.com")])]
    w = World(flavour, tmp_path, live)
    text = HEAD % "delete" + """\
    - name: aaa
      action: REDIRECT_TO_POOL
      redirect_pool: a
      rules: &both [{type: HOST_NAME, compare_type: EQUAL_TO, value: x.example.com}]
    - name: bbb
      action: REDIRECT_TO_POOL
      redirect_pool: b
      rules: *both
"""
    path = put(w, text)
    good(merged(w)[0])
    assert yaml.safe_load(path.read_text())["spec"]["policies"][0]["rules"][0]["value"] == "x.example.com"
    empty(w)


def test_an_emptied_listener_gets_an_empty_list_and_a_filled_one_lines(tmp_path, flavour):
    w = World(flavour, tmp_path, [])
    path = put(w, listener_text(flavour, ["aaa", "bbb"]))
    good(merged(w)[0])
    assert path.read_text() == (HEAD % "delete").replace("policies:\n", "policies: []\n")
    empty(w)
    (tmp_path / "second").mkdir()
    w = World(flavour, tmp_path / "second", live_policies(flavour, ["aaa"]))
    path = put(w, (HEAD % "delete").replace("policies:\n", "policies: []  # none yet\n"))
    good(merged(w)[0])
    assert "policies:  # none yet\n" in path.read_text()
    empty(w)


def test_json_manifests_are_edited_as_json(tmp_path, flavour):
    import json

    w = World(flavour, tmp_path, live_policies(flavour, ["bbb", "new", "aaa"], "b"))
    w.listener(live_policies(flavour, ["aaa", "bbb", "gone"]))
    good(merged(w)[0])
    raw = (w.directory / "manifests" / "listener.yaml").read_text()
    assert [p["name"] for p in json.loads(raw)["spec"]["policies"]] == ["bbb", "new", "aaa"]
    empty(w)
    (w.directory / "manifests" / "listener.yaml").unlink()
    document = {"apiVersion": "reconciler/v1", "kind": "Listener", "metadata": {"name": "web"},
                "spec": {"provider": "cloud", "unlisted": "delete", "policies": live_policies(flavour, ["aaa", "gone", "bbb"])}}  # fmt: skip
    path = put(w, json.dumps(document, indent=2) + "\n")
    good(merged(w)[0])
    assert [p["name"] for p in json.loads(path.read_text())["spec"]["policies"]] == ["bbb", "new", "aaa"]
    empty(w)


def test_an_object_in_error_refuses_its_document_and_no_other(tmp_path):
    flavour = FLAVOURS["openstack"]
    live = live_policies(flavour, ["aaa"], "b")
    live[0]["provisioning_status"] = "ERROR"
    w = World(flavour, tmp_path, live, [flavour.rule(22)])
    path = put(w, listener_text(flavour, ["aaa"]))
    w.group([flavour.rule(23)])
    before = path.read_bytes()
    result, written = merged(w)
    assert written == ["manifests/group.yaml"]
    assert (result.exit_code, path.read_bytes()) == (4, before)
    [problem] = [d for d in result.diagnostics if d.is_error]
    assert (problem.code, problem.span.line) == ("MERGE-INEXPRESSIBLE", 10)
    assert "ERROR" in problem.summary


def test_what_a_manifest_may_not_say_refuses_the_document_or_stays_out(tmp_path):
    flavour = FLAVOURS["gcore"]
    live = [*live_policies(flavour, ["good"]), *live_policies(flavour, ["no"])]
    w = World(flavour, tmp_path, live)
    path = put(w, listener_text(flavour, ["good"]))
    before = path.read_bytes()
    result, written = merged(w)
    assert (result.exit_code, written, path.read_bytes()) == (4, [], before)
    assert [d.code for d in result.diagnostics if d.is_error] == ["MERGE-INEXPRESSIBLE"]
    path.write_text(path.read_text().replace("unlisted: delete", "unlisted: keep"))
    result, written = merged(w, adopt=True)
    assert (result.exit_code, written) == (0, [])
    assert any("'no'" in note for note in result.notes)


def test_a_file_that_changes_meanwhile_is_left_alone(tmp_path, flavour):
    w = World(flavour, tmp_path, live_policies(flavour, ["aaa"], "b"))
    path = put(w, listener_text(flavour, ["aaa"]))
    result = asyncio.run(merge_live(w.settings()))
    path.write_text(path.read_text() + "# somebody was here\n")
    before = path.read_bytes()
    assert write_files(result) == []
    assert (result.exit_code, path.read_bytes()) == (1, before)
    assert [d.code for d in result.diagnostics] == ["MERGE-CHANGED"]


def test_a_read_only_file_is_told_and_modes_and_links_stay(tmp_path, flavour):
    w = World(flavour, tmp_path, live_policies(flavour, ["aaa"], "b"))
    real = tmp_path / "elsewhere.yaml"
    real.write_text(listener_text(flavour, ["aaa"]))
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "web.yaml").symlink_to(real)
    real.chmod(0o444)
    result, written = merged(w)
    assert (result.exit_code, written, real.read_text()) == (1, [], listener_text(flavour, ["aaa"]))
    assert [d.code for d in result.diagnostics] == ["MERGE-WRITE"]
    assert "read-only" in result.diagnostics[0].detail
    real.chmod(0o640)
    assert merged(w)[1] == ["manifests/web.yaml"]
    assert (tmp_path / "manifests" / "web.yaml").is_symlink()
    assert real.read_text() == listener_text(flavour, ["aaa"], target="b")
    assert os.stat(real).st_mode & 0o777 == 0o640
    assert sorted(p.name for p in tmp_path.iterdir()) == ["elsewhere.yaml", "manifests", "providers.yaml"]


def test_comments_with_live_ids_follow_the_object_and_come_with_new_ones(tmp_path, flavour):
    w = World(flavour, tmp_path, live_policies(flavour, ["aaa", "bbb"]))
    text = HEAD % "delete" + text_of("aaa", flavour, note="  # id: 123")
    path = put(w, text)
    good(merged(w)[0])
    ids = {p["name"]: p["id"] for p in w.live()}
    assert f"- name: aaa  # id: {ids['aaa']}\n" in path.read_text()
    assert f"- name: bbb  # id: {ids['bbb']}\n" in path.read_text()
    before = path.read_bytes()
    assert merged(w)[1] == []
    assert path.read_bytes() == before


def test_security_group_rules_are_adopted_in_place(tmp_path, flavour):
    w = World(flavour, tmp_path, [], [flavour.rule(22, description="new words"), flavour.rule(443), flavour.rule(80)])
    rows = "".join(
        f"    # port {p}\n    - {{{', '.join(f'{k}: {v!r}' if k == 'multiport' else f'{k}: {v}' for k, v in flavour.rule(p, description='old').items())}}}  # {p}\n"
        for p in (22, 25, 443)
    )
    text = "apiVersion: reconciler/v1\nkind: SecurityGroup\nmetadata: {name: web}\nspec:\n  provider: cloud\n  directions: [ingress]\n  unlisted: delete\n  rules:\n" + rows
    path = put(w, text)
    good(merged(w)[0])
    after = path.read_text()
    assert "description: new words}  # 22" in after
    assert "port 25" not in after
    assert "# port 443" in after
    assert after.count("- {direction: ingress") == 3
    empty(w)
    assert merged(w)[1] == []


def test_merge_cannot_write_to_a_cloud(tmp_path, flavour):
    w = World(flavour, tmp_path, live_policies(flavour, ["aaa"], "b"))
    put(w, listener_text(flavour, ["aaa"]))
    merged(w)
    assert w.wire.sent == []


def test_only_targets_are_touched(tmp_path, flavour):
    w = World(flavour, tmp_path, live_policies(flavour, ["aaa"], "b"), [flavour.rule(22)])
    put(w, listener_text(flavour, ["aaa"]))
    w.group([flavour.rule(23)])
    result, written = merged(w, target=("listener/web",))
    good(result)
    assert written == ["manifests/web.yaml"]


def test_documents_without_a_name_or_a_kind_do_not_hold_up_the_others(tmp_path, flavour):
    w = World(flavour, tmp_path, live_policies(flavour, ["aaa"], "b"))
    odd = "apiVersion: reconciler/v1\nkind: Listener\nspec: {}\n---\napiVersion: reconciler/v1\nmetadata: odd\n---\n[]\n---\n"
    path = put(w, odd + listener_text(flavour, ["aaa"]))
    result, written = merged(w)
    assert (result.exit_code, written) == (3, ["manifests/web.yaml"])
    assert path.read_text() == odd + listener_text(flavour, ["aaa"], target="b")


def test_a_default_that_was_written_out_is_written_again_and_keeps_its_comment(tmp_path):
    flavour = FLAVOURS["huawei"]
    w = World(flavour, tmp_path, [], [flavour.rule(22)])
    rule_text = "    - {direction: ingress, protocol: tcp, multiport: '22', remote_ip_prefix: 10.0.0.0/8, priority: 1, action: allow, enabled: %s}  # ssh\n"
    text = "apiVersion: reconciler/v1\nkind: SecurityGroup\nmetadata: {name: web}\nspec:\n  provider: cloud\n  directions: [ingress]\n  unlisted: delete\n  rules:\n"
    path = put(w, text + rule_text % "false")
    good(merged(w)[0])
    assert path.read_text() == text + rule_text % "true"
    empty(w)


@pytest.mark.parametrize("trouble", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_full_disk_or_an_interruption_leaves_the_old_file_and_nothing_beside(tmp_path, monkeypatch, trouble):
    flavour = FLAVOURS["gcore"]
    w = World(flavour, tmp_path, live_policies(flavour, ["aaa"], "b"))
    path = put(w, listener_text(flavour, ["aaa"]))
    before = path.read_bytes()
    result = asyncio.run(merge_live(w.settings()))

    def fail(_):
        raise trouble

    monkeypatch.setattr(os, "fsync", fail)
    if isinstance(trouble, OSError):
        assert write_files(result) == []
        assert [(d.code, d.detail) for d in result.diagnostics] == [("MERGE-WRITE", "No space left on device; nothing of it was changed")]
    else:
        with pytest.raises(KeyboardInterrupt):
            write_files(result)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["web.yaml"]


def test_a_cloud_that_answers_with_errors_changes_no_file(tmp_path, flavour):
    import httpx

    w = World(flavour, tmp_path, live_policies(flavour, ["aaa"], "b"))
    path = put(w, listener_text(flavour, ["aaa"]))
    before = path.read_bytes()
    wire = w.new_wire()
    wire.every = lambda request, n: httpx.Response(503) if request.method == "GET" and n > 2 else None
    result = asyncio.run(merge_live(w.settings(wire=wire)))
    assert (result.exit_code, result.files, write_files(result)) == (1, [], [])
    assert all(d.code and d.summary for d in result.diagnostics)
    assert path.read_bytes() == before
