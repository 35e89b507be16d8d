"""From paths to Desired: which files are read, which documents are ours, what is selected and what is blocked."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from unit.manifests.mistakes import PROVIDERS, group, listener

from reconciler.manifests import load
from reconciler.model.canonical import digest
from reconciler.model.desired import ListenerDocument, SecurityGroupDocument

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
GOOD = "- name: pol\n  action: REDIRECT_TO_POOL\n  redirect_pool: web\n  rules: [{type: PATH, compare_type: EQUAL_TO, value: /a}]"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path = path.with_name(path.name + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def codes(loaded: object) -> list[str]:
    return [d.code for d in loaded.diagnostics]  # type: ignore[attr-defined]


def test_directories_are_read_recursively_in_order_and_hidden_files_are_not(tmp_path: Path) -> None:
    write(tmp_path, providers=PROVIDERS, m__b=listener(GOOD, name="b"), m__a__z=listener(GOOD, name="z"))
    write(tmp_path, m__other="apiVersion: apps/v1\nkind: Deployment\n<<: {a: 1}\n---\nfoo: !t bar\n")
    write(tmp_path, **{"m__.hidden": "a: [", "m__.git__c": "a: ["})
    (tmp_path / "m" / "notes.txt").write_text("a: [")
    found = load(["m"], directory=str(tmp_path))
    assert codes(found) == []
    assert (found.files, found.skipped) == (3, 2)
    assert [s.address for s in found.desired.scopes] == ["listener/b", "listener/z"]
    assert set(found.desired.providers) == {"hw"}
    assert str(found.spans.span("listener/z", ("spec", "policies", 0, "action"))) == "m/a/z.yaml:9:15"


def test_a_named_file_must_be_ours(tmp_path: Path) -> None:
    write(tmp_path, k8s="apiVersion: v1\nkind: Pod\n", empty="# nothing\n", near="apiVersion: reconciller/v1\nkind: Listener\n")
    assert codes(load(["k8s.yaml"], directory=str(tmp_path))) == ["PATH-FOREIGN"]
    assert codes(load(["empty.yaml"], directory=str(tmp_path))) == ["PATH-EMPTY"]
    assert "SCHEMA-ENUM" in codes(load(["near.yaml"], directory=str(tmp_path)))
    assert codes(load(["missing.yaml"], directory=str(tmp_path))) == ["PATH-MISSING"]
    (tmp_path / "none").mkdir()
    assert codes(load(["none"], directory=str(tmp_path))) == ["PATH-EMPTY"]


def test_a_document_without_its_version_is_not_skipped_silently(tmp_path: Path) -> None:
    write(tmp_path, providers=PROVIDERS, a=listener(GOOD).replace("apiVersion: reconciler/v1\n", ""))
    assert codes(load(["."], directory=str(tmp_path))) == ["SCHEMA-REQUIRED"]


def test_stdin_is_a_path(tmp_path: Path) -> None:
    write(tmp_path, providers=PROVIDERS)
    for stdin in (io.StringIO(listener(GOOD)), io.BytesIO(listener(GOOD).encode())):
        found = load(["-"], directory=str(tmp_path), stdin=stdin)
        assert codes(found) == []
        assert len(found.desired.scopes) == 1


def test_providers_are_looked_up_in_their_directory_and_unrelated_ones_do_not_matter(tmp_path: Path) -> None:
    write(tmp_path, providers__a=PROVIDERS, providers__b="apiVersion: reconciler/v1\nkind: Provider\nmetadata: {name: x}\nspec: {type: no}\n")
    write(tmp_path, m=listener(GOOD))
    found = load(["m.yaml"], directory=str(tmp_path))
    assert codes(found) == []
    assert list(found.desired.providers) == ["hw"]


def test_a_broken_provider_blocks_its_scopes_without_a_follow_on(tmp_path: Path) -> None:
    write(tmp_path, providers=PROVIDERS.replace("type: huawei", "type: hauwei"), m=listener(GOOD) + "---\n" + group("- {direction: ingress}", provider="gc"))
    found = load([".",], directory=str(tmp_path))
    assert codes(found) == ["SCHEMA-ENUM"]
    assert found.blocked == {"listener/NAME"}


def test_targets_select_and_others_are_neither_judged_nor_told(tmp_path: Path) -> None:
    write(tmp_path, providers=PROVIDERS, a=listener(GOOD, name="good"), b=listener(GOOD.replace("/a", "a"), name="bad"))
    assert codes(load(["."], directory=str(tmp_path))) == ["HW-R72"]
    found = load(["."], directory=str(tmp_path), target=["good"])
    assert codes(found) == []
    assert [s.address for s in found.desired.scopes] == ["listener/good"]
    assert codes(load(["."], directory=str(tmp_path), exclude=["listener/b*"])) == []
    missed = load(["."], directory=str(tmp_path), target=["goood"])
    assert codes(missed) == ["REF-TARGET"]
    assert "good" in missed.diagnostics[0].hint
    assert found.manifest_digest != load(["."], directory=str(tmp_path)).manifest_digest


def test_two_documents_of_one_name_or_of_one_listener_are_refused_with_both_places(tmp_path: Path) -> None:
    write(tmp_path, providers=PROVIDERS, a=listener(GOOD, name="one"), b=listener(GOOD, name="one"))
    found = load(["."], directory=str(tmp_path))
    assert codes(found) == ["REF-DUPLICATE-DOCUMENT"]
    assert "a.yaml:3:18" in found.diagnostics[0].detail
    assert str(found.diagnostics[0].span) == "b.yaml:3:18"
    write(tmp_path, b=listener(GOOD, name="two", more="  listener: one\n"))
    found = load(["."], directory=str(tmp_path))
    assert codes(found) == ["REF-SAME-TARGET"]
    assert "a.yaml:3:18" in found.diagnostics[0].detail
    write(tmp_path, a=listener(GOOD, name="one", more="  load_balancer: x\n"), b=listener(GOOD, name="two", more="  listener: one\n  load_balancer: y\n"))
    assert codes(load(["."], directory=str(tmp_path))) == []


def test_a_mistake_in_an_anchored_value_is_told_once(tmp_path: Path) -> None:
    rule = "{type: PATH, compare_type: EQUAL_TO, value: a}"
    text = listener(f"- name: p1\n  action: REDIRECT_TO_POOL\n  redirect_pool: web\n  rules: &r [{rule}]\n"
                    "- name: p2\n  action: REDIRECT_TO_POOL\n  redirect_pool: web\n  rules: *r")
    write(tmp_path, providers=PROVIDERS, m=text)
    assert codes(load(["m.yaml"], directory=str(tmp_path))) == ["HW-R72"]


def test_desired_holds_what_the_documents_say(tmp_path: Path) -> None:
    write(tmp_path, providers=PROVIDERS, m=listener(
        "- name: pol\n  renamed_from: old\n  priority: 7\n  action: REDIRECT_TO_POOL\n  redirect_pool: web",
        more="  load_balancer_id: lb-1\n  listener: L\n  protect: [p*]\n  ignore: [{policy: x, fields: [description], until: 2027-01-31, reason: r}]\n",
    ) + "---\n" + group("- {direction: ingress, priority: 1}"))
    found = load(["m.yaml"], directory=str(tmp_path))
    assert codes(found) == []
    one, two = found.desired.scopes
    assert isinstance(one, ListenerDocument)
    assert (one.listener.name, one.listener.path, one.load_balancer and one.load_balancer.id) == ("L", ("spec", "listener"), "lb-1")
    (pol,) = one.policies
    assert (pol.name, pol.number, pol.renamed_from, pol.path) == ("pol", 7, "old", ("spec", "policies", 0))
    assert pol.raw == {"action": "REDIRECT_TO_POOL", "redirect_pool": "web"}
    assert one.protect == ("p*",)
    assert (one.ignore[0].pattern, one.ignore[0].fields, one.ignore[0].until) == ("x", ("description",), "2027-01-31")
    assert isinstance(two, SecurityGroupDocument)
    assert (two.security_group.name, two.security_group.path) == ("NAME", ("metadata", "name"))
    assert two.rules[0].path == ("spec", "rules", 0)
    assert [d["kind"] for d in found.documents] == ["Listener", "Provider", "SecurityGroup"]
    assert found.manifest_digest == digest(list(found.documents))


def test_blocked_scopes_stay_in_desired(tmp_path: Path) -> None:
    write(tmp_path, providers=PROVIDERS, m=listener(GOOD.replace("/a", "a")))
    found = load(["m.yaml"], directory=str(tmp_path))
    assert found.blocked == {"listener/NAME"}
    assert [s.address for s in found.desired.scopes] == ["listener/NAME"]


@pytest.mark.parametrize("name", ["quickstart", "huawei", "gcore"])
def test_the_examples_are_valid_and_their_seeds_are_skipped(name: str) -> None:
    found = load(["."], directory=str(EXAMPLES / name))
    assert [f"{d.code} {d.span} {d.summary}" for d in found.diagnostics] == []
    assert found.skipped == 1
    assert len(found.desired.scopes) >= 2


@pytest.mark.parametrize("name", ["quickstart", "huawei", "gcore"])
def test_the_seeds_of_the_examples_load(name: str) -> None:
    from reconciler.emulator.app import Emulator
    from reconciler.emulator.seed_file import load_seed

    Emulator(load_seed(EXAMPLES / name / "cloud.yaml"))


def test_a_mistake_far_down_keeps_its_place(tmp_path: Path) -> None:
    write(tmp_path, providers=PROVIDERS, m=listener("\n".join(
        f"- name: p{n}\n  action: REDIRECT_TO_POOL\n  redirect_pool: web\n  rules: [{{type: PATH, compare_type: EQUAL_TO, value: /{n}}}]"
        for n in range(100)
    ).replace("value: /57}", "value: 57}")))
    found = load(["m.yaml"], directory=str(tmp_path))
    assert [(d.code, str(d.span)) for d in found.diagnostics] == [("SCHEMA-TYPE", "m.yaml:239:59")]


def test_a_file_that_is_no_text_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_bytes(b"\x7fELF\x00\xff\xfe\n" * 2000)
    found = load(["m.yaml"], directory=str(tmp_path))
    assert [(d.code, d.summary) for d in found.diagnostics] == [("YAML-UTF8", "m.yaml is no text file")]


def test_a_large_file_of_another_encoding_is_read_in_linear_time(tmp_path: Path) -> None:
    import time

    (tmp_path / "m.yaml").write_bytes(b"# caf\xe9 " * 100_000)
    start = time.process_time()
    assert codes(load(["m.yaml"], directory=str(tmp_path))) == ["YAML-UTF8"]
    assert time.process_time() - start < 5  # 40 GB of copies before


def test_pipes_in_a_directory_are_not_read_and_dead_links_are_told(tmp_path: Path) -> None:
    import os

    write(tmp_path, providers=PROVIDERS, m__a=listener(GOOD))
    os.mkfifo(tmp_path / "m" / "pipe.yaml")
    assert codes(load(["m"], directory=str(tmp_path))) == []
    (tmp_path / "m" / "dead.yaml").symlink_to("nowhere.yaml")
    (tmp_path / "m" / "self").symlink_to(".")
    assert codes(load(["m"], directory=str(tmp_path))) == ["PATH-UNREADABLE"]
    [told] = load(["m/dead.yaml"], directory=str(tmp_path)).diagnostics
    assert (told.code, told.hint) == ("PATH-MISSING", "mend the link")
    assert "nowhere.yaml" in told.summary
