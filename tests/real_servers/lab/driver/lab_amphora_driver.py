"""Amphora driver of the lab: drives nothing, but takes its time, and fails when it is told to.

Octavia's worker pushes every change of a load balancer through ``update`` or ``update_amphora_listeners`` (``delete``
for a listener). The file named by LAB_CONTROL is read at each of them: JSON, ``{"default": TOLD, "<load balancer's
id>": TOLD}``, where TOLD is

* ``delay``: seconds that the change takes;
* ``fail``: the change fails after them: its object ends in ERROR;
* ``fail_at``: which changes fail, counted from 1 since ``since`` (any text) was last seen to change.

Derived from Octavia's own noop driver; found through an entry point, so that nothing of Octavia is changed.
"""

import json
import os
import threading
import time

from octavia.amphorae.drivers.noop_driver import driver as noop

_seen = {}
_lock = threading.Lock()


def _told(load_balancer_id):
    try:
        with open(os.environ["LAB_CONTROL"], encoding="utf-8") as file:
            control = json.load(file)
    except (OSError, ValueError, KeyError):
        return {}
    return {**control.get("default", {}), **control.get(load_balancer_id, {})}


def _work(load_balancer_id):
    told = _told(load_balancer_id)
    with _lock:
        since, count = _seen.get(load_balancer_id, (None, 0))
        count = count + 1 if since == told.get("since") else 1
        _seen[load_balancer_id] = (told.get("since"), count)
    time.sleep(float(told.get("delay", 0)))
    if told.get("fail") or count in told.get("fail_at", ()):
        raise RuntimeError("the lab's driver was told to fail")


class LabAmphoraDriver(noop.NoopAmphoraLoadBalancerDriver):
    """Octavia's noop driver, at the pace and with the failures that the control file asks for."""

    def update(self, loadbalancer):
        _work(loadbalancer.id)
        super().update(loadbalancer)

    def update_amphora_listeners(self, loadbalancer, amphora, timeout_dict):
        _work(loadbalancer.id)
        super().update_amphora_listeners(loadbalancer, amphora, timeout_dict)

    def delete(self, listener):
        _work(listener.load_balancer.id)
        super().delete(listener)
