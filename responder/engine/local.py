"""The engine of one machine: a thread that sweeps, a few workers for what waits on a network, and periodic jobs.

``serve`` starts it after gunicorn's fork. Truth is rows: whatever is lost with this process is found again by the next.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from firebrigade.responder.clock import Clock
from firebrigade.responder.engine.lock import FileLock
from firebrigade.responder.engine.sweep import Sweep, Work
from firebrigade.responder.errors import FirebrigadeError
from firebrigade.responder.store.store import Store

TICK_SECONDS = 1.0
WORKERS = 8
STALLED_AFTER = timedelta(seconds=30)
CLOCK_STEP = timedelta(seconds=5)

_log = structlog.get_logger(__name__)


class Engine:
    """Does what is due.

    Args:
        store: where the claims are.
        sweep: what finds the work.
        lock: held while working; without it this engine stands by.
        clock: tells the time.
        jobs: periodic work: how often → what, such as the reconciler.
    """

    def __init__(
        self,
        store: Store,
        sweep: Sweep,
        lock: FileLock,
        clock: Clock,
        jobs: Mapping[str, tuple[timedelta, Callable[[], None]]],
    ) -> None:
        self._store = store
        self._sweep = sweep
        self._lock = lock
        self._clock = clock
        self._jobs = jobs
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._slots = threading.Semaphore(WORKERS)
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="worker")
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._ticked_at = clock.now()

    @property
    def alive(self) -> bool:
        """Whether it sweeps, or stands by for the process that does."""
        return self._thread.is_alive() and self._clock.now() - self._ticked_at < STALLED_AFTER

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Sweep now instead of at the next tick."""
        self._awake.set()

    def stop(self) -> None:
        """Finish what was claimed, and end; what is left is found again by the next start."""
        self._stopping.set()
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        self._workers.shutdown(wait=True)
        self._lock.release()

    def _run(self) -> None:
        if not self._take_over():
            return
        self._start_jobs()
        while not self._stopping.is_set():
            self._tick()
            self._awake.wait(TICK_SECONDS)
            self._awake.clear()

    def _take_over(self) -> bool:
        standing_by = False
        while not self._stopping.is_set():
            self._ticked_at = self._clock.now()
            try:
                if self._lock.acquire():
                    self._store.release_claims(self._clock.now())
                    _log.info("engine_started")
                    return True
                if not standing_by:
                    _log.info("engine_standing_by", reason="another process holds the lock beside the database")
                    standing_by = True
            except (FirebrigadeError, OSError) as error:
                _log.warning("engine_start_delayed", error=str(error))
            self._stopping.wait(TICK_SECONDS)
        return False

    def _start_jobs(self) -> None:
        for name, (every, job) in self._jobs.items():
            self._scheduler.add_job(
                self._guarded(name, job),
                "interval",
                seconds=every.total_seconds(),
                next_run_time=self._clock.now(),
                id=name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
        self._scheduler.start()

    def _tick(self) -> None:
        try:
            self._notice_the_clock()
            self._sweep.advance_due()
            while self._slots.acquire(blocking=False):
                work = self._sweep.claim()
                if work is None:
                    self._slots.release()
                    break
                self._workers.submit(self._work, work)
            self._ticked_at = self._clock.now()
        except FirebrigadeError as error:
            _log.warning("sweep_delayed", error=str(error))
        except Exception:
            # The next tick tries again; a sweep that keeps failing shows as an engine that is not alive.
            _log.exception("sweep_failed")

    def _notice_the_clock(self) -> None:
        now = self._clock.now()
        if now < self._ticked_at - CLOCK_STEP:
            _log.warning("clock_went_back", seconds=(self._ticked_at - now).total_seconds())
            self._store.make_due(now)

    def _work(self, work: Work) -> None:
        try:
            work()
        except FirebrigadeError as error:
            _log.warning("result_not_written", error=str(error), consequence="it is done again when the lease ends")
        except Exception:
            _log.exception("work_failed")
        finally:
            self._slots.release()
            self._awake.set()

    def _guarded(self, name: str, job: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                job()
            except FirebrigadeError as error:
                _log.warning("job_delayed", job=name, error=str(error))
            except Exception:
                _log.exception("job_failed", job=name)
            self._awake.set()

        return run
