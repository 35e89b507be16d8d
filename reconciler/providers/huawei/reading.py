"""Live state from Huawei Cloud with few calls: policies of many listeners at once, all their rules at once.

The rules of the policies come from the cheapest source that the cloud has: the policy list itself where it really
carries whole rules (``display_all_rules``), else the list of all rules joined by id, else one list a policy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.model.calls import NotFound
from reconciler.model.dialect import Dialect
from reconciler.model.live import ReadTerm
from reconciler.providers.huawei.client import PAGE, Client, chunks
from reconciler.providers.live import LiveRule, Raw, Reader, live_rule, objects_in, text_of
from reconciler.providers.session import all_of
from reconciler.records import dataclass, field


@dataclass(slots=True)
class PolicyReading:
    """Reads the policies of the listeners that ``readers`` stand for."""

    client: Client
    dialect: Dialect
    readers: Mapping[str, Reader]
    reads: list[ReadTerm] = field(default_factory=list)
    _waiting: dict[str, tuple[Reader, Raw, list[str]]] = field(default_factory=dict)  # rules known by id only
    _seen: set[str] = field(default_factory=set)

    async def run(self, known_listeners: int) -> list[ReadTerm]:
        """Fill the readers; the calls that took.

        ``known_listeners``: how many the project has (0: unknown). When the filters need several URLs and most of
        the project is asked for, the unfiltered list costs less.
        """
        parts = chunks(sorted(self.readers), "listener_id")
        if len(parts) > 1 and 0 < known_listeners <= 2 * len(self.readers):
            parts = [[]]
        shown = ("display_all_rules", "true")
        calls = await all_of(
            self.client.each_page("elb", ("l7policies",), "l7policies", [*part, shown], self._take) for part in parts
        )
        queries = f" a query of listeners ({len(parts)})" if len(parts) > 1 else ""
        self.reads.append(ReadTerm("policies", f"pages of {PAGE}{queries}", sum(calls)))
        if len(self._waiting) > 1:
            self.reads.append(
                ReadTerm("rules", f"pages of {PAGE} of all rules, joined by id", await self._from_all_rules())
            )
        if self._waiting:
            await self._from_each_policy()
        return self.reads

    def _take(self, page: list[Raw]) -> None:
        for raw in page:
            reader = self.readers.get(text_of(raw.get("listener_id")))
            if reader is None or raw["id"] in self._seen:
                continue
            self._seen.add(raw["id"])
            rules = objects_in(raw.get("rules"))
            if all("type" in rule and "compare_type" in rule for rule in rules):
                reader.add(raw, rules)
            else:
                self._waiting[raw["id"]] = (reader, raw, [text_of(rule.get("id")) for rule in rules])

    async def _from_all_rules(self) -> int:
        """``GET /l7policies/rules`` (404: the cloud has no such list); the calls that took.

        Filtered by policy, there are as many calls as URLs (or pages, if more); unfiltered, as many as the project
        has pages of rules, which nobody knows beforehand: taken when the filters would cost more than twice the
        pages of the rules that are wanted.
        """
        parts = chunks(list(self._waiting), "l7policy_id")
        wanted = sum(len(ids) for _, _, ids in self._waiting.values())
        if len(parts) > 2 * -(-wanted // PAGE):
            parts = [[]]
        by_id: dict[str, LiveRule] = {}

        def take(page: list[Raw]) -> None:
            for raw in page:
                try:
                    by_id[raw["id"]] = live_rule(self.dialect, raw)
                except (KeyError, TypeError, ValueError, AttributeError):
                    continue  # the policy's own list, read next, reports it

        path = ("l7policies", "rules")
        try:
            calls = await self.client.each_page("elb", path, "rules", parts[0], take)
        except NotFound:
            return 1
        calls += sum(await all_of(self.client.each_page("elb", path, "rules", part, take) for part in parts[1:]))
        for policy, (reader, raw, ids) in list(self._waiting.items()):
            if all(rule_id in by_id for rule_id in ids):
                reader.add_with(raw, [by_id[rule_id] for rule_id in ids])
                del self._waiting[policy]
        return calls

    async def _from_each_policy(self) -> None:
        """``GET /l7policies/{id}/rules`` for every policy whose rules nobody told yet."""
        calls = await all_of(self._own_rules(*waiting) for waiting in self._waiting.values())
        formula = f"one list a policy with rules ({len(calls)})"
        self.reads.append(ReadTerm("rules of policies", formula, sum(calls)))

    async def _own_rules(self, reader: Reader, raw: Raw, _ids: list[str]) -> int:
        rules, calls = await self.client.pages("elb", ("l7policies", raw["id"], "rules"), "rules")
        reader.add(raw, rules)
        return calls


async def security_rules(client: Client, groups: Sequence[str]) -> tuple[dict[str, list[Raw]], ReadTerm]:
    """Rules of security groups: one group by its own GET, several by the list of rules with many groups a query."""
    tried = 0
    if len(groups) == 1:
        answer = await client.get("vpc", "security-groups", groups[0])
        found = answer.object("security_group")
        tried = 1
        if isinstance(found.get("security_group_rules"), list):
            return {groups[0]: objects_in(found["security_group_rules"])}, ReadTerm("security groups", "1 group", 1)
    parts = chunks(list(groups), "security_group_id")
    path = ("security-group-rules",)
    lists = await all_of(client.pages("vpc", path, "security_group_rules", part) for part in parts)
    by_group: dict[str, list[Raw]] = {group: [] for group in groups}
    for objects, _ in lists:
        for raw in objects:
            own = by_group.get(text_of(raw.get("security_group_id")))
            if own is not None:
                own.append(raw)
    calls = sum(count for _, count in lists) + tried
    queries = f" a query of groups ({len(parts)})" if len(parts) > 1 else ""
    return by_group, ReadTerm("security group rules", f"pages of {PAGE}{queries}", calls)
