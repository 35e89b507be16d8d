"""Signatures: the two fixed vectors, and the official signer over generated requests."""

import asyncio
import json
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.providers.worlds import ACCESS_KEY, PROJECT, SECRET_KEY, Clock

from reconciler.providers.hosts import Endpoint
from reconciler.providers.http import Outgoing, sorted_pairs
from reconciler.providers.huawei.auth import KeyAuth, sign

HOST = "elb.example-region-1.myhuaweicloud.com"
PATH = f"/v3/{PROJECT}/elb/l7policies"
HEADERS = {
    "content-type": "application/json", "host": HOST, "x-project-id": PROJECT, "x-sdk-date": "20250102T030405Z",
}  # fmt: skip
SIGNED = "content-type;host;x-project-id;x-sdk-date"


def test_vector_a_a_list_with_a_query_that_needs_encoding():
    query = [
        ("listener_id", "e2220d2a-3faf-44f3-8cd6-0c42952bd0ab"), ("limit", "2"), ("name", "a b/c~d*\u00e9"),
        ("display_all_rules", "true"),
    ]  # fmt: skip
    got = sign("GET", PATH, "&".join(sorted_pairs(query)), HEADERS, b"", ACCESS_KEY, SECRET_KEY)
    assert got == (
        f"SDK-HMAC-SHA256 Access={ACCESS_KEY}, SignedHeaders={SIGNED}, "
        "Signature=887e5015e6d3ae4c67700c08c324f3bb2e3d230b40288a97fdddb7458bfaa52b"
    )


def test_vector_b_a_create_with_a_body():
    body = (
        b'{"l7policy":{"action":"REDIRECT_TO_POOL","listener_id":"e2220d2a-3faf-44f3-8cd6-0c42952bd0ab",'
        b'"redirect_pool_id":"768e9e8c-e7cb-4fef-b24b-af9399dbb240"}}'
    )
    got = sign("POST", PATH, "", HEADERS, body, ACCESS_KEY, SECRET_KEY)
    assert got.endswith("Signature=ec8347d89295910ae1bcb1bc8fe90a9b60ff12067db7ebe7c9aec18db4c4f725")


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)


@settings(max_examples=50, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    segments=st.lists(TEXT.filter(lambda s: "/" not in s and "%" not in s), min_size=1, max_size=4),
    query=st.lists(st.tuples(st.text("abcxyz_", min_size=1, max_size=6), TEXT), max_size=5),
    body=st.one_of(st.none(), st.dictionaries(TEXT, TEXT, max_size=3)),
    token=st.one_of(st.none(), st.text("abcXYZ019+/=", min_size=1, max_size=20)),
    port=st.one_of(st.none(), st.integers(1, 65535)),
)
def test_we_sign_as_the_official_signer_does(method, segments, query, body, token, port):
    signer = pytest.importorskip("huaweicloudsdkcore.signer.signer")
    endpoint = Endpoint("https", "elb.cn-north-4.myhuaweicloud.com", port)
    path = "".join("/" + quote(part, safe="~") for part in segments)
    content = b"" if body is None else json.dumps(body).encode()
    outgoing = Outgoing(method, endpoint, path, "&".join(sorted_pairs(query)), content)
    ours = asyncio.run(KeyAuth(ACCESS_KEY, SECRET_KEY, token, Clock(), PROJECT).headers(outgoing))
    theirs = SimpleNamespace(
        method=method, host=endpoint.netloc, resource_path=path, query_params=list(query), body=content,
        header_params={name: value for name, value in ours.items() if name != "authorization"}, uri="",
    )  # fmt: skip
    signer.Signer(SimpleNamespace(ak=ACCESS_KEY, sk=SECRET_KEY)).sign(theirs)
    assert theirs.header_params["Authorization"] == ours["authorization"]
    assert theirs.uri == path + (f"?{outgoing.query}" if query else "")
