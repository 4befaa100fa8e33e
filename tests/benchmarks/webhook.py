"""``make bench``: webhooks a second as a share of the ceiling, and memory as a multiple of its; fails below the floor.

Service and ceiling take turns in short rounds, so that a busy machine slows both. Only ratios are judged.
"""

import http.client
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox.processes.server import Server
from sandbox.processes.servers import Serve

ROUNDS = 5
ROUND_SECONDS = 2.0
CONNECTIONS = 8
TOKEN = "bench"
LEAST_SHARE = {"1 alert, new": 0.15, "1 alert, repeated": 0.2, "50 alerts, new": 0.06, "50 alerts, repeated": 0.15}
MOST_MEMORY = 4.5  # the clients of PagerDuty, Slack and Kubernetes, pydantic and SQLAlchemy

Bodies = Callable[[], bytes]


class Ceiling(Server):
    """The bare application as a process."""

    ready_path = "/-/ready"

    def command(self) -> Sequence[str]:
        """Return the command line."""
        script = Path(__file__).parent / "ceiling.py"
        return [sys.executable, str(script), str(self.port), str(self.folder / "ceiling.sqlite")]


def payload(number: int, alerts: int) -> bytes:
    """Return a payload with so many alerts; another number is another group."""
    body: dict[str, Any] = json.loads((Path(__file__).parents[1] / "payloads" / "am028-single-firing.json").read_text())
    first = body["alerts"][0]
    body["groupKey"] = f'{{}}:{{number="{number}"}}'
    body["alerts"] = [
        {**first, "labels": {**first["labels"], "number": str(number), "host": str(host)}, "fingerprint": ""}
        for host in range(alerts)
    ]
    return json.dumps(body).encode()


def new_ones(alerts: int) -> Bodies:
    """Return a source of payloads that are all different; asked by several threads."""
    numbers = iter(range(10**9))
    lock = threading.Lock()

    def body() -> bytes:
        with lock:
            number = next(numbers)
        return payload(number, alerts)

    return body


def the_same(alerts: int) -> Bodies:
    """Return a source of one payload, again and again."""
    body = payload(-alerts, alerts)
    return lambda: body


def per_second(port: int, bodies: Bodies) -> float:
    """Send for one round over keep-alive connections, and return accepted requests a second."""
    until = time.monotonic() + ROUND_SECONDS
    counts = [0] * CONNECTIONS

    def send(place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
        while time.monotonic() < until:
            connection.request("POST", "/api/v1/webhook/alertmanager", bodies(), headers)
            answer = connection.getresponse()
            answer.read()
            counts[place] += answer.status == 202
        connection.close()

    threads = [threading.Thread(target=send, args=(place,)) for place in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / ROUND_SECONDS


def shares(service: int, ceiling: int) -> Iterator[tuple[str, float]]:
    """Yield each load and the median of the service's share of the ceiling."""
    loads: dict[str, Callable[[], Bodies]] = {
        "1 alert, new": lambda: new_ones(1),
        "1 alert, repeated": lambda: the_same(1),
        "50 alerts, new": lambda: new_ones(50),
        "50 alerts, repeated": lambda: the_same(50),
    }
    for name, make in loads.items():
        bodies = make()
        rounds = [per_second(service, bodies) / per_second(ceiling, bodies) for _ in range(ROUNDS)]
        yield name, statistics.median(rounds)


def memory(pid: int) -> int:
    """Return the proportional set size of a process and its children, in kB."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = [line for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if line.startswith("Pss:")]
    return int(own[0].split()[1]) + sum(memory(int(child)) for child in children)


def main() -> int:
    """Measure, print, and return 1 where a floor is missed."""
    missed = 0
    table = Table("what", "ratio to the ceiling", "limit")
    with tempfile.TemporaryDirectory() as folder, Ceiling("ceiling", ready_within=timedelta(seconds=30)) as ceiling:
        settings = {
            "FIREBRIGADE_WEBHOOK_TOKEN": TOKEN,
            "FIREBRIGADE_DATABASE_URL": f"sqlite:///{folder}/bench.sqlite",
            "FIREBRIGADE_LOG_LEVEL": "error",
        }
        with Serve(settings) as serve:
            for name, share in shares(serve.port, ceiling.port):
                table.add_row(f"{name}: webhooks/s", f"{share:.2f}", f"at least {LEAST_SHARE[name]}")
                missed += share < LEAST_SHARE[name]
            ratio = memory(serve.pid) / memory(ceiling.pid)
            table.add_row("memory", f"{ratio:.2f}", f"at most {MOST_MEMORY}")
            missed += ratio > MOST_MEMORY
    Console().print(table)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
