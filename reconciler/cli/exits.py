"""Exit codes: stable, documented, tested one by one."""

OK = 0
FAILED = 1
CHANGES = 2
INVALID = 3
REFUSED = 4
PARTLY = 5
CHECK_FAILED = 6
INTERRUPTED = 130
TERMINATED = 143

ORDER = (INTERRUPTED, TERMINATED, PARTLY, FAILED, INVALID, REFUSED, CHECK_FAILED, CHANGES, OK)
"""The worst first: where two things happened, the earlier code of this order wins."""


def worst(*codes: int) -> int:
    """The code that wins; a code outside the order counts as a failure."""
    known = [code if code in ORDER else FAILED for code in codes]
    return min(known, key=ORDER.index, default=OK)
