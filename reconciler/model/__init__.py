"""The vocabulary: what exists, what is asked for, what a provider can do. Frozen data, no I/O, no spans."""
