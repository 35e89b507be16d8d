"""Plans and outcomes that come back from a file, held against their published schemas."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.manifests.schemas import schema
from reconciler.model.canonical import Json

_LONGEST = 300


def document_problem(name: str, document: Mapping[str, Json]) -> str:
    """What the schema ``name`` (``plan``, ``outcome``) has against a document: the first place and why; empty: nothing.

    The words of the schema are cut to a length that a line can hold: they quote the document.
    """
    import jsonschema_rs

    validator = jsonschema_rs.validator_for(dict(schema(name)))
    try:
        error = next(iter(validator.iter_errors(document)), None)
    except (ValueError, RecursionError):
        return "it is nested too deeply"
    if error is None:
        return ""
    where = "/".join(str(part) for part in error.instance_path)
    message = error.message if len(error.message) < _LONGEST else error.message[:_LONGEST] + "..."
    return f"{where or 'the document'}: {message}"
