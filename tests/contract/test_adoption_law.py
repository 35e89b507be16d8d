"""The law of adoption, for any manifest and any drift: the plan is empty, comments of what still exists are still there,
other documents are the same to the byte, and a second merge changes nothing."""

import asyncio
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit import FLAVOURS, World
from test_random import NAMES, made, policies

from reconciler.workflow.merging.merge import merge_live, write_files

OTHER = "# not ours\napiVersion: v1\nkind: ConfigMap\ndata:  {a:  1}   # odd blanks\n"


@st.composite
def manners(draw):
    """How a document is written."""
    return {
        "dash": draw(st.sampled_from((0, 2, 4))),
        "rules": draw(st.sampled_from(("flow", "block", "json"))),
        "policy": draw(st.sampled_from(("block", "block", "flow"))),
        "quote": draw(st.sampled_from(('"', "'", ""))),
        "blank": draw(st.booleans()),
        "newline": draw(st.sampled_from(("\n", "\n", "\r\n"))),
        "open_end": draw(st.booleans()),
        "place": draw(st.sampled_from(("alone", "first", "last"))),
        "directive": draw(st.booleans()),
        "ids": draw(st.booleans()),
    }


def scalar(value, manner):
    if not isinstance(value, str):
        return json.dumps(value)
    quote = manner["quote"]
    if quote == "'" or (quote == "" and not value.replace("-", "").replace("_", "").isalpha()):
        return f"'{value}'" if quote == "'" else json.dumps(value)
    return json.dumps(value) if quote else value


def flow(value, manner):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {flow(v, manner)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(v, manner) for v in value) + "]"
    return scalar(value, manner)


def written(policy, manner):
    """Lines of one policy (dash at column 0), with comments that name what they belong to."""
    name = policy["name"]
    lines = [f"# about {name}"]
    note = "  # id: 0000" if manner["ids"] else ""
    if manner["policy"] == "flow":
        return [*lines, f"- {flow(policy, manner)}{note}  # line of {name}"] if not note else [*lines, f"- {flow(policy, manner)}{note}"]
    lines.append(f"- name: {scalar(name, manner)}{note}")
    for key, value in policy.items():
        if key == "name":
            continue
        if key != "rules":
            lines += [f"  # {key} of {name}", f"  {key}: {flow(value, manner)}"]
            continue
        lines.append("  rules:")
        pad = "  " + " " * manner["dash"]
        for rule in value:
            lines.append(f"{pad}# rule {rule['type']} {rule['value']} of {name}")
            if manner["rules"] == "flow":
                lines.append(f"{pad}- {flow(rule, manner)}")
            elif manner["rules"] == "json":
                lines.append(f"{pad}- {json.dumps(rule)}")
            else:
                fields = [f"{k}: {scalar(v, manner)}" for k, v in rule.items()]
                lines += [f"{pad}- {fields[0]}", *(f"{pad}  {f}" for f in fields[1:])]
    lines.append(f"  # below {name}" if manner["policy"] == "block" else "")
    return [line for line in lines if line]


def document(wanted, unlisted, manner):
    lines = ["# head of the file", "apiVersion: reconciler/v1", "kind: Listener", "metadata: {name: web}", "spec:",
             "  provider: cloud", f"  unlisted: {unlisted}  # on purpose"]  # fmt: skip
    if not wanted:
        lines.append("  policies: []")
    else:
        lines.append("  policies:")
        pad = "  " + " " * manner["dash"]
        for n, policy in enumerate(wanted):
            lines += [""] if n and manner["blank"] else []
            lines += [pad + line for line in written(policy, manner)]
    lines.append("# tail of the file")
    text = "\n".join(lines) + "\n"
    text = {"alone": text, "first": f"{text}---\n{OTHER}", "last": f"{OTHER}---\n{text}"}[manner["place"]]
    if manner["directive"]:
        text = f"%YAML 1.2\n---\n{text}"
    text = text.removesuffix("\n") if manner["open_end"] else text
    return text.replace("\n", manner["newline"]).encode()


def merge(w, **more):
    result = asyncio.run(merge_live(w.settings(), **more))
    write_files(result)
    return result


