"""Errors in Gcore's form: ``exception_class``, ``message``, ``request_id``, sometimes ``info`` or ``invalid_fields``.

Statuses and classes that Gcore documents are as documented; the class of a 409 and of a 401 is not published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_CLASSES = {
    400: "ValidationError",
    401: "AuthenticationError",
    403: "ForbiddenError",
    404: "NotFoundError",
    405: "HTTPError",
    408: "TimeoutError",
    409: "ConflictError",
    422: "ValidationError",
    429: "RateLimitError",
    500: "InternalServerError",
    502: "BadGatewayError",
    503: "ServiceUnavailableError",
    504: "GatewayTimeoutError",
}
_MESSAGES = {
    401: "Authentication credentials were not provided.",
    403: "You do not have permission to perform this action.",
    404: "The requested resource could not be found.",
    405: "Method Not Allowed",
    409: "The resource is locked by another task.",
    429: "Too many requests.",
    500: "Internal server error",
}


class ApiError(Exception):
    """A refusal that becomes the reply."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        exception_class: str | None = None,
        info: Mapping[str, Any] | None = None,
        invalid_fields: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.exception_class = exception_class or _CLASSES.get(status, "HTTPError")
        self.info = info
        self.invalid_fields = invalid_fields

    def body(self, request_id: str) -> dict[str, Any]:
        """The JSON body of the error."""
        body: dict[str, Any] = {
            "exception_class": self.exception_class,
            "message": self.message,
            "request_id": request_id,
        }
        if self.info is not None:
            body["info"] = dict(self.info)
        if self.invalid_fields is not None:
            body["invalid_fields"] = {name: list(reasons) for name, reasons in self.invalid_fields.items()}
        return body


def by_status(status: int) -> ApiError:
    """The error of a bare status, as a fault rule asks for it."""
    return ApiError(status, _MESSAGES.get(status, f"The request failed with status {status}."))


def invalid(fields: Mapping[str, Sequence[str]]) -> ApiError:
    """400 for a body or query that does not fit its schema; ``fields`` maps names to reasons."""
    listed = {name: list(reasons) for name, reasons in fields.items()}
    return ApiError(400, f"Validation Error: {listed}", invalid_fields=listed)


def not_found(what: str, id: object) -> ApiError:
    """404 for an id that is unknown in this project and region."""
    return ApiError(404, f"{what} {id} could not be found")


def conflict(message: str) -> ApiError:
    """409: locked, in use, or already there."""
    return ApiError(409, message)


def over_quota(attribute: str, limit: int, usage: int) -> ApiError:
    """403 with the numbers of the quota that one more object would exceed."""
    info = {"attribute": attribute, "current_usage": usage, "requested_usage": usage + 1, "limit": limit}
    return ApiError(
        403,
        f"Quota limit exceeded for {attribute}: limit {limit}, current usage {usage}, requested usage {usage + 1}",
        exception_class="QuotaLimitExceed",
        info=info,
    )
