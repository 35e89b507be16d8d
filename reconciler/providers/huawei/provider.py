"""One open connection to Huawei Cloud: :class:`reconciler.model.calls.Provider` over ELB v3 and VPC v3."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.model.calls import (
    Call,
    Decoder,
    Encoder,
    OutcomeUnknown,
    ProviderError,
    Reply,
    Settled,
)
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
from reconciler.providers.answers import text_at
from reconciler.providers.bodies import resolved
from reconciler.providers.failures import read_failure
from reconciler.providers.huawei.auth import KeyAuth, Token, TokenAuth
from reconciler.providers.huawei.client import PAGE, TOKEN_PATH, Client, HuaweiDialogue
from reconciler.providers.huawei.codec import HuaweiDecoder, HuaweiEncoder
from reconciler.providers.huawei.quotas import read_quotas
from reconciler.providers.huawei.reading import PolicyReading, security_rules
from reconciler.providers.huawei.settings import Settings, settings
from reconciler.providers.huawei.settling import settle_lane, settle_write
from reconciler.providers.live import Raw, Reader, objects_in, text_of
from reconciler.providers.session import all_of, open_http

_LISTS = {
    "load_balancer": ("elb", "loadbalancers", "loadbalancers"),
    "listener": ("elb", "listeners", "listeners"),
    "pool": ("elb", "pools", "pools"),
    "security_group": ("vpc", "security-groups", "security_groups"),
}


def open_provider(spec: ProviderSpec, connection: Connection) -> HuaweiProvider:
    """Open a Huawei Provider document; nothing is sent yet.

    Raises:
        DiagnosticError: credentials or endpoints that cannot be used.
        UntrustedEndpoint: an endpoint that the credentials do not belong to.
    """
    from reconciler.dialects.huawei import HUAWEI

    found = settings(spec, connection)
    given = found.credentials
    iam = found.endpoints["iam"]
    token_path = iam.prefix + "".join(f"/{part}" for part in TOKEN_PATH)
    http = open_http(
        spec, connection, hosts=found.hosts, dialogue=HuaweiDialogue(), token=(iam, token_path.encode()),
        secrets=[value for name, value in given.items() if name not in ("username", "domain")],
    )  # fmt: skip
    if "access_key" in given:
        auth: KeyAuth | TokenAuth = KeyAuth(
            given["access_key"], given["secret_key"], given.get("security_token"), connection.clock
        )
    else:
        auth = TokenAuth(connection.clock, Token(given["token"]) if "token" in given else None)
    client = Client(http, found, auth)
    if isinstance(auth, TokenAuth) and auth.token is None:
        auth.fetch = client.fetch_token
    if found.project_id:
        client.use_project(found.project_id)
    return HuaweiProvider(found, client, HUAWEI)


@dataclass
class HuaweiProvider:
    """See :class:`reconciler.model.calls.Provider`."""

    settings: Settings
    client: Client
    dialect: Dialect
    type: str = "huawei"
    _inventory: dict[str, dict[str, Raw]] = field(default_factory=dict)
    _beside: dict[tuple[str, str], dict[str, Named]] = field(default_factory=dict)  # by kind and load balancer

    def __post_init__(self) -> None:
        self.name = self.settings.name
        self.encoder: Encoder = HuaweiEncoder(self.dialect, self._project)
        self.decoder: Decoder = HuaweiDecoder(self._project)

    def _project(self) -> str:
        if self.client.project_id is None:
            raise RuntimeError("authenticate() was not called: the project's id is not known yet")
        return self.client.project_id

    def describe(self) -> dict[str, Json]:
        """Name, type, ELB endpoint, region and project; no secrets."""
        return {
            "name": self.name, "type": self.type, "endpoint": self.settings.endpoints["elb"].url,
            "region": self.settings.region, "project": self.client.project_id or self.settings.project_name,
        }  # fmt: skip

    def lane(self, scope: ScopeRef) -> str:
        """``huawei:<project>:load_balancer:<id>`` or ``huawei:<project>:security_group:<id>``."""
        if scope.kind == "security_group":
            return f"huawei:{self._project()}:security_group:{scope.id}"
        owner = scope.load_balancer_id or self._load_balancer_of(scope.id)
        return f"huawei:{self._project()}:load_balancer:{owner}"

    async def authenticate(self) -> Sequence[ReadTerm]:
        """A token where one is needed, and the project's id where it is not given."""
        reads: list[ReadTerm] = []
        auth = self.client.auth
        if self.client.needs_token() and isinstance(auth, TokenAuth) and auth.fetch is not None:
            auth.token = await auth.fetch()
            reads.append(ReadTerm("authentication", "1 token", 1))
            if self.client.project_id is None and auth.token.project_id:
                self.client.use_project(auth.token.project_id)
        if self.client.project_id is None:
            self.client.use_project(await self.client.find_project())
            reads.append(ReadTerm("project", "1 lookup by name", 1))
        return tuple(reads)

    async def lookup(self, wanted: Wanted) -> Inventory:
        """The lists of every kind that is wanted, whole: one call a kind where a project has up to 2,000 of it.

        Load balancers come with listeners, because they decide what a listener allows.
        """
        kinds = [kind for kind in _LISTS if kind in wanted.names or kind in wanted.ids]
        if "listener" in kinds and "load_balancer" not in kinds:
            kinds.insert(0, "load_balancer")
        lists = await all_of(self._list(kind) for kind in kinds)
        reads, found = [], []
        for kind, (objects, calls) in zip(kinds, lists, strict=True):
            self._inventory[kind] = {raw["id"]: raw for raw in objects}
            reads.append(ReadTerm(f"{kind.replace('_', ' ')}s", f"pages of {PAGE}", calls))
            named = [_named(kind, raw) for raw in objects]
            found += named
            self._beside = {key: ones for key, ones in self._beside.items() if key[0] != kind}
            for one in named:
                for owner in one.load_balancers:
                    self._beside.setdefault((kind, owner), {})[one.id] = one
        return Inventory(tuple(found), tuple(reads))

    async def read(self, scopes: Sequence[ScopeRef]) -> ReadResult:
        """Live objects and facts of all scopes."""
        listeners = [scope for scope in scopes if scope.kind == "listener"]
        groups = [scope for scope in scopes if scope.kind == "security_group"]
        lives: list[Live] = []
        failures: list[ReadFailure] = []
        reads: list[ReadTerm] = []
        if listeners:
            await self._part(self._read_listeners, listeners, lives, failures, reads)
        if groups:
            await self._part(self._read_groups, groups, lives, failures, reads)
        order = {scope.address: index for index, scope in enumerate(scopes)}
        lives.sort(key=lambda live: order[live.scope.address])
        return ReadResult(tuple(lives), tuple(failures), tuple(reads))

    async def quotas(self, kinds: frozenset[str]) -> Quotas:
        """ELB's quotas, in one call, where policies or rules are created."""
        return await read_quotas(self.client, kinds)

    async def order(self, listener_id: str) -> tuple[str, ...]:
        """Ids of the listener's policies by priority."""
        found, _ = await self.client.pages("elb", ("l7policies",), "l7policies", [("listener_id", listener_id)])
        found.sort(key=lambda raw: (_integer(raw.get("priority")), raw["id"]))
        return tuple(raw["id"] for raw in found)

    async def send(self, call: Call) -> Reply:
        """Send one write, once.

        Raises:
            ProviderError: what became of it.
            ValueError: not a call of this provider, or one that still holds placeholders.
        """
        effect = self.decoder.effect(call)
        answer = await self.client.send(call.service, call.method, resolved(call), call.body)
        body = answer.body if isinstance(answer.body, dict) else {}
        envelope = {"l7policy": "l7policy", "l7rule": "rule"}.get(effect.kind, effect.kind)
        raw = body.get(envelope)
        raw = raw if isinstance(raw, dict) else {}
        object_id = text_at(raw, "id") or (effect.object_id if isinstance(effect.object_id, str) else None)
        if object_id is None:
            raise OutcomeUnknown(
                f"{answer.request}: accepted, but the answer does not name the new object", status=answer.status,
                request=answer.request, request_id=answer.request_id, code="CONN-ANSWER",
            )  # fmt: skip
        return Reply(answer.status, object_id, (), answer.request_id, text_at(raw, "provisioning_status"))

    async def settle(self, lane: str, call: Call | None, reply: Reply | None) -> Settled:
        """After a policy or rule call: until its policy is not PENDING. Without a call: until the load balancer is not.

        Raises:
            ProviderError: the wait failed, or took longer than ten minutes.
        """
        if call is None or reply is None:
            return await settle_lane(self.client, lane)
        return await settle_write(self.client, self.decoder.effect(call), reply)

    async def aclose(self) -> None:
        """Close the connections."""
        await self.client.http.aclose()

    # ---------------------------------------------------------------------------------------------- inside
    async def _list(self, kind: str) -> tuple[list[Raw], int]:
        service, path, key = _LISTS[kind]
        return await self.client.pages(service, (path,), key)

    async def _part(
        self,
        read: Callable[[Sequence[ScopeRef]], Awaitable[tuple[list[Live], list[ReadTerm]]]],
        scopes: Sequence[ScopeRef],
        lives: list[Live],
        failures: list[ReadFailure],
        reads: list[ReadTerm],
    ) -> None:
        try:
            found, terms = await read(scopes)
        except ProviderError as error:
            failures += [read_failure(scope, error) for scope in scopes]
            return
        lives += found
        reads += terms

    async def _read_listeners(self, scopes: Sequence[ScopeRef]) -> tuple[list[Live], list[ReadTerm]]:
        reads: list[ReadTerm] = []
        if "listener" not in self._inventory or any(s.id not in self._inventory["listener"] for s in scopes):
            nothing: Mapping[str, frozenset[str]] = {"listener": frozenset()}
            reads += (await self.lookup(Wanted(nothing, {}))).reads
        readers = {scope.id: Reader(self.dialect, scope.address) for scope in scopes}
        reads += await PolicyReading(self.client, self.dialect, readers).run(len(self._inventory.get("listener", {})))
        lives = []
        for scope in scopes:
            reader = readers[scope.id]
            lives.append(
                Live(scope, self._facts(scope), reader.policies(), (), reader.unknown, tuple(reader.diagnostics))
            )
        return lives, reads

    async def _read_groups(self, scopes: Sequence[ScopeRef]) -> tuple[list[Live], list[ReadTerm]]:
        found, read = await security_rules(self.client, sorted({scope.id for scope in scopes}))
        lives = []
        for scope in scopes:
            reader = Reader(self.dialect, scope.address)
            rules = reader.security_rules(found[scope.id])
            name = text_of(self._inventory.get("security_group", {}).get(scope.id, {}).get("name"))
            facts = GroupFacts(scope.id, name)
            lives.append(Live(scope, facts, (), rules, reader.unknown, tuple(reader.diagnostics)))
        return lives, [read]

    def _facts(self, scope: ScopeRef) -> ListenerFacts:
        raw = self._inventory.get("listener", {}).get(scope.id, {})
        owner = scope.load_balancer_id or self._load_balancer_of(scope.id)
        balancer = self._inventory.get("load_balancer", {}).get(owner, {})
        guaranteed = balancer.get("guaranteed")
        status = text_of(balancer.get("provisioning_status")) or None
        advanced = raw.get("enhance_l7policy_enable")
        return ListenerFacts(
            scope.id, text_of(raw.get("name")), text_of(raw.get("protocol")) or None, _port(raw),
            advanced if isinstance(advanced, bool) else None, owner or None,
            None if not isinstance(guaranteed, bool) else "dedicated" if guaranteed else "shared",
            status, text_of(balancer.get("provider")) or None, text_of(raw.get("default_pool_id")) or None,
            not (status or "").startswith("PENDING"), self._beside.get(("listener", owner), {}),
            self._beside.get(("pool", owner), {}),
        )  # fmt: skip

    def _load_balancer_of(self, listener_id: str) -> str:
        owners = _owners(self._inventory.get("listener", {}).get(listener_id, {}))
        return owners[0] if owners else ""


def _named(kind: str, raw: Raw) -> Named:
    return Named(
        kind, raw["id"], text_of(raw.get("name")), _owners(raw), text_of(raw.get("protocol")) or None, _port(raw),
        text_of(raw.get("updated_at")) or None,
    )  # fmt: skip


def _owners(raw: Raw) -> tuple[str, ...]:
    return tuple(text_of(item.get("id")) for item in objects_in(raw.get("loadbalancers")) if item.get("id"))


def _port(raw: Raw) -> int | None:
    port = raw.get("protocol_port")
    return port if isinstance(port, int) else None


def _integer(value: Json) -> int:
    return value if isinstance(value, int) else 1 << 31
