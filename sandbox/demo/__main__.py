"""``python -m sandbox.demo``: wedges a pod, and shows how it is noticed, told, repaired, verified and ended."""

import argparse
import os
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sandbox.demo.checks import checks
from sandbox.demo.story import DemoError, Event, Story, summary
from sandbox.installation import WEBHOOK_TOKEN, Installation
from sandbox.processes.child import exit_on_sigterm
from sandbox.processes.server import StartError

PATIENCE_SECONDS = 150
_NO_TERMINAL_COLUMNS = 160  # a log or a pipe has no width of its own
FAULT = {"fault": "wedged", "deployment": "neurectomy-api", "pods": "one"}

_COLOURS = {"rule fires": "red", "opened": "red", "notified": "yellow", "applied": "cyan", "verified": "green"}


def main() -> int:
    """Run the demo and return its exit code: 0 when the main job was done."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave everything running and print the addresses")
    arguments = parser.parse_args()
    exit_on_sigterm()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _NO_TERMINAL_COLUMNS)
    with tempfile.TemporaryDirectory(prefix="firebrigade-demo-") as folder:
        installation = Installation(Path(folder), report=lambda line: console.print(f"starting {line}", style="dim"))
        try:
            with installation:
                _run(installation, console)
                if arguments.keep:
                    _keep(installation, console)
            console.print("Everything worked, and everything that was started has been ended.", style="bold green")
        except (DemoError, StartError) as error:
            console.print(Text(f"demo failed: {error}", style="bold red"))
            return 1
        except KeyboardInterrupt:
            console.print("stopped")
            return 130
    return 0


def _run(installation: Installation, console: Console) -> None:
    console.print(f"\nPrometheus {installation.prometheus.url}   Alertmanager {installation.alertmanager.url}")
    console.print(f"Firebrigade {installation.serve.url}\n")
    story = Story(installation, "ServiceDown", PATIENCE_SECONDS, lambda event: _tell(console, event))
    console.print("waiting until everything is scraped and quiet", style="dim")
    story.wait_for_quiet()
    installation.switch_on(**FAULT)
    story.happen("fault on", "one pod of neurectomy-api hangs: Kubernetes thinks it is ready, scrapes fail")
    incident = story.follow()
    console.print()
    table = Table("seconds", "from → to", "what passes in between", title="Summary")
    for seconds, steps, meaning in summary(story.events):
        table.add_row(f"{seconds:.1f}", steps, meaning)
    console.print(table)
    for line in checks(installation, incident):
        console.print(Text(f"✔ {line}", style="green"))


def _tell(console: Console, event: Event) -> None:
    line = Text(f"{event.at:%H:%M:%S.%f}"[:-5] + "  ")
    line.append(f"{event.what:<18}", style=_COLOURS.get(event.what, "bold"))
    line.append(event.detail)
    console.print(line)


def _keep(installation: Installation, console: Console) -> None:
    addresses = {
        "Prometheus": installation.prometheus.url,
        "Alertmanager": installation.alertmanager.url,
        "Firebrigade": f"{installation.serve.url} (bearer token: {WEBHOOK_TOKEN})",
        "the fleet's faults": f"{installation.fleet.url}/faults",
        "the cluster": f"{installation.cluster.url} (KUBECONFIG={installation.folder / 'kubeconfig'})",
        "PagerDuty": f"{installation.pagerduty.address}/sandbox/incidents",
        "Slack": f"{installation.slack.address}/sandbox/messages",
        "mail": f"{installation.mail.address}/sandbox/messages",
    }
    body = '{"fault": "wedged", "deployment": "ryot", "pods": "one"}'
    found = f"FIREBRIGADE_URL={installation.serve.url} FIREBRIGADE_WEBHOOK_TOKEN={WEBHOOK_TOKEN}"
    lines = [
        "",
        *(f"{name:<20}{address}" for name, address in addresses.items()),
        "",
        "Another fault, and how to see what comes of it a minute later:",
        f"  curl -H 'Content-Type: application/json' -d '{body}' {installation.fleet.url}/faults",
        f"  {found} .venv/bin/firebrigade incident list",
        "",
        f"Everything worked, and everything is left running. Ctrl-C ends it, or from elsewhere: kill {os.getpid()}",
    ]
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)  # what is copied must not be broken into lines
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
