"""Manifests with one mistake each, as data: ``@@`` stands in front of the place that the diagnostic must point to."""

from __future__ import annotations

from dataclasses import dataclass

MARK = "@@"


@dataclass(frozen=True)
class Mistake:
    """A manifest with one mistake: the code that it must give; the place is where the mark stands in the text."""

    name: str
    code: str
    marked: str

    @property
    def text(self) -> str:
        return self.marked.replace(MARK, "")

    @property
    def place(self) -> tuple[int, int]:
        before = self.marked[: self.marked.index(MARK)]
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


PROVIDERS = """\
apiVersion: reconciler/v1
kind: Provider
metadata: {name: hw}
spec: {type: huawei, region: cn-north-4}
---
apiVersion: reconciler/v1
kind: Provider
metadata: {name: gc}
spec: {type: gcore, project_id: 1, region_id: 1}
"""


def listener(policies: str, *, provider: str = "hw", name: str = "NAME", more: str = "") -> str:
    body = "\n".join("    " + line for line in policies.strip("\n").split("\n"))
    return (
        f"apiVersion: reconciler/v1\nkind: Listener\nmetadata: {{name: {name}}}\nspec:\n  provider: {provider}\n"
        f"  unlisted: keep\n{more}  policies:\n{body}\n"
    )


def group(rules: str, *, provider: str = "hw", name: str = "NAME", directions: str = "[ingress]") -> str:
    body = "\n".join("    " + line for line in rules.strip("\n").split("\n"))
    return (
        f"apiVersion: reconciler/v1\nkind: SecurityGroup\nmetadata: {{name: {name}}}\nspec:\n  provider: {provider}\n"
        f"  directions: {directions}\n  unlisted: keep\n  rules:\n{body}\n"
    )


def rule(text: str, provider: str = "hw") -> str:
    return listener(f"- name: pol\n  action: REDIRECT_TO_POOL\n  redirect_pool: web\n  rules:\n    - {text}", provider=provider)


def policy(text: str, provider: str = "hw") -> str:
    return listener("- " + "\n  ".join(text.strip().split("\n")), provider=provider)


def extend(text: str) -> str:
    return policy(f"name: pol\naction: REDIRECT_TO_POOL\nredirect_pool: web\nredirect_pools_extend_config: {text}")


def url(text: str) -> str:
    return policy(f"name: pol\naction: REDIRECT_TO_URL\nredirect_url_config: {text}")


def fixed(text: str) -> str:
    return policy(f"name: pol\naction: FIXED_RESPONSE\nfixed_response_config: {text}")


POOL = "name: pol\naction: REDIRECT_TO_POOL\nredirect_pool: web\n"

