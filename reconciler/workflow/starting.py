"""``init``: Provider documents, schemas for editors and CI files for what the environment and the directory show.

Names of clouds, regions and projects are looked at, credentials never. Nothing is asked over a network, and no file
that exists is written.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping, Sequence

from reconciler.diagnostics import Diagnostic, Span
from reconciler.manifests.rewriting import create_file
from reconciler.model.canonical import Json
from reconciler.model.plugin import plugin, plugin_types
from reconciler.records import dataclass, field
from reconciler.workflow.layout import LaidOut, modeline, write_schemas
from reconciler.workflow.results import FAILED, INVALID, REFUSED
from reconciler.workflow.to_manifest import API_VERSION

PROVIDERS = "providers.yaml"
GITHUB, GITLAB, NONE = "github", "gitlab", "none"
_FIELDS = ("cloud", "region", "project_id", "region_id")
"""What a Provider document is given: names and numbers, no credentials."""

_FROM_FLAG_ONLY = frozenset({("openstack", "project_id")})
"""With OpenStack the project belongs to the login: the variables that hold both are read at every run."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says; None and empty: look for it. ``given`` holds values of :data:`_FIELDS`."""

    types: Sequence[str] = ()
    name: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    ci: str | None = None


@dataclass(slots=True)
class Started:
    """What was written, and what the next steps are about. ``below_root``: CI files belong further up."""

    laid: LaidOut = field(default_factory=LaidOut)
    below_root: bool = False
    providers: list[str] = field(default_factory=list)
    ci: str = NONE
    credentials: list[str] = field(default_factory=list)


def start(wishes: Wishes, environ: Mapping[str, str], directory: str) -> Started:
    """Write what is missing; nothing at all where a Provider document cannot be made."""
    done = Started()
    known = os.path.lexists(os.path.join(directory, PROVIDERS))
    documents = _documents(wishes, environ, directory, done)
    if not documents and not done.laid.diagnostics and not known:
        done.laid.codes.add(INVALID)
        done.laid.diagnostics.append(
            Diagnostic(
                "INIT-NOTHING",
                "init does not know any cloud",
                "no variable of one (HUAWEICLOUD_SDK_*, HW_*, GCORE_*, OS_*) is set, and there is no clouds.yaml",
                f"name its type: --provider {' | '.join(plugin_types())}",
            )
        )
    if documents and not done.laid.diagnostics:
        _judge(documents, directory, done)
    if any(d.is_error for d in done.laid.diagnostics):
        return done
    done.ci = wishes.ci or detected_ci(environ, directory)
    done.below_root = done.ci != NONE and _is_below_root(directory)
    for name, content in ci_files(done.ci).items():
        _create(done, directory, name, content)
    if documents:
        _write_providers(documents, directory, done)
    return done


# ------------------------------------------------------------------------------------------------ providers
def _documents(wishes: Wishes, environ: Mapping[str, str], directory: str, done: Started) -> list[dict[str, Json]]:
    types = list(dict.fromkeys(wishes.types)) or _detected_types(environ, directory)
    documents: list[dict[str, Json]] = []
    used: set[str] = set()
    for type_ in types:
        properties, required = _spec_schema(type_)
        for cloud in _clouds(type_, wishes, environ, directory, done):
            spec: dict[str, Json] = {"type": type_}
            for one in (f for f in _FIELDS if f in properties):
                value = cloud if one == "cloud" else _value(type_, one, wishes, environ)
                used |= {one} if one in wishes.given else set()
                if value:
                    spec[one] = int(value) if properties[one].get("type") == "integer" and value.isdigit() else value
                elif one in required:
                    _missing(done, type_, one)
            name = wishes.name or cloud or type_
            documents.append({"apiVersion": API_VERSION, "kind": "Provider", "metadata": {"name": name}, "spec": spec})
    for one in wishes.given:
        if types and one not in used:
            _refuse(done, "INIT-UNUSED", f"no {' or '.join(types)} provider takes --{one.replace('_', '-')}",
                    "", "leave it out, or name the provider that takes it with --provider")  # fmt: skip
    if wishes.name is not None and len(documents) > 1:
        found = ", ".join(str(t) for t in types)
        _refuse(done, "INIT-UNUSED", f"--name is one name, and {len(documents)} providers were found ({found})",
                "", "choose one with --provider or --cloud")  # fmt: skip
    return documents


