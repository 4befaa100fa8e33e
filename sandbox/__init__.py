"""A small world to run against: servers that behave as the real ones do, for the demo and the tests.

Importable from the checkout's top only (``python -m sandbox.cluster``); the four folders never import it.
"""
