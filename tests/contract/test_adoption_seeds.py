"""Everything in the example clouds, and hundreds of policies: imported, the plan is empty; merged, too."""

import asyncio
import io
import json
import shutil
from pathlib import Path

import pytest
import yaml
from kit import FLAVOURS, World, host, rule

from reconciler.cli.main import main
from reconciler.workflow.layout import lay_out
from reconciler.workflow.merging.merge import merge_live, write_files

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def reconcile(folder, *argv):
    out, err = io.StringIO(), io.StringIO()
    code = main([*argv, "-C", str(folder), "--emulator", "cloud.yaml", "--format", "json"], io.StringIO(), out, err, {})
    return code, json.loads(out.getvalue())


@pytest.mark.parametrize("example", ["quickstart", "huawei", "gcore", "openstack"])
def test_the_whole_example_cloud_is_imported_and_the_plan_is_empty(tmp_path, example):
    folder = tmp_path / example
    folder.mkdir()
    for name in ("cloud.yaml", "providers.yaml"):
        shutil.copy(EXAMPLES / example / name, folder)
    providers = [d["metadata"]["name"] for d in yaml.safe_load_all((folder / "providers.yaml").read_text())]
    for provider in (p for p in providers if p != "openstack-ci"):  # that is the same cloud again
        code, document = reconcile(folder, "import", "--provider", provider, "--all", "--into", "live")
        assert (code, document["diagnostics"]) == (0, [])
    code, planned = reconcile(folder, "plan", "live")
    assert (code, planned["steps"], planned["blocked"]) == (0, [], [])
    live = sum(s["reads"].get("l7policy", 0) for s in planned["scopes"])
    listed = sum(len(yaml.safe_load(p.read_text())["spec"].get("policies", ())) for p in (folder / "live").rglob("*.yaml"))
    assert listed + len([u for u in planned["unlisted"] if u["kind"] == "l7policy"]) == live
    code, document = reconcile(folder, "import", "--merge", "live")
    assert (code, document["files"]) == (0, [])


@pytest.mark.parametrize("example", ["quickstart", "huawei", "gcore", "openstack"])
def test_the_examples_own_manifests_adopt_their_clouds(tmp_path, example):
    folder = tmp_path / example
    shutil.copytree(EXAMPLES / example, folder, ignore=shutil.ignore_patterns(".emulator", ".reconcile"))
    before = {p: p.read_text() for p in folder.glob("*.yaml")}
    code, document = reconcile(folder, "import", "--merge")
    assert (code, [d for d in document["diagnostics"] if d["severity"] == "error"]) == (0, [])
    code, planned = reconcile(folder, "plan")
    assert (code, planned["steps"], planned["blocked"]) == (0, [], [])
    for path, text in before.items():
        heads = [line for line in text.splitlines() if line.startswith("#")]
        assert [line for line in path.read_text().splitlines() if line.startswith("#")] == heads
    assert reconcile(folder, "import", "--merge")[1]["files"] == []


@pytest.mark.parametrize("name", sorted(FLAVOURS))
def test_three_hundred_policies_are_imported_and_adopted(tmp_path, name):
    flavour = FLAVOURS[name]
    number = {"priority": 0} if name == "huawei" else {}
    live = [{**flavour.policy(f"policy-{n:03}", [rule(f"/{n}"), host(f"h{n % 7}.example.com")], pool="abc"[n % 3]), **{k: 10 * n + 10 for k in number}}
            for n in range(300)]  # fmt: skip
    w = World(flavour, tmp_path, live)
    result = w.import_()
    assert (result.exit_code, result.notes) == (0, ())
    done = lay_out(result.imported, directory=str(tmp_path), into="manifests", schema=name, with_ids=True, complete=True)
    assert done.exit_code == 0
    assert w.plan().document["steps"] == []
    listener = next(p for p in (tmp_path / "manifests").rglob("web.yaml") if "security_groups" not in p.parts)
    text = listener.read_text().replace("unlisted: keep", "unlisted: delete")
    # somebody else's list: every third one is missing, pools differ, and the order is another one
    data = yaml.safe_load(text)
    data["spec"]["policies"] = [p | {"redirect_pool": "a"} for n, p in enumerate(reversed(data["spec"]["policies"])) if n % 3]
    listener.write_text("# kept\n" + yaml.safe_dump(data, sort_keys=False))
    merged = asyncio.run(merge_live(w.settings()))
    assert merged.exit_code == 0, merged.diagnostics
    assert write_files(merged)
    assert w.plan().document["steps"] == []
    assert listener.read_text().startswith("# kept\n")
    assert asyncio.run(merge_live(w.settings())).files == []
