"""A credential that somebody wrote into a manifest, in whatever way, is refused and never shown (P7)."""

from __future__ import annotations

import pytest

CANARY = "CANARY0f9a7c"
HEAD = "apiVersion: reconciler/v1\nkind: Provider\nmetadata: {name: p}\n"
HUAWEI = HEAD + "spec:\n  type: huawei\n  region: cn-north-4\n"
GCORE = HEAD + "spec:\n  type: gcore\n  project_id: 1\n  region_id: 1\n"


@pytest.mark.parametrize(
    "text",
    [
        GCORE + f"  credentials: {{api_key: 1${CANARY}}}\n",
        GCORE + f"  credentials:\n    api_key: {CANARY}\n",
        GCORE + f"  credentials:\n    api_key:\n      {CANARY}\n",
        GCORE + f"  credentials:\n    api_key: >-\n      {CANARY}\n",
        GCORE + f"  credentials:\n    api_key: [{CANARY}]\n",
        GCORE + f"  credentials:\n    api_key:\n      - {CANARY}\n",
        GCORE + f"  credentials:\n    api_key:\n      env: 1${CANARY}\n",
        GCORE + f"  credentials:\n    api_key: {{env: '1${CANARY}'}}\n",
        GCORE + f"  credentials:\n    api_key:\n      value: {CANARY}\n",
        GCORE + f"  credentials:\n    apikey: {CANARY}\n",
        GCORE + f"  credentials: {CANARY}\n",
        GCORE + f"  credentials:\n    {CANARY}\n",
        GCORE + f"  credentials:\n    - {CANARY}\n",
        GCORE + f"  api_key: {CANARY}\n",
        GCORE + f"  token: {CANARY}\n",
        GCORE + f"  credentials:\n    api_key: '{CANARY}\n",
        GCORE + f"  credentials:\n    api_key: {CANARY}: x\n",
        GCORE + f"  credentials:\n    api_key: !x {CANARY}\n",
        GCORE + f"  credentials:\n    api_key: {{env: A}}\n    api_key: {CANARY}\n",
        HUAWEI + f"  credentials: {{access_key: {{env: A}}, secret_key: {CANARY}}}\n",
        HUAWEI + f"  credentials: {{acess_key: {CANARY}}}\n",
        HUAWEI + f"  credentials: {{password: {CANARY}, username: {{env: U}}}}\n",
        HUAWEI + f"  endpoints: {{elb: 'https://user:{CANARY}@elb.cn-north-4.myhuaweicloud.com'}}\n",
        HUAWEI + f"  endpoints:\n    elb: https://user:{CANARY}@elb.cn-north-4.myhuaweicloud.com\n",
    ],
)
def test_a_literal_credential_is_refused_and_never_shown(reconcile, text):
    for flags in ((), ("--format", "json"), ("-vv",)):
        run = reconcile("validate", *flags, "-", stdin=text)
        assert run.code == 3
        assert CANARY not in run.out + run.err