def _detected_types(environ: Mapping[str, str], directory: str) -> list[str]:
    """Types of which a variable is set; OpenStack also where a clouds.yaml is found."""
    found = [
        t for t in plugin_types() if any(environ.get(n) for names in plugin(t).variables().values() for n in names)
    ]
    if "openstack" not in found and _cloud_names(environ, directory)[0]:
        found.append("openstack")
    return found


def _spec_schema(type_: str) -> tuple[Mapping[str, Json], Sequence[str]]:
    from reconciler.manifests.schemas import part

    spec = part(f"provider.{plugin(type_).schema}", "spec")["$defs"]["spec"]
    return spec["properties"], spec.get("required", ())


def _value(type_: str, name: str, wishes: Wishes, environ: Mapping[str, str]) -> str:
    if name in wishes.given:
        return wishes.given[name]
    if (type_, name) in _FROM_FLAG_ONLY:
        return ""
    return next((environ[v] for v in plugin(type_).variables().get(name, ()) if environ.get(v)), "")


def _clouds(
    type_: str, wishes: Wishes, environ: Mapping[str, str], directory: str, done: Started
) -> Sequence[str | None]:
    """The entries of clouds.yaml that become providers: the chosen one, or all of them; None: one without a name."""
    if type_ != "openstack":
        return (None,)
    chosen = wishes.given.get("cloud") or environ.get("OS_CLOUD")
    if chosen:
        return (chosen,)
    if environ.get("OS_AUTH_URL"):
        return (None,)
    names, problem = _cloud_names(environ, directory)
    if problem:
        _refuse(done, "INIT-MISSING", problem, "", "mend the file, or name the cloud with --cloud")
    return names or (None,)


def _cloud_names(environ: Mapping[str, str], directory: str) -> tuple[list[str], str]:
    from reconciler.providers.openstack.config import ConfigProblem, cloud_names

    try:
        return cloud_names(environ, directory), ""
    except ConfigProblem as problem:
        return [], str(problem)


def _missing(done: Started, type_: str, name: str) -> None:
    variables = " or ".join(plugin(type_).variables().get(name, ()))
    _refuse(done, "INIT-MISSING", f"a provider of type {type_} needs its {name.replace('_', ' ')}",
            f"{variables} is not set" if variables else "", f"give --{name.replace('_', '-')}")  # fmt: skip


def _refuse(done: Started, code: str, summary: str, detail: str, hint: str) -> None:
    done.laid.codes.add(INVALID)
    done.laid.diagnostics.append(Diagnostic(code, summary, detail, hint))


def _judge(documents: Sequence[Mapping[str, Json]], directory: str, done: Started) -> None:
    """What is written has to pass ``validate``: values of the environment may be no regions or numbers."""
    from dataclasses import replace

    from reconciler import manifests
    from reconciler.manifests.writer import dump

    loaded = manifests.load(("-",), directory=directory, stdin=io.BytesIO(dump(documents).encode()))
    errors = [d for d in loaded.diagnostics if d.is_error]
    if errors:
        done.laid.codes.add(INVALID)
        done.laid.diagnostics += [replace(d, span=None) for d in errors]


def _write_providers(documents: Sequence[Mapping[str, Json]], directory: str, done: Started) -> None:
    from reconciler.manifests.writer import dump

    types = sorted({str(d["spec"]["type"]) for d in documents})
    schema = f"provider.{plugin(types[0]).schema}" if len(types) == 1 else "provider"
    text = modeline(PROVIDERS, schema)
    for type_ in types:
        text += f"# credentials of {type_} are read from {_credentials(type_)}; they never stand here\n"
    if _create(done, directory, PROVIDERS, (text + dump(documents)).encode()):
        done.providers = [str(d["metadata"]["name"]) for d in documents]
        done.credentials = [f"{type_}: {_credentials(type_)}" for type_ in types]
        write_schemas(done.laid, directory, [schema])


