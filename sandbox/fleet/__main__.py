"""``python -m sandbox.fleet --port N --cluster URL``: serve the fleet on 127.0.0.1 until it is ended."""

import click
from werkzeug.serving import WSGIRequestHandler, make_server

from firebrigade.responder.clock import SystemClock
from sandbox.fleet.app import create_app
from sandbox.fleet.cluster import ClusterSource, StaticSource
from sandbox.fleet.fleet import Fleet
from sandbox.fleet.supervisor import HttpSupervisor, NoSupervisor


class _Handler(WSGIRequestHandler):
    """Keeps connections, as real exporters do: Prometheus has one per target and scrapes each of them every second."""

    protocol_version = "HTTP/1.1"
    # Header and body are two writes: without this, the second waits for the acknowledgement of the first.
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: fifty scrapes a second say nothing new."""


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=9200, show_default=True, help="0: the kernel chooses.")
@click.option("--cluster", help="Base address of the sandbox's Kubernetes API; without it, a world that stands still.")
@click.option("--supervisor", help="Base address of the sandbox's agent supervisor.")
@click.option("--seed", type=int, default=1, show_default=True, help="Which pod gets how much of the traffic.")
def main(port: int, cluster: str | None, supervisor: str | None, seed: int) -> None:
    """Play every system that Prometheus watches. POST /faults switches faults on, DELETE /faults off."""
    fleet = Fleet(
        ClusterSource(cluster) if cluster else StaticSource(),
        HttpSupervisor(supervisor) if supervisor else NoSupervisor(),
        SystemClock(),
        seed,
    )
    server = make_server("127.0.0.1", port, create_app(fleet), threaded=True, request_handler=_Handler)
    click.echo(f"The fleet listens on http://127.0.0.1:{server.port}")
    server.serve_forever()


if __name__ == "__main__":
    main()
