"""Fifty mistakes of all kinds in one run: the text that people see, byte for byte."""

from __future__ import annotations

import io
import os
from pathlib import Path

from unit.manifests import mistakes

from reconciler.manifests import load
from reconciler.reports.diagnostics import render

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "diagnostics" / "fifty.txt"


def test_fifty_mistakes_read_as_the_golden_text_says(tmp_path: Path) -> None:
    """Written again with ``UPDATE_GOLDEN=1``; the difference is what a review looks at."""
    (tmp_path / "providers.yaml").write_text(mistakes.PROVIDERS, "utf-8")
    kinds = (mistakes.YAML, mistakes.SCHEMA, mistakes.REFERENCES, mistakes.HUAWEI, mistakes.GCORE, mistakes.PROVIDER)
    short = [[m for m in kind if len(m.text) < 2000 and "name: NAME" in m.text] for kind in kinds]
    chosen = [m for take, kind in zip((8, 8, 6, 16, 8, 4), short, strict=True) for m in kind[:take]]
    assert len(chosen) == 50
    text = "---\n".join(m.text.replace("name: NAME", f"name: doc-{n}").rstrip("\n") + "\n" for n, m in enumerate(chosen))
    found = load(["-"], directory=str(tmp_path), stdin=io.BytesIO(text.encode()))
    errors = [d for d in found.diagnostics if d.is_error]
    assert len(errors) == 50
    assert {d.code for d in errors} == {m.code for m in chosen}
    lines = text.split("\n")
    shown = render(errors, source=lambda _, number: lines[number - 1], color=False, width=120)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(shown, "utf-8")
    assert shown == GOLDEN.read_text("utf-8")
