"""Manifests: YAML with source marks -> JSON Schema -> dialect checks -> Desired and a span table.

``load`` reads; ``schemas`` are the published rules; ``fmt`` puts a file in order; ``writer`` writes what import found.
"""

from reconciler.manifests.loading import Loaded, load
from reconciler.manifests.spans import SpanTable

__all__ = ["Loaded", "SpanTable", "load"]
