"""``reconcile providers``: told by the code that judges manifests, complete for every type, safe to print."""

from __future__ import annotations

import importlib
import json

import pytest
import yaml
from unit.manifests.test_plugin_schemas import acme  # noqa: F401  # a fixture

from reconciler.manifests import schemas
from reconciler.model.plugin import plugin, plugin_types
from reconciler.reports import capabilities as report
from reconciler.workflow.capabilities import capabilities

TYPES = plugin_types()


@pytest.fixture(scope="module")
def told():
    return {type_: capabilities(plugin(type_)) for type_ in TYPES}


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("row", report.ROWS | report.OWN)
def test_every_type_has_every_row(told, type_, row):
    lines = (report.ROWS | report.OWN)[row](told[type_])
    assert lines
    assert all(line.strip() for line in lines)


@pytest.mark.parametrize("type_", TYPES)
def test_what_is_told_has_no_hole(told, type_):
    of = told[type_]
    assert of["policies"]["actions"]
    assert of["listener_protocols"]["HTTP"] == "yes"
    assert all(of["rule_types"].values())
    assert of["security_group_rules"]["fields"][0] == "direction"
    assert of["permissions"]["read"]
    assert of["permissions"]["write"]
    assert of["variables"]


def manifest(type_, rule, rules=1):
    spec = {"huawei": {"region": "r", "project_id": "0" * 32}, "gcore": {"project_id": 1, "region_id": 1}}.get(type_, {})
    policy = {k: v for k, v in schemas.schema(f"listener.{type_}")["examples"][0]["spec"]["policies"][0].items() if k != "rules"}
    provider = {"apiVersion": "reconciler/v1", "kind": "Provider", "metadata": {"name": "p"}, "spec": {"type": type_, **spec}}
    listener = {"apiVersion": "reconciler/v1", "kind": "Listener", "metadata": {"name": "x"},
                "spec": {"provider": "p", "unlisted": "keep", "policies": [{**policy, "rules": [rule] * rules}]}}  # fmt: skip
    return yaml.safe_dump_all([provider, listener])


@pytest.mark.parametrize("type_", TYPES)
def test_compare_types_are_those_that_validate_takes(reconcile, told, type_, tmp_path):
    values = {"HOST_NAME": "a.example.com", "SOURCE_IP": "10.0.0.0/8", "METHOD": "GET", "FILE_TYPE": "jpg",
              "SSL_CONN_HAS_CERT": "True", "SSL_VERIFY_RESULT": "0"}  # fmt: skip
    for name, compare_types in told[type_]["rule_types"].items():
        for compare_type in ("EQUAL_TO", "STARTS_WITH", "REGEX", "CONTAINS", "ENDS_WITH"):
            rule = {"type": name, "compare_type": compare_type, "value": values.get(name, "/a")}
            if name in ("HEADER", "COOKIE", "QUERY_STRING", "SSL_DN_FIELD"):
                rule |= {"key": "CN", "value": "a"}
            if type_ == "huawei" and name in ("HEADER", "COOKIE", "QUERY_STRING", "SOURCE_IP", "METHOD"):
                key = {} if name in ("SOURCE_IP", "METHOD") else {"key": "CN"}
                rule = {"type": name, "compare_type": compare_type, "conditions": [{**key, "value": rule["value"]}]}
            (tmp_path / "m.yaml").write_text(manifest(type_, rule))
            run = reconcile("-C", str(tmp_path), "validate", "--format", "json")
            about = [d for d in json.loads(run.out)["diagnostics"] if d["path"][:4] == ["spec", "policies", 0, "rules"]]
            severities = {d["severity"] for d in about}
            found = None if "error" in severities else "warned" if severities else "yes"
            assert compare_types.get(compare_type) == found, (name, compare_type, about)


