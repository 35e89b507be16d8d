"""Worlds for the contract tests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(params=["huawei", "gcore", "openstack"])
def flavour(request):
    from kit import FLAVOURS

    return FLAVOURS[request.param]


@pytest.fixture
def world(flavour, tmp_path):
    """Makes a world of the provider under test."""
    from kit import World

    def make(policies=(), rules=(), **more):
        return World(flavour, tmp_path, list(policies), list(rules), **more)

    return make
