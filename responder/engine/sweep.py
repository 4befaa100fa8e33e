"""The sweep: everything that is due, found and done. The engine's thread ticks it; tests drain it in virtual time."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog

from firebrigade.responder.case import Lookup
from firebrigade.responder.clock import Clock
from firebrigade.responder.engine.courier import Courier
from firebrigade.responder.engine.runner import Runner
from firebrigade.responder.engine.storm_watch import StormWatch
from firebrigade.responder.errors import StoreUnavailableError
from firebrigade.responder.pipeline import advance
from firebrigade.responder.store.store import Store

POSTPONED = timedelta(minutes=1)
BOUND = 10_000  # rounds of one drain: a loop that never ends is a defect, and must not hang a test

_log = structlog.get_logger(__name__)

Work = Callable[[], None]


class Sweep:
    """Finds what is due."""

    def __init__(self, store: Store, courier: Courier, runner: Runner, lookup: Lookup, clock: Clock) -> None:
        self._store = store
        self._courier = courier
        self._runner = runner
        self._lookup = lookup
        self._clock = clock
        self._storms = StormWatch(store, lookup, clock)

    def advance_due(self) -> int:
        """Advance every incident that is due, and return how many that were."""
        # What is new is looked at together before any of it is advanced: a storm has to be noticed before it pages.
        found = self._store.due_incidents(self._clock.now())
        storm = self._look_for_storms(found)
        due = list(dict.fromkeys((*storm, *found)))
        for incident_id in due:
            self._advance(incident_id)
        return len(due)

    def claim(self) -> Work | None:
        """Claim one delivery or step that is due, and return the work of it; the claim is written down by now."""
        delivery = self._courier.claim()
        if delivery is not None:
            return lambda: self._courier.deliver(delivery)
        step = self._runner.claim()
        if step is not None:
            return lambda: self._runner.run(step)
        return None

    def drain(self) -> None:
        """Do everything that is due now, in this thread, until nothing is."""
        for _ in range(BOUND):
            advanced = self.advance_due()
            work = self.claim()
            if work is not None:
                work()
            elif not advanced:
                return
        raise RuntimeError(f"still something due after {BOUND} rounds")

    def _look_for_storms(self, due: Sequence[int]) -> tuple[int, ...]:
        """Return what is to be advanced before anything else: a storm's incident speaks for those that are due."""
        try:
            return self._storms.look(due)
        except StoreUnavailableError:
            raise
        except Exception:
            # Whatever is wrong with looking, it must not keep a page from going out.
            _log.exception("storms_not_looked_for")
            return ()

    def _advance(self, incident_id: int) -> None:
        now = self._clock.now()
        try:
            outcome = self._store.decide(incident_id, now, lambda case: advance(case, self._lookup))
            for entry in outcome.entries:
                _log.info("timeline", incident_id=incident_id, kind=entry.kind, detail=entry.detail)
        except StoreUnavailableError:
            raise
        except Exception:
            # One incident that can't be decided on must not keep the others waiting.
            _log.exception("incident_postponed", incident_id=incident_id)
            self._store.postpone(incident_id, now + POSTPONED)
