"""A provider type of another distribution: found by its entry point, judged by the schemas that it ships."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.cli.main import main
from reconciler.manifests import load, schemas
from reconciler.model import plugin

PLUGIN = '''
from reconciler.dialects.gcore import GCORE
from reconciler.model.plugin import Plugin

def _open(spec, connection):
    raise NotImplementedError

plugin = Plugin("acme", lambda: GCORE, _open, ("*.acme.example",), {"read": (), "write": ()}, "acme", "acme_reconciler.rules")
'''
MANIFEST = """\
apiVersion: reconciler/v1
kind: Provider
metadata: {name: cloud}
spec: {type: acme, zone: north}
---
apiVersion: reconciler/v1
kind: Listener
metadata: {name: web}
spec:
  provider: cloud
  unlisted: keep
  policies:
    - {name: pol, action: REJECT, rules: [{type: PATH, compare_type: EQUAL_TO, value: /a}]}
"""


def forget() -> None:
    """Nothing that was looked up before counts."""
    for cached in (plugin.plugin, plugin.plugin_types, plugin._entry_points, schemas._of_plugins, schemas.schema,
                   schemas.part, schemas.verdict, schemas.wording):  # fmt: skip
        cached.cache_clear()


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory on the path with an installed distribution ``acme-reconciler``."""
    site = tmp_path / "site"
    resources = site / "acme_reconciler" / "rules"
    resources.mkdir(parents=True)
    (site / "acme_reconciler" / "__init__.py").write_text(PLUGIN)
    (resources / "__init__.py").write_text("")
    for kind in schemas.UNIONS:
        text = schemas.text(f"{kind}.gcore").replace(f"{kind}.gcore", f"{kind}.acme").replace("Gcore", "Acme")
        document = json.loads(text)
        if kind == "provider":
            spec = document["$defs"]["spec"]
            spec["properties"] = {"type": {"const": "acme"}, "zone": {"type": "string", "description": "The zone."}}
            spec["required"] = ["type", "zone"]
        (resources / f"{kind}.acme.schema.json").write_text(json.dumps(document))
    info = site / "acme_reconciler-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-reconciler\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[reconciler.providers]\nacme = acme_reconciler:plugin\n")
    monkeypatch.syspath_prepend(str(site))
    forget()
    yield tmp_path
    forget()
    for name in [n for n in sys.modules if n.startswith("acme_reconciler")]:
        del sys.modules[name]


def errors(directory: Path, text: str) -> list[tuple[str, int, str]]:
    (directory / "m.yaml").write_text(text)
    found = load(["m.yaml"], directory=str(directory))
    return [(d.code, d.span.line if d.span else 0, d.summary) for d in found.diagnostics if d.is_error]


def test_a_manifest_of_a_plug_ins_type_is_judged_by_the_plug_ins_schemas(acme: Path) -> None:
    assert errors(acme, MANIFEST) == []
    assert errors(acme, MANIFEST.replace("zone: north", "zone: 5")) == [
        ("SCHEMA-TYPE", 4, "zone must be a string, not the number 5")
    ]
    assert errors(acme, MANIFEST.replace("zone: north", "zon: north")) == [("SCHEMA-UNKNOWN-FIELD", 4, "unknown field 'zon'")]
    assert [e[:2] for e in errors(acme, MANIFEST.replace("REJECT", "REJCT"))] == [("GC-ACTION", 13)]


def test_the_schemas_of_a_plug_in_are_listed_and_printed(acme: Path) -> None:
    import io

    assert {"listener.acme", "provider.acme", "security_group.acme"} <= set(schemas.names())
    out = io.StringIO()
    assert main(["schema", "provider.acme"], io.StringIO(), out, io.StringIO(), {}) == 0
    assert json.loads(out.getvalue())["$defs"]["spec"]["required"] == ["type", "zone"]


def test_without_the_plug_in_its_type_is_unknown_and_the_others_are_named(tmp_path: Path) -> None:
    [(code, line, summary)] = errors(tmp_path, MANIFEST)
    assert (code, line, summary) == ("SCHEMA-ENUM", 4, "there is no provider type 'acme'")
