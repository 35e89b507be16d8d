"""The published schemas: sound, closed, complete, and the ones that decide."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from reconciler.codes import pages
from reconciler.manifests import schemas

OURS = [n for n in schemas.names() if n.partition(".")[0] in schemas.UNIONS]
PARTS = [n for n in OURS if "." in n]


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for key, inner in schema.items():
            if key not in ("examples", "const", "enum"):
                yield from nodes(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from nodes(inner)


def test_there_is_a_schema_for_each_kind_and_type_and_a_union_of_each_kind() -> None:
    assert {f"{k}.{t}" for k in schemas.UNIONS for t in ("huawei", "gcore", "openstack")} | set(schemas.UNIONS) == set(OURS)


@pytest.mark.parametrize("name", OURS)
def test_a_schema_is_sound_and_its_examples_are_valid(name: str) -> None:
    schema = json.loads(schemas.text(name))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:reconciler:schema:v1:{name}"
    assert schema["title"]
    assert schema["examples"]
    for example in schema["examples"]:
        assert jsonschema_rs.validator_for(schema).is_valid(example)
        assert not list(jsonschema.Draft202012Validator(schema).iter_errors(example))


@pytest.mark.parametrize("name", PARTS)
def test_objects_are_closed_and_fields_are_described(name: str) -> None:
    for node in nodes(schemas.schema(name)):
        if node.get("type") == "object":
            assert node.get("additionalProperties") is False, node
            for field, inner in node["properties"].items():
                assert "$ref" in inner or "description" in inner or "x-message" in inner or "const" in inner, field


@pytest.mark.parametrize("name", OURS)
def test_every_code_in_a_schema_has_a_page(name: str) -> None:
    codes = set(re.findall(r'"([A-Z]+(?:-[A-Z0-9]+)+)"', json.dumps([n.get("x-code") for n in nodes(schemas.schema(name))])))
    assert codes <= set(pages())


@pytest.mark.parametrize("name", schemas.UNIONS)
def test_the_unions_are_made_of_their_parts(name: str) -> None:
    assert json.loads(schemas.text(name)) == schemas.union(name)


def test_every_field_of_the_sdks_has_its_place_in_the_schemas() -> None:
    from huaweicloudsdkelb.v3 import (
        CreateFixtedResponseConfig,
        CreateL7PolicyOption,
        CreateL7PolicyRuleOption,
        CreateRedirectPoolsExtendConfig,
        CreateRedirectUrlConfig,
    )
    from huaweicloudsdkvpc.v3 import CreateSecurityGroupRuleOption

    listener = schemas.schema("listener.huawei")["$defs"]
    policy = listener["policy"]["properties"]
    assert set(CreateL7PolicyOption.attribute_map.values()) <= set(policy)
    assert set(CreateL7PolicyRuleOption.attribute_map.values()) <= set(listener["rule"]["properties"])
    for model, field in (
        (CreateRedirectUrlConfig, "redirect_url_config"), (CreateFixtedResponseConfig, "fixed_response_config"),
        (CreateRedirectPoolsExtendConfig, "redirect_pools_extend_config"),
    ):  # fmt: skip
        assert set(model.attribute_map.values()) == set(policy[field]["properties"])
    group = schemas.schema("security_group.huawei")["$defs"]["rule"]["properties"]
    assert set(CreateSecurityGroupRuleOption.attribute_map.values()) <= set(group)


def test_an_unknown_name_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        schemas.text("nothing")