@pytest.mark.parametrize("name", sorted(FLAVOURS))
@given(live=policies(), wanted=policies(), unlisted=st.sampled_from(("keep", "delete", "refuse")), manner=manners())
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_after_a_merge_the_plan_is_empty_and_nothing_that_people_wrote_is_lost(name, live, wanted, unlisted, manner):
    flavour = FLAVOURS[name]
    wanted_policies, live_policies = made(flavour, wanted), made(flavour, live)
    with tempfile.TemporaryDirectory() as folder:
        w = World(flavour, Path(folder), live_policies)
        (w.directory / "manifests").mkdir()
        path = w.directory / "manifests" / "web.yaml"
        before = document(wanted_policies, unlisted, manner)
        path.write_bytes(before)
        result = merge(w)
        assert (result.exit_code, [d for d in result.diagnostics if d.is_error]) == (0, [])
        planned = w.plan()
        assert (planned.exit_code, planned.document["steps"], planned.document["blocked"]) == (0, [], [])
        if unlisted != "keep":
            assert planned.document["unlisted"] == []
        after = path.read_bytes()
        check_comments(before.decode(), after.decode(), wanted_policies, live_policies, manner)
        if manner["place"] != "alone":
            assert OTHER.rstrip("\n").replace("\n", manner["newline"]) in after.decode()
        assert after.count(b"\r\n") == (after.count(b"\n") if manner["newline"] == "\r\n" else 0)
        assert after.endswith(b"\n") != manner["open_end"]
        again = merge(w)
        assert (again.files, path.read_bytes()) == ([], after)
        if not result.changes and not manner["ids"]:
            assert after == before


def check_comments(before, after, wanted, live, manner):
    there = {p["name"]: p for p in live}
    lines = {line.strip() for line in after.split("\n")}
    comments = ["# head of the file", "# tail of the file"]
    for policy in wanted:
        name = policy["name"]
        if name not in there:
            continue
        comments.append(f"# about {name}")
        if manner["policy"] == "flow":
            continue
        comments.append(f"# below {name}")
        comments += [f"# {k} of {name}" for k in policy if k not in ("name", "rules") and k in there[name]]
        for rule in policy["rules"]:
            if rule in there[name]["rules"]:
                comments.append(f"# rule {rule['type']} {rule['value']} of {name}")
    for comment in comments:
        assert comment in lines, (comment, before, after)
    assert "unlisted: " in after
    assert "# on purpose" in after


@pytest.mark.parametrize("name", sorted(FLAVOURS))
@given(data=st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_security_group_says_what_is_live_after_a_merge(name, data):
    flavour = FLAVOURS[name]
    ports = st.lists(st.tuples(st.sampled_from((22, 80, 443, 8080)), st.sampled_from(("10.0.0.0/8", "192.0.2.0/24")),
                               st.sampled_from(("", "one", "two"))), unique_by=lambda r: r[:2], max_size=6)  # fmt: skip
    live, wanted = data.draw(ports), data.draw(ports)
    manner = data.draw(manners())
    unlisted = data.draw(st.sampled_from(("keep", "delete", "refuse")))

    def rules(drawn):
        return [flavour.rule(p, c, **({"description": d} if d else {})) for p, c, d in drawn]

    with tempfile.TemporaryDirectory() as folder:
        w = World(flavour, Path(folder), [], rules(live))
        pad = "  " + " " * manner["dash"]
        lines = ["apiVersion: reconciler/v1", "kind: SecurityGroup", "metadata: {name: web}", "spec:", "  provider: cloud",
                 "  directions: [ingress]", f"  unlisted: {unlisted}", "  rules:" if wanted else "  rules: []"]  # fmt: skip
        for port, cidr, words in wanted:
            one = flavour.rule(port, cidr, **({"description": words} if words else {}))
            one = {k: str(v) if k == "multiport" else v for k, v in one.items()}
            lines.append(f"{pad}# {port} from {cidr}")
            if manner["rules"] == "flow":
                lines.append(f"{pad}- {flow(one, {**manner, 'quote': manner['quote'] or chr(34)})}")
            else:
                fields = [f"{k}: {json.dumps(v)}" for k, v in one.items()]
                lines += [f"{pad}- {fields[0]}", *(f"{pad}  {f}" for f in fields[1:])]
        path = w.directory / "manifests" / "group.yaml"
        path.parent.mkdir()
        path.write_bytes(("\n".join(lines) + "\n").replace("\n", manner["newline"]).encode())
        result = merge(w)
        assert (result.exit_code, [d for d in result.diagnostics if d.is_error]) == (0, [])
        planned = w.plan().document
        assert (planned["steps"], planned["blocked"], planned["cosmetic"]) == ([], [], [])
        after = path.read_bytes().decode()
        for port, cidr, _ in wanted:
            if any(r[:2] == (port, cidr) for r in live):
                assert f"# {port} from {cidr}" in after
        assert merge(w).files == []


@pytest.mark.parametrize("name", sorted(FLAVOURS))
@given(live=policies(), wanted=policies(), manner=manners())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_adopting_what_is_unlisted_leaves_nothing_unlisted(name, live, wanted, manner):
    flavour = FLAVOURS[name]
    with tempfile.TemporaryDirectory() as folder:
        w = World(flavour, Path(folder), made(flavour, live))
        path = w.directory / "manifests" / "web.yaml"
        path.parent.mkdir()
        path.write_bytes(document(made(flavour, wanted), "keep", manner))
        assert merge(w, adopt_unlisted=True).exit_code == 0
        planned = w.plan().document
        assert (planned["steps"], planned["unlisted"]) == ([], [])
        assert {n for n in NAMES if f"about {n}" in path.read_text()} <= {n for n, _, _ in live}
