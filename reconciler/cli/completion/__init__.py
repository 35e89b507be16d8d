"""Completion scripts for shells: one description, taken from the parsers, and one writer a shell."""
