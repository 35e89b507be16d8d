"""Unified diffs of files, as ``patch`` and ``git apply`` read them."""

from __future__ import annotations


def unified(name: str, before: str, after: str) -> str:
    """The difference between two texts; empty where there is none."""
    from difflib import unified_diff

    old, new = _lines(before), _lines(after)
    lines = unified_diff(old, new, name, name, lineterm="\n")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    """Lines as they end with a line feed, and nowhere else."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
