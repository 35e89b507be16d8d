"""What random calls are made of: values that the servers take, and values that they refuse or rewrite."""

from __future__ import annotations

import random
from typing import Any

LONG = "x" * 255
TOO_LONG = "x" * 256
NOWHERE = "11111111-2222-4333-8444-555555555555"
"""An id that nothing has."""

NAMES = ("a", "b", "shop", "Café", "CAFE", "x y", "", LONG)
BAD_NAMES = (TOO_LONG, 5, ["a"], {"a": 1}, True)
TAGS = (["blue"], ["blue", "green"], [], ["owner=me", "x,y"], ["é"])
REPEATED_TAGS = (["a", "A"], ["a", "a"], ["é", "E"])
BAD_TAGS = (*REPEATED_TAGS, "a", [5], [TOO_LONG], {"a": 1})
ACTIONS = ("REJECT", "REDIRECT_TO_POOL", "REDIRECT_TO_URL", "REDIRECT_PREFIX")
BAD_ACTIONS = ("reject", "ALLOW", "", 5, ["REJECT"])
URLS = ("http://a.example", "https://a.example/x?y=z#f", "http://[::1]:8080/", "http://a.example/%41", "http://1.2.3.4",
        "http://user:pw@a.example/", "http://a.example/\\é")  # fmt: skip
BAD_URLS = ("a.example", "ftp://a.example", "http://", "http://a b/", "HTTP://a.example", "http://a.example/[", 5, "",
            "//a.example", "http://256.1.1.1/", "http://a.example:port/", "http://[::g]/", "http://ü.example")  # fmt: skip
CODES = (301, 302, 303, 307, 308, "301", 302.7)
BAD_CODES = (300, 200, "x", True, [301], 0)
POSITIONS = (1, 1, 2, 2, 3, 4, 5, 100, 2147483647, "2", 3.9)
BAD_POSITIONS = (0, -1, 2147483648, "x", [], {}, "")
FLAGS = (True, False, "yes", "no", 1, 0, "true")
BAD_FLAGS = ("maybe", "TRUE", [], 1.5, "")

TYPES = ("HOST_NAME", "PATH", "FILE_TYPE", "HEADER", "COOKIE", "SSL_CONN_HAS_CERT", "SSL_VERIFY_RESULT", "SSL_DN_FIELD")
COMPARES = ("EQUAL_TO", "STARTS_WITH", "ENDS_WITH", "CONTAINS", "REGEX")
KEYS = ("X-Id", "session", "CN", "a,b", "x y", "é", "", "O-1", "9x", "a\n")
TEXTS = ("/x", "/x y", "true", "TRUE", "5", "-1", "shop.example", '"a b"', "a;b", "a\\b", "a&b<c", "(?=b)", "(", "[a-z]+", "é",
         "png", "\\d+", "[[:alpha:]]+", "(?P<n>x)", "a\r", "x" * 255, "no-slash", "\u0663", "a b", "*", "#", "'")  # fmt: skip
BAD_TEXTS = ("", TOO_LONG, 5, ["a"], "a\nb")

PROTOCOLS = ("tcp", "udp", "TCP", "6", 6, "icmp", "1", "any", None, "0", 0, "ip", "hopopt", "sctp", "132", "gre", 47,
             "ipip", "4", "vrrp", "ICMPV6", "ipv6-icmp", "58", "icmpv6", "ah", 254, "udplite", "ANY")  # fmt: skip
BAD_PROTOCOLS = ("bogus", 256, -1, "", " tcp", "006", "6.0", True, [], {}, "+6")
PREFIXES = ("10.0.0.0/8", "10.1.2.3/8", "10.1.2.3", "0.0.0.0/0", "10.0.0.0/255.0.0.0", "192.0.2.0/24", "192.0.2.7/32",
            None, "", "10.0.0.0/0.0.0.255", "10.0.0.0/08", "1.2.3.4/0")  # fmt: skip
PREFIXES6 = ("2001:DB8:0:0::1/64", "::/0", "2001:db8::/32", "fe80::1", "::ffff:1.2.3.4", "2001:db8::/ffff:ffff::", "::1/128", None)
BAD_PREFIXES = ("10.0.0.0/33", "garbage", "10.1", "010.0.0.1/32", 5, "10.0.0.0/", "10.0.0.0/8/8", " 10.0.0.0/8",
                "1.2.3.4/255.0.255.0", ["10.0.0.0/8"], "::/129", "fe80::1%eth0", "10.0.0.1/-1")  # fmt: skip
