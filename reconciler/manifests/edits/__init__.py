"""Editing manifests in place: only what changes is written anew; comments, quotes, order and blank lines stay."""
