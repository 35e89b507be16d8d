"""L7 policies and rules through the official SDK, every reply checked against its models."""

import gcore
import pytest

from reconciler.emulator.options import GcoreOptions, Options

LISTENER = "3e1d2c4b-5a69-4788-8c9d-0b1a2c3d4e5f"
POOL = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def cloud(gcore_cloud):
    return gcore_cloud()


@pytest.fixture
def policies(cloud):
    return cloud.client.cloud.load_balancers.l7_policies


def names(policies):
    return [item.name for item in sorted(policies.list(), key=lambda item: item.position)]


def test_every_action_is_created_and_read_back_with_its_target_only(policies):
    pool = policies.create_and_poll(action="REDIRECT_TO_POOL", listener_id=LISTENER, redirect_pool_id=POOL)
    url = policies.create_and_poll(
        action="REDIRECT_TO_URL", listener_id=LISTENER, redirect_url="https://a.example/b", redirect_http_code=308
    )
    prefix = policies.create_and_poll(
        action="REDIRECT_PREFIX", listener_id=LISTENER, redirect_prefix="https://a.example"
    )
    reject = policies.create_and_poll(action="REJECT", listener_id=LISTENER, name="no way", tags=["a", "b"])
    assert [(p.redirect_pool_id, p.redirect_url, p.redirect_prefix, p.redirect_http_code) for p in policies.list()] == [
        (POOL, None, None, None),
        (None, "https://a.example/b", None, 308),
        (None, None, "https://a.example", 302),
        (None, None, None, None),
    ]
    assert [p.position for p in (pool, url, prefix, reject)] == [1, 2, 3, 4]
    assert (pool.name, reject.name, reject.tags) == ("", "no way", ["a", "b"])
    assert {p.region for p in (pool, url)} == {"Luxembourg-2"}
    assert (reject.provisioning_status, reject.task_id, reject.rules) == ("ACTIVE", None, [])


def test_a_policy_inserted_at_a_position_moves_the_later_ones(policies):
    for name in ("aaa", "bbb"):
        policies.create_and_poll(action="REJECT", listener_id=LISTENER, name=name)
    policies.create_and_poll(action="REJECT", listener_id=LISTENER, name="ccc", position=1)
    policies.create_and_poll(action="REJECT", listener_id=LISTENER, name="ddd", position=2)
    last = policies.create_and_poll(action="REJECT", listener_id=LISTENER, name="eee", position=100)
    assert last.position == 5
    assert names(policies) == ["ccc", "ddd", "aaa", "bbb", "eee"]
    by_name = {item.name: item.id for item in policies.list()}
    moved = policies.update_and_poll(by_name["ccc"], action="REJECT", position=3)
    assert moved.position == 3
    assert names(policies) == ["ddd", "aaa", "ccc", "bbb", "eee"]
    policies.delete_and_poll(by_name["ddd"])
    assert [item.position for item in sorted(policies.list(), key=lambda item: item.position)] == [1, 2, 3, 4]


def test_an_update_is_partial_but_needs_action_and_target(policies):
    made = policies.create_and_poll(
        action="REDIRECT_TO_URL",
        listener_id=LISTENER,
        name="old",
        redirect_url="https://a.example/",
        redirect_http_code=301,
        tags=["x"],
    )
    renamed = policies.update_and_poll(made.id, action="REDIRECT_TO_URL", redirect_url="https://a.example/", name="new")
    assert (renamed.name, renamed.redirect_http_code, renamed.tags) == ("new", 301, ["x"])
    with pytest.raises(gcore.BadRequestError) as caught:
        policies.update(made.id, action="REDIRECT_TO_URL", name="new")
    assert caught.value.body["exception_class"] == "ValidationError"
    assert caught.value.body["invalid_fields"] == {"redirect_url": ["Field required"]}
    with pytest.raises(gcore.BadRequestError) as caught:
        policies._client.patch(f"/cloud/v1/l7policies/1/1/{made.id}", cast_to=object, body={"name": "new"})
    assert "action" in caught.value.body["invalid_fields"]


def test_pages_are_walked_to_the_end(policies, cloud):
    for number in range(5):
        policies.create_and_poll(action="REJECT", listener_id=LISTENER, name=f"number {number}")
    cloud.emulator.log.clear()
    assert [item.name for item in policies.list(limit=2)] == [f"number {n}" for n in range(5)]
    assert len(cloud.emulator.log) == 3
    page = policies.list(limit=2, offset=4)
    assert (page.count, [item.name for item in page.results]) == (5, ["number 4"])


