"""import --into and import --merge on the command line: files, diffs, exit codes, wrong use."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

QUICKSTART = Path(__file__).resolve().parents[3] / "examples" / "quickstart"


@pytest.fixture
def shop(tmp_path):
    """The quickstart with its clouds, which keep their state."""
    folder = tmp_path / "shop"
    shutil.copytree(QUICKSTART, folder, ignore=shutil.ignore_patterns(".emulator", ".reconcile"))
    return folder


@pytest.fixture
def run(reconcile, shop):
    def go(*argv, **environ):
        return reconcile(*argv, "-C", str(shop), environ=environ)

    return go


def files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file() and ".emulator" not in p.parts}


# ------------------------------------------------------------------------------------------------ --into
def test_into_writes_one_file_a_document_and_the_plan_for_them_is_empty(run, shop):
    for name in ("shop.yaml", "www.yaml"):
        (shop / name).unlink()
    for provider in ("huawei", "gcore"):
        assert run("import", "--provider", provider, "--all", "--into", "live").code == 0
    assert sorted(str(p.relative_to(shop / "live")) for p in (shop / "live").rglob("*.yaml")) == [
        "gcore/security_groups/www-backends.yaml", "gcore/www/www.yaml",
        "huawei/security_groups/shop-backends.yaml", "huawei/shop/shop-https.yaml"]  # fmt: skip
    planned = run("plan", "--detailed-exitcode", "--format", "json")
    assert (planned.code, json.loads(planned.out)["steps"]) == (0, [])


def test_every_file_names_its_schema_which_is_there_without_a_network(run, shop):
    run("import", "--provider", "gcore", "--all", "--into", "live")
    for path in (shop / "live").rglob("*.yaml"):
        first = path.read_text().partition("\n")[0]
        assert first.startswith("# yaml-language-server: $schema=../")
        schema = json.loads((path.parent / first.rpartition("=")[2]).read_text())
        assert schema["$id"].endswith((":listener.gcore", ":security_group.gcore"))


def test_a_folder_elsewhere_finds_the_schemas_too(run, shop, tmp_path):
    assert run("import", "--provider", "gcore", "--listener", "www", "--into", str(tmp_path / "else" / "where")).code == 0
    [path] = (tmp_path / "else").rglob("*.yaml")
    first = path.read_text().partition("\n")[0]
    assert (path.parent / first.rpartition("=")[2]).resolve() == (shop / ".schemas" / "listener.gcore.schema.json").resolve()


def test_live_ids_stand_at_the_ends_of_lines_unless_they_are_not_wanted(run, shop):
    listener = shop / "live" / "gcore" / "www" / "www.yaml"
    run("import", "--provider", "gcore", "--all", "--into", "live")
    assert listener.read_text().count("  # id: ") == 3
    shutil.rmtree(shop / "live")
    run("import", "--provider", "gcore", "--all", "--into", "live", "--no-ids")
    assert "# id:" not in listener.read_text()
    assert "# id:" in run("import", "--provider", "gcore", "--listener", "www").out
    assert "# id:" not in run("import", "--provider", "gcore", "--listener", "www", "--no-ids").out


def test_again_into_the_same_folder_writes_nothing(run, shop):
    run("import", "--provider", "huawei", "--all", "--into", "live")
    before, times = files(shop), {p: p.stat().st_mtime_ns for p in (shop / "live").rglob("*.yaml")}
    again = run("import", "--provider", "huawei", "--all", "--into", "live")
    assert (again.code, again.out) == (0, "4 files unchanged\n")
    assert (files(shop), {p: p.stat().st_mtime_ns for p in times}) == (before, times)


def test_what_nobody_edited_is_renewed_wherever_it_was_moved_and_what_somebody_edited_is_left(run, shop):
    run("import", "--provider", "huawei", "--all", "--into", "live")
    moved, edited = shop / "live" / "anywhere.yaml", shop / "live" / "huawei" / "security_groups" / "shop-backends.yaml"
    (shop / "live" / "huawei" / "shop" / "shop-https.yaml").rename(moved)
    edited.write_text(edited.read_text().replace("unlisted: keep", "unlisted: delete  # ours"))
    mine = edited.read_bytes()
    assert run("apply", "shop.yaml", "--auto-approve", "--allow", "gap=listener/shop-https/policy/checkout").code == 0
    again = run("import", "--provider", "huawei", "--all", "--into", "live", "--format", "json")
    document = json.loads(again.out)
    whats = {f["file"]: f["what"] for f in document["files"] if f["file"].startswith("live")}
    assert whats == {"live/anywhere.yaml": "renewed", "live/huawei/security_groups/shop-backends.yaml": "left"}
    assert "old-blog" in moved.read_text()
    assert (again.code, edited.read_bytes()) == (4, mine)
    assert [d["code"] for d in document["diagnostics"]] == ["IMPORT-EDITED"]
    assert "import --merge" in document["diagnostics"][0]["hint"]


def test_a_file_that_import_did_not_write_is_never_overwritten(run, shop):
    place = shop / "live" / "gcore" / "www" / "www.yaml"
    place.parent.mkdir(parents=True)
    place.write_text("# notes of mine\n")
    done = run("import", "--provider", "gcore", "--listener", "www", "--into", "live")
    assert (done.code, place.read_text()) == (0, "# notes of mine\n")
    assert len(list(place.parent.glob("www-*.yaml"))) == 1  # its id in the name
    shutil.rmtree(shop / "live")
    (shop / "live").mkdir()
    shutil.copy(shop / "www.yaml", shop / "live" / "mine.yaml")
    done = run("import", "--provider", "gcore", "--listener", "www", "--into", "live", "--format", "json")
    assert (done.code, [d["code"] for d in json.loads(done.out)["diagnostics"]]) == (4, ["IMPORT-TAKEN"])
    assert (shop / "live" / "mine.yaml").read_bytes() == (shop / "www.yaml").read_bytes()


def test_a_document_that_is_not_live_any_more_is_named_and_stays(run, shop):
    run("import", "--provider", "gcore", "--all", "--into", "live")
    old = shop / "live" / "gcore" / "www" / "www.yaml"
    text = old.read_text().replace("name: www ", "name: gone ")
    (old.parent / "gone.yaml").write_text(text)
    done = run("import", "--provider", "gcore", "--all", "--into", "live", "--format", "json")
    assert (done.code, [d["code"] for d in json.loads(done.out)["diagnostics"]]) == (0, ["IMPORT-GONE"])
    assert (old.parent / "gone.yaml").exists()


HOSTILE = ("../../etc/passwd", "a/b", "CON", "web", "Web", "WEB", "..", ".hidden", "x" * 200, "名前", "a\\b", "a:b", "con.yaml", "a b", "-rf", "")


def test_file_names_are_safe_for_every_live_name():
    from reconciler.workflow.layout import file_stem

    stems = [file_stem(name) for name in HOSTILE]
    for stem in stems:
        assert stem
        assert os.path.basename(stem) == stem
        assert not stem.startswith((".", "-"))
        assert len(stem) < 100
        assert stem.isascii()
        assert stem.split(".")[0].lower() not in ("con", "nul", "aux", "prn")
    assert len(set(stems)) == len(HOSTILE)
    assert stems[3] == "web"


def test_names_that_differ_in_case_alone_get_files_of_their_own(reconcile, tmp_path):
    account = {
        "loadbalancers": [{"name": "lb"}],
        "listeners": [{"name": n, "load_balancer": "lb", "protocol": "HTTP", "protocol_port": 80 + i} for i, n in enumerate(("web", "Web", "../../up"))],
    }
    (tmp_path / "cloud.yaml").write_text(json.dumps({"apiVersion": "reconciler.emulator/v1", "kind": "Cloud", "gcore": {"1/1": account}}))
    (tmp_path / "providers.yaml").write_text(json.dumps({"apiVersion": "reconciler/v1", "kind": "Provider", "metadata": {"name": "../odd"}, "spec": {"type": "gcore", "project_id": 1, "region_id": 1}}))
    argv = ("import", "-C", str(tmp_path), "--emulator", "cloud.yaml", "--provider", "../odd", "--all", "--into", "live")
    assert reconcile(*argv).code == 0
    found = [str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.yaml") if p.parent != tmp_path]
    assert len({f.casefold() for f in found}) == 3
    assert all(f.startswith("live" + os.sep) and ".." not in f.split(os.sep) for f in found)
    before = files(tmp_path)
    assert reconcile(*argv).code == 0
    assert files(tmp_path) == before


def test_a_directory_that_is_a_file_is_told(run, shop):
    (shop / "live").write_text("a file\n")
    done = run("import", "--provider", "gcore", "--all", "--into", "live", "--format", "json")
    assert done.code == 1
    assert {d["code"] for d in json.loads(done.out)["diagnostics"]} == {"IMPORT-WRITE"}


# ------------------------------------------------------------------------------------------------ --merge
def test_a_diff_is_a_patch_writes_nothing_and_exits_2(run, shop):
    before = files(shop)
    done = run("import", "--merge", "--diff")
    assert (done.code, files(shop)) == (2, before)
    patch = subprocess.run(["patch", "-p0", "-s"], cwd=shop, input=done.out.encode()) if shutil.which("patch") else None
    if patch is not None:
        assert patch.returncode == 0
        assert run("import", "--merge", "--diff").code == 0
        assert run("plan", "--detailed-exitcode").code == 0


def test_merge_says_what_it_adopted_and_leaves_an_empty_plan(run, shop):
    done = run("import", "--merge")
    assert done.code == 0
    assert done.out == (
        "listener/shop-https\n"
        "  ~ policy/checkout: redirect_pool_id, redirect_pools_config\n"
        "  - policy/old-blog\n"
        "  > policy/shop\n"
        "listener/www\n"
        "  ~ policy/jobs-moved: redirect_http_code\n"
        "  - policy/no-dotfiles\n"
        "security_group/shop-backends\n"
        "  - rule/ingress:IPv4:tcp:22:192.0.2.0%2F24\n"
        "  + rule/ingress:IPv4:tcp:22:0.0.0.0%2F0\n"
        "security_group/www-backends\n"
        "  - rule/ingress:IPv4:icmp:any:10.0.0.0%2F8\n"
        "  + rule/ingress:IPv4:tcp:3389:0.0.0.0%2F0\n"
        "2 files rewritten: shop.yaml, www.yaml\n"
    )
    assert run("plan", "--detailed-exitcode").code == 0
    again = run("import", "--merge")
    assert (again.code, again.out) == (0, "nothing to adopt: the manifests say what is live\n")
    text = (shop / "shop.yaml").read_text()
    assert "# never deleted or replaced" in text
    assert "- {direction: ingress, ethertype: IPv4, protocol: tcp, multiport: \"22\", remote_ip_prefix: 0.0.0.0/0" in text.replace("\"0.0.0.0/0\"", "0.0.0.0/0")


def test_merge_as_json_lists_changes_and_files(run, shop):
    done = run("import", "--merge", "--format", "json", "--target", "listener/www")
    document = json.loads(done.out)
    assert (done.code, document["kind"], document["files"], document["written"]) == (0, "Merge", ["www.yaml"], ["www.yaml"])
    assert {c["scope"] for c in document["changes"]} == {"listener/www"}
    assert document["unchanged"] == []


@pytest.mark.parametrize(
    ("argv", "code", "word"),
    [
        (("--merge", "--provider", "huawei"), "CLI-IMPORT", "--provider"),
        (("--merge", "--listener", "x"), "CLI-IMPORT", "--merge"),
        (("--merge", "--all"), "CLI-IMPORT", "--all"),
        (("--merge", "--into", "x"), "CLI-IMPORT", "--into"),
        (("--merge", "-"), "CLI-IMPORT", "standard input"),
        (("--merge", "nowhere.yaml"), "PATH-MISSING", "nowhere.yaml"),
        (("--merge", "--target", "listener/nope"), "REF-TARGET", "nope"),
        (("--merge", "--today", "soon"), "CLI-VALUE", "soon"),
        (("--diff", "--provider", "huawei", "--all"), "CLI-IMPORT", "--diff"),
        (("--adopt-unlisted", "--provider", "huawei", "--all"), "CLI-IMPORT", "--adopt-unlisted"),
        ((), "CLI-MISSING", "--provider"),
        (("--provider", "huawei"), "CLI-IMPORT", "nothing was named"),
        (("--provider", "huawei", "--all", "--target", "listener/nope"), "REF-TARGET", "nope"),
        (("--provider", "huawie", "--all"), "REF-PROVIDER", "huawie"),
    ],
)
def test_wrong_use_is_one_diagnostic_and_changes_nothing(run, shop, argv, code, word):
    before = files(shop)
    done = run("import", *argv, "--format", "json")
    diagnostics = json.loads(done.out)["diagnostics"]
    assert (done.code, [d["code"] for d in diagnostics]) == (3, [code])
    assert word in json.dumps(diagnostics[0])
    assert files(shop) == before


def test_a_broken_document_refuses_itself_and_the_others_go_on(run, shop):
    (shop / "broken.yaml").write_text("apiVersion: reconciler/v1\nkind: Listener\nmetadata: {name: x}\nspec: {provider: huawei,\n")
    before = (shop / "broken.yaml").read_bytes()
    done = run("import", "--merge")
    assert done.code == 3
    assert "2 files rewritten" in done.out
    assert "broken.yaml:4" in done.err
    assert (shop / "broken.yaml").read_bytes() == before


def test_a_cloud_that_cannot_be_reached_changes_nothing(run, shop):
    (shop / "providers.yaml").write_text((shop / "providers.yaml").read_text().replace("seed: cloud.yaml", "seed: gone.yaml"))
    before = files(shop)
    done = run("import", "--merge")
    assert done.code in (1, 3)
    assert "Traceback" not in done.err
    assert files(shop) == before


@pytest.mark.parametrize("used", [0, 1])
def test_a_pool_whose_name_became_ambiguous_is_written_by_the_id_that_is_live(reconcile, tmp_path, used):
    ids = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222")
    rule = {"type": "PATH", "compare_type": "EQUAL_TO", "value": "/x"}
    account = {
        "loadbalancers": [{"name": "lb"}],
        "pools": [{"id": i, "name": "web", "load_balancer": "lb", "protocol": "HTTP", "lb_algorithm": "ROUND_ROBIN"} for i in ids],
        "listeners": [{"name": "www", "load_balancer": "lb", "protocol": "HTTP", "protocol_port": 80}],
        "l7policies": [{"name": "shop", "listener": "www", "action": "REDIRECT_TO_POOL", "redirect_pool_id": ids[used], "rules": [rule]}],
    }
    (tmp_path / "cloud.yaml").write_text(json.dumps({"apiVersion": "reconciler.emulator/v1", "kind": "Cloud", "gcore": {"1/1": account}}))
    (tmp_path / "providers.yaml").write_text(json.dumps({"apiVersion": "reconciler/v1", "kind": "Provider", "metadata": {"name": "gcore"}, "spec": {"type": "gcore", "project_id": 1, "region_id": 1}}))
    www = tmp_path / "www.yaml"
    www.write_text(
        "apiVersion: reconciler/v1\nkind: Listener\nmetadata: {name: www}\nspec:\n  provider: gcore\n  unlisted: delete\n  policies:\n"
        "    - name: shop\n      action: REDIRECT_TO_POOL\n      redirect_pool: web  # the shop\n      rules: [{type: PATH, compare_type: EQUAL_TO, value: /x}]\n"
    )
    before = www.read_text()
    argv = ("-C", str(tmp_path), "--emulator", "cloud.yaml", "www.yaml")
    assert reconcile("import", "--merge", *argv).code == 0
    assert www.read_text() == before.replace("redirect_pool: web ", f"redirect_pool_id: {ids[used]} ")
    assert reconcile("plan", "--detailed-exitcode", *argv).code == 0
