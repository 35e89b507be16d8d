"""Real servers for the tests marked ``real``: brought up once a session, stopped at its end.

RECONCILE_LAB_HOME says where the lab lives (packages and data are kept there); what runs there already is used and left
running. RECONCILE_LAB_KEEP=1 leaves running also what the session started.
"""

from __future__ import annotations

import os
import re
import uuid

import pytest

from tests.real_servers.cloud import Cloud
from tests.real_servers.lab import Lab
from tests.real_servers.terraform import PLUGINS
from tests.real_servers.world import World

collect_ignore = [] if PLUGINS else ["test_terraform.py"]
"""What needs a program that nobody can be asked to have: see :mod:`tests.real_servers.terraform`."""


@pytest.fixture(scope="session")
def lab():
    """Octavia, Neutron and Keystone; see ``Lab`` for urls (``lab.places.url``), users, and what can be turned."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        pytest.fail("tests on real servers count requests and need the servers for themselves: pytest -n 0 -m real")
    made = Lab().up()
    made.control(delay=0.0)
    try:
        yield made
    finally:
        if not os.environ.get("RECONCILE_LAB_KEEP"):
            made.down()


@pytest.fixture(scope="session")
def cloud(lab):
    """The servers as user ``demo`` of project ``demo`` sees them."""
    made = Cloud(lab)
    yield made
    made.close()


@pytest.fixture
def fresh(request):
    """A name that nothing has, in a project where many tests leave things behind."""
    stem = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:30].strip("-")
    return f"{stem}-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def world(cloud, tmp_path):
    """A directory for manifests, and ``reconcile`` in it."""
    return World(cloud, tmp_path)
