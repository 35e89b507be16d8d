"""Carrying out a plan: one lane after its own order, every answer judged against the live state, nothing assumed."""
