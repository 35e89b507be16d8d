"""Signatures, project look-up, faults and connections over a real socket."""

import socket

import httpx
import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.options import Options

PROJECT = "0123456789abcdef0123456789abcdef"
LISTENERS = f"/v3/{PROJECT}/elb/listeners"


def test_a_wrong_secret_key_is_refused(huawei):
    h = huawei(secret="wrong")
    assert h.refusal(h.elb.list_listeners, h.E.ListListenersRequest()) == (401, "APIGW.0301")
    assert h.refusal(h.vpc.list_security_groups, h.V.ListSecurityGroupsRequest()) == (401, "APIGW.0301")


def test_strange_characters_in_a_query_are_signed_alike(huawei):
    h = huawei()
    request = h.E.ListL7PoliciesRequest(name=["a b/c~d*é", "+&="], display_all_rules=True, priority=[2, 1])
    assert h.elb.list_l7_policies(request).l7policies == []


def test_a_token_in_the_header_is_enough(huawei):
    h = huawei(options=Options(verify_signatures=True, tokens=("t",)))
    h.elb.preset_headers["X-Auth-Token"] = "t"
    h.elb.preset_headers["Authorization"] = "none"
    assert h.elb.list_listeners(h.E.ListListenersRequest()).listeners == []


def test_the_sdk_finds_the_project_by_its_regions_name(serve):
    pytest.importorskip("huaweicloudsdkcore")
    import huaweicloudsdkelb.v3 as E
    from huaweicloudsdkcore.auth.credentials import BasicCredentials
    from huaweicloudsdkcore.region.region import Region

    seed = {
        "apiVersion": "reconciler.emulator/v1",
        "kind": "Cloud",
        "huawei": {PROJECT: {"project": {"name": "example-1"}, "loadbalancers": [{"name": "lb"}]}},
    }
    options = Options(verify_signatures=True, credentials={"AK": "SK"})
    served = serve(seed, options=options)
    cred = BasicCredentials("AK", "SK").with_iam_endpoint(served.url)
    region = Region("example-1", served.url)
    elb = E.ElbClient.new_builder().with_credentials(cred).with_region(region).build()
    assert elb.list_load_balancers(E.ListLoadBalancersRequest()).loadbalancers[0].name == "lb"


def test_throttling_is_seen_by_the_sdk(huawei):
    h = huawei(faults=["GET */listeners times=1 status=429"])
    from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException

    # The SDK drops the body of a 429: its own retry layer has the last word.
    with pytest.raises(ServiceResponseException) as caught:
        h.elb.list_listeners(h.E.ListListenersRequest())
    assert caught.value.status_code == 429
    assert h.elb.list_listeners(h.E.ListListenersRequest()).listeners == []


def test_a_lost_answer_closes_the_connection_after_the_write(serve):
    served = serve(faults=[f"POST */{PROJECT}/vpc/security-groups lose-answer"])
    body = {"security_group": {"name": "a"}}
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        path = f"/v3/{PROJECT}/vpc/security-groups"
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(path, json=body)
        assert [item["name"] for item in client.get(path).json()["security_groups"]] == ["a"]


def test_a_reset_resets_the_connection_and_does_nothing(serve):
    served = serve(faults=["POST * nth=1 reset"])
    body = {"security_group": {"name": "a"}}
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        path = f"/v3/{PROJECT}/vpc/security-groups"
        with pytest.raises(httpx.ReadError) as caught:
            client.post(path, json=body)
        assert "reset" in str(caught.value).lower()
        assert client.get(path).json()["security_groups"] == []
        assert client.post(path, json=body).status_code == 201


def test_a_delay_holds_one_answer_back_and_not_the_others(serve):
    served = serve(faults=["GET /slow delay=150ms"])
    with httpx.Client(base_url=served.url, trust_env=False, timeout=0.05) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.get("/slow")
        assert client.get(LISTENERS).status_code == 200


def test_many_requests_share_a_connection(serve):
    served = serve()
    with socket.create_connection(served.url.removeprefix("http://").split(":")) as sock:
        for _ in range(3):
            sock.sendall(f"GET {LISTENERS} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
            answer = b""
            while b'"request_id"' not in answer:
                chunk = sock.recv(65536)
                assert chunk, answer
                answer += chunk
            assert answer.startswith(b"HTTP/1.1 200 ")


def test_another_servers_connection_ends_half_way_where_an_answer_is_lost():
    """Where the ASGI server gives no access to the connection, the announced body does not come."""
    import asyncio

    from reconciler.emulator.asgi import AnswerDropped, make_app

    app = make_app(Emulator(faults=["GET * lose-answer"]))
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "raw_path": b"/x", "query_string": b"", "headers": []}
    with pytest.raises(AnswerDropped):
        asyncio.run(app(scope, receive, send))
    assert [message["type"] for message in sent] == ["http.response.start"]
    assert dict(sent[0]["headers"])[b"content-length"] == b"1"