def test_a_body_that_does_not_fit_names_its_fields(policies):
    for changes, field in (
        ({"name": "ab"}, "name"),
        ({"name": None}, "name"),
        ({"position": 0}, "position"),
        ({"action": "REDIRECT_TO_LISTENER"}, "action"),
        ({"action": "REDIRECT_TO_URL", "redirect_url": "/relative"}, "redirect_url"),
        ({"listener_id": "nonsense"}, "listener_id"),
    ):
        with pytest.raises(gcore.BadRequestError) as caught:
            policies.create(**{"action": "REJECT", "listener_id": LISTENER, "name": "fine", **changes})
        assert list(caught.value.body["invalid_fields"]) == [field]
        assert caught.value.body["message"].startswith("Validation Error: {")
        assert len(caught.value.body["request_id"]) == 32


def test_unknown_listeners_pools_and_policies_are_not_found(policies):
    unknown = "00000000-0000-4000-8000-000000000000"
    for call in (
        lambda: policies.create(action="REJECT", listener_id=unknown),
        lambda: policies.create(action="REDIRECT_TO_POOL", listener_id=LISTENER, redirect_pool_id=unknown),
        lambda: policies.get(unknown),
        lambda: policies.update(unknown, action="REJECT"),
        lambda: policies.delete(unknown),
        lambda: policies.rules.list(unknown),
        lambda: policies.get(unknown, project_id=1, region_id=2),
    ):
        with pytest.raises(gcore.NotFoundError) as caught:
            call()
        assert caught.value.body["exception_class"] == "NotFoundError"


def test_a_tcp_listener_takes_no_policies(policies, cloud):
    raw = next(iter(cloud.client.cloud.load_balancers.listeners.list(name="raw")))
    with pytest.raises(gcore.BadRequestError):
        policies.create(action="REJECT", listener_id=raw.id)


def test_the_tree_is_locked_until_the_task_is_done(policies, cloud):
    task = policies.create(action="REJECT", listener_id=LISTENER, name="first").tasks[0]
    balancers = cloud.client.cloud.load_balancers
    held = next(iter(balancers.list()))
    assert (held.task_id, held.provisioning_status) == (task, "ACTIVE")
    assert list(policies.list()) == []
    cloud.clock.sleep(0.6)
    assert cloud.client.cloud.tasks.get(task).state == "RUNNING"
    made = next(iter(policies.list()))
    assert (made.provisioning_status, made.task_id) == ("PENDING_CREATE", task)
    assert balancers.get(held.id).provisioning_status == "PENDING_UPDATE"
    assert balancers.listeners.get(LISTENER).provisioning_status == "PENDING_UPDATE"
    for call in (
        lambda: policies.create(action="REJECT", listener_id=LISTENER),
        lambda: policies.update(made.id, action="REJECT"),
        lambda: policies.delete(made.id),
        lambda: policies.rules.create(made.id, type="PATH", compare_type="EQUAL_TO", value="/"),
        lambda: balancers.pools.delete(POOL),
        lambda: balancers.listeners.delete(LISTENER),
    ):
        with pytest.raises(gcore.ConflictError) as caught:
            call()
        assert "immutable" in caught.value.body["message"]
    cloud.clock.sleep(1)
    assert cloud.client.cloud.tasks.get(task).created_resources.l7polices == [made.id]
    assert balancers.get(held.id).task_id is None
    assert policies.get(made.id).provisioning_status == "ACTIVE"


def test_the_sdk_waits_out_a_lock_by_its_own_retries(gcore_cloud):
    cloud = gcore_cloud(max_retries=4)
    policies = cloud.client.cloud.load_balancers.l7_policies
    policies.create(action="REJECT", listener_id=LISTENER, name="first")
    policies.create_and_poll(action="REJECT", listener_id=LISTENER, name="second")
    assert names(policies) == ["first", "second"]


def test_a_lost_answer_makes_the_retrying_sdk_create_twice(gcore_cloud):
    fault = "POST /cloud/v1/l7policies/1/1 nth=1 lose-answer"
    cloud = gcore_cloud(max_retries=10, faults=[fault])
    policies = cloud.client.cloud.load_balancers.l7_policies
    policies.create_and_poll(action="REJECT", listener_id=LISTENER, name="twice")
    assert names(policies) == ["twice", "twice"]


def test_a_held_task_stays_new(gcore_cloud):
    cloud = gcore_cloud(faults=["POST /cloud/v1/l7policies/1/1 hold=10m"])
    policies = cloud.client.cloud.load_balancers.l7_policies
    task = policies.create(action="REJECT", listener_id=LISTENER).tasks[0]
    cloud.clock.sleep(599)
    assert cloud.client.cloud.tasks.get(task).state == "NEW"
    assert list(policies.list()) == []
    with pytest.raises(gcore.ConflictError):
        policies.create(action="REJECT", listener_id=LISTENER)
    cloud.clock.sleep(3)
    assert cloud.client.cloud.tasks.get(task).state == "FINISHED"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, gcore.BadRequestError),
        (401, gcore.AuthenticationError),
        (403, gcore.PermissionDeniedError),
        (404, gcore.NotFoundError),
        (409, gcore.ConflictError),
        (429, gcore.RateLimitError),
        (503, gcore.InternalServerError),
    ],
)
def test_a_status_fault_has_the_form_of_the_api(gcore_cloud, status, error):
    cloud = gcore_cloud(faults=[f"GET /cloud/v1/l7policies/1/1 status={status}"])
    with pytest.raises(error) as caught:
        cloud.client.cloud.load_balancers.l7_policies.list()
    assert {"exception_class", "message", "request_id"} <= set(caught.value.body)
    assert (caught.value.response.headers.get("retry-after") is not None) == (status == 429)


