"""Where an OpenStack cloud's access data come from: ``clouds.yaml`` with ``secure.yaml``, and ``OS_*`` variables.

They are found by openstacksdk's own loader, as every OpenStack tool finds them; only the result is used, no session of
that library is opened. Variables that name no cloud of a file are a cloud by themselves: for them the loader, which
takes more time to import than most plans need, is left out (a test compares both).

Two things are narrower, because a working directory may hold a stranger's files (P10): a ``secure.yaml`` counts only
beside the ``clouds.yaml`` that is used (or where OS_CLIENT_SECURE_FILE says), and a vendor profile is never fetched
from a URL.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

from reconciler.model.canonical import Json

AUTH_FIELDS = (
    "auth_url", "username", "user_id", "user_domain_id", "user_domain_name", "password", "token", "project_id",
    "project_name", "project_domain_id", "project_domain_name", "domain_id", "domain_name",
    "application_credential_id", "application_credential_name", "application_credential_secret", "default_domain",
    "default_domain_id", "default_domain_name", "tenant_id", "tenant_name", "system_scope", "trust_id", "passcode",
)  # fmt: skip
"""What may stand under ``auth`` in clouds.yaml, or beside it, or as OS_<NAME>."""

VARIABLES: Mapping[str, tuple[str, ...]] = {
    "cloud": ("OS_CLOUD",),
    "region": ("OS_REGION_NAME",),
    "clouds.yaml": ("OS_CLIENT_CONFIG_FILE",),
    "secure.yaml": ("OS_CLIENT_SECURE_FILE",),
    **{field: (f"OS_{field.upper()}",) for field in AUTH_FIELDS},
}
"""Either the name of a cloud of clouds.yaml, or the fields of the login."""

_SUFFIXES = (".yaml", ".yml", ".json")
_SELECTORS = frozenset(
    {"OS_CLOUD", "OS_REGION_NAME", "OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE", "OS_CLOUD_NAME"}
)


class ConfigProblem(Exception):
    """The configuration cannot be used; the text says why, without secrets."""


@dataclass(frozen=True, slots=True)
class CloudConfig:
    """One cloud as the loader found it. ``auth`` holds :data:`AUTH_FIELDS`; ``rest`` everything else."""

    name: str
    auth: Mapping[str, str] = field(hash=False, repr=False)
    rest: Mapping[str, Json] = field(hash=False, repr=False)


def load(cloud: str | None, environ: Mapping[str, str], directory: str) -> CloudConfig:
    """The cloud named ``cloud``; None: OS_CLOUD, else the variables, else the only cloud of clouds.yaml.

    Raises:
        ConfigProblem: openstacksdk is not installed, a file is broken, or there is no such cloud.
    """
    cloud = cloud or environ.get("OS_CLOUD") or None
    if cloud is None and (found := from_variables(environ)) is not None:
        return found
    return from_loader(cloud, environ, directory)


def cloud_names(environ: Mapping[str, str], directory: str) -> list[str]:
    """The names of the clouds in the clouds.yaml that counts, in its order; nothing else of it is looked at.

    Raises:
        ConfigProblem: the file cannot be read as YAML or JSON, or OS_CLIENT_CONFIG_FILE names none.
    """
    import yaml

    for name in _files(environ, directory):
        try:
            with open(name, "rb") as stream:
                found = yaml.safe_load(stream)
        except (OSError, UnicodeDecodeError, yaml.YAMLError):
            raise ConfigProblem(f"{name} is not readable as YAML or JSON") from None
        clouds = found.get("clouds") if isinstance(found, Mapping) else None
        return [str(cloud) for cloud in clouds] if isinstance(clouds, Mapping) else []
    return []


def from_variables(environ: Mapping[str, str]) -> CloudConfig | None:
    """The cloud that OS_* variables alone make; None where they only choose one."""
    names = _variables(environ)
    if not names - _SELECTORS:
        return None
    values = {name.split("_", 1)[-1].lower(): environ[name] for name in sorted(names) if environ[name]}
    return CloudConfig(
        "envvars", {k: v for k, v in values.items() if k in AUTH_FIELDS},
        {k: v for k, v in values.items() if k not in AUTH_FIELDS},
    )  # fmt: skip


def _variables(environ: Mapping[str, str]) -> set[str]:
    return {k for k in environ if k.startswith("OS_") and not k.startswith(("OS_TEST", "OS_STD", "OS_LOG"))}


def from_loader(cloud: str | None, environ: Mapping[str, str], directory: str) -> CloudConfig:
    """The cloud as openstacksdk's loader finds it.

    Raises:
        ConfigProblem: openstacksdk is not installed, a file is broken, or there is no such cloud.
    """
    loader = _sdk()
    files = _files(environ, directory)
    _quiet()
    try:
        config = _loader(loader, environ)(config_files=files, secure_files=_secure(files, environ), vendor_files=[])
        if files and config.config_filename is None:
            raise ConfigProblem(f"{files[0]} is not readable as YAML or JSON")
        with catch_warnings():
            simplefilter("ignore")  # about other uses of the SDK
            found = dict(config.get_one(cloud=cloud, validate=False).config)
    except loader.exceptions.ConfigException as error:
        raise ConfigProblem(str(error)) from None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, OSError) as error:
        raise ConfigProblem(f"clouds.yaml cannot be used: {type(error).__name__}") from None
    own = found.pop("auth", None)
    auth = {name: found.pop(name) for name in AUTH_FIELDS if found.get(name) not in (None, "")}
    auth.update({k: v for k, v in own.items() if v not in (None, "")} if isinstance(own, Mapping) else {})
    return CloudConfig(cloud or config.default_cloud or "", {k: str(v) for k, v in auth.items()}, found)


def _sdk() -> Any:
    """The module ``openstack.config.loader``, without the rest of the SDK, which its top package would load (0.2 s).

    What was loaded is forgotten again, so that whoever imports the SDK itself gets it whole.
    """
    import importlib
    import importlib.util

    if "openstack" in sys.modules:
        return importlib.import_module("openstack.config.loader")
    spec = importlib.util.find_spec("openstack")
    if spec is None or spec.submodule_search_locations is None:
        raise ConfigProblem(
            "openstacksdk is not installed: pip install 'reconciler[openstack]' brings the loader of clouds.yaml"
        )
    sys.modules["openstack"] = importlib.util.module_from_spec(spec)
    try:
        return importlib.import_module("openstack.config.loader")
    except ImportError as error:
        raise ConfigProblem(f"openstacksdk cannot be loaded: {type(error).__name__}") from None
    finally:
        for name in [n for n in sys.modules if n == "openstack" or n.startswith("openstack.")]:
            del sys.modules[name]


def _quiet() -> None:
    """What the SDK would log goes nowhere: what matters is told as a problem of the Provider document."""
    import logging

    log = logging.getLogger("openstack")
    if not log.handlers:
        log.addHandler(logging.NullHandler())


def _loader(module: Any, environ: Mapping[str, str]) -> Any:
    """The SDK's loader, reading the variables that it is given, and no profile from the network."""

    class Loader(module.OpenStackConfig):  # type: ignore[misc]
        def _get_envvar(self, key: str, default: str | None = None) -> str | None:
            return environ.get(key, default) if self._load_envvars else default

        def _get_os_environ(self, envvar_prefix: str | None = None) -> dict[str, Any] | None:
            """As the SDK's own: the variables are a cloud where they say more than which cloud is meant."""
            names = _variables(environ)
            if not names - _SELECTORS:
                return None
            found: dict[str, Any] = self._defaults_module.get_defaults()
            found.update((k.split("_", 1)[-1].lower(), environ[k]) for k in sorted(names))
            return found

        def _expand_vendor_profile(self, name: str | None, cloud: dict[str, Any], our_cloud: dict[str, Any]) -> None:
            profile = our_cloud.get("profile", our_cloud.get("cloud"))
            if isinstance(profile, str) and "://" in profile:
                raise ConfigProblem("a profile in clouds.yaml is a URL: profiles are never fetched from the network")
            super()._expand_vendor_profile(name, cloud, our_cloud)

    return Loader