def test_the_number_of_rules_is_the_one_that_validate_takes(reconcile, told, tmp_path):
    def errors(type_, rule):
        (tmp_path / "m.yaml").write_text(manifest(type_, rule))
        return [d["code"] for d in json.loads(reconcile("-C", str(tmp_path), "validate", "--format", "json").out)["diagnostics"]]

    def header(count):
        return {"type": "HEADER", "compare_type": "EQUAL_TO", "conditions": [{"key": "k", "value": str(n)} for n in range(count)]}

    limit = told["huawei"]["policies"]["rules_max"]
    assert told["huawei"]["policies"]["rules_counted"] == "conditions"
    assert "HW-R61" not in errors("huawei", header(limit))
    assert "HW-R61" in errors("huawei", header(limit + 1))


@pytest.mark.parametrize("type_", TYPES)
def test_variables_are_read_by_the_code_that_names_them(type_):
    """A variable that no longer stands in the provider's own tables would be told and never read."""
    module = importlib.import_module(f"reconciler.providers.{type_}.{'config' if type_ == 'openstack' else 'settings'}")
    names = [name for names in plugin(type_).variables().values() for name in names]
    assert len(names) == len(set(names))
    tables = [getattr(module, table) for table in ("VARIABLES", "PLACES") if hasattr(module, table)]
    assert set(names) == {name for table in tables for names in table.values() for name in names}


def test_a_region_comes_from_the_variable_that_is_told(told):
    from types import SimpleNamespace

    from reconciler.providers.huawei.settings import settings

    for name in told["huawei"]["variables"]["region"]:
        spec = SimpleNamespace(name="p", type="huawei", spec={"project_id": "0" * 32}, emulator=None)
        connection = SimpleNamespace(environ={name: "cn-north-4"}, directory=".", dummy_credentials=True)
        assert settings(spec, connection).region == "cn-north-4"


def test_types_of_other_distributions_are_told(reconcile, acme):  # noqa: F811
    run = reconcile("providers", "acme", "--format", "json")
    assert run.code == 0
    (of,) = json.loads(run.out)["providers"]
    assert (of["type"], of["hosts"], of["policies"]["rules_max"], of["variables"]) == ("acme", ["*.acme.example"], 50, {})
    text = reconcile("providers")
    assert text.code == 0
    assert all(type_ in text.out for type_ in ("acme", "gcore", "huawei", "openstack"))


def test_a_broken_type_is_named_and_the_others_are_told(reconcile, acme):  # noqa: F811
    (acme / "site" / "acme_reconciler" / "__init__.py").write_text("raise RuntimeError('\\x1b[31mbroken')\n")
    run = reconcile("providers")
    assert run.code == 1
    assert "error[CLI-PROVIDER-TYPE]" in run.err
    assert "\x1b" not in run.err + run.out
    assert "huawei" in run.out
    only = reconcile("providers", "acme", "--format", "json")
    assert (only.code, json.loads(only.out)["providers"]) == (1, [])


def test_a_type_that_is_not_there_is_one_diagnostic(reconcile):
    run = reconcile("providers", "hauwei", "--format", "json")
    assert run.code == 3
    (found,) = json.loads(run.out)["diagnostics"]
    assert (found["code"], "huawei" in found["hint"]) == ("CLI-PROVIDER-TYPE", True)


def test_markdown_is_one_table_and_no_value_leaves_its_cell():
    of = capabilities(plugin("huawei")) | {"type": "a|b`c\nd<script>"}
    table = report.markdown({"providers": [of, of]}).splitlines()
    rows = [line for line in table if line.startswith("|")]
    assert len(rows) == 2 + len(report.ROWS | report.OWN)
    assert {len(row.replace("\\|", "").split("|")) for row in rows} == {5}
    assert "<script>" not in rows[0].replace("`` a\\|b`c\\nd<script> ``", "")


@pytest.mark.parametrize("width", [10, 40, 80, 100, 250])
def test_text_keeps_its_width(width):
    out = report.text({"providers": [capabilities(plugin(t)) for t in TYPES]}, width=width)
    assert max(map(len, out.splitlines())) <= max(width, 100 if width < 80 else width)
