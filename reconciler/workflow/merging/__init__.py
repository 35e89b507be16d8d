"""Adopting live state: manifests are edited in place until the plan for them is empty."""
