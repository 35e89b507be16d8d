"""The door of the Gcore front: credentials, routes, and errors in Gcore's form."""

from __future__ import annotations

from reconciler.emulator.front import Context, Refused
from reconciler.emulator.gcore import routes, seeding, tasks
from reconciler.emulator.gcore.account import Account
from reconciler.emulator.gcore.errors import ApiError, by_status, invalid, not_found
from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.seed import SeedAccount

RETRY_AFTER_SECONDS = 1


class GcoreFront:
    """Answers ``/cloud/v1/...`` and ``/cloud/v2/...``."""

    cloud = "gcore"

    def handle(self, request: Request, ctx: Context) -> Reply:
        """Answer one request, after everything that was due before it has happened. Raises ``Refused``."""
        try:
            _check_key(request, ctx)
            tasks.advance(ctx, routes.EFFECTS)
            return _route(request, ctx)
        except ApiError as error:
            raise Refused(_reply(error, ctx)) from error

    def refuse(self, request: Request, ctx: Context, status: int) -> Reply:
        """The error of a fault rule in Gcore's form."""
        return _reply(by_status(status), ctx)

    def seed(self, ctx: Context, account: SeedAccount) -> None:
        """Store the objects of one seeded project and region."""
        seeding.load(ctx, account)


def _check_key(request: Request, ctx: Context) -> None:
    """An api key (``APIKey``, any case) or a bearer token must be there, and known if the emulator knows any."""
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() not in ("apikey", "bearer") or not token:
        raise by_status(401)
    options = ctx.options
    known = options.verify_signatures or options.api_keys
    if known and token not in options.api_keys:
        raise ApiError(401, f"Bad permanent token: {token[:4]}...")


def _route(request: Request, ctx: Context) -> Reply:
    words = request.segments
    place = (words[1], words[2]) if len(words) > 2 else ("", "")
    if place in routes.CLIENT_WIDE:
        found = routes.find(routes.CLIENT_WIDE[place], words[3:])
        if found is not None:
            methods, values = found
            _check_method(request, methods)
            return methods[request.method](ctx, request, *values)
    elif place in routes.SCOPED and len(words) > 4:
        found = routes.find(routes.SCOPED[place], words[5:])
        if found is not None:
            methods, values = found
            _check_method(request, methods)
            return methods[request.method](_account(ctx, words[3], words[4]), request, *values)
    ctx.unknown_route()
    raise by_status(404)


def _check_method(request: Request, methods: routes.Methods) -> None:
    if request.method not in methods:
        raise ApiError(405, f"Method {request.method} is not allowed here; allowed: {', '.join(sorted(methods))}")


def _account(ctx: Context, project: str, region: str) -> Account:
    wrong = {
        name: ["Input should be a valid integer"]
        for name, text in (("project_id", project), ("region_id", region))
        if not (text.isascii() and text.isdigit() and len(text) < 10)
    }
    if wrong:
        raise invalid(wrong)
    account = Account(ctx, int(project), int(region), ctx.now)
    seeded = ctx.store.meta_get(seeding.ACCOUNTS_KEY, [])
    if seeded and account.key not in seeded:
        raise not_found("Project and region", account.key)
    tasks.mark(account)
    return account


def _reply(error: ApiError, ctx: Context) -> Reply:
    headers = {"retry-after": str(RETRY_AFTER_SECONDS)} if error.status == 429 else {}
    return json_reply(error.status, error.body(ctx.request_id), headers)
