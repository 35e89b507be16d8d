"""What the manifests ask for, before names are looked up: documents as frozen data, without spans.

``raw`` mappings hold the API's own words exactly as the manifest has them (schema-valid, references still by name).
``path`` values point into the document, so that any room can report a problem at its place.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.diagnostics import Path
from reconciler.model import address
from reconciler.model.canonical import Json
from reconciler.records import dataclass, field


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """A Provider document: ``spec`` is schema-valid; credentials stay unresolved (``{env: NAME}``/``{file: PATH}``)."""

    name: str
    type: str
    spec: Mapping[str, Json] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Reference:
    """Something live, by name or by id (exactly one); ``path`` is where the manifest says so."""

    kind: str  # load_balancer | listener | pool | security_group
    name: str | None = None
    id: str | None = None
    path: Path = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r}" if self.name is not None else f"{self.kind} id {self.id}"


@dataclass(frozen=True, slots=True)
class Ignore:
    """Copy live into desired: for objects that match ``pattern`` (a glob on policy names, or a rule's address tail).

    ``fields`` empty means the whole object. ``until`` is an ISO date, inclusive.
    """

    pattern: str
    fields: tuple[str, ...] = ()
    reason: str = ""
    until: str | None = None
    path: Path = ()


@dataclass(frozen=True, slots=True)
class DesiredPolicy:
    """One listed policy. ``raw`` has every API field except name, the number and ``renamed_from``; rules inside."""

    name: str
    raw: Mapping[str, Json] = field(hash=False)
    number: int | None = None  # pinned priority or position
    renamed_from: str | None = None
    path: Path = ()


@dataclass(frozen=True, slots=True)
class DesiredRule:
    """One listed security group rule, in the API's words, references by name."""

    raw: Mapping[str, Json] = field(hash=False)
    path: Path = ()


@dataclass(frozen=True, slots=True)
class ListenerDocument:
    """A Listener document: one scope."""

    name: str
    provider: str
    listener: Reference
    load_balancer: Reference | None
    unlisted: str  # keep | delete | refuse
    policies: tuple[DesiredPolicy, ...]
    protect: tuple[str, ...] = ()
    ignore: tuple[Ignore, ...] = ()

    @property
    def address(self) -> str:
        """The scope's address."""
        return address.listener(self.name)


@dataclass(frozen=True, slots=True)
class SecurityGroupDocument:
    """A SecurityGroup document: one scope. Rules of a direction not in ``directions`` are not compared or touched."""

    name: str
    provider: str
    security_group: Reference
    directions: tuple[str, ...]
    unlisted: str  # keep | delete | refuse
    rules: tuple[DesiredRule, ...]
    protect: tuple[str, ...] = ()
    ignore: tuple[Ignore, ...] = ()

    @property
    def address(self) -> str:
        """The scope's address."""
        return address.security_group(self.name)


ScopeDocument = ListenerDocument | SecurityGroupDocument


@dataclass(frozen=True, slots=True)
class Desired:
    """Everything that the selected documents ask for."""

    providers: Mapping[str, ProviderSpec] = field(hash=False)
    scopes: tuple[ScopeDocument, ...]