def _credentials(type_: str) -> str:
    """Where a type's credentials come from, in words."""
    known = {
        "huawei": "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK",
        "gcore": "GCORE_API_KEY",
        "openstack": "clouds.yaml and secure.yaml, or OS_* variables",
    }
    names = [names[0] for what, names in plugin(type_).variables().items() if what not in _FIELDS and names]
    return known.get(type_) or " and ".join(names) or "its own variables"


# ------------------------------------------------------------------------------------------------ CI
def detected_ci(environ: Mapping[str, str], directory: str) -> str:
    """Whose CI runs here: told by its own variable, by the folders that it reads, or by the remote; else none."""
    if environ.get("GITHUB_ACTIONS"):
        return GITHUB
    if environ.get("GITLAB_CI"):
        return GITLAB
    there = {
        GITHUB: os.path.isdir(os.path.join(directory, ".github")),
        GITLAB: os.path.isfile(os.path.join(directory, ".gitlab-ci.yml")),
    }
    if sum(there.values()) == 1:
        return GITHUB if there[GITHUB] else GITLAB
    try:
        with open(os.path.join(directory, ".git", "config"), encoding="utf-8", errors="replace") as stream:
            hosts = re.findall(
                r"^\s*url\s*=\s*(?:[a-z+]+://)?(?:[^@/\s]*@)?([^:/\s]+)", stream.read(65536), re.MULTILINE
            )
    except OSError:
        return NONE
    for ci in (GITHUB, GITLAB):
        if any(ci in host for host in hosts):
            return ci
    return NONE


def _is_below_root(directory: str) -> bool:
    """Is the directory inside of a repository, and not its root?"""
    here = os.path.realpath(directory)
    if os.path.lexists(os.path.join(here, ".git")):
        return False
    while (parent := os.path.dirname(here)) != here:
        if os.path.lexists(os.path.join(parent, ".git")):
            return True
        here = parent
    return False


def ci_files(ci: str) -> dict[str, bytes]:
    """The files of a CI, by their path in the repository: the same text as in ``examples/ci/init``.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    if ci == NONE:
        return {}
    root = os.path.join(_templates(), ci)
    found: dict[str, bytes] = {}
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f != "__pycache__")
        for name in sorted(names):
            path = os.path.join(folder, name)
            with open(path, "rb") as stream:
                found[os.path.relpath(path, root)] = stream.read()
    return found


def _templates() -> str:
    """Beside the package's code in a wheel, among the examples in a checkout."""
    package = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    for candidate in (os.path.join(package, "ci"), os.path.join(os.path.dirname(package), "examples", "ci", "init")):
        if os.path.isdir(os.path.join(candidate, GITHUB)):
            return candidate
    raise FileNotFoundError(f"the CI files are missing from this installation: no ci/ in {package}")


# ------------------------------------------------------------------------------------------------ files
def _create(done: Started, directory: str, name: str, content: bytes) -> bool:
    """A new file; one that exists stays, and is told unless it is the same. Does the file hold this content now?"""
    path = os.path.join(directory, name)
    try:
        create_file(path, content)
    except FileExistsError:
        try:
            with open(path, "rb") as stream:
                same = stream.read() == content
        except OSError:
            same = False
        if same:
            done.laid.files.append((name, "unchanged"))
            return True
        hint = "compare the two, or delete the file and run init again"
        if name == PROVIDERS:
            hint = "add a provider to it by hand, or delete it and run init again"
        elif name == ".gitlab-ci.yml":
            hint = "run init in an empty directory, put its file beside yours and `include:` it"
        done.laid.codes.add(REFUSED)
        done.laid.files.append((name, "left"))
        done.laid.diagnostics.append(
            Diagnostic("INIT-EXISTS", f"{name} exists", "it is left as it is", hint, span=Span(name, 1, 1))
        )
    except OSError as error:
        why = error.strerror or type(error).__name__
        done.laid.codes.add(FAILED)
        done.laid.diagnostics.append(
            Diagnostic("INIT-WRITE", f"{name} cannot be written", why, "give a directory that can be written")
        )
    else:
        done.laid.files.append((name, "written"))
        return True
    return False
