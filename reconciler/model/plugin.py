"""How a provider type is found and opened: one ``Plugin`` an entry point in the group ``reconciler.providers``.

Another distribution ships a type with such an entry point (its name is the type), whose ``Plugin.schemas`` names the
package with its ``provider.``, ``listener.`` and ``security_group.<stem>.schema.json``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from reconciler.records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    import httpx

    from reconciler.model.calls import Clock, Decoder, Encoder, Provider
    from reconciler.model.canonical import Json
    from reconciler.model.desired import ProviderSpec
    from reconciler.model.dialect import Dialect


@dataclass(frozen=True, slots=True)
class Connection:
    """Everything that opening a provider needs beside its document.

    ``wire`` is the httpx transport below all of ours (None: the network). ``dummy_credentials``: the wire is an
    in-process emulator, absent credentials are replaced by fixed dummies. ``writable`` False makes the transport
    refuse every mutating request (P3). ``environ`` is where credentials and trusted hosts are looked up; ``directory``
    is what relative credential paths are relative to.
    """

    clock: Clock
    environ: dict[str, str]
    directory: str = "."
    wire: httpx.AsyncBaseTransport | None = None
    writable: bool = False
    dummy_credentials: bool = False
    timeout: float = 30.0
    concurrency: int | None = None
    random: Callable[[], float] | None = None
    on_event: Callable[[str, dict[str, object]], None] | None = None


@dataclass(frozen=True, slots=True)
class Plugin:
    """A provider type: its dialect, how it is opened, and which hosts its credentials belong to.

    ``codec`` gives encoder and decoder for what ``Provider.describe`` says, without a connection (ValueError: it says
    something else); None: plans of this type cannot be made from a snapshot.
    """

    type: str
    dialect: Callable[[], Dialect]
    open: Callable[[ProviderSpec, Connection], Provider]
    hosts: tuple[str, ...]  # globs, e.g. "*.myhuaweicloud.com"
    permissions: dict[str, tuple[str, ...]]  # "read"/"write" -> the least rights, in the cloud's own words
    schema: str  # stem of its schemas: "huawei" -> provider.huawei, listener.huawei, security_group.huawei
    schemas: str | None = None  # package that holds them as NAME.schema.json; None: they are published with reconciler
    codec: Callable[[Mapping[str, Json]], tuple[Encoder, Decoder]] | None = None
    variables: Callable[[], Mapping[str, tuple[str, ...]]] = dict  # what the environment may give -> its variables
    extra: str | None = None  # the extra to install with this project, and what for: "NAME: why"


@cache
def plugin_types() -> tuple[str, ...]:
    """The provider types that are installed, sorted; the built-in ones need no entry point lookup."""
    return tuple(sorted({*_BUILT_IN, *_entry_points()}))


def is_installed(type_: str) -> bool:
    """Is there a provider of this type? Installed packages are looked through only for one that is not built in."""
    return type_ in _BUILT_IN or type_ in _entry_points()


@cache
def plugin(type_: str) -> Plugin:
    """The plugin of a provider type.

    Raises:
        KeyError: no such type is installed.
    """
    from importlib import import_module

    if type_ in _BUILT_IN:
        found: Plugin = import_module(_BUILT_IN[type_]).plugin
        return found
    loaded: Plugin = _entry_points()[type_].load()  # type: ignore[attr-defined]
    return loaded


def shipped() -> tuple[Plugin, ...]:
    """The plug-ins of other distributions, sorted by type.

    Raises:
        ImportError: one of them is installed and cannot be loaded.
    """
    return tuple(plugin(type_) for type_ in sorted(_entry_points()))


_BUILT_IN = {
    "huawei": "reconciler.providers.huawei",
    "gcore": "reconciler.providers.gcore",
    "openstack": "reconciler.providers.openstack",
}


@cache
def _entry_points() -> dict[str, object]:
    from importlib.metadata import entry_points

    return {e.name: e for e in entry_points(group="reconciler.providers") if e.name not in _BUILT_IN}