YAML = [
    Mistake("a key twice", "YAML-DUPLICATE-KEY", policy(POOL + "@@redirect_pool: other")),
    Mistake("a merge key", "YAML-MERGE", policy("@@<<: {action: REDIRECT_TO_POOL}\n" + POOL)),
    Mistake("a tag", "YAML-TAG", policy(POOL + "description: @@!!str 4")),
    Mistake("an integer of 5000 digits", "YAML-NUMBER", policy(POOL + "priority: @@" + "9" * 5000)),
    Mistake("infinity", "YAML-NUMBER", policy(POOL + "priority: @@.inf")),
    Mistake("a number as a key", "YAML-KEY", policy(POOL + "@@403: x")),
    Mistake("a list as a key", "YAML-KEY", policy(POOL + "? @@[a]\n: b")),
    Mistake("an unknown alias", "YAML-ALIAS", policy(POOL + "description: @@*nothing")),
    Mistake("a recursive alias", "YAML-ALIAS", policy(POOL + "rules: &r [@@*r]")),
    Mistake("a line break in a path", "YAML-LINE-BREAK", rule("{type: PATH, compare_type: EQUAL_TO, value: @@\"/a\\n\"}")),
    Mistake("an escaped control character", "YAML-CONTROL", policy(POOL + 'description: @@"\\x07"')),
    Mistake("a raw control character", "YAML-CONTROL", policy(POOL + "description: a@@\x07")),
    Mistake("a line separator", "YAML-CONTROL", policy(POOL + "description: a@@\u2028b")),
    Mistake("an unclosed quote", "YAML-QUOTE", policy(POOL + "description: @@'abc")),
    Mistake("half a character, as JSON writes it", "YAML-QUOTE", policy(POOL + 'description: "a\\u@@d83c\\udf89"')),
    Mistake("an unclosed bracket", "YAML-BRACKET", policy(POOL + "rules: @@[{type: PATH}")),
    Mistake("a tab as indentation", "YAML-TAB", listener("- name: pol").replace("    - name", "@@\t- name")),
    Mistake("a bracket open to the end of the file", "YAML-BRACKET", policy(POOL + "rules: @@[ # none yet")),
    Mistake("a quote that the next one closes", "YAML-QUOTE", policy(POOL + 'description: @@"a\nrules: []\nrenamed_from: "b"')),
    Mistake("a dash without its blank", "YAML-SYNTAX", listener("- name: pol\n  action: REDIRECT_TO_POOL").replace("- name", "@@-name")),
    Mistake("two colons", "YAML-SYNTAX", policy(POOL + "description: a@@: b")),
    Mistake("a reserved indicator", "YAML-SYNTAX", policy(POOL + "description: @@@at")),
    Mistake("too deep", "YAML-DEPTH", policy(POOL + "rules: " + "[" * 96 + "@@" + "[" * 6000)),
]

SCHEMA = [
    Mistake("an unknown kind", "SCHEMA-ENUM", listener("- {}").replace("kind: Listener", "kind: @@Listner")),
    Mistake("another version", "SCHEMA-ENUM", policy(POOL).replace("apiVersion: r", "apiVersion: @@r").replace("/v1", "/v2")),
    Mistake("no name", "SCHEMA-REQUIRED", policy(POOL).replace("metadata: {", "@@metadata: {").replace("name: NAME", "")),
    Mistake("no unlisted", "SCHEMA-REQUIRED", policy(POOL).replace("  unlisted: keep\n", "").replace("spec:\n  provider", "@@spec:\n  provider")),
    Mistake("unlisted misspelt", "SCHEMA-UNKNOWN-FIELD", policy(POOL).replace("unlisted:", "@@unlistd:")),
    Mistake("a bad unlisted", "SCHEMA-ENUM", policy(POOL).replace("unlisted: keep", "unlisted: @@kepe")),
    Mistake("policies are a mapping", "SCHEMA-TYPE", listener("name: pol").replace("  policies:", "  @@policies:")),
    Mistake("a field misspelt", "SCHEMA-UNKNOWN-FIELD", policy("name: pol\naction: REDIRECT_TO_POOL\n@@redirct_pool: web")),
    Mistake("an empty protect", "SCHEMA-LENGTH", listener("- name: pol\n  action: REDIRECT_TO_POOL\n  redirect_pool: w", more='  protect: [@@""]\n')),
    Mistake("protect twice", "SCHEMA-DUPLICATE", listener("- name: pol\n  action: REDIRECT_TO_POOL\n  redirect_pool: w", more="  @@protect: [a, a]\n")),
    Mistake("a status code as a number", "SCHEMA-TYPE", fixed("{status_code: @@403}")),
    Mistake("a weight as a text", "SCHEMA-TYPE", policy('name: pol\naction: REDIRECT_TO_POOL\nredirect_pools_config: [{pool: a, weight: @@"5"}]')),
    Mistake("a null pool", "SCHEMA-TYPE", policy("name: pol\naction: REDIRECT_TO_POOL\nredirect_pool: @@~")),
    Mistake("a project inside a policy", "SCHEMA-ELSEWHERE", policy(POOL + "@@project_id: abc")),
    Mistake("max_age too large", "SCHEMA-RANGE", extend("{cors_config: {max_age: @@172801}}")),
    Mistake("a number in place of a word", "SCHEMA-TYPE", rule("{type: @@1, compare_type: EQUAL_TO, value: /a}")),
    Mistake("a redirect's code as a number", "SCHEMA-TYPE", url("{status_code: @@301, host: a.b}")),
    Mistake("a truth value in place of a word", "SCHEMA-TYPE", policy(POOL).replace("unlisted: keep", "unlisted: @@false")),
    Mistake("a list in place of a text, in block style", "SCHEMA-TYPE", policy("name: pol\naction: REDIRECT_TO_POOL\n@@redirect_pool:\n  - a")),
    Mistake("a text in place of a policy", "SCHEMA-TYPE", listener("- @@pol")),
    Mistake("the spec is a list", "SCHEMA-TYPE", "apiVersion: reconciler/v1\nkind: Listener\nmetadata: {name: NAME}\n@@spec: []\n"),
    Mistake("the spec is empty", "SCHEMA-TYPE", "apiVersion: reconciler/v1\nkind: Listener\nmetadata: {name: NAME}\nspec: @@null\n"),
    Mistake("a field under a foreign name", "SCHEMA-UNKNOWN-FIELD", rule("{type: PATH, compare_type: EQUAL_TO, value: /a}").replace("unlisted: keep\n", "unlisted: keep\n  ignore: [{@@rule: x}]\n")),
    Mistake("kind with a capital", "SCHEMA-UNKNOWN-FIELD", policy(POOL).replace("kind: L", "@@Kind: L")),
    Mistake("a name with @", "SCHEMA-PATTERN", policy("name: @@'@x'\naction: REDIRECT_TO_POOL\nredirect_pool: web")),
]

