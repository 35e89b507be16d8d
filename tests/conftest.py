"""One profile of hypothesis for all tests: the same examples in every run, and no clock that judges a busy machine."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.register_profile("search", parent=settings.get_profile("suite"), derandomize=False, max_examples=1_000)
settings.load_profile(os.environ.get("RECONCILE_HYPOTHESIS", "suite"))
