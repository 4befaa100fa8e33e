"""``make bench``: building and checking 1,000 SLOs, as multiples of ``promtool check rules`` on what is built.

The three take turns, so that a busy machine slows all of them. Only ratios are judged.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from firebrigade.rules import commands

ROUNDS = 3
FILES, OBJECTIVES = 50, 20  # 1,000 SLOs
MOST = {"build": 1.0, "check": 3.0}

_SPEC = """\
service: shop-{number}
team: web
labels: {{namespace: shop, deployment: shop-{number}}}
slos:
"""
_OBJECTIVE = """\
  - name: orders-{number}
    description: orders that are taken.
    objective: 99.9
    minimum_events: 100
    events:
      error: sum(rate(neurectomy_http_requests_total{{service="neurectomy-api", status=~"5.."}}[{{{{.window}}}}]))
      total: sum(rate(neurectomy_http_requests_total{{service="neurectomy-api"}}[{{{{.window}}}}]))
    alert: {{name: Orders{number}BurnRate, runbook: high-error-rate, dashboard: slo-neurectomy-api}}
"""


def specs(folder: Path) -> list[Path]:
    """Write spec files and return their paths."""
    objectives = "".join(_OBJECTIVE.format(number=number) for number in range(OBJECTIVES))
    paths = [folder / f"shop-{number}.yaml" for number in range(FILES)]
    for number, path in enumerate(paths):
        path.write_text(_SPEC.format(number=number) + objectives)
    return paths


def seconds(work: Callable[[], object]) -> float:
    """Return how long something takes."""
    start = time.monotonic()
    work()
    return time.monotonic() - start


def measured(folder: Path) -> Mapping[str, float]:
    """Return the median multiples of promtool's time."""
    paths, built = specs(folder), folder / "built"
    command = ["promtool", "check", "rules", "--lint=all", *(str(built / f"slo-{path.stem}.yaml") for path in paths)]
    ratios: dict[str, list[float]] = {name: [] for name in MOST}
    for _ in range(ROUNDS):
        build = seconds(lambda: commands.build(paths, built))
        promtool = seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
        check = seconds(lambda: commands.check(paths))
        ratios["build"].append(build / promtool)
        ratios["check"].append(check / promtool)
    return {name: statistics.median(values) for name, values in ratios.items()}


def main() -> int:
    """Print the ratios; the exit code is 1 when one is above its ceiling."""
    with tempfile.TemporaryDirectory(prefix="firebrigade-bench-") as folder:
        found = measured(Path(folder))
    table = Table("1,000 SLOs", "× promtool check rules", "at most")
    for name, ratio in found.items():
        table.add_row(name, f"{ratio:.2f}", f"{MOST[name]:.1f}")
    Console().print(table)
    return int(any(ratio > MOST[name] for name, ratio in found.items()))


if __name__ == "__main__":
    sys.exit(main())
