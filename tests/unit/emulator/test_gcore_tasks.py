import json

import pytest
from unit.emulator.gcore_support import Cloud

from reconciler.emulator.http import make_request


def reject(cloud, **body):
    return {"action": "REJECT", "listener_id": cloud.listener, **body}


def states(cloud, task, *moments):
    seen = []
    start = cloud.clock[0]
    for moment in moments:
        cloud.clock[0] = start + moment
        seen.append(cloud.ok("GET", f"/v1/tasks/{task}")["state"])
    return seen


def test_a_task_is_new_then_running_then_finished():
    cloud = Cloud()
    (task,) = cloud.ok("POST", "/v1/l7policies/1/1", reject(cloud))["tasks"]
    assert states(cloud, task, 0, 0.49, 0.5, 1.49, 1.5, 9) == [
        "NEW", "NEW", "RUNNING", "RUNNING", "FINISHED", "FINISHED",
    ]  # fmt: skip


def test_times_of_a_task_are_naive_and_its_results_appear_at_the_end():
    cloud = Cloud()
    (task,) = cloud.ok("POST", "/v1/l7policies/1/1", reject(cloud, name="one"))["tasks"]
    new = cloud.ok("GET", f"/v1/tasks/{task}")
    assert (new["created_on"], new["finished_on"], new["created_resources"]) == ("2026-05-28T20:26:40", None, None)
    cloud.wait()
    done = cloud.ok("GET", f"/v1/tasks/{task}")
    assert done["finished_on"] == "2026-05-28T20:26:41"
    assert done["created_resources"]["l7rules"] == []
    assert done["created_resources"]["l7polices"] == [cloud.all("l7policies")[0]["id"]]
    assert done["request_id"] == new["request_id"]


def test_the_lock_holds_before_it_shows():
    cloud = Cloud(lock_shows="running")
    cloud.ok("POST", "/v1/l7policies/1/1", reject(cloud))
    assert cloud.all("loadbalancers")[0]["task_id"] is None
    assert cloud.refused("POST", "/v1/l7policies/1/1", reject(cloud))[0] == 409
    cloud.wait(0.6)
    assert cloud.all("loadbalancers")[0]["task_id"] is not None


def test_a_finished_task_does_not_prove_that_the_load_balancer_is_settled():
    cloud = Cloud(settle_seconds=5)
    (task,) = cloud.ok("POST", "/v1/l7policies/1/1", reject(cloud))["tasks"]
    cloud.wait(2)
    assert cloud.ok("GET", f"/v1/tasks/{task}")["state"] == "FINISHED"
    assert cloud.all("loadbalancers")[0]["provisioning_status"] == "PENDING_UPDATE"
    assert cloud.refused("POST", "/v1/l7policies/1/1", reject(cloud))[0] == 409
    cloud.wait(5)
    assert cloud.all("loadbalancers")[0]["provisioning_status"] == "ACTIVE"
    cloud.policy()


def test_input_is_checked_before_the_lock():
    cloud = Cloud()
    cloud.ok("POST", "/v1/l7policies/1/1", reject(cloud))
    assert cloud.refused("POST", "/v1/l7policies/1/1", reject(cloud, position=0)) == (400, ["position"])


def test_load_balancers_do_not_lock_each_other():
    cloud = Cloud(
        {
            "apiVersion": "reconciler.emulator/v1",
            "kind": "Cloud",
            "gcore": {
                "1/1": {
                    "loadbalancers": [{"name": "one"}, {"name": "two"}],
                    "listeners": [{"name": "a", "load_balancer": "one"}, {"name": "b", "load_balancer": "two"}],
                }
            },
        }
    )
    for listener in cloud.all("lblisteners"):
        cloud.ok("POST", "/v1/l7policies/1/1", {"action": "REJECT", "listener_id": listener["id"]})
    cloud.wait()
    assert len(cloud.all("l7policies")) == 2


def test_a_failed_delete_leaves_the_object_in_error():
    cloud = Cloud(failing_tasks=frozenset({"delete_l7policy"}))
    policy = cloud.policy()
    assert cloud.done("DELETE", f"/v1/l7policies/1/1/{policy}")["state"] == "ERROR"
    assert cloud.all("l7policies")[0]["provisioning_status"] == "ERROR"


def test_a_fault_lets_one_task_fail():
    cloud = Cloud(faults=["DELETE /cloud/v1/l7policies/* nth=1 fail"])
    policy = cloud.policy()
    assert cloud.done("DELETE", f"/v1/l7policies/1/1/{policy}")["state"] == "ERROR"
    assert cloud.all("l7policies")[0]["provisioning_status"] == "ERROR"
    assert cloud.done("DELETE", f"/v1/l7policies/1/1/{policy}")["state"] == "FINISHED"


def test_a_second_delete_is_locked_while_pending_and_404_after():
    cloud = Cloud()
    policy = cloud.policy()
    cloud.ok("DELETE", f"/v1/l7policies/1/1/{policy}")
    assert cloud.refused("DELETE", f"/v1/l7policies/1/1/{policy}")[0] == 409
    cloud.wait()
    assert cloud.refused("DELETE", f"/v1/l7policies/1/1/{policy}")[0] == 404


