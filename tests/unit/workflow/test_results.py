"""Exit codes: which one wins."""

import pytest

from reconciler.workflow.results import worst


@pytest.mark.parametrize(("codes", "wins"), [
    ([], 0), ([0, 4], 4), ([3, 4], 3), ([1, 3], 1), ([5, 1], 5), ([130, 5], 130), ([143, 5], 143), ([4, 3, 1, 5, 0], 5),
])  # fmt: skip
def test_the_worst_code_wins(codes, wins):
    assert worst(codes) == wins
