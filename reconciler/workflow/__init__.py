"""Where the rooms meet: load, look up, resolve, read, check, plan, apply, verify. Returns data; prints nothing."""
