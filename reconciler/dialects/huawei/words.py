"""What strings of Huawei's L7 API may be: one :class:`TextRule` a field. Every pattern is a full match.

Control characters are in no class, although the pages forbid only blanks and some marks: no request holds them.
"""

from __future__ import annotations

from reconciler.dialects._report import TextRule
from reconciler.dialects._values import words

_PATH = r"/[A-Za-z0-9_~';@^%#&$.*+?,=!:|\\/()\[\]{}-]*"
_VISIBLE = r"[^\x00-\x1f\x7f]"

HOST_NAME = TextRule(
    "HW-R71",
    "the host",
    r"\*\.[A-Za-z0-9.-]+|[A-Za-z0-9][A-Za-z0-9.-]*",
    "letters, digits, '-' and '.', beginning with a letter or digit; '*' only as a leading '*.'",
    128,
)
PATH = TextRule(
    "HW-R72",
    "the path",
    _PATH,
    "begins with '/', then letters, digits and _~';@^-%#&$.*+?,=!:|\\/()[]{}",
    128,
)
PATH_REGEX = TextRule("HW-R72", "the path's expression", f"{_VISIBLE}*", "no control characters", 128)
HEADER_KEY = TextRule("HW-R73", "the header's name", "[A-Za-z0-9_-]*", "letters, digits, '-' and '_'", 40)
HEADER_VALUE = TextRule(
    "HW-R73", "the header's value", r'[^ "\x00-\x1f\x7f]*', "no blank and no double quotation mark", 128
)
_QUERY = r'[^ \[\]{}<>\\"#&|%~\x00-\x1f\x7f]*'
_QUERY_SAYS = 'no blank and none of []{}<>\\"#&|%~'
QUERY_KEY = TextRule("HW-R74", "the query parameter's name", _QUERY, _QUERY_SAYS, 128)
QUERY_VALUE = TextRule("HW-R74", "the query parameter's value", _QUERY, _QUERY_SAYS, 128)
METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS")

NAME = TextRule("HW-R19", "the name", "", "any characters", 255, 0)
DESCRIPTION = TextRule("HW-R19", "the description", "", "any characters", 255, 0)
RULE_KEY = TextRule("HW-R78", "the rule's key", "", "any characters", 255, 0)

_HOST_SAYS = "'${host}', or letters, digits, '-' and '.', beginning with a letter or digit"
_HOST = r"\$\{host\}|[A-Za-z0-9][A-Za-z0-9.-]*"
_PATH_SAYS = "'${path}', or begins with '/', then letters, digits and "
REDIRECT_HOST = TextRule("HW-R32", "the redirect's host", _HOST, _HOST_SAYS, 128)
REDIRECT_PORT = TextRule(
    "HW-R33",
    "the redirect's port",
    r"\$\{port\}|[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]",
    "'${port}', or a number from 1 to 65535",
    16,
)
REDIRECT_PATH = TextRule(
    "HW-R34",
    "the redirect's path",
    rf"\$\{{path\}}|{_PATH}",
    _PATH_SAYS + "_~';@^-%#&$.*+?,=!:|\\/()[]{}",
    128,
)
REDIRECT_QUERY = TextRule(
    "HW-R35",
    "the redirect's query",
    r"(?:\$\{query\}|[A-Za-z0-9!$&'()*+,./:;=?@^_`-])*",
    "'${query}', letters, digits and !$&'()*+,-./:;=?@^_`",
    128,
    0,
)
REWRITE_HOST = TextRule("HW-R45", "the rewritten host", _HOST, _HOST_SAYS, 128)
REWRITE_PATH = TextRule(
    "HW-R46",
    "the rewritten path",
    r"\$\{path\}|/[A-Za-z0-9_~';@^%#&$.+?,=!:|/()-]*",
    _PATH_SAYS + "_~';@^-%#&$.+?,=!:|/()",
    128,
)
REWRITE_QUERY = TextRule(
    "HW-R47",
    "the rewritten query",
    r"(?:\$\{query\}|[A-Za-z0-9!$&'()+,./:;=?@^_`-])*",
    "'${query}', letters, digits and !$&'()+,-./:;=?@^_`",
    128,
    0,
)
MESSAGE_BODY = TextRule("HW-R43", "the message body", "", "any characters", 1024, 0)
EDIT_KEY = TextRule("HW-R50", "the header's name", "[A-Za-z0-9_-]*", "letters, digits, '-' and '_'", 40)
EDIT_VALUE = TextRule(
    "HW-R54",
    "the header's value",
    r"(?! )[\x20-\x7e]*(?<! )",
    "printable ASCII characters, no blank at the beginning or the end",
    128,
)

FORBIDDEN_HEADERS = words(
    """connection upgrade content-length transfer-encoding keep-alive te host cookie remoteip authority
    x-forwarded-host x-forwarded-for x-forwarded-for-port x-forwarded-tls-certificate-id x-forwarded-tls-protocol
    x-forwarded-tls-cipher x-forwarded-elb-ip x-forwarded-port x-forwarded-elb-id x-forwarded-elb-vip x-real-ip
    x-forwarded-proto x-nuwa-trace-ne-in x-nuwa-trace-ne-out"""
)
"""Headers that can be neither written nor removed (HW-R51), in lower case."""

SYSTEM_VALUES = ("CLIENT-PORT", "CLIENT-IP", "ELB-PROTOCOL", "ELB-ID", "ELB-PORT", "ELB-EIP", "ELB-VIP")
"""SYSTEM_DEFINED values of the API page (HW-R53)."""

NEWER_SYSTEM_VALUES = r"TLS-(?:PROTOCOL|CIPHER|ALPN-PROTOCOL|SNI|JA3|JA4)|CLIENTCERT-[A-Z0-9-]+"
"""Values that newer SDKs name, for HTTPS and QUIC listeners (HW-R53)."""
