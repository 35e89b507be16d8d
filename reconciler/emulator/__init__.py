"""Emulated clouds, spoken to over HTTP: a product feature for trying things, for tests in CI and for teaching.

Imports nothing else of the project; only the command line (lazily) and tests import it. Entry points:
``app.Emulator`` (``handle`` a request), ``wire.EmulatorTransport`` (in-process httpx), ``asgi.serve`` (a server).
"""
