"""Runs many scenarios, each in a world and with a database of its own, in one process or in several."""

import logging
import multiprocessing
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import structlog

from firebrigade.responder.store.database import Database
from firebrigade.runbooks.loader import RunbookLibrary
from sandbox.campaign.scenario import Scenario
from sandbox.campaign.trial import Result, run

_MEMORY = Path("/dev/shm")  # noqa: S108 - each scenario has a folder of its own in it


def run_all(chosen: Sequence[Scenario], jobs: int = 1) -> Iterator[Result]:
    """Run scenarios and yield their results in their order; what comes out does not depend on ``jobs``."""
    if jobs == 1 or len(chosen) < 2:
        yield from map(run_one, chosen)
        return
    with multiprocessing.get_context("spawn").Pool(jobs, initializer=say_nothing) as pool:
        yield from pool.imap(run_one, chosen)


def say_nothing() -> None:
    """Log nothing of each step: the timelines tell, where they are asked for."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def run_one(scenario: Scenario) -> Result:
    """Run one scenario."""
    with tempfile.TemporaryDirectory(prefix="campaign-", dir=_MEMORY if _MEMORY.is_dir() else None) as name:
        return run(scenario, _library(), _template(), Path(name))


@cache
def _library() -> RunbookLibrary:
    return RunbookLibrary.load()


@cache
def _template() -> bytes:
    """Return an empty database that has its tables."""
    with tempfile.TemporaryDirectory(prefix="campaign-") as name:
        path = Path(name) / "template.sqlite"
        database = Database(f"sqlite:///{path}")
        database.migrate()
        database.close()
        return path.read_bytes()