REFERENCES = [
    Mistake("an unknown provider", "REF-PROVIDER", listener("- {}", provider="@@hww").replace("    - {}\n", "    []\n").replace("policies:\n    []", "policies: []")),
    Mistake("a pool by name and by id", "REF-EXCLUSIVE", policy(POOL + "@@redirect_pool_id: abc")),
    Mistake("a listener by name and by id", "REF-EXCLUSIVE", policy(POOL).replace("  unlisted", "  listener: a\n  @@listener_id: b\n  unlisted")),
    Mistake("two policies of one name", "REF-DUPLICATE-POLICY", listener("- {name: pol, action: REDIRECT_TO_POOL, redirect_pool: w, rules: [{type: PATH, compare_type: EQUAL_TO, value: /a}]}\n- {name: @@pol, action: REDIRECT_TO_POOL, redirect_pool: w, rules: [{type: PATH, compare_type: EQUAL_TO, value: /b}]}")),
    Mistake("renamed from itself", "REF-RENAME", policy(POOL + "renamed_from: @@pol")),
    Mistake("a date that is none", "REF-DATE", listener("- name: pol\n  action: REDIRECT_TO_POOL\n  redirect_pool: w", more="  ignore: [{policy: x, until: @@2026-02-30}]\n")),
    Mistake("a field that cannot be ignored", "REF-IGNORE-FIELD", listener("- name: pol\n  action: REDIRECT_TO_POOL\n  redirect_pool: w", more="  ignore: [{policy: x, fields: [@@descripton]}]\n")),
    Mistake("a number that is ignored and not asked for", "REF-IGNORE-PLACE", listener("- name: pol\n  action: REDIRECT_TO_POOL\n  redirect_pool: w", more="  ignore: [{policy: x, fields: [@@priority]}]\n")),
    Mistake("a direction that is not managed", "REF-DIRECTION", group("- {direction: @@egress, priority: 1}")),
]

