"""The rule library: SLO specs and threshold rules in YAML, Prometheus rule files out.

The command line and the tests call it. It imports nothing of the responder. Only ``live/`` talks to a running
Prometheus, and only where ``rules check --prometheus`` asks for it.
"""
