"""Where an OpenStack login comes from: OS_* variables, clouds.yaml with secure.yaml, the manifest's own references."""

import subprocess
import sys

import pytest
from unit.providers.worlds import Clock

from reconciler.diagnostics import DiagnosticError
from reconciler.model.calls import UntrustedEndpoint
from reconciler.model.desired import ProviderSpec
from reconciler.model.plugin import Connection
from reconciler.providers.openstack.config import from_loader, from_variables
from reconciler.providers.openstack.settings import settings

CLOUDS = """
clouds:
  prod:
    auth:
      auth_url: https://prod.example.com:5000/v3
      username: alice
      project_name: shop
      user_domain_name: Staff
      project_domain_name: Customers
    region_name: RegionTwo
    interface: internal
    cacert: /etc/ssl/prod.pem
    load_balancer_endpoint_override: https://lb.prod.example.com/v2.0
  test:
    auth_type: v3applicationcredential
    auth:
      auth_url: https://test.example.com/identity
      application_credential_id: AC1
"""
SECURE = """
clouds:
  prod: {auth: {password: from-secure}}
  test: {auth: {application_credential_secret: AC-secret}}
"""


@pytest.fixture
def home(tmp_path):
    """A home directory with clouds.yaml and secure.yaml, and an empty working directory."""
    folder = tmp_path / "home" / ".config" / "openstack"
    folder.mkdir(parents=True)
    (folder / "clouds.yaml").write_text(CLOUDS)
    (folder / "secure.yaml").write_text(SECURE)
    (tmp_path / "work").mkdir()
    return tmp_path


def found(home, spec=None, dummy=False, **environ):
    connection = Connection(Clock(), {"HOME": str(home / "home"), **environ}, str(home / "work"), dummy_credentials=dummy)
    return settings(ProviderSpec("os", "openstack", {"type": "openstack", **(spec or {})}), connection)


def problem(home, spec=None, **environ):
    with pytest.raises(DiagnosticError) as told:
        found(home, spec, **environ)
    (one,) = told.value.diagnostics
    assert one.hint
    return one


def password(result):
    return result.identity["auth"]["identity"]["password"]["user"]["password"]


def test_a_cloud_of_clouds_yaml_is_joined_with_its_secrets(home):
    result = found(home, {"cloud": "prod"})
    assert result.auth_url.url == "https://prod.example.com:5000"
    assert (result.region, result.interface, result.ca_file) == ("RegionTwo", "internal", "/etc/ssl/prod.pem")
    assert result.identity == {"auth": {
        "identity": {"methods": ["password"], "password": {
            "user": {"name": "alice", "domain": {"name": "Staff"}, "password": "from-secure"}}},
        "scope": {"project": {"name": "shop", "domain": {"name": "Customers"}}},
    }}  # fmt: skip
    assert result.endpoints["load-balancer"].url == "https://lb.prod.example.com"
    assert result.secrets == ("from-secure",)


def test_the_manifest_os_cloud_and_the_variables_choose_in_that_order(home):
    variables = {"OS_AUTH_URL": "https://env.example.com", "OS_USERNAME": "bob", "OS_PASSWORD": "env-pass", "OS_PROJECT_ID": "P"}
    assert found(home, {"cloud": "prod"}, OS_CLOUD="test", **variables).auth_url.host == "prod.example.com"
    assert found(home, OS_CLOUD="test").auth_url.host == "test.example.com"
    result = found(home, **variables)
    assert (result.auth_url.host, password(result)) == ("env.example.com", "env-pass")
    assert result.identity["auth"]["scope"] == {"project": {"id": "P"}}


