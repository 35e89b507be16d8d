"""The changed fields of an object are exactly those that differ, however little two states have in common."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.planning.changes import changed

FIELDS = ("name", "action", "description", "redirect_pool_id", "redirect_pools_config", "tags", "redirect_url_config")
VALUES = st.one_of(
    st.sampled_from(["", "a", "b", "REDIRECT_TO_POOL"]),
    st.integers(0, 3),
    st.lists(st.sampled_from(["x", "y"]), max_size=2),
    st.dictionaries(st.sampled_from(["host", "path", "code"]), st.sampled_from(["1", "2"]), max_size=3),
    st.lists(st.fixed_dictionaries({"pool_id": st.sampled_from(["p", "q"]), "weight": st.integers(0, 2)}), max_size=2),
)
OBJECTS = st.dictionaries(st.sampled_from(FIELDS), VALUES)


@given(OBJECTS, OBJECTS)
def test_every_field_that_differs_is_named_and_no_other(before, after):
    expected = {
        name: (before.get(name), after.get(name))
        for name in {*before, *after}
        if (name in before) != (name in after) or before.get(name) != after.get(name)
    }
    assert {c.field: (c.before, c.after) for c in changed(before, after)} == expected


def test_a_policy_that_becomes_quite_another_one_has_all_its_fields_named():
    before = {"name": "canary", "action": "REDIRECT_TO_POOL", "redirect_pool_id": "a"}
    after = {
        "name": "canary", "action": "REDIRECT_TO_POOL", "description": "both", "redirect_pools_config": [{"pool_id": "b"}],
        "redirect_pools_extend_config": {"rewrite_url_enable": True},
        "redirect_pools_sticky_session_config": {"enable": True},
    }  # fmt: skip
    assert [c.field for c in changed(before, after)] == [
        "description", "redirect_pool_id", "redirect_pools_config", "redirect_pools_extend_config",
        "redirect_pools_sticky_session_config",
    ]  # fmt: skip
