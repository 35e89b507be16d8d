"""Opening a provider: credentials, endpoints, and the hosts that they belong to. Nothing is sent by it."""

import asyncio

import pytest
from unit.providers.worlds import API_KEY, KEY_ENV, PROJECT, connection

from reconciler import codes
from reconciler.diagnostics import DiagnosticError
from reconciler.model.calls import UntrustedEndpoint
from reconciler.model.desired import ProviderSpec
from reconciler.model.plugin import plugin
from reconciler.providers.hosts import TrustedHosts, parse_endpoint

HUAWEI = {"type": "huawei", "region": "cn-north-4", "project_id": PROJECT}
GCORE = {"type": "gcore", "project_id": 1, "region_id": 1}


def opened(spec, environ=None, **fields):
    one = plugin(spec["type"]).open(ProviderSpec("p", spec["type"], spec), connection(environ=environ, **fields))
    asyncio.run(one.aclose())
    return one


def refusal(spec, environ=None, **fields):
    with pytest.raises(DiagnosticError) as error:
        opened(spec, environ, **fields)
    for one in error.value.diagnostics:
        assert one.code in codes.pages()
        assert one.address == "provider/p"
    return error.value.diagnostics


def test_huawei_hosts_follow_from_the_region():
    one = opened(HUAWEI, KEY_ENV)
    assert {name: endpoint.url for name, endpoint in one.settings.endpoints.items()} == {
        "elb": "https://elb.cn-north-4.myhuaweicloud.com",
        "vpc": "https://vpc.cn-north-4.myhuaweicloud.com",
        "iam": "https://iam.cn-north-4.myhuaweicloud.com",
    }
    europe = opened({**HUAWEI, "region": "eu-west-101"}, KEY_ENV)
    assert europe.settings.endpoints["elb"].host == "elb.eu-west-101.myhuaweicloud.eu"


def test_a_plan_describes_the_provider_without_secrets():
    described = opened(HUAWEI, KEY_ENV).describe()
    assert described == {
        "name": "p", "type": "huawei", "endpoint": "https://elb.cn-north-4.myhuaweicloud.com", "region": "cn-north-4",
        "project": PROJECT,
    }  # fmt: skip
    assert "SKexample" not in repr(opened(HUAWEI, KEY_ENV).settings)
    assert API_KEY not in repr(opened(GCORE, {"GCORE_API_KEY": API_KEY}).settings)


@pytest.mark.parametrize(
    ("environ", "kept"),
    [
        (KEY_ENV, {"access_key", "secret_key"}),
        ({"HW_ACCESS_KEY": "a", "HW_SECRET_KEY": "b"}, {"access_key", "secret_key"}),
        ({**KEY_ENV, "HUAWEICLOUD_SDK_SECURITY_TOKEN": "t"}, {"access_key", "secret_key", "security_token"}),
        ({"HW_AUTH_TOKEN": "t"}, {"token"}),
        ({"HW_USER_NAME": "u", "HW_USER_PASSWORD": "p w\u00f6", "HW_DOMAIN_NAME": "d"}, {"username", "password", "domain"}),
    ],
)
def test_the_clouds_own_variables_are_credentials(environ, kept):
    assert set(opened(HUAWEI, environ).settings.credentials) == kept


def test_openstack_variables_go_to_the_cloud_that_uses_them_only():
    environ = {"OS_ACCESS_KEY": "a", "OS_SECRET_KEY": "b"}
    otc = {name: f"https://{name}.eu-de.otc.t-systems.com" for name in ("elb", "vpc", "iam")}
    assert opened({**HUAWEI, "endpoints": otc}, environ).settings.credentials["access_key"] == "a"
    assert refusal(HUAWEI, environ)[0].code == "AUTH-MISSING"


def test_named_variables_and_files_are_read(tmp_path):
    (tmp_path / "sk").write_text("secret-from-file\n")
    spec = {**HUAWEI, "credentials": {"access_key": {"env": "MY_AK"}, "secret_key": {"file": "sk"}}}
    one = opened(spec, {"MY_AK": "mine", **KEY_ENV}, directory=str(tmp_path))
    assert one.settings.credentials == {"access_key": "mine", "secret_key": "secret-from-file"}


def test_an_unset_variable_is_named_and_no_other_credential_taken():
    spec = {**HUAWEI, "credentials": {"access_key": {"env": "MY_AK"}, "secret_key": {"env": "MY_SK"}}}
    found = refusal(spec, KEY_ENV)
    assert [(one.code, one.path) for one in found] == [
        ("AUTH-ENV-UNSET", ("spec", "credentials", "access_key")),
        ("AUTH-ENV-UNSET", ("spec", "credentials", "secret_key")),
    ]
    assert "MY_AK" in found[0].summary


