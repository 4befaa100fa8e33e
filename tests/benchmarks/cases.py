"""``make bench``: all promtool cases of the library, as multiples of promtool's own time for the written ones.

Two processes at once in both. promtool alone gets the test files as they are, so every case has every rule of its
files; ours has the cases that follow from quiet ones besides.
"""

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from firebrigade.rules import commands, library
from tests.benchmarks.rules import seconds

JOBS = 2
MOST = {"nothing known": 1.0, "everything known": 0.1}


def alone() -> None:
    """Run promtool on each test file."""

    def run(path: Path) -> None:
        subprocess.run(["promtool", "test", "rules", str(path)], check=True, stdout=subprocess.DEVNULL)

    longest_first = sorted(library.tests(), key=lambda path: path.stat().st_size, reverse=True)
    with ThreadPoolExecutor(max_workers=JOBS) as pool:
        list(pool.map(run, longest_first))


def ours(cache: Path) -> None:
    """Run all cases with the results that are known.

    Raises:
        AssertionError: one of them failed, so that the time would say nothing.
    """
    assert commands.test(jobs=JOBS, cache=cache).passed, "a case fails: firebrigade rules test says which"


def main() -> int:
    """Print the ratios; the exit code is 1 when one is above its ceiling."""
    with tempfile.TemporaryDirectory(prefix="firebrigade-bench-") as folder:
        promtool = seconds(alone)
        found = {name: seconds(lambda: ours(Path(folder))) / promtool for name in MOST}
    table = Table("all promtool cases", "× promtool with the written ones", "at most")
    for name, ratio in found.items():
        table.add_row(name, f"{ratio:.2f}", f"{MOST[name]:.1f}")
    Console().print(table)
    return int(any(ratio > MOST[name] for name, ratio in found.items()))


if __name__ == "__main__":
    sys.exit(main())
