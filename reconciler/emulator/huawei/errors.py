"""The forms in which Huawei's services refuse (huawei.md 1.4)."""

from __future__ import annotations

from typing import Literal, TypeAlias

from reconciler.emulator.http import Reply, json_reply
from reconciler.emulator.huawei.options import HuaweiOptions

Service: TypeAlias = Literal["elb", "vpc", "vpc_v1", "neutron", "iam", "gateway"]


class ApiError(Exception):
    """A refusal: HTTP status, the service's code and its text. ``gateway``: said before the service is reached."""

    def __init__(self, status: int, code: str, message: str, *, gateway: bool = False) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.gateway = status, code, message, gateway


def invalid(message: str) -> ApiError:
    """400 ELB.8902: every failed validation of the ELB service."""
    return ApiError(400, "ELB.8902", message)


def missing(kind: str, id: object) -> ApiError:
    """404 ELB.8904 for an unknown id, also for one that a body refers to."""
    return ApiError(404, "ELB.8904", f"{kind} {id} could not be found.")


def conflict(message: str) -> ApiError:
    """409 ELB.8907: a number that is taken, an object that is in use."""
    return ApiError(409, "ELB.8907", message)


def over_quota(resource: str, options: HuaweiOptions) -> ApiError:
    """A used-up ELB quota: 409 ELB.8905 or 400 ELB.9807 (contradiction C24)."""
    code = "ELB.8905" if options.quota_status == 409 else "ELB.9807"
    return ApiError(options.quota_status, code, f"Quota exceeded for resources: {resource}")


def vpc_invalid(message: str, code: str = "VPC.9901") -> ApiError:
    """400 of the VPC service."""
    return ApiError(400, code, message)


def vpc_missing(message: str) -> ApiError:
    """404 VPC.9904."""
    return ApiError(404, "VPC.9904", message)


def unauthorized(detail: str, code: str = "APIGW.0301") -> ApiError:
    """401 of the gateway: a missing or wrong token or signature."""
    return ApiError(401, code, f"Incorrect IAM authentication information: {detail}", gateway=True)


def no_such_api() -> ApiError:
    """404 of the gateway: no such route."""
    return ApiError(
        404, "APIGW.0101", "The API does not exist or has not been published in the environment", gateway=True
    )


_FAULT_CODES: dict[tuple[str, int], tuple[str, str]] = {
    ("elb", 400): ("ELB.8902", "Invalid input for request."),
    ("elb", 403): ("ELB.8903", "Policy doesn't allow the request to be performed."),
    ("elb", 404): ("ELB.8904", "resource could not be found."),
    ("elb", 409): ("ELB.8907", "The resource is being changed by another request."),
    ("elb", 500): ("ELB.8906", "Internal error."),
    ("vpc", 400): ("VPC.9901", "Invalid parameter."),
    ("vpc", 403): ("VPC.2201", "Policy does not allow the request to be performed."),
    ("vpc", 404): ("VPC.9904", "resource could not be found."),
    ("vpc", 409): ("VPC.9902", "The resource is being changed by another request."),
    ("vpc", 500): ("VPC.0001", "Internal error."),
}
_GATEWAY_CODES: dict[int, tuple[str, str]] = {
    401: ("APIGW.0301", "Incorrect IAM authentication information: verify aksk signature fail"),
    404: ("APIGW.0101", "The API does not exist or has not been published in the environment"),
    405: ("APIGW.0101", "The request method is not supported"),
    429: (
        "APIGW.0308",
        "The throttling threshold has been reached: policy user over ratelimit,limit:200,time:5 minute",
    ),
    504: ("APIGW.0201", "Backend timeout."),
}


def injected(service: Service, status: int) -> ApiError:
    """What ``service`` would say with ``status`` (for fault rules)."""
    family = "vpc" if service in ("vpc_v1", "neutron") else service
    found = _FAULT_CODES.get((family, status))
    if found is not None:
        return ApiError(status, found[0], found[1])
    code, text = _GATEWAY_CODES.get(status, ("APIGW.0201", "Backend unavailable." if status >= 500 else "Bad request."))
    return ApiError(status, code, text, gateway=True)


def render(service: Service, error: ApiError, request_id: str) -> Reply:
    """The reply that carries ``error`` in the form of ``service``."""
    headers = {"x-request-id": request_id}
    if service == "iam" and not (error.gateway and error.status != 401):
        titles = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
        title = titles.get(error.status, "Error")
        return json_reply(
            error.status, {"error": {"code": error.status, "message": error.message, "title": title}}, headers
        )
    if service == "vpc_v1" and not error.gateway:
        return json_reply(error.status, {"code": error.code, "message": error.message}, headers)
    if service == "neutron" and not error.gateway:
        body = {"NeutronError": {"type": error.code, "message": error.message, "detail": ""}}
        return json_reply(error.status, body, headers)
    body_v3 = {"error_msg": error.message, "error_code": error.code, "request_id": request_id}
    return json_reply(error.status, body_v3, headers)