def _places(environ: Mapping[str, str], directory: str) -> list[Path]:
    """The directories that are searched, in the SDK's order; the working directory (-C) first."""
    home = environ.get("HOME") or str(Path.home())
    config = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    places = [directory, os.path.join(config, "openstack"), os.path.join(home, ".config", "openstack"),
              "/etc/xdg/openstack", "/etc/openstack"]  # fmt: skip
    return [Path(place) for place in dict.fromkeys(places)]


def _files(environ: Mapping[str, str], directory: str) -> list[str]:
    """The one clouds.yaml that counts, or none. OS_CLIENT_CONFIG_FILE goes before the places that are searched."""
    named = environ.get("OS_CLIENT_CONFIG_FILE")
    if named:
        if not Path(named).is_file():
            raise ConfigProblem(f"OS_CLIENT_CONFIG_FILE names no file: {named}")
        return [named]
    for place in _places(environ, directory):
        for suffix in _SUFFIXES:
            if (found := place / f"clouds{suffix}").is_file():
                return [str(found)]
    return []


def _secure(files: list[str], environ: Mapping[str, str]) -> list[str]:
    """``secure.yaml`` beside the file that is used: another one's secrets are not for this one's ``auth_url``."""
    if not files or environ.get("OS_CLIENT_SECURE_FILE"):
        return []
    return [str(Path(files[0]).with_name(f"secure{suffix}")) for suffix in _SUFFIXES]
