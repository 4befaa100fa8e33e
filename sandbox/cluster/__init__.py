"""A Kubernetes API for demo and tests: ``with Cluster() as cluster: …``, or ``python -m sandbox.cluster``.

It speaks the subset that the official Python client needs for deployments, pods and their kin, with controllers that
roll out, scale and replace. It answers as the recorded API server did (``tests/sandbox/cluster``). It runs no
containers: what becomes of a pod is in its image's name, see ``podstatus.py``.
"""

from sandbox.cluster.access import User
from sandbox.cluster.cluster import Cluster
from sandbox.cluster.faults import Fault
from sandbox.cluster.journal import Request
from sandbox.cluster.simulation import Pace

__all__ = ["Cluster", "Fault", "Pace", "Request", "User"]