def test_a_restart_in_the_middle_of_a_task_goes_on_with_it(tmp_path):
    first = Cloud(state=tmp_path / "cloud.db")
    (task,) = first.ok("POST", "/v1/l7policies/1/1", reject(first, name="later"))["tasks"]
    first.wait(0.7)
    assert first.ok("GET", f"/v1/tasks/{task}")["state"] == "RUNNING"
    first.emulator.close()
    second = Cloud(state=tmp_path / "cloud.db", clock=first.clock)
    assert second.all("l7policies")[0]["provisioning_status"] == "PENDING_CREATE"
    second.wait()
    assert second.ok("GET", f"/v1/tasks/{task}")["state"] == "FINISHED"
    assert second.all("l7policies")[0]["name"] == "later"


def test_time_that_went_back_over_a_restart_undoes_nothing(tmp_path):
    first = Cloud(state=tmp_path / "cloud.db")
    first.policy()
    first.emulator.close()
    second = Cloud(state=tmp_path / "cloud.db", clock=[1_000_000_000.0])
    assert second.all("l7policies")[0]["provisioning_status"] == "ACTIVE"
    second.ok("POST", "/v1/l7policies/1/1", reject(second))


def test_the_same_requests_give_the_same_bytes():
    def run():
        cloud = Cloud()
        cloud.policy(name="one")
        group = cloud.group({"direction": "egress"})
        cloud.done("PATCH", f"/v2/security_groups/1/1/{group}", {"rules": [{"direction": "ingress"}]})
        paths = ("/v1/l7policies/1/1", "/v1/securitygroups/1/1", "/v1/tasks")
        return json.dumps([cloud.ok("GET", path) for path in paths])

    assert run() == run()


def test_the_write_of_a_lost_answer_has_happened():
    cloud = Cloud(faults=["POST /cloud/v1/l7policies/1/1 nth=1 lose-answer"])
    body = json.dumps(reject(cloud)).encode()
    headers = {"Authorization": "apikey 1$a"}
    reply = cloud.emulator.handle(make_request("POST", "/cloud/v1/l7policies/1/1", headers=headers, body=body))
    assert reply.lost
    cloud.wait()
    assert len(cloud.all("l7policies")) == 1


def test_a_status_fault_does_nothing_else():
    cloud = Cloud(faults=["POST /cloud/v1/l7policies/1/1 nth=1 status=503"])
    assert cloud.refused("POST", "/v1/l7policies/1/1", reject(cloud))[0] == 503
    assert cloud.ok("GET", "/v1/tasks")["count"] == 0


def test_active_tasks_have_a_list_of_their_own():
    cloud = Cloud()
    (task,) = cloud.ok("POST", "/v1/l7policies/1/1", reject(cloud))["tasks"]
    assert [item["id"] for item in cloud.ok("GET", "/v1/tasks/active")["results"]] == [task]
    cloud.wait()
    assert cloud.ok("GET", "/v1/tasks/active") == {"count": 0, "results": []}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=DONE", "state"),
        ("order_by=up", "order_by"),
        ("project_id=x", "project_id"),
        ("from_timestamp=yesterday", "from_timestamp"),
        ("is_acknowledged=maybe", "is_acknowledged"),
        ("limit=0", "limit"),
        ("limit=ten", "limit"),
        ("offset=-1", "offset"),
    ],
)
def test_a_query_that_cannot_be_names_its_parameter(query, field):
    assert Cloud().refused("GET", f"/v1/tasks?{query}") == (400, [field])


def test_a_limit_past_the_maximum_is_cut_down():
    cloud = Cloud(page_maximum=2)
    for name in ("aaa", "bbb", "ccc"):
        cloud.policy(name=name)
    page = cloud.ok("GET", "/v1/l7policies/1/1?limit=1000")
    assert (page["count"], len(page["results"])) == (3, 2)


@pytest.mark.parametrize("key", ["APIKey 1$a", "apikey 1$a", "APIKEY  1$a", "Bearer jwt"])
def test_the_scheme_of_the_key_has_any_case(key):
    assert Cloud().send("GET", "/v1/tasks", key=key)[0] == 200


@pytest.mark.parametrize("key", ["", "APIKey", "APIKey ", "1$a", "Basic 1$a"])
def test_without_a_key_nothing_is_answered(key):
    status, body = Cloud().send("GET", "/v1/tasks", key=key)
    assert (status, body["message"]) == (401, "Authentication credentials were not provided.")


def test_wrong_methods_and_paths_are_told_apart():
    cloud = Cloud()
    assert cloud.refused("PATCH", "/v1/lblisteners/1/1/x")[0] == 405
    assert cloud.refused("DELETE", "/v1/l7policies/1/1")[0] == 405
    assert not cloud.emulator.unknown
    for path in ("/v1/l7policies", "/v1/l7policies/1", "/v2/l7policies/1/1", "/v3/tasks", ""):
        assert cloud.refused("GET", path)[0] == 404
    assert len(cloud.emulator.unknown) == 5


def test_other_projects_and_regions_than_the_seeded_ones_do_not_exist():
    cloud = Cloud()
    assert cloud.refused("GET", "/v1/l7policies/1/2")[0] == 404
    assert cloud.refused("GET", "/v1/l7policies/one/1") == (400, ["project_id"])
    empty = Cloud(None)
    assert empty.ok("GET", "/v1/l7policies/7/9") == {"count": 0, "results": []}