HUAWEI = [
    Mistake("action", "HW-R02", policy("name: pol\naction: @@REDIRECT_TO_POOLS\nredirect_pool: web")),
    Mistake("no action", "HW-R02", policy("@@name: pol\nredirect_pool: web")),
    Mistake("listener_id", "HW-R06", policy(POOL + "@@listener_id: abc")),
    Mistake("no redirect listener", "HW-R07", policy("name: pol\naction: @@REDIRECT_TO_LISTENER")),
    Mistake("a listener for a pool policy", "HW-R08", policy(POOL + "@@redirect_listener: x")),
    Mistake("a pool for a listener policy", "HW-R10", policy("name: pol\naction: REDIRECT_TO_LISTENER\nredirect_listener: x\n@@redirect_pool: y")),
    Mistake("no pool", "HW-R11", policy("name: pol\naction: @@REDIRECT_TO_POOL")),
    Mistake("six pools", "HW-R13", policy("name: pol\naction: REDIRECT_TO_POOL\n@@redirect_pools_config: [{pool: a}, {pool: b}, {pool: c}, {pool: d}, {pool: e}, {pool: f}]")),
    Mistake("a weight of 101", "HW-R13", policy("name: pol\naction: REDIRECT_TO_POOL\nredirect_pools_config: [{pool: a, weight: @@101}]")),
    Mistake("a sticky timeout of 0", "HW-R14", policy(POOL + "redirect_pools_sticky_session_config: {timeout: @@0}")),
    Mistake("extensions of a fixed response", "HW-R15", policy('name: pol\naction: FIXED_RESPONSE\nfixed_response_config: {status_code: "200"}\n@@redirect_pools_extend_config: {rewrite_url_enable: true}')),
    Mistake("redirect_url", "HW-R16", policy(POOL + "@@redirect_url: http://x/")),
    Mistake("disabled", "HW-R17", policy(POOL + "admin_state_up: @@false")),
    Mistake("position", "HW-R18", policy(POOL + "@@position: 3")),
    Mistake("a long description", "HW-R19", policy(POOL + "description: @@" + "d" * 256)),
    Mistake("a long name", "HW-R19", policy("name: @@" + "n" * 256 + "\naction: REDIRECT_TO_POOL\nredirect_pool: web")),
    Mistake("priority 0", "HW-R23", policy(POOL + "priority: @@0")),
    Mistake("priority 10001", "HW-R23", policy(POOL + "priority: @@10001")),
    Mistake("no url", "HW-R30", policy("name: pol\naction: @@REDIRECT_TO_URL")),
    Mistake("protocol", "HW-R31", url('{protocol: @@http, host: x, status_code: "301"}')),
    Mistake("host", "HW-R32", url('{host: @@a_b, status_code: "301"}')),
    Mistake("port", "HW-R33", url('{port: @@"65536", status_code: "301"}')),
    Mistake("path", "HW-R34", url('{path: @@x, status_code: "301"}')),
    Mistake("query", "HW-R35", url('{host: a, query: @@"a#b", status_code: "301"}')),
    Mistake("redirect code", "HW-R36", url('{host: a, status_code: @@"304"}')),
    Mistake("no redirect code", "HW-R36", url("{host: a}").replace("redirect_url_c", "@@redirect_url_c")),
    Mistake("a loop", "HW-R37", url('{host: "${host}", status_code: "301"}').replace("redirect_url_c", "@@redirect_url_c")),
    Mistake("no response", "HW-R40", policy("name: pol\naction: @@FIXED_RESPONSE")),
    Mistake("response code", "HW-R41", fixed('{status_code: @@"301"}')),
    Mistake("content type", "HW-R42", fixed('{status_code: "200", content_type: @@text/xml}')),
    Mistake("a long body", "HW-R43", fixed('{status_code: "200", message_body: @@' + "b" * 1025 + "}")),
    Mistake("rewrite host", "HW-R45", extend("{rewrite_url_config: {host: @@-a}}")),
    Mistake("rewrite path", "HW-R46", extend('{rewrite_url_config: {path: @@"/a*"}}')),
    Mistake("rewrite query", "HW-R47", extend('{rewrite_url_config: {query: @@"a*"}}')),
    Mistake("a header's name", "HW-R50", extend("{remove_headers_config: {configs: [{key: @@'a b'}]}}")),
    Mistake("a value type", "HW-R52", extend("{insert_headers_config: {configs: [{key: a, value_type: @@X, value: b}]}}")),
    Mistake("a system value", "HW-R53", extend("{insert_headers_config: {configs: [{key: a, value_type: SYSTEM_DEFINED, value: @@b}]}}")),
    Mistake("a header's value", "HW-R54", extend('{insert_headers_config: {configs: [{key: a, value_type: USER_DEFINED, value: @@" b"}]}}')),
    Mistake("a limit", "HW-R55", extend("{traffic_limit_config: {qps: @@100001}}")),
    Mistake("rules of a listener policy", "HW-R60", policy("name: pol\naction: REDIRECT_TO_LISTENER\nredirect_listener: x\n@@rules: [{type: PATH, compare_type: EQUAL_TO, value: /a}]")),
    Mistake("eleven conditions", "HW-R61", policy(POOL + "@@rules: [{type: HEADER, compare_type: EQUAL_TO, conditions: [" + ", ".join(f"{{key: a, value: v{n}}}" for n in range(11)) + "]}]")),
    Mistake("two paths", "HW-R62", policy(POOL + "rules: [{type: PATH, compare_type: EQUAL_TO, value: /a}, {type: @@PATH, compare_type: EQUAL_TO, value: /b}]")),
    Mistake("two keys", "HW-R67", rule("{type: HEADER, compare_type: EQUAL_TO, conditions: [{key: a, value: b}, {key: @@c, value: d}]}")),
    Mistake("a type", "HW-R68", rule("{type: @@PATHS, compare_type: EQUAL_TO, value: /a}")),
    Mistake("no type", "HW-R68", rule("@@{compare_type: EQUAL_TO, value: /a}")),
    Mistake("a compare type", "HW-R69", rule("{type: PATH, compare_type: @@ENDS_WITH, value: /a}")),
    Mistake("a compare type of a host", "HW-R69", rule("{type: HOST_NAME, compare_type: @@REGEX, value: a.b}")),
    Mistake("no value", "HW-R70", rule("@@{type: PATH, compare_type: EQUAL_TO}")),
    Mistake("no conditions", "HW-R70", rule("@@{type: METHOD, compare_type: EQUAL_TO}")),
    Mistake("a host", "HW-R71", rule("{type: HOST_NAME, compare_type: EQUAL_TO, value: @@a.*.b}")),
    Mistake("a path without slash", "HW-R72", rule("{type: PATH, compare_type: EQUAL_TO, value: @@a}")),
    Mistake("a header with a blank", "HW-R73", rule("{type: HEADER, compare_type: EQUAL_TO, conditions: [{key: a, value: @@b c}]}")),
    Mistake("a query value", "HW-R74", rule("{type: QUERY_STRING, compare_type: EQUAL_TO, conditions: [{key: a, value: @@b%c}]}")),
    Mistake("a method", "HW-R75", rule("{type: METHOD, compare_type: EQUAL_TO, conditions: [{value: @@TRACE}]}")),
    Mistake("an address without prefix length", "HW-R76", rule("{type: SOURCE_IP, compare_type: EQUAL_TO, conditions: [{value: @@192.168.0.2}]}")),
    Mistake("a key of a method", "HW-R77", rule("{type: METHOD, compare_type: EQUAL_TO, conditions: [{key: @@x, value: GET}]}")),
    Mistake("invert", "HW-R78", rule("{type: PATH, compare_type: EQUAL_TO, value: /a, invert: @@true}")),
    Mistake("ports", "HW-S02", group("- {direction: ingress, priority: 1, protocol: tcp, multiport: @@'22, 80'}")),
    Mistake("two remotes", "HW-S01", group("- {direction: ingress, priority: 1, remote_ip_prefix: 10.0.0.0/8, @@remote_group: x}")),
    Mistake("no priority", "HW-S-PRIORITY", group("- @@{direction: ingress}")),
    Mistake("a group's action", "HW-S-ACTION", group("- {direction: ingress, priority: 1, action: @@drop}")),
    Mistake("a protocol", "HW-S-PROTOCOL", group("- {direction: ingress, priority: 1, protocol: @@tpc}")),
    Mistake("a rule twice", "HW-S03", group("- {direction: ingress, priority: 1}\n- @@{direction: ingress, priority: 1}")),
]  # fmt: skip

