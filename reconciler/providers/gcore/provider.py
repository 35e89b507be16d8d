"""One open connection to Gcore: :class:`reconciler.model.calls.Provider`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reconciler.model.calls import Call, Decoder, Encoder, OutcomeUnknown, ProviderError, Reply, Settled
from reconciler.model.canonical import Json
from reconciler.model.desired import ProviderSpec
from reconciler.model.dialect import Dialect
from reconciler.model.live import (
    GroupFacts,
    Inventory,
    ListenerFacts,
    Live,
    Named,
    Quotas,
    ReadFailure,
    ReadResult,
    ReadTerm,
    ScopeRef,
    Wanted,
)
from reconciler.model.plugin import Connection
from reconciler.providers.bodies import resolved
from reconciler.providers.failures import read_failure
from reconciler.providers.gcore.client import PAGE, ApiKeyAuth, Client, GcoreDialogue
from reconciler.providers.gcore.codec import GcoreDecoder, GcoreEncoder
from reconciler.providers.gcore.settings import Settings, settings
from reconciler.providers.gcore.settling import Settling, busy, tasks_of
from reconciler.providers.live import Raw, Reader, objects_in, text_of
from reconciler.providers.session import all_of, open_http

_LISTS = {
    "load_balancer": "loadbalancers",
    "listener": "lblisteners",
    "pool": "lbpools",
    "security_group": "securitygroups",
}

SYSTEM = "system"
"""The description of rules that the platform made (Kubernetes and such): never touched (gcore.md 4)."""


def open_provider(spec: ProviderSpec, connection: Connection) -> GcoreProvider:
    """Open a Gcore Provider document; nothing is sent yet.

    Raises:
        DiagnosticError: no API key, project or region, or an endpoint that is none.
        UntrustedEndpoint: an endpoint that the key does not belong to.
    """
    from reconciler.dialects.gcore import GCORE

    found = settings(spec, connection)
    http = open_http(spec, connection, hosts=found.hosts, dialogue=GcoreDialogue(), secrets=[found.api_key])
    return GcoreProvider(found, Client(http, found, ApiKeyAuth(found.api_key)), GCORE)


@dataclass
class GcoreProvider:
    """See :class:`reconciler.model.calls.Provider`."""

    settings: Settings
    client: Client
    dialect: Dialect
    type: str = "gcore"
    _inventory: dict[str, dict[str, Raw]] = field(default_factory=dict)
    _beside: dict[tuple[str, str], dict[str, Named]] = field(default_factory=dict)  # by kind and load balancer
    _owner_of: dict[str, str] = field(default_factory=dict)  # load balancers by the listeners that they name

    def __post_init__(self) -> None:
        scope = (self.settings.project_id, self.settings.region_id)
        self.name = self.settings.name
        self.encoder: Encoder = GcoreEncoder(self.dialect, *scope)
        self.decoder: Decoder = GcoreDecoder(*scope)

    def describe(self) -> dict[str, Json]:
        """Name, type, endpoint, region and project; no secrets."""
        return {
            "name": self.name, "type": self.type, "endpoint": self.settings.endpoint.url,
            "region": self.settings.region_id, "project": self.settings.project_id,
        }  # fmt: skip

    def lane(self, scope: ScopeRef) -> str:
        """``gcore:<project>:<region>:load_balancer:<id>`` or ``...:security_group:<id>``."""
        place = f"gcore:{self.settings.project_id}:{self.settings.region_id}"
        if scope.kind == "security_group":
            return f"{place}:security_group:{scope.id}"
        return f"{place}:load_balancer:{scope.load_balancer_id or self._load_balancer_of(scope.id)}"

    async def authenticate(self) -> Sequence[ReadTerm]:
        """Nothing: an API key needs no login."""
        return ()

    async def lookup(self, wanted: Wanted) -> Inventory:
        """The lists of every kind that is wanted, whole. Load balancers come with listeners: they tell the status,
        and whose a listener is where it does not say so itself.
        """
        kinds = [kind for kind in _LISTS if kind in wanted.names or kind in wanted.ids]
        if "listener" in kinds and "load_balancer" not in kinds:
            kinds.insert(0, "load_balancer")
        lists = await all_of(self.client.pages(self.client.scoped("v1", _LISTS[kind])) for kind in kinds)
        reads = []
        for kind, (objects, calls) in zip(kinds, lists, strict=True):
            self._inventory[kind] = {raw["id"]: raw for raw in objects}
            reads.append(ReadTerm(f"{kind.replace('_', ' ')}s", f"pages of {PAGE}", calls))
        balancers = self._inventory.get("load_balancer", {})
        self._owner_of = {
            text_of(item.get("id")): owner
            for owner, raw in balancers.items()
            for item in objects_in(raw.get("listeners"))
        }
        found = [self._named(kind, raw) for kind in kinds for raw in self._inventory[kind].values()]
        self._beside = {key: ones for key, ones in self._beside.items() if key[0] not in kinds}
        for one in found:
            for owner in one.load_balancers:
                self._beside.setdefault((one.kind, owner), {})[one.id] = one
        return Inventory(tuple(found), tuple(reads))

    async def read(self, scopes: Sequence[ScopeRef]) -> ReadResult:
        """Live objects and facts of all scopes; a policy whose rules cannot be read fails its own scope only."""
        lives: list[Live] = []
        failures: list[ReadFailure] = []
        reads: list[ReadTerm] = []
        for kind, part in (("listener", self._read_listeners), ("security_group", self._read_groups)):
            mine = [scope for scope in scopes if scope.kind == kind]
            if not mine:
                continue
            try:
                found, failed, terms = await part(mine)
            except ProviderError as error:
                failures += [read_failure(scope, error) for scope in mine]
                continue
            lives += found
            failures += failed
            reads += terms
        order = {scope.address: index for index, scope in enumerate(scopes)}
        lives.sort(key=lambda live: order[live.scope.address])
        return ReadResult(tuple(lives), tuple(failures), tuple(reads))

    async def quotas(self, kinds: frozenset[str]) -> Quotas:
        """Nothing is asked: Gcore has no quota of policies, rules or security group rules (gcore.md 3.4)."""
        return Quotas()

    async def order(self, listener_id: str) -> tuple[str, ...]:
        """Ids of the listener's policies by position."""
        found, _ = await self.client.pages(self.client.scoped("v1", "l7policies"))
        mine = [raw for raw in found if raw.get("listener_id") == listener_id]
        mine.sort(key=lambda raw: (_integer(raw.get("position")), raw["id"]))
        return tuple(raw["id"] for raw in mine)

    async def send(self, call: Call) -> Reply:
        """Send one write, once. The new object's id is known when :meth:`settle` has seen the task's end.

        Raises:
            ProviderError: what became of it.
            ValueError: not a call of this provider, or one that still holds placeholders.
        """
        effect = self.decoder.effect(call)
        answer = await self.client.send(call.method, resolved(call), call.body)
        tasks = tasks_of(answer.body)
        if effect.op == "create" and not tasks:
            raise OutcomeUnknown(
                f"{answer.request}: accepted, but the answer names no task", status=answer.status,
                request=answer.request, request_id=answer.request_id, code="CONN-ANSWER",
            )  # fmt: skip
        known = effect.object_id if isinstance(effect.object_id, str) else None
        return Reply(answer.status, known, tasks, answer.request_id)

    async def settle(self, lane: str, call: Call | None, reply: Reply | None) -> Settled:
        """See :class:`~reconciler.providers.gcore.settling.Settling`."""
        settling = Settling(self.client)
        if call is None or reply is None:
            return await settling.lane(lane)
        return await settling.after(lane, self.decoder.effect(call), reply)

    async def aclose(self) -> None:
        """Close the connections."""
        await self.client.http.aclose()

    # ---------------------------------------------------------------------------------------------- inside
    async def _read_listeners(
        self, scopes: Sequence[ScopeRef]
    ) -> tuple[list[Live], list[ReadFailure], list[ReadTerm]]:
        reads: list[ReadTerm] = []
        known = self._inventory.get("listener", {})
        if any(scope.id not in known for scope in scopes):
            reads += (await self.lookup(Wanted({"listener": frozenset()}, {}))).reads
        raws, calls = await self.client.pages(self.client.scoped("v1", "l7policies"))
        reads.append(ReadTerm("policies", f"pages of {PAGE} of the project and region", calls))
        own: dict[str, list[Raw]] = {scope.id: [] for scope in scopes}
        for raw in raws:
            if (mine := own.get(text_of(raw.get("listener_id")))) is not None:
                mine.append(raw)
        armed = [raw["id"] for policies in own.values() for raw in policies if objects_in(raw.get("rules"))]
        rules: dict[str, list[Raw] | ProviderError] = {}
        lists = await all_of(self._rules(policy) for policy in armed)
        for policy, answer in zip(armed, lists, strict=True):
            rules[policy] = answer if isinstance(answer, ProviderError) else answer[0]
        calls = sum(1 if isinstance(answer, ProviderError) else answer[1] for answer in lists)
        if armed:
            reads.append(ReadTerm("rules", f"one list a policy with rules ({len(armed)})", calls))
        lives: list[Live] = []
        failures: list[ReadFailure] = []
        for scope in scopes:
            broken = [e for raw in own[scope.id] if isinstance(e := rules.get(raw["id"]), ProviderError)]
            if broken:
                failures.append(read_failure(scope, broken[0]))
                continue
            reader = Reader(self.dialect, scope.address)
            for raw in own[scope.id]:
                found = rules.get(raw["id"], [])
                reader.add(raw, [] if isinstance(found, ProviderError) else found)
            settled = not any(busy(raw) for raw in own[scope.id])
            facts = self._facts(scope, settled)
            lives.append(Live(scope, facts, reader.policies(), (), reader.unknown, tuple(reader.diagnostics)))
        return lives, failures, reads

    async def _rules(self, policy: str) -> tuple[list[Raw], int] | ProviderError:
        try:
            return await self.client.pages(self.client.scoped("v1", "l7policies", policy, "rules"))
        except ProviderError as error:
            return error

    async def _read_groups(
        self, scopes: Sequence[ScopeRef]
    ) -> tuple[list[Live], list[ReadFailure], list[ReadTerm]]:
        """Groups with all their rules: one GET a group, or the list of groups where that is fewer calls."""
        ids = sorted({scope.id for scope in scopes})
        pages = -(-len(self._inventory.get("security_group", {})) // PAGE)
        found: dict[str, Raw] = {}
        reads: list[ReadTerm] = []
        if 0 < pages < len(ids):
            groups, calls = await self.client.pages(self.client.scoped("v1", "securitygroups"))
            reads.append(ReadTerm("security groups", f"pages of {PAGE}", calls))
            found = {raw["id"]: raw for raw in groups if isinstance(raw.get("security_group_rules"), list)}
        rest = [group for group in ids if group not in found]
        answers = await all_of(self._group(group) for group in rest)
        if rest:
            reads.append(ReadTerm("security groups", f"one read a group ({len(rest)})", len(rest)))
        errors = {group: a for group, a in zip(rest, answers, strict=True) if isinstance(a, ProviderError)}
        found |= {group: a for group, a in zip(rest, answers, strict=True) if not isinstance(a, ProviderError)}
        lives, failures = [], []
        for scope in scopes:
            if scope.id in errors:
                failures.append(read_failure(scope, errors[scope.id]))
                continue
            raw = found[scope.id]
            reader = Reader(self.dialect, scope.address, _is_system)
            rules = reader.security_rules(objects_in(raw.get("security_group_rules")))
            facts = GroupFacts(scope.id, text_of(raw.get("name")))
            lives.append(Live(scope, facts, (), rules, reader.unknown, tuple(reader.diagnostics)))
        return lives, failures, reads

    async def _group(self, group: str) -> Raw | ProviderError:
        try:
            answer = await self.client.get(self.client.scoped("v1", "securitygroups", group))
            answer.objects("security_group_rules")
            return answer.object()
        except ProviderError as error:
            return error

    def _facts(self, scope: ScopeRef, policies_settled: bool) -> ListenerFacts:
        raw = self._inventory.get("listener", {}).get(scope.id, {})
        owner = scope.load_balancer_id or self._load_balancer_of(scope.id)
        balancer = self._inventory.get("load_balancer", {}).get(owner, {})
        return ListenerFacts(
            scope.id, text_of(raw.get("name")), text_of(raw.get("protocol")) or None, _port(raw),
            load_balancer_id=owner or None, load_balancer_status=text_of(balancer.get("provisioning_status")) or None,
            settled=policies_settled and not busy(balancer) and not busy(raw),
            listeners=self._beside.get(("listener", owner), {}), pools=self._beside.get(("pool", owner), {}),
        )  # fmt: skip

    def _load_balancer_of(self, listener_id: str) -> str:
        owners = self._owners("listener", self._inventory.get("listener", {}).get(listener_id, {"id": listener_id}))
        return owners[0] if owners else ""

    def _owners(self, kind: str, raw: Raw) -> tuple[str, ...]:
        if kind == "pool":
            listed = [text_of(item.get("id")) for item in objects_in(raw.get("loadbalancers"))]
            through = [
                owner for item in objects_in(raw.get("listeners"))
                if (owner := self._load_balancer_of(text_of(item.get("id"))))
            ]  # fmt: skip
            return tuple(dict.fromkeys(owner for owner in (*listed, *through) if owner))
        if kind != "listener":
            return ()
        told = text_of(raw.get("load_balancer_id")) or self._owner_of.get(text_of(raw.get("id")), "")
        return (told,) if told else ()

    def _named(self, kind: str, raw: Raw) -> Named:
        return Named(
            kind, raw["id"], text_of(raw.get("name")), self._owners(kind, raw), text_of(raw.get("protocol")) or None,
            _port(raw), text_of(raw.get("updated_at")) or None,
        )  # fmt: skip


def _is_system(raw: Raw) -> bool:
    return raw.get("description") == SYSTEM


def _port(raw: Raw) -> int | None:
    port = raw.get("protocol_port")
    return port if isinstance(port, int) else None


def _integer(value: Json) -> int:
    return value if isinstance(value, int) else 1 << 31
