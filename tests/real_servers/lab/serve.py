"""Serve one OpenStack API on loopback, in the lab's environment: ``python serve.py octavia|neutron|keystone PORT``.

octavia: the API application and the controller worker, both unmodified, run in one process, joined by oslo.messaging's
in-memory transport (``fake://``), so that no message broker is needed; ``octavia-api`` is the API alone, for reads.
Each request becomes a line of LAB_ACCESS: a JSON array of time, method, path with query, status, and User-Agent.
"""

import json
import os
import sys
import time

import waitress


def octavia(worker=True):
    from octavia.api import app

    application = app.setup_app(argv=["octavia-api", "--config-file", os.environ["OCTAVIA_CONF"]])
    if worker:
        from octavia.controller.queue.v2 import consumer
        from oslo_config import cfg

        consumer.ConsumerService(0, cfg.CONF).run()
    return application


def neutron():
    sys.argv = ["neutron-api"]
    from neutron.wsgi.api import application

    return application


def keystone():
    sys.argv = ["keystone-api"]
    from keystone.wsgi.api import application

    return application


SERVICES = {"octavia": octavia, "octavia-api": lambda: octavia(worker=False), "neutron": neutron, "keystone": keystone}


def recorded(application, file):
    """The same WSGI application; each request is told to ``file``, one line a request, after its answer has begun."""

    def wrapped(environ, start_response):
        began = time.time()

        def start(status, headers, exc_info=None):
            query = environ.get("QUERY_STRING")
            path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "") + (f"?{query}" if query else "")
            line = [began, environ["REQUEST_METHOD"], path, int(status.split()[0]), environ.get("HTTP_USER_AGENT", "")]
            file.write(json.dumps(line) + "\n")
            return start_response(status, headers, exc_info)

        return application(dict(environ), start)

    return wrapped


if __name__ == "__main__":
    name, port = sys.argv[1], int(sys.argv[2])
    with open(os.environ["LAB_ACCESS"], "a", buffering=1, encoding="utf-8") as access:
        application = recorded(SERVICES[name](), access)
        waitress.serve(application, host="127.0.0.1", port=port, threads=int(os.environ.get("LAB_THREADS", "8")), ident=None)