@pytest.mark.parametrize(
    ("credentials", "environ", "code"),
    [
        (None, {}, "AUTH-MISSING"),
        (None, {"HW_ACCESS_KEY": "a"}, "AUTH-INCOMPLETE"),
        (None, {"HW_ACCESS_KEY": "a\nb", "HW_SECRET_KEY": "x"}, "AUTH-UNUSABLE"),
        ({"access_key": "literal-canary"}, {}, "AUTH-LITERAL"),
        ({"token": {"file": "absent"}}, {}, "AUTH-FILE"),
        ({"token": {"file": "."}}, {}, "AUTH-FILE"),
    ],
)
def test_bad_credentials_are_a_diagnostic_without_their_value(credentials, environ, code):
    found = refusal({**HUAWEI, **({} if credentials is None else {"credentials": credentials})}, environ)
    assert found[0].code == code
    assert "canary" not in str(found)


def test_gcore_needs_its_key_and_says_which_variable():
    found = refusal(GCORE, {})
    assert (found[0].code, "GCORE_API_KEY" in found[0].summary) == ("AUTH-MISSING", True)


def test_an_emulated_cloud_needs_no_credentials():
    assert opened(HUAWEI, {}, dummy_credentials=True)
    assert opened(GCORE, {}, dummy_credentials=True)


# ------------------------------------------------------------------------------------------------ endpoints
@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example",
        "https://myhuaweicloud.com",
        "https://elb.myhuaweicloud.com.evil.example",
        "https://evilmyhuaweicloud.com",
        "http://elb.cn-north-4.myhuaweicloud.com",
        "https://127.0.0.1:8443",
        "http://127.0.0.1:8080",
        "https://[::1]",
    ],
)
def test_an_endpoint_of_a_manifest_gets_no_credentials_unless_it_is_trusted(url):
    for service in ("elb", "vpc", "iam"):
        with pytest.raises(UntrustedEndpoint) as refused:
            opened({**HUAWEI, "endpoints": {service: url}}, KEY_ENV)
        assert refused.value.code == "CONN-UNTRUSTED-ENDPOINT"
    with pytest.raises(UntrustedEndpoint):
        opened({**GCORE, "endpoints": {"api": url}}, {"GCORE_API_KEY": API_KEY})


@pytest.mark.parametrize(
    "url",
    [
        "https://user:canary@elb.cn-north-4.myhuaweicloud.com",
        "https://elb.cn-north-4.myhuaweicloud.com@evil.example",
        "https://api.gcore.com\\@evil.example",
        "https://elb.x.myhuaweicloud.com/?a=b",
        "https://elb.x.myhuaweicloud.com/a/../b",
        "https://elb.x.myhuaweicloud.com:99999",
        "ftp://elb.x.myhuaweicloud.com",
        "elb.x.myhuaweicloud.com",
        "https://",
        "https://a b",
        "https://[::1",
        "https://ex\u3002ample.com",
    ],
)
def test_an_endpoint_that_is_no_plain_url_is_a_diagnostic(url):
    found = refusal({**HUAWEI, "endpoints": {"vpc": url}}, {**KEY_ENV, "RECONCILE_TRUSTED_HOSTS": "*.example"})
    assert (found[0].code, found[0].path) == ("CONN-ENDPOINT", ("spec", "endpoints", "vpc"))
    assert "canary" not in str(found)


@pytest.mark.parametrize(
    ("entry", "url", "trusted"),
    [
        ("api.cloud.example", "https://api.cloud.example", True),
        ("API.Cloud.Example", "https://api.cloud.example:8443", True),
        ("api.cloud.example:443", "https://api.cloud.example", True),
        ("api.cloud.example:8443", "https://api.cloud.example", False),
        ("*.cloud.example", "https://a.b.cloud.example", True),
        ("*.cloud.example", "https://cloud.example", False),
        ("*", "https://cloud.example", False),
        ("other, 127.0.0.1:8080", "http://127.0.0.1:8080", True),
        ("127.0.0.1:8080", "http://127.0.0.1:8081", False),
        ("[::1]:8080", "http://[::1]:8080", True),
        ("localhost", "http://localhost:1", True),
        ("cloud.example", "http://cloud.example", False),
        ("", "https://cloud.example", False),
    ],
)
def test_trusted_hosts_are_matched_exactly(entry, url, trusted):
    hosts = TrustedHosts.of(("*.own.example",), {"RECONCILE_TRUSTED_HOSTS": entry})
    endpoint = parse_endpoint(url)
    if trusted:
        hosts.check(endpoint)
    else:
        with pytest.raises(UntrustedEndpoint):
            hosts.check(endpoint)


def test_gcores_base_url_may_come_from_its_variable_and_is_bound_too():
    environ = {"GCORE_API_KEY": API_KEY, "GCORE_BASE_URL": "https://gateway.example/cloud"}
    with pytest.raises(UntrustedEndpoint):
        opened(GCORE, environ)
    one = opened(GCORE, {**environ, "RECONCILE_TRUSTED_HOSTS": "gateway.example"})
    assert one.describe()["endpoint"] == "https://gateway.example"


def test_a_ca_file_that_is_none_is_a_diagnostic(tmp_path):
    assert refusal({**HUAWEI, "ca_file": "absent.pem"}, KEY_ENV)[0].code == "CONN-CA-FILE"
    assert refusal(HUAWEI, {**KEY_ENV, "SSL_CERT_FILE": str(tmp_path / "absent.pem")})[0].code == "CONN-CA-FILE"
