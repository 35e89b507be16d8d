"""Fixtures of the providers' tests."""

import pytest
from unit.providers.worlds import World


@pytest.fixture
def world():
    """A function that makes a :class:`World`; its emulator is closed at the end."""
    worlds = []

    def make(seed=None, **options):
        worlds.append(World(seed, **options))
        return worlds[-1]

    yield make
    for one in worlds:
        one.emulator.close()
