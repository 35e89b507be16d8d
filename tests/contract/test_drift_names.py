"""A drift document names the pools that it refers to by id, and those only."""

from test_migrations import A, B, P, spec


def test_pools_that_findings_refer_to_are_named(world, flavour):
    w = world(spec(flavour, [A, B]))
    w.listener(spec(flavour, [P("aaa", "/a", "c"), B]))
    document = w.drift().document
    (finding,) = document["findings"]
    (field,) = finding["fields"]
    assert document["names"] == {field["wanted"]: "c", field["live"]: "a"}


def test_nothing_is_named_where_nothing_refers_to_it(world, flavour):
    w = world(spec(flavour, [A]))
    w.listener(spec(flavour, [A]))
    assert "names" not in w.drift().document


def test_a_policy_that_is_extra_has_its_pool_named(world, flavour):
    w = world(spec(flavour, [A, B]))
    w.listener(spec(flavour, [A]))
    document = w.drift().document
    assert document["names"] == {document["findings"][0]["live"]["redirect_pool_id"]: "b"}