GPOOL = "name: pol\naction: REDIRECT_TO_POOL\nredirect_pool: web\n"
GCORE = [
    Mistake("a short name", "GC-NAME", policy("name: @@ab\naction: REJECT", "gc")),
    Mistake("an action of another cloud", "GC-ACTION", policy("name: pol\naction: @@FIXED_RESPONSE", "gc")),
    Mistake("no target", "GC-TARGET", policy("name: pol\naction: @@REDIRECT_TO_URL", "gc")),
    Mistake("another target", "GC-TARGET-FORBIDDEN", policy(GPOOL + "@@redirect_url: http://x/", "gc")),
    Mistake("a code", "GC-CODE", policy("name: pol\naction: REDIRECT_TO_URL\nredirect_url: http://x/\nredirect_http_code: @@304", "gc")),
    Mistake("an url", "GC-URL", policy("name: pol\naction: REDIRECT_TO_URL\nredirect_url: @@x/y", "gc")),
    Mistake("a key is missing", "GC-KEY", rule("@@{type: HEADER, compare_type: EQUAL_TO, value: a}", "gc")),
    Mistake("a rule's type", "GC-RULE-TYPE", rule("{type: @@METHOD, compare_type: EQUAL_TO, value: GET}", "gc")),
    Mistake("a comparison", "GC-COMPARE", rule("{type: PATH, compare_type: @@EQUALS, value: /a}", "gc")),
    Mistake("conditions", "GC-FIELD", rule("{type: PATH, compare_type: EQUAL_TO, value: /a, @@conditions: []}", "gc")),
    Mistake("a group's protocol", "GC-SG-PROTOCOL", group("- {direction: ingress, protocol: @@icmpv6}", provider="gc")),
    Mistake("a port", "GC-SG-PORTS", group("- {direction: ingress, protocol: tcp, port_range_min: 1, port_range_max: @@65536}", provider="gc")),
    Mistake("a group's description", "GC-SG-DESCRIPTION", group("- {direction: ingress, description: @@" + "d" * 256 + "}", provider="gc")),
    Mistake("a group's priority", "GC-FIELD", group("- {direction: ingress, @@priority: 1}", provider="gc")),
]  # fmt: skip


