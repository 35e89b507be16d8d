"""The switches of the emulator as a whole; those of one cloud are in its own ``options.py``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.emulator.gcore.options import GcoreOptions
from reconciler.emulator.huawei.options import HuaweiOptions
from reconciler.emulator.openstack.options import OpenStackOptions

__all__ = ["GcoreOptions", "HuaweiOptions", "OpenStackOptions", "Options"]


@dataclass(frozen=True, slots=True)
class Options:
    """Switches of the whole emulator."""

    verify_signatures: bool = False
    """Demand credentials: a known token, a known api key, or a signature that is right."""
    credentials: Mapping[str, str] = field(default_factory=dict)
    """Huawei access keys and their secret keys."""
    security_tokens: Mapping[str, str] = field(default_factory=dict)
    """Temporary access keys: the ``X-Security-Token`` that each must come with."""
    users: Mapping[str, str] = field(default_factory=dict)
    """User names and passwords that get tokens; empty: any user, unless ``verify_signatures``."""
    tokens: tuple[str, ...] = ()
    """Huawei tokens that are valid for every project and never expire."""
    api_keys: tuple[str, ...] = ()
    """Gcore permanent API tokens."""
    latency: float = 0.0
    """Seconds that every answer takes."""
    page_cap: int | None = None
    """No list gives more than so many objects a page, whatever ``limit`` says (None: the API's own bound)."""
    huawei: HuaweiOptions = field(default_factory=HuaweiOptions)
    gcore: GcoreOptions = field(default_factory=GcoreOptions)
    openstack: OpenStackOptions = field(default_factory=OpenStackOptions)
