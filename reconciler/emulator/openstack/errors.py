"""Errors in the forms of the three services: openstack.md 2, 3 and 5."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    415: "Unsupported Media Type",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
UNAUTHENTICATED = "The request you have made requires authentication."
_MALFORMED = (
    " The server could not comply with the request since it is either malformed or otherwise incorrect."
    " The client is assumed to be in error."
)
_UNKNOWN_URL = (
    "The requested URL was not found on the server. If you entered the URL manually please check your spelling and"
    " try again."
)


class ApiError(Exception):
    """A refusal that becomes the reply: status, JSON body and headers."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(body))
        self.status, self.body, self.headers = status, dict(body), dict(headers or {})


def title(status: int) -> str:
    """The words that HTTP has for a status."""
    return _TITLES.get(status, "Error")


def fault(status: int, text: str) -> ApiError:
    """Octavia's usual form."""
    code = "Client" if status < 500 else "Server"
    return ApiError(status, {"faultcode": code, "faultstring": text, "debuginfo": None})


def plain(status: int, description: str = "", heading: str | None = None) -> ApiError:
    """Octavia's other form, of what its router and not a controller refuses."""
    return ApiError(status, {"code": status, "title": heading or title(status), "description": description})


def invalid_input(name: str, value: object, reason: str) -> ApiError:
    """400 of Octavia for one field of a body."""
    return fault(400, f"Invalid input for field/attribute {name}. Value: '{value}'. {reason}")


def octavia_missing(what: str, id: object) -> ApiError:
    """404 of Octavia."""
    return fault(404, f"{what} {id} not found.")


def immutable(what: str, id: object) -> ApiError:
    """409 of Octavia that is worth waiting for: something is locked (or in ERROR)."""
    return fault(409, f"{what} {id} is immutable and cannot be updated.")


def forbidden() -> ApiError:
    """403 of Octavia for a role or a foreign project."""
    return fault(403, "Policy does not allow this request to be performed.")


def neutron(status: int, kind: str, message: str) -> ApiError:
    """Neutron's form; only ``type`` tells its errors apart."""
    return ApiError(status, {"NeutronError": {"type": kind, "message": message, "detail": ""}})


def bad_request(message: str) -> ApiError:
    """400 of Neutron for a body or query that does not fit."""
    return neutron(400, "HTTPBadRequest", message)


def neutron_failure() -> ApiError:
    """500 of Neutron."""
    return neutron(
        500, "HTTPInternalServerError", "Request Failed: internal server error while processing your request."
    )


def keystone(status: int, message: str) -> ApiError:
    """Keystone's form."""
    return ApiError(status, {"error": {"code": status, "message": message, "title": title(status)}})


def malformed(message: str) -> ApiError:
    """400 of Keystone."""
    return keystone(400, message + _MALFORMED)


def unknown_url() -> ApiError:
    """404 of Keystone for a path it does not have."""
    return keystone(404, _UNKNOWN_URL)


def unauthorized(auth_url: str) -> ApiError:
    """401 of Octavia and Neutron for a token that is missing, unknown or expired: Keystone's form, not their own."""
    return ApiError(
        401,
        {"error": {"code": 401, "title": "Unauthorized", "message": UNAUTHENTICATED}},
        {"www-authenticate": f'Keystone uri="{auth_url}"'},
    )


def by_status(service: str, status: int, auth_url: str) -> ApiError:
    """The error of a bare status in a service's own form, as a fault rule asks for it."""
    if service == "identity":
        return keystone(status, UNAUTHENTICATED if status == 401 else f"The request failed with status {status}.")
    if status == 401:
        return unauthorized(auth_url)
    if service == "network":
        words = {404: "The resource could not be found.", 503: "The server is currently unavailable."}
        kind = "HTTP" + title(status).replace(" ", "")
        return neutron(status, kind, words.get(status, f"The request failed with status {status}."))
    if status == 403:
        return forbidden()
    if status in (404, 405) or status > 500:
        return plain(status)
    return fault(status, f"The request failed with status {status}.")
