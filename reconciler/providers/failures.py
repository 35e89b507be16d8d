"""Errors of a provider as diagnostics: the code whose page says what to do."""

from __future__ import annotations

from reconciler.diagnostics import Diagnostic, Path
from reconciler.model.calls import Denied, NotFound, ProviderError, Unreachable, UntrustedEndpoint, WriteRefused
from reconciler.model.live import ReadFailure, ScopeRef


def diagnostic(error: ProviderError, address: str | None = None) -> Diagnostic:
    """What went wrong at the provider, for people. Texts are redacted already."""
    path: Path = ("metadata", "name")
    code, hint = "CONN-REFUSED", "the provider's own words are above; quote the request id to its support"
    if isinstance(error, UntrustedEndpoint):
        code, hint = "CONN-UNTRUSTED-ENDPOINT", "see RECONCILE_TRUSTED_HOSTS"
        path = ("spec", "endpoints")
    elif isinstance(error, WriteRefused):
        code, hint = "CONN-READ-ONLY", "this is a defect of the program: please report it"
    elif isinstance(error, Denied):
        code, hint = "AUTH-DENIED", "check the credentials and give them the permission that is named"
    elif isinstance(error, NotFound):
        code, hint = "CONN-NOT-FOUND", "check region, project and endpoint; or it was deleted meanwhile"
    elif isinstance(error, Unreachable):
        code, hint = "CONN-FAILED", "check the endpoint, the network and the proxy"
        if error.code == "CONN-ANSWER":
            code = "CONN-ANSWER"
        elif error.code == "CONN-TLS":
            code, hint = "CONN-TLS", "give the authority that signed it: spec.ca_file, or SSL_CERT_FILE"
    detail = f"request id {error.request_id}" if error.request_id else ""
    return Diagnostic(code, error.message, detail=detail, hint=hint, path=path, address=address)


def read_failure(scope: ScopeRef, error: ProviderError) -> ReadFailure:
    """A scope that could not be read."""
    return ReadFailure(scope, diagnostic(error, scope.address))
