"""``python -m sandbox.cluster``: the sandbox's cluster with the shared world in it, until it is interrupted."""

import argparse
import os
import signal
import threading
from pathlib import Path

from sandbox.cluster import world
from sandbox.cluster.cluster import Cluster
from sandbox.cluster.simulation import Pace


def main() -> None:
    """Start, say where, and wait for SIGINT or SIGTERM."""
    arguments = _arguments()
    pace = Pace(ready_after_seconds=arguments.ready_after_seconds)
    token = os.environ.get("SANDBOX_CLUSTER_TOKEN", "")  # not an argument: those are seen in the list of processes
    stopped = threading.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda *_: stopped.set())
    cluster = Cluster(pace=pace, token=token).start(arguments.port)
    try:
        if not arguments.empty:
            world.fill(cluster)
        if arguments.kubeconfig is not None:
            cluster.kubeconfig(arguments.kubeconfig)
        print(f"listening on {cluster.url}", flush=True)
        stopped.wait()
    finally:
        cluster.stop()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.cluster", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 lets the kernel choose (default)")
    parser.add_argument("--kubeconfig", type=Path, help="write a kubeconfig for it to this path")
    parser.add_argument("--ready-after-seconds", type=float, default=0.5, help="how long a pod takes to be ready")
    parser.add_argument("--empty", action="store_true", help="no deployments")
    return parser.parse_args()


if __name__ == "__main__":
    main()
