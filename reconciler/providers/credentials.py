"""Credentials: ``{env: NAME}`` and ``{file: PATH}`` of a manifest, or the cloud's own environment variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath

from reconciler.diagnostics import Diagnostic, DiagnosticError
from reconciler.model.canonical import Json
from reconciler.model.desired import ProviderSpec
from reconciler.model.plugin import Connection
from reconciler.records import dataclass

_LARGEST = 64 * 1024


def provider_address(name: str) -> str:
    """The address under which diagnostics of a Provider document stand: ``provider/<name>``."""
    from reconciler.model.address import encode

    return f"provider/{encode(name)}"


@dataclass(frozen=True, slots=True)
class Source:
    """Where credentials of one Provider document are looked up."""

    spec: ProviderSpec
    connection: Connection

    def given(self) -> dict[str, str]:
        """Every credential that the document names, by field.

        Raises:
            DiagnosticError: all that are unset, unreadable, empty or unusable, at once.
        """
        found: dict[str, str] = {}
        problems: list[Diagnostic] = []
        named = self.spec.spec.get("credentials")
        for field, reference in (named if isinstance(named, Mapping) else {}).items():
            try:
                found[field] = self._one(field, reference)
            except DiagnosticError as error:
                problems.extend(error.diagnostics)
        if problems and not self.connection.dummy_credentials:
            raise DiagnosticError(problems)
        return found

    def variables(self, names: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """Credentials from the environment: for each field the first of its variables that is set and not empty."""
        found: dict[str, str] = {}
        for field, candidates in names.items():
            for name in candidates:
                value = self.connection.environ.get(name, "")
                if value:
                    found[field] = self._usable(field, value, f"environment variable {name}")
                    break
        return found

    def missing(self, what: str, hint: str) -> DiagnosticError:
        """The refusal to go on without credentials."""
        return self._problem("AUTH-MISSING", f"no credentials for provider {self.spec.name!r}: {what}", hint, None)

    def incomplete(self, what: str, hint: str) -> DiagnosticError:
        """The refusal of half a credential."""
        return self._problem("AUTH-INCOMPLETE", f"credentials of provider {self.spec.name!r}: {what}", hint, None)

    def _one(self, field: str, reference: Json) -> str:
        if isinstance(reference, Mapping) and isinstance(reference.get("env"), str):
            name = reference["env"]
            value = self.connection.environ.get(name, "")
            if not value:
                raise self._problem(
                    "AUTH-ENV-UNSET", f"environment variable {name} is not set",
                    f"set {name}, or name another variable or a file here", field,
                )  # fmt: skip
            return self._usable(field, value, f"environment variable {name}")
        if isinstance(reference, Mapping) and isinstance(reference.get("file"), str):
            return self._usable(field, self._read(field, reference["file"]), f"file {reference['file']}")
        raise self._problem(
            "AUTH-LITERAL", f"credential {field} must be {{env: NAME}} or {{file: PATH}}",
            "a manifest never holds a credential itself", field,
        )  # fmt: skip

    def _read(self, field: str, name: str) -> str:
        try:
            with FilePath(self.connection.directory, name).open("rb") as file:
                raw = file.read(_LARGEST + 1)
            text = raw.decode("utf-8")
        except OSError as error:
            raise self._problem(
                "AUTH-FILE", f"credential file {name} cannot be read: {error.strerror or 'unreadable'}",
                "paths are relative to the working directory (-C)", field,
            ) from None  # fmt: skip
        except UnicodeDecodeError:
            raise self._problem("AUTH-FILE", f"credential file {name} is not text", "", field) from None
        text = text.strip()
        if not text or len(raw) > _LARGEST:
            state = "is empty" if not text else "is larger than 64 KiB"
            raise self._problem("AUTH-FILE", f"credential file {name} {state}", "it holds the value alone", field)
        return text

    def _usable(self, field: str, value: str, where: str) -> str:
        """Every credential may end up in a header: printable ASCII, but passwords go into a JSON body."""
        if field in ("username", "password", "domain") or (value.isascii() and value.isprintable()):
            return value
        raise self._problem(
            "AUTH-UNUSABLE", f"{where} holds characters that no credential has (a line break, a blank, not ASCII)",
            "look for a line break or a copied blank at its end", field,
        )  # fmt: skip

    def _problem(self, code: str, summary: str, hint: str, field: str | None) -> DiagnosticError:
        path = ("spec", "credentials", field) if field else ("spec",)
        return DiagnosticError(
            Diagnostic(code, summary, hint=hint, path=path, address=provider_address(self.spec.name))
        )
