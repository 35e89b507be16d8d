"""``python -m reconciler.cli`` is ``reconcile``."""

from reconciler.cli.main import run

run()
