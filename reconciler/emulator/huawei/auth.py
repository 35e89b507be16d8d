"""Who asks: tokens and AK/SK signatures (huawei.md 1.2, 1.3, 6.3)."""

from __future__ import annotations

import calendar
import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from urllib.parse import quote, unquote

from reconciler.emulator.front import Context
from reconciler.emulator.http import Request
from reconciler.emulator.huawei.errors import unauthorized

TOKEN_SHELF = ("huawei_iam", "", "token")
ALGORITHM = "SDK-HMAC-SHA256"
SKEW_SECONDS = 15 * 60


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of the caller; ``project`` None: not bound to one."""

    project: str | None = None


def authenticate(request: Request, ctx: Context) -> Identity:
    """The caller of a request. 401 APIGW.0301 for one who has no business here."""
    token = request.headers.get("x-auth-token")
    if token is not None:
        return _token(token, ctx)
    if not ctx.options.verify_signatures:
        return Identity()
    if "authorization" not in request.headers:
        raise unauthorized("no token and no signature")
    _signature(request, ctx)
    return Identity()


def _token(token: str, ctx: Context) -> Identity:
    if token in ctx.options.tokens:
        return Identity()
    stored = ctx.store.get(*TOKEN_SHELF, token)
    if stored is None:
        if ctx.options.verify_signatures:
            raise unauthorized("decrypt token fail")
        return Identity()
    if stored["expires"] <= ctx.now:
        raise unauthorized("token expires")
    return Identity(stored["project"])


def _signature(request: Request, ctx: Context) -> None:
    header = request.headers["authorization"]
    algorithm, _, rest = header.partition(" ")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    if algorithm != ALGORITHM or not {"Access", "SignedHeaders", "Signature"} <= fields.keys():
        raise unauthorized("Authorization format incorrect")
    secret = ctx.options.credentials.get(fields["Access"])
    if secret is None:
        raise unauthorized("aksk not exist")
    wanted = ctx.options.security_tokens.get(fields["Access"])
    if wanted is not None and request.headers.get("x-security-token") != wanted:
        raise unauthorized("x-security-token is wrong")
    _check_date(request.headers.get("x-sdk-date", ""), ctx)
    if not hmac.compare_digest(signature(request, secret, fields["SignedHeaders"]), fields["Signature"]):
        raise unauthorized("verify aksk signature fail")


def _check_date(text: str, ctx: Context) -> None:
    if not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", text):
        raise unauthorized("X-Sdk-Date is missing or malformed")
    try:
        sent = calendar.timegm(time.strptime(text, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise unauthorized("X-Sdk-Date is missing or malformed") from None
    if ctx.options.huawei.check_date_skew and abs(sent - ctx.now) > SKEW_SECONDS:
        raise unauthorized("signature expired", "APIGW.0303")


def _encode(text: str) -> str:
    return quote(text, safe="~")


def signature(request: Request, secret: str, signed_headers: str) -> str:
    """The hex signature that ``secret`` gives a request over ``signed_headers`` (names joined by ``;``)."""
    path = "/".join(_encode(unquote(part)) for part in request.raw_path.split("/"))
    query = "&".join(f"{_encode(key)}={_encode(value)}" for key, value in sorted(request.query))
    headers = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in signed_headers.split(";"))
    body_hash = request.headers.get("x-sdk-content-sha256") if request.body else None
    canonical = "\n".join(
        [
            request.method,
            path if path.endswith("/") else path + "/",
            query,
            headers,
            signed_headers,
            body_hash or hashlib.sha256(request.body).hexdigest(),
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join([ALGORITHM, request.headers.get("x-sdk-date", ""), digest])
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