@pytest.mark.parametrize(
    "environ",
    [
        {"OS_AUTH_URL": "https://a", "OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_PROJECT_NAME": "x", "OS_USER_DOMAIN_NAME": "D",
         "OS_PROJECT_DOMAIN_ID": "default", "OS_REGION_NAME": "R", "OS_INTERFACE": "internal", "OS_CACERT": "/ca.pem"},
        {"OS_AUTH_URL": "https://a", "OS_AUTH_TYPE": "v3applicationcredential", "OS_APPLICATION_CREDENTIAL_ID": "i",
         "OS_APPLICATION_CREDENTIAL_SECRET": "s", "OS_IDENTITY_API_VERSION": "3"},
        {"OS_AUTH_URL": "https://a", "OS_TOKEN": "t", "OS_AUTH_TYPE": "token", "OS_PROJECT_ID": "p"},
        {"OS_AUTH_URL": "https://a", "OS_USER_ID": "u", "OS_PASSWORD": "p{x}", "OS_TENANT_NAME": "t", "OS_DEFAULT_DOMAIN": "dd",
         "OS_ENDPOINT_TYPE": "internalURL", "OS_NETWORK_ENDPOINT_OVERRIDE": "https://n"},
    ],
)  # fmt: skip
def test_variables_alone_mean_what_the_sdks_loader_makes_of_them(home, environ):
    alone = from_variables(environ)
    sdk = from_loader(None, {**environ, "HOME": str(home)}, str(home / "work"))

    def used(config):
        auth = {k.replace("tenant", "project"): v for k, v in config.auth.items()}
        keys = ("region_name", "cacert", "network_endpoint_override")
        interface = (config.rest.get("interface") or config.rest.get("endpoint_type") or "public").removesuffix("URL")
        return auth, interface, [config.rest.get(k) or "" for k in keys], config.rest.get("auth_type") or "password"

    assert used(alone) == used(sdk)
    assert from_variables({"OS_CLOUD": "prod", "OS_REGION_NAME": "R"}) is None


