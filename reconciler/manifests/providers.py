"""Provider documents: which type they are, and whether they fit that type's schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.diagnostics import Diagnostic, did_you_mean
from reconciler.manifests.envelope import Document
from reconciler.manifests.refusals import refusals
from reconciler.model.desired import ProviderSpec
from reconciler.model.plugin import is_installed, plugin, plugin_types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def judge(document: Document) -> ProviderSpec | None:
    """The provider as the model has it; its diagnostics are added to the document.

    None when its type or its name cannot be told. With other errors the provider is returned (its scopes can be
    judged), but must not be opened.
    """
    spec = document.data.get("spec")
    type_ = spec.get("type") if isinstance(spec, Mapping) else None
    known = isinstance(type_, str) and is_installed(type_)
    if known:
        name = f"provider.{plugin(str(type_)).schema}"
        found = refusals(document.data, name, document.address)
    else:
        found = list(_no_type(document, spec))
    poisoned = document.poisoned
    found = [d for d in found if not any(d.path[:n] in poisoned for n in range(len(d.path) + 1))]
    document.problems += map(document.locate, found)
    if not known or document.name is None:
        return None
    assert isinstance(spec, Mapping)
    return ProviderSpec(document.name, str(type_), spec)


def _no_type(document: Document, spec: Any) -> Iterator[Diagnostic]:
    """What can be told without a type: the type itself, and the name."""
    address = document.address
    types = plugin_types()
    if "spec" not in document.data:
        yield Diagnostic("SCHEMA-REQUIRED", "spec is missing", "", "add spec", address=address)
    elif not isinstance(spec, Mapping):
        yield Diagnostic("SCHEMA-TYPE", "spec must be a mapping", address=address, path=("spec",))
    elif "type" not in spec:
        hint = did_you_mean("type", spec) or f"add type: one of {', '.join(types)}"
        summary, why = "type is missing", "The provider type."
        yield Diagnostic("SCHEMA-REQUIRED", summary, why, hint, address=address, path=("spec",), on_key=True)
    else:
        type_ = spec["type"]
        hint = did_you_mean(type_, types) if isinstance(type_, str) else ""
        yield Diagnostic(
            "SCHEMA-ENUM",
            f"there is no provider type {type_!r}" if isinstance(type_, str) else "type must be a string",
            "",
            f"{hint} one of: {', '.join(types)}".strip(),
            address=address,
            path=("spec", "type"),
        )
    if document.name is None:
        yield Diagnostic("SCHEMA-REQUIRED", "metadata.name is missing", "", "add metadata: {name: ...}", path=())
