"""Names for the ids that a plan refers to, and for no others."""

from __future__ import annotations

from reconciler.planning.naming import referred

NAMES = {"p1": "blue", "p2": "green", "l1": "https", "g1": "office", "g2": "ops", "x": "unused"}


def test_every_field_that_refers_to_a_named_object_gives_its_name():
    objects = [
        {"redirect_pool_id": "p1"},
        {"redirect_pools_config": [{"pool_id": "p2", "weight": 1}, {"pool_id": "gone", "weight": 1}]},
        {"redirect_listener_id": "l1", "redirect_pools_config": None},
        {"remote_group_id": "g1"},
        {"remote_address_group_id": "g2"},
        {"description": "x", "redirect_pool_id": {"$from": {"step": "s1", "field": "id"}}},
    ]
    assert referred(objects, NAMES) == {key: NAMES[key] for key in ("p1", "p2", "l1", "g1", "g2")}
    assert referred([], NAMES) == {}
