"""Amphora driver of the lab: there is no amphora, but changes take their time, fail when told to, and can be looked at.

Octavia's worker pushes every change of a load balancer through ``update`` or ``update_amphora_listeners`` (``delete``
for a listener). The file named by LAB_CONTROL is read at each of them: JSON, ``{"default": TOLD, "<load balancer's
id>": TOLD}``, where TOLD is

* ``delay``: seconds that the change takes;
* ``fail``: the change fails after them: its object ends in ERROR;
* ``fail_at``: which changes fail, counted from 1 since ``since`` (any text) was last seen to change;
* ``record``: a directory that gets a file for each configuration that an amphora would have been sent, rendered by
  Octavia's own amphora driver up to the point where it would go over the network.

Derived from Octavia's noop driver; found through an entry point, so that nothing of Octavia is changed.
"""

import json
import os
import threading
import time

from octavia.amphorae.drivers.haproxy import rest_api_driver
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
    return told


class _Recorder:
    """In place of the client that talks to an amphora."""

    def __init__(self, directory):
        self._directory = directory

    def get_info(self, amphora, timeout_dict=None):
        return {"haproxy_version": "2.6.12"}

    def get_details(self, amphora):
        return {}

    def upload_config(self, amphora, load_balancer_id, config, timeout_dict=None):
        name = os.path.join(self._directory, f"{time.time_ns()}.cfg")
        with open(name + ".new", "w", encoding="utf-8") as file:
            file.write(str(config))
        os.rename(name + ".new", name)

    def reload_listener(self, amphora, load_balancer_id, timeout_dict=None):
        pass

    def delete_listener(self, amphora, load_balancer_id):
        pass


def _record(load_balancer, told):
    if told.get("record"):
        renderer = rest_api_driver.HaproxyAmphoraLoadBalancerDriver()
        renderer.clients = {"1.0": _Recorder(told["record"])}
        for amphora in load_balancer.amphorae:
            amphora.api_version = "1.0"
        renderer.update(load_balancer)


class LabAmphoraDriver(noop.NoopAmphoraLoadBalancerDriver):
    """Octavia's noop driver, at the pace, with the failures and with the records that the control file asks for."""

    def update(self, loadbalancer):
        _record(loadbalancer, _work(loadbalancer.id))
        super().update(loadbalancer)

    def update_amphora_listeners(self, loadbalancer, amphora, timeout_dict):
        _record(loadbalancer, _work(loadbalancer.id))
        super().update_amphora_listeners(loadbalancer, amphora, timeout_dict)

    def delete(self, listener):
        _work(listener.load_balancer.id)
        super().delete(listener)
