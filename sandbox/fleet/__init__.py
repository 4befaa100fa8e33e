"""The fleet: one HTTP server that plays every system that Prometheus watches, with faults to switch on.

Demo and acceptance tests run it (``python -m sandbox.fleet``). It emits the whole metric contract of ``rules``, per pod
of the sandbox's cluster, and knows nothing of rules, alerts or Firebrigade.
"""