PORTS = ((80, 80), (1, 65535), (22, 23), (None, None), (443, 443), ("80", "80"), (1, 1), (65535, 65535))
BAD_PORTS = ((0, 10), (80, None), (None, 80), (90, 80), (65536, 65536), (-1, 5), ("x", 80), ([], 80), (1.5, 2))
ICMP = ((8, 0), (0, 0), (0, None), (3, 1), (255, 255), (None, None), (None, 1), (256, 0), (1, 65535))
DESCRIPTIONS = ("", "rule", "é", LONG)
BAD_DESCRIPTIONS = (None, 5, TOO_LONG)


def pick(rng: random.Random, good: Any, bad: Any, chance: float) -> Any:
    """One of ``good``, or with a chance one of ``bad``."""
    return rng.choice(bad if rng.random() < chance else good)


def rule(rng: random.Random, chance: float) -> dict[str, Any]:
    """An L7 rule; mostly one that is taken."""
    simple = rng.random() < 0.55
    if simple:
        kind = rng.choice(("PATH", "HOST_NAME", "HEADER", "COOKIE", "FILE_TYPE"))
        compare = "EQUAL_TO" if kind == "FILE_TYPE" else rng.choice(COMPARES[:4])
        body: dict[str, Any] = {"type": kind, "compare_type": compare, "value": rng.choice(("/x", "a.example", "png", "v-1"))}
        if kind in ("HEADER", "COOKIE"):
            body["key"] = rng.choice(("X-Id", "session"))
    else:
        body = {"type": rng.choice(TYPES), "compare_type": rng.choice(COMPARES), "value": pick(rng, TEXTS, BAD_TEXTS, chance)}
        if rng.random() < 0.6:
            body["key"] = pick(rng, KEYS, (5, TOO_LONG, None), chance)
    if rng.random() < 0.3:
        body["invert"] = pick(rng, FLAGS, (*BAD_FLAGS, None), chance)
    if rng.random() < 0.2:
        body["admin_state_up"] = pick(rng, FLAGS, (*BAD_FLAGS, None), chance)
    if rng.random() < 0.15:
        body["tags"] = pick(rng, TAGS, (*BAD_TAGS, None), chance)
    return body


def security_rule(rng: random.Random, group: str, chance: float) -> dict[str, Any]:
    """A security group rule; mostly one that is taken."""
    body: dict[str, Any] = {"security_group_id": group, "direction": rng.choice(("ingress", "ingress", "egress"))}
    six = rng.random() < 0.25
    if six or rng.random() < 0.3:
        body["ethertype"] = rng.choice(("IPv6", "ipv6")) if six else rng.choice(("IPv4", "IPV4"))
    if rng.random() < 0.8:
        body["protocol"] = pick(rng, PROTOCOLS, BAD_PROTOCOLS, chance)
    if rng.random() < 0.6:
        icmp = str(body.get("protocol")).lower() in ("icmp", "1", "icmpv6", "ipv6-icmp", "58")
        low, high = rng.choice(ICMP) if icmp else pick(rng, PORTS, BAD_PORTS, chance)
        body |= {name: port for name, port in (("port_range_min", low), ("port_range_max", high)) if port is not None or rng.random() < 0.3}
    if rng.random() < 0.5:
        good = PREFIXES6 if six and rng.random() < 0.9 else PREFIXES
        body["remote_ip_prefix"] = pick(rng, good, BAD_PREFIXES, chance)
    if rng.random() < 0.12:
        body["remote_group_id"] = rng.choice(("$peer$", "$default$", group, NOWHERE, "nope", None))
    if rng.random() < 0.25:
        body["description"] = pick(rng, DESCRIPTIONS, BAD_DESCRIPTIONS, chance)
    if rng.random() < chance / 2:
        body |= rng.choice(({"bogus": 1}, {"direction": "in"}, {"direction": None}, {"ethertype": "IPX"}, {"ethertype": None},
                            {"id": NOWHERE}, {"tags": ["a"]}, {"project_id": "other"}, {"normalized_cidr": "10.0.0.0/8"},
                            {"security_group_id": NOWHERE}, {"security_group_id": 5}, {"remote_address_group_id": NOWHERE}))  # fmt: skip
    if rng.random() < chance / 4:
        del body[rng.choice(("direction", "security_group_id"))]
    return body


def lasting(body: dict[str, Any]) -> dict[str, Any]:
    """An update without what the servers refuse only after they told their worker: see known_differences.toml."""
    kept = {name: value for name, value in body.items() if name != "tags" or value not in REPEATED_TAGS}
    return {**kept, "redirect_pool_id": NOWHERE} if kept.get("redirect_pool_id") == "$poolz$" else kept