def test_rules_are_made_listed_replaced_and_deleted(policies):
    policy = policies.create_and_poll(action="REJECT", listener_id=LISTENER, name="block")
    rules = policies.rules
    path = rules.create_and_poll(policy.id, type="PATH", compare_type="REGEX", value="/images*", tags=["t"])
    header = rules.create_and_poll(
        policy.id, type="HEADER", compare_type="EQUAL_TO", key="X-Env", value="prod", invert=True
    )
    assert (path.key, path.invert, path.tags, header.key, header.invert) == (None, False, ["t"], "X-Env", True)
    assert [item.id for item in rules.list(policy.id, limit=1)] == [path.id, header.id]
    inline = policies.get(policy.id).rules
    assert [set(item.to_dict()) for item in inline] == [{"id", "project_id", "region", "region_id"}] * 2
    assert [item.id for item in inline] == [path.id, header.id]
    task = rules.replace(path.id, l7policy_id=policy.id, value="/v3").tasks[0]
    policies._client.cloud.tasks.poll(task)
    kept = rules.get(path.id, l7policy_id=policy.id)
    assert (kept.type, kept.compare_type, kept.value, kept.tags) == ("PATH", "REGEX", "/v3", ["t"])
    unkeyed = rules.replace_and_poll(header.id, l7policy_id=policy.id, type="PATH", compare_type="EQUAL_TO", value="/x")
    assert (unkeyed.id, unkeyed.key, unkeyed.invert) == (header.id, None, True)
    rules.delete_and_poll(path.id, l7policy_id=policy.id)
    assert [item.id for item in rules.list(policy.id)] == [header.id]
    policies.delete_and_poll(policy.id)
    with pytest.raises(gcore.NotFoundError):
        rules.get(header.id, l7policy_id=policy.id)


def test_a_rule_of_another_policy_is_not_found(policies):
    one = policies.create_and_poll(action="REJECT", listener_id=LISTENER)
    other = policies.create_and_poll(action="REJECT", listener_id=LISTENER)
    rule = policies.rules.create_and_poll(one.id, type="PATH", compare_type="EQUAL_TO", value="/x")
    for call in (policies.rules.get, policies.rules.delete, policies.rules.replace):
        with pytest.raises(gcore.NotFoundError):
            call(rule.id, l7policy_id=other.id)


def test_a_rule_that_cannot_be_names_its_field(policies):
    policy = policies.create_and_poll(action="REJECT", listener_id=LISTENER)
    for rule, field in (
        ({"type": "METHOD"}, "type"),
        ({"value": ""}, "value"),
        ({"compare_type": "REGEX", "value": "("}, "value"),
        ({"type": "HEADER", "value": "x"}, "key"),
        ({"type": "FILE_TYPE", "compare_type": "CONTAINS", "value": "png"}, "compare_type"),
    ):
        with pytest.raises(gcore.BadRequestError) as caught:
            policies.rules.create(policy.id, **{"type": "PATH", "compare_type": "EQUAL_TO", "value": "/x", **rule})
        assert list(caught.value.body["invalid_fields"]) == [field]


def test_an_invalid_rule_may_be_a_task_in_error_instead(gcore_cloud):
    cloud = gcore_cloud(options=Options(gcore=GcoreOptions(invalid_rule="task_error")))
    policies = cloud.client.cloud.load_balancers.l7_policies
    policy = policies.create_and_poll(action="REJECT", listener_id=LISTENER)
    with pytest.raises(ValueError, match="needs a key"):
        policies.rules.create_and_poll(policy.id, type="HEADER", compare_type="EQUAL_TO", value="x")
    assert list(policies.rules.list(policy.id)) == []
    policies.rules.create_and_poll(policy.id, type="PATH", compare_type="EQUAL_TO", value="/x")


def test_a_failed_task_leaves_its_policy_in_error_until_an_update_heals_it(gcore_cloud):
    cloud = gcore_cloud(options=Options(gcore=GcoreOptions(failing_tasks=frozenset({"create_l7policy"}))))
    policies = cloud.client.cloud.load_balancers.l7_policies
    with pytest.raises(ValueError, match="create_l7policy failed"):
        policies.create_and_poll(action="REJECT", listener_id=LISTENER, name="broken")
    broken = next(iter(policies.list()))
    assert (broken.name, broken.provisioning_status) == ("broken", "ERROR")
    assert policies.update_and_poll(broken.id, action="REJECT").provisioning_status == "ACTIVE"
