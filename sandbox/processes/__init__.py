"""Real processes for demo and tests: started, waited for until they answer, and ended whatever happens.

The demo and the acceptance tests use the classes of this package as context managers. It knows nothing of what the
processes are started for; the configuration of Prometheus and Alertmanager for the sandbox is in ``configuration.py``.
"""

from sandbox.processes.child import exit_on_sigterm
from sandbox.processes.configuration import alertmanager_config, prometheus_config
from sandbox.processes.ports import free_port
from sandbox.processes.server import Server, StartError
from sandbox.processes.servers import Alertmanager, Prometheus, PythonServer, Serve

__all__ = [
    "Alertmanager",
    "Prometheus",
    "PythonServer",
    "Serve",
    "Server",
    "StartError",
    "alertmanager_config",
    "exit_on_sigterm",
    "free_port",
    "prometheus_config",
]