def test_the_sdk_stays_whole_for_whoever_imports_it():
    code = (
        "from reconciler.providers.openstack.config import from_loader; from_loader(None, {'OS_AUTH_URL': 'x'}, '/nonexistent'); "
        "import openstack; print(openstack.config.OpenStackConfig, openstack.connection.Connection)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).returncode == 0


def test_region_interface_and_project_of_the_manifest_win(home):
    result = found(home, {"cloud": "prod", "region": "RegionNine", "interface": "public", "project_id": "P9"})
    assert (result.region, result.interface) == ("RegionNine", "public")
    assert result.identity["auth"]["scope"] == {"project": {"id": "P9"}}


def test_an_application_credential_has_no_scope(home):
    result = found(home, {"cloud": "test"})
    assert result.auth_url.url == "https://test.example.com/identity"
    assert result.identity == {"auth": {"identity": {
        "methods": ["application_credential"], "application_credential": {"id": "AC1", "secret": "AC-secret"}}}}  # fmt: skip


def test_credentials_of_the_manifest_replace_the_configured_login(home):
    spec = {"cloud": "prod", "credentials": {"application_credential_id": {"env": "CI_ID"}, "application_credential_secret": {"env": "CI_SECRET"}}}
    result = found(home, spec, CI_ID="AC9", CI_SECRET="s9")
    assert result.identity["auth"]["identity"]["application_credential"] == {"id": "AC9", "secret": "s9"}
    result = found(home, {"cloud": "prod", "credentials": {"password": {"env": "PW"}}}, PW="other")
    assert password(result) == "other"
    assert problem(home, spec, CI_ID="AC9").code == "AUTH-ENV-UNSET"


def test_a_token_can_be_the_login(home):
    result = found(home, OS_AUTH_TYPE="token", OS_TOKEN="tok-1", OS_AUTH_URL="https://env.example.com/v3", OS_PROJECT_NAME="p")
    assert result.identity["auth"]["identity"] == {"methods": ["token"], "token": {"id": "tok-1"}}
    assert result.identity["auth"]["scope"] == {"project": {"name": "p", "domain": {"id": "default"}}}


def test_the_older_names_of_variables_count(home):
    result = found(home, OS_AUTH_URL="https://env.example.com/v2.0", OS_USERNAME="u", OS_PASSWORD="p", OS_TENANT_NAME="t",
                   OS_ENDPOINT_TYPE="internalURL")  # fmt: skip
    assert result.auth_url.url == "https://env.example.com"
    assert result.identity["auth"]["scope"]["project"]["name"] == "t"
    assert result.interface == "internal"


def test_secrets_of_the_home_are_not_lent_to_a_strangers_clouds_yaml(home):
    stranger = CLOUDS.replace("prod.example.com", "evil.example.com")
    (home / "work" / "clouds.yaml").write_text(stranger)
    assert problem(home, {"cloud": "prod"}).code == "AUTH-MISSING"
    (home / "work" / "secure.yaml").write_text(SECURE.replace("from-secure", "its-own"))
    assert password(found(home, {"cloud": "prod"})) == "its-own"


def test_files_named_by_variables_are_used(home):
    named = home / "named.yaml"
    named.write_text(CLOUDS.replace("username: alice", "username: alice\n      password: inline"))
    result = found(home, {"cloud": "prod"}, OS_CLIENT_CONFIG_FILE=str(named))
    assert password(result) == "inline"
    secret = home / "elsewhere.yaml"
    secret.write_text(SECURE.replace("from-secure", "elsewhere"))
    assert password(found(home, {"cloud": "prod"}, OS_CLIENT_SECURE_FILE=str(secret))) == "elsewhere"
    assert problem(home, OS_CLIENT_CONFIG_FILE=str(home / "missing.yaml")).code == "AUTH-CLOUD"


@pytest.mark.parametrize("text", ["clouds: [", "{]", "\t- x"])
def test_a_broken_file_is_told_and_not_skipped(home, text):
    (home / "work" / "clouds.yaml").write_text(text)
    told = problem(home, {"cloud": "prod"})
    assert told.code == "AUTH-CLOUD"
    assert "clouds.yaml" in told.summary


@pytest.mark.parametrize(
    ("line", "word"),
    [("verify: false", "TLS"), ("cert: /x.pem", "certificate"), ("profile: https://evil.example.com/", "network")],
)
def test_options_that_are_not_followed_are_refused(home, line, word):
    folder = home / "home" / ".config" / "openstack"
    (folder / "clouds.yaml").write_text(CLOUDS.replace("region_name: RegionTwo", line))
    told = problem(home, {"cloud": "prod"})
    assert told.code == "AUTH-CLOUD"
    assert word in told.summary


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({}, "AUTH-MISSING"),
        ({"OS_AUTH_URL": "https://env.example.com"}, "AUTH-MISSING"),
        ({"OS_AUTH_URL": "https://env.example.com", "OS_USERNAME": "u"}, "AUTH-MISSING"),
        ({"OS_AUTH_URL": "https://env.example.com", "OS_AUTH_TYPE": "v3oidcpassword"}, "AUTH-INCOMPLETE"),
        ({"OS_AUTH_URL": "https://env.example.com", "OS_AUTH_TYPE": "v3applicationcredential"}, "AUTH-INCOMPLETE"),
        ({"OS_AUTH_URL": "nonsense", "OS_USERNAME": "u", "OS_PASSWORD": "p"}, "CONN-ENDPOINT"),
        ({"OS_CLOUD": "nowhere"}, "AUTH-CLOUD"),
    ],
)
def test_what_is_missing_is_told_before_anything_is_sent(home, environ, code):
    for name in ("clouds.yaml", "secure.yaml"):
        (home / "home" / ".config" / "openstack" / name).unlink()
    assert problem(home, **environ).code == code


def test_an_unencrypted_keystone_is_refused_but_on_loopback(home):
    login = {"OS_USERNAME": "u", "OS_PASSWORD": "p"}
    with pytest.raises(UntrustedEndpoint):
        found(home, OS_AUTH_URL="http://env.example.com/v3", **login)
    assert found(home, OS_AUTH_URL="http://127.0.0.1:5000/v3", **login).auth_url.url == "http://127.0.0.1:5000"


def test_the_emulator_needs_no_configuration_and_reads_none(home):
    result = found(home, {"cloud": "nowhere", "region": "R", "project_name": "prod"}, dummy=True, OS_CLOUD="nowhere")
    assert result.auth_url.host.endswith(".invalid")
    assert result.identity["auth"]["scope"]["project"]["name"] == "prod"
    with pytest.raises(UntrustedEndpoint):
        found(home, {"endpoints": {"network": "https://evil.example.com"}}, dummy=True)


def test_the_sdk_is_loaded_only_when_a_cloud_is_opened():
    code = (
        "import sys, reconciler.model.plugin as p; p.plugin('openstack').dialect(); "
        "print(sorted(m for m in ('openstack', 'keystoneauth1', 'httpx') if m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
