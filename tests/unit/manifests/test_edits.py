"""Editing in place: only what changes is written anew, whatever the manner in which a document is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.manifests.edits.change import Fields, Items, New, Set, applied
from reconciler.manifests.edits.documents import edited, manifest_files
from reconciler.manifests.edits.style import is_plain

HEAD = "apiVersion: reconciler/v1\nkind: Listener\nmetadata: {name: web}\nspec:\n"


def go(tmp_path, body, change):
    """The body of ``spec`` after a change to it; what could not be done."""
    path = Path(tmp_path) / "a.yaml"
    path.write_bytes((HEAD + body).encode())
    [file], problems = manifest_files([path.name], str(tmp_path))
    assert problems == []
    done = edited(file, {"listener/web": Fields({"spec": change})})
    if not done.refused:
        before = yaml.safe_load(HEAD + body)
        assert yaml.safe_load(done.raw) == applied(before, Fields({"spec": change}))
    return done.raw.decode().removeprefix(HEAD), done


def become(tmp_path, body, change, after):
    text, done = go(tmp_path, body, change)
    assert not done.refused
    assert text == after


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("a", "b", "b"),
        ("a", "on", '"on"'),
        ("a", "10.0.0.0/8", "10.0.0.0/8"),
        ("a", "1:30", '"1:30"'),
        ("a", "0x1F", '"0x1F"'),
        ("a", "x: y", '"x: y"'),
        ("a", "x #y", '"x #y"'),
        ("a", "#y", '"#y"'),
        ("a", "", '""'),
        ("a", "null", '"null"'),
        ("a", "- y", '"- y"'),
        ("a", "trail ", '"trail "'),
        ("'a'", "it's", "'it''s'"),
        ("'a'", "\u200b", '"\\u200b"'),
        ('"a"', "b", '"b"'),
        ('"a"', 'say "x"', '"say \\"x\\""'),
        ("1", 2, "2"),
        ("a", True, "true"),
        ('"403"', "404", '"404"'),
        ("a", "85739ab1-a922-57c9-9d39-b2117340e33a", "85739ab1-a922-57c9-9d39-b2117340e33a"),
        ("a", "\u5546\u5e97", '"\u5546\u5e97"'),
    ],
)
def test_a_scalar_keeps_its_quotes_and_its_comment(tmp_path, old, new, text):
    body = "  one: {old}   # why\n  two: x\n"
    become(tmp_path, body.format(old=old), Fields({"one": Set(new)}), body.format(old=text))
    inline = "  map: {{one: {old}, two: x}}  # why\n"
    become(tmp_path, inline.format(old=old), Fields({"map": Fields({"one": Set(new)})}), inline.format(old=text))


def test_in_brackets_a_comma_gets_quotes_and_in_lines_it_does_not(tmp_path):
    become(tmp_path, "  m: {a: x}\n", Fields({"m": Fields({"a": Set("x,y")})}), '  m: {a: "x,y"}\n')
    become(tmp_path, "  a: x\n", Fields({"a": Set("x,y")}), "  a: x,y\n")


@given(st.text(max_size=12))
@settings(max_examples=50)
def test_what_is_written_plainly_is_read_as_the_text_by_every_reader(text):
    for in_flow in (False, True):
        if is_plain(text, in_flow):
            written = f"[{text}, z]" if in_flow else f"a: {text}  # c"
            found = yaml.safe_load(written)
            assert (found[0] if in_flow else found["a"]) == text


def test_a_text_of_several_lines_stays_a_block(tmp_path):
    body = "  text: |\n      one\n      two\n\n  next: x\n"
    become(tmp_path, body, Fields({"text": Set("three\nfour\n")}), "  text: |\n      three\n      four\n\n  next: x\n")
    become(tmp_path, body, Fields({"text": Set("three\nfour")}), "  text: |-\n      three\n      four\n\n  next: x\n")
    become(tmp_path, body, Fields({"text": Set(" odd\nx\n")}), '  text: " odd\\nx\\n"\n\n  next: x\n')
    become(tmp_path, body, Fields({"next": Set("z")}), body.replace("next: x", "next: z"))


def test_fields_come_in_their_order_and_go_with_their_comments(tmp_path):
    body = "  policies:\n    - name: a\n      # who\n      action: x  # act\n      # deep\n        # deeper\n      rules: []\n    # tail\n"
    change = Fields({"policies": Items([0], {0: Fields(drop=frozenset(["action"]), add={"description": "d", "priority": 3})})})
    become(tmp_path, body, change,
           "  policies:\n    - name: a\n      priority: 3\n      description: d\n      # deep\n        # deeper\n      rules: []\n    # tail\n")  # fmt: skip


def test_the_first_field_of_an_item_may_go(tmp_path):
    body = "  rules:\n    - protocol: tcp  # gone\n      # about the direction\n      direction: ingress  # in\n      ethertype: IPv4\n"
    change = Fields({"rules": Items([0], {0: Fields(drop=frozenset(["protocol"]))})})
    become(tmp_path, body, change, "  rules:\n    # about the direction\n    - direction: ingress  # in\n      ethertype: IPv4\n")


def test_a_field_may_get_another_name_in_its_place(tmp_path):
    change = Fields({"redirect_pool": Set("p-1")}, rename={"redirect_pool": "redirect_pool_id"})
    become(tmp_path, "  redirect_pool : a # c\n", change, "  redirect_pool_id : p-1 # c\n")
    become(tmp_path, '  {"redirect_pool": "a"}\n', change, '  {"redirect_pool_id": "p-1"}\n')


LIST = "  policies:\n    # one\n    - {name: a}  # a\n\n    # two\n\n    # three\n    - name: b  # b\n      x: 1\n        # deep in b\n    - name: c\n    # end\n"


def test_items_move_with_what_belongs_to_them_and_nothing_is_lost(tmp_path):
    text, _ = go(tmp_path, LIST, Fields({"policies": Items([2, 1, 0])}))
    assert sorted(line for line in text.splitlines() if line.strip()) == sorted(line for line in LIST.splitlines() if line.strip())
    assert text.index("# three\n    - name: b") < text.index("# one\n    - {name: a}  # a")
    assert "      x: 1\n        # deep in b\n" in text
    assert text.endswith("    # end\n")


def test_a_comment_that_stands_alone_stays_when_the_item_below_goes(tmp_path):
    text, _ = go(tmp_path, LIST, Fields({"policies": Items([0, 2])}))
    assert "# two" in text
    assert "# three" not in text
    assert "# deep in b" not in text


@given(st.permutations([0, 1, 2]), st.lists(st.booleans(), min_size=3, max_size=3), st.integers(0, 3), st.booleans())
@settings(max_examples=50)
def test_any_new_order_reads_as_it_is_meant(order, keep, at, new):
    import tempfile

    wanted: list[object] = [n for n in order if keep[n]]
    if new:
        wanted.insert(min(at, len(wanted)), New({"name": "new", "rules": [{"type": "x"}]}, "id: 1"))
    with tempfile.TemporaryDirectory() as folder:
        for body in (LIST, '  policies: [{name: a}, {name: b, x: 1}, {name: c}]  # all\n',
                     '  policies:\n  - name: a\n\n  - name: b\n    x: 1\n\n  - name: c\n',
                     '  policies: [\n    {name: a},\n    # two\n    {name: b,\n      x: 1},  # b\n    {name: c}  # c\n  ]\n',
                     '  policies: [\n    {"name": "a"},\n    {\n      "name": "b",\n      "x": 1\n    },\n    {"name": "c"}\n  ]\n'):  # fmt: skip
            text, done = go(folder, body, Fields({"policies": Items(wanted)}))
            assert not done.refused, (body, wanted, done.refused)
            if "# b" in body and 1 in wanted and "[" in body:
                assert "# two" in text
                assert "# b" in text


def test_json_stays_json(tmp_path):
    data = {"policies": [{"name": "a", "rules": []}, {"name": "b", "rules": [{"type": "PATH"}]}]}
    change = Fields({"policies": Items([1, New({"name": "c", "on": "off"}), 0], {1: Fields({"rules": Items([0, New({"type": "HOST_NAME"})])}, add={"priority": 3})})})
    for text in (json.dumps(data), json.dumps(data, indent=2), json.dumps(data, separators=(",", ":"))):
        body = "  " + text.replace("\n", "\n  ") + "\n"
        after, done = go(tmp_path, body, change)
        assert not done.refused
        assert json.loads(after) == applied(data, change)


def test_an_added_item_is_written_like_its_neighbours(tmp_path):
    body = "  rules:\n  - {type: PATH, value: '/a'}\n  tags: ['x']\n"
    become(tmp_path, body, Fields({"rules": Items([0, New({"type": "HOST_NAME", "value": "a b"})])}),
           "  rules:\n  - {type: PATH, value: '/a'}\n  - {type: HOST_NAME, value: a b}\n  tags: ['x']\n")  # fmt: skip
    body = "  rules:\n      -   type: PATH\n          value: x\n"
    text, done = go(tmp_path, body, Fields({"rules": Items([0, New({"type": "HOST_NAME"})])}))
    assert not done.refused
    assert text.startswith(body)


def test_an_alias_stays_while_its_value_does(tmp_path):
    body = "  a: &x {k: 1}  # here\n  b: *x\n  c: *x  # too\n"
    become(tmp_path, body, Fields({"c": Fields({"k": Set(2)})}), "  a: &x {k: 1}  # here\n  b: *x\n  c: {k: 2}  # too\n")
    become(tmp_path, body, Fields({"a": Fields({"k": Set(2)})}), "  a: &x {k: 2}  # here\n  b: {k: 1}\n  c: {k: 1}  # too\n")
    same = Fields({"k": Set(2)})
    become(tmp_path, body, Fields({"a": same, "b": same, "c": same}), "  a: &x {k: 2}  # here\n  b: *x\n  c: *x  # too\n")
    become(tmp_path, body, Fields(drop=frozenset("a")), "  b: {k: 1}\n  c: {k: 1}  # too\n")


@pytest.mark.parametrize(
    "body",
    [
        "  rules:\n    - - type: a\n    - - type: b\n",
        "  ? rules\n  : - type: a\n    - type: b\n",
        "  rules: &r\n    - type: a\n    - type: b\n  other: *r\n",
        "  rules: !!seq\n    - type: a\n",
    ],
)
def test_what_cannot_be_followed_is_refused_or_right_but_never_wrong(tmp_path, body):
    data = yaml.safe_load(HEAD + body)["spec"]["rules"]
    for order in ([], [len(data) - 1], list(reversed(range(len(data))))):
        path = Path(tmp_path) / "a.yaml"
        path.write_bytes((HEAD + body).encode())
        [file], _ = manifest_files([path.name], str(tmp_path))
        change = Fields({"spec": Fields({"rules": Items(order)})})
        done = edited(file, {"listener/web": change})
        if done.refused:
            assert done.raw == file.raw
        else:
            assert yaml.safe_load(done.raw) == applied(yaml.safe_load(HEAD + body), change)


def test_one_document_that_cannot_be_edited_does_not_hold_up_the_others(tmp_path):
    other = HEAD.replace("name: web", "name: odd") + "  rules:\n    - - type: a\n    - - type: b\n"
    path = tmp_path / "a.yaml"
    path.write_text(f"{HEAD}  one: a\n---\n{other}")
    [file], _ = manifest_files(["a.yaml"], str(tmp_path))
    done = edited(file, {
        "listener/web": Fields({"spec": Fields({"one": Set("b")})}),
        "listener/odd": Fields({"spec": Fields({"rules": Items([0], {0: Items([0, New("x")])})})}),
    })  # fmt: skip
    assert list(done.refused) == ["listener/odd"]
    assert done.raw.decode() == path.read_text().replace("one: a", "one: b")


@pytest.mark.parametrize("new", ["another: one\n", "two\nlines\n", 7])
@pytest.mark.parametrize("sign", ["|", "|-", ">-", "|2-"])
def test_a_comment_behind_the_sign_of_a_text_of_several_lines_stays(tmp_path, sign, new):
    text, done = go(tmp_path, f"  words: {sign}  # ours: 1\n    one\n  next: 1\n", Fields({"words": Set(new)}))
    assert not done.refused
    assert text.partition("\n")[0].endswith("  # ours: 1")


def test_new_items_stand_as_far_behind_their_dash_as_the_others(tmp_path):
    become(tmp_path, "  items:\n    -   name: a\n        more: 1\n", Fields({"items": Items([0, New({"name": "b", "more": 2})])}),
           "  items:\n    -   name: a\n        more: 1\n    -   name: b\n        more: 2\n")  # fmt: skip


def test_what_repeats_an_anchor_may_move_above_it(tmp_path):
    before = "  items:\n    - name: a\n      kind: &k POOL  # shared\n    - name: b\n      kind: *k  # as a\n"
    text, done = go(tmp_path, before, Fields({"items": Items([1, 0])}))
    assert done.written_out == {"listener/web": ["*k"]}
    assert text == "  items:\n    - name: b\n      kind: POOL  # as a\n    - name: a\n      kind: &k POOL  # shared\n"


def test_what_repeats_an_anchor_stays_where_the_order_allows_it(tmp_path):
    before = "  items:\n    - {kind: &k POOL}\n    - {kind: *k}\n    - {kind: OTHER}\n"
    become(tmp_path, before, Fields({"items": Items([0, 2, 1])}), "  items:\n    - {kind: &k POOL}\n    - {kind: OTHER}\n    - {kind: *k}\n")


def test_a_list_with_an_anchor_becomes_empty(tmp_path):
    become(tmp_path, "  items: &all  # ours\n    - a\n  next: 1\n", Fields({"items": Items([])}), "  items: &all []  # ours\n  next: 1\n")


def test_an_empty_list_in_a_line_of_its_own_is_filled(tmp_path):
    become(tmp_path, "  items:\n    # none yet\n    []\n  next: 1\n", Fields({"items": Items([New({"name": "a"})])}),
           "  items:\n    # none yet\n    - {name: a}\n  next: 1\n")  # fmt: skip


def test_a_refusal_names_the_line(tmp_path):
    _, done = go(tmp_path, "  a: 1\n  ? b\n  : 2\n", Fields({"b": Set(3)}))
    assert list(done.refused.values()) == ["a field stands behind a question mark or a dash of its own, in line 6"]


SPACED = "  items:\n    - {name: a}\n\n    # - name: dead\n    #   more: 1\n\n    # about b\n    - {name: b}\n\n    # --- two ---\n\n    - {name: c}\n"


def test_what_stands_apart_from_an_item_that_goes_stays_apart(tmp_path):
    become(tmp_path, SPACED, Fields({"items": Items([0, 2])}),
           "  items:\n    - {name: a}\n\n    # - name: dead\n    #   more: 1\n\n    # --- two ---\n\n    - {name: c}\n")  # fmt: skip
    become(tmp_path, SPACED, Fields({"items": Items([2])}),
           "  items:\n    # - name: dead\n    #   more: 1\n\n    # --- two ---\n\n    - {name: c}\n")  # fmt: skip
    become(tmp_path, SPACED, Fields({"items": Items([0])}),
           "  items:\n    - {name: a}\n\n    # - name: dead\n    #   more: 1\n\n    # --- two ---\n")  # fmt: skip


@pytest.mark.parametrize("pad", ["", "  ", "    "])
def test_a_comment_directly_above_an_item_goes_with_it_in_whatever_column_it_stands(tmp_path, pad):
    body = f"  items:\n    - {{name: a}}\n{pad}# about b\n    - {{name: b}}\n{pad}# about c\n    - {{name: c}}\n"
    become(tmp_path, body, Fields({"items": Items([0, 2])}), f"  items:\n    - {{name: a}}\n{pad}# about c\n    - {{name: c}}\n")


@pytest.mark.parametrize("about", ["", "    # about b\n"])
def test_an_item_that_is_commented_out_stays_where_the_one_below_it_goes(tmp_path, about):
    dead = "    # - name: dead\n    #   more:\n    #     - 1\n"
    body = f"  items:\n    - {{name: a}}\n{dead}{about}    - {{name: b}}\n    - {{name: c}}\n"
    become(tmp_path, body, Fields({"items": Items([0, 2])}), f"  items:\n    - {{name: a}}\n{dead}    - {{name: c}}\n")
