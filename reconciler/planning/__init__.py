"""Planning: live state and desired state in, a verified list of calls out. Pure: no I/O, no provider, no manifest."""
