"""Terraform with its OpenStack provider, run in a directory of its own as its users run it.

Both are asked for, not brought along: RECONCILE_TERRAFORM_PLUGINS names the directory that holds the program
``terraform-provider-openstack``; ``terraform`` (or ``tofu``) is looked for in PATH, or named by RECONCILE_TERRAFORM.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SOURCE = "terraform-provider-openstack/openstack"
PLUGINS = os.environ.get("RECONCILE_TERRAFORM_PLUGINS", "")
PROGRAM = os.environ.get("RECONCILE_TERRAFORM", "terraform")
LIMIT = 1200
KINDS = {"l7policy": "openstack_lb_l7policy_v2", "l7rule": "openstack_lb_l7rule_v2",
         "rule": "openstack_networking_secgroup_rule_v2"}  # fmt: skip


@dataclass
class Terraform:
    """Resources by kind and name, in Terraform's own words; ``imports`` maps their addresses to ids."""

    directory: Path
    environ: Mapping[str, str]
    resources: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, name: str, imported: str | None = None, /, **fields: Any) -> str:
        """One resource, imported from ``imported`` or to be made; returns what refers to its id."""
        self.resources.setdefault(KINDS[kind], {})[name] = fields
        address = f"{KINDS[kind]}.{name}"
        if imported is not None:
            self.imports[address] = imported
        return f"${{{address}.id}}"

    def plan(self) -> list[tuple[str, str, dict[str, Any]]]:
        """What Terraform would do: (action, address, what changes). An import without a change is ``import``."""
        self._run("plan", "-out=plan.bin")
        document = json.loads(self._run("show", "-json", "plan.bin", write=False))
        found = []
        for change in document.get("resource_changes", ()):
            actions = "+".join(change["change"]["actions"])
            if actions == "no-op" and "importing" in change["change"]:
                actions = "import"
            if actions != "no-op":
                before, after = change["change"]["before"] or {}, change["change"]["after"] or {}
                differ = {name: (before.get(name), after.get(name)) for name in {*before, *after} if before.get(name) != after.get(name)}
                found.append((actions, change["address"], differ))
        return sorted(found, key=lambda one: one[:2])

    def apply(self) -> None:
        """Do it. One at a time: every write locks the load balancer anyway."""
        self._run("apply", "-auto-approve", "-parallelism=1")

    def ids(self) -> dict[str, str]:
        """Ids by address, as the state has them."""
        state = json.loads(self._run("show", "-json", write=False))
        return {one["address"]: one["values"]["id"] for one in state["values"]["root_module"]["resources"]}

    def _run(self, *words: str, write: bool = True) -> str:
        if write:
            self._write()
        settings = self.directory / "terraform.rc"
        settings.write_text(f'provider_installation {{\n  dev_overrides {{\n    "{SOURCE}" = "{PLUGINS}"\n  }}\n  direct {{}}\n}}\n')
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("OS_", "TF_")) and "proxy" not in name.lower()}  # fmt: skip
        environ = {**kept, "TF_CLI_CONFIG_FILE": str(settings), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", **self.environ}
        more = ("-input=false",) if words[0] != "show" else ()
        done = subprocess.run([PROGRAM, words[0], "-no-color", *more, *words[1:]], cwd=self.directory, env=environ,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT)  # fmt: skip
        assert done.returncode == 0, f"terraform {' '.join(words)}:\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
        return done.stdout

    def _write(self) -> None:
        document: dict[str, Any] = {
            "terraform": {"required_providers": {"openstack": {"source": SOURCE}}},
            "provider": {"openstack": {}}, "resource": {kind: ones for kind, ones in self.resources.items() if ones},
        }  # fmt: skip
        if self.imports:
            document["import"] = [{"to": address, "id": id} for address, id in self.imports.items()]
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "main.tf.json").write_text(json.dumps(document, indent=1))