def provider(spec: str) -> str:
    return f"apiVersion: reconciler/v1\nkind: Provider\nmetadata: {{name: NAME}}\nspec: {spec}\n"


PROVIDER = [
    Mistake("a literal credential", "SCHEMA-LITERAL-CREDENTIAL", provider("{type: gcore, project_id: 1, region_id: 1, credentials: {api_key: @@1234$abcdef}}")),
    Mistake("a provider type", "SCHEMA-ENUM", provider("{type: @@hauwei, region: x}")),
    Mistake("no provider type", "SCHEMA-REQUIRED", provider("{region: x}").replace("spec:", "@@spec:")),
    Mistake("a project id", "SCHEMA-PATTERN", provider("{type: huawei, region: x, project_id: @@ABC}")),
    Mistake("a state below .reconcile", "SCHEMA-PATTERN", provider("{type: huawei, region: x, emulator: {seed: a, state: @@.reconcile/x}}")),
    Mistake("a region as a text", "SCHEMA-TYPE", provider('{type: gcore, project_id: 1, region_id: @@"1"}')),
    Mistake("concurrency", "SCHEMA-RANGE", provider("{type: gcore, project_id: 1, region_id: 1, limits: {concurrency: @@0}}")),
]  # fmt: skip

ALL = [*YAML, *SCHEMA, *REFERENCES, *HUAWEI, *GCORE, *PROVIDER]
