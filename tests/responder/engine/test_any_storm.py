"""Whatever happens in a storm, what stays open has paged in time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firebrigade.receivers.contract import PermanentDeliveryError, TemporaryDeliveryError
from firebrigade.responder.model import IncidentStatus
from firebrigade.responder.storms import Storms

MINUTE = timedelta(minutes=1)
HELD = 20 * MINUTE
BOUND = HELD + 5 * MINUTE + 2 * MINUTE  # the time to answer whether somebody is at work, and a look
FAILURES: dict[str, Exception | None] = {
    "works": None,
    "busy": TemporaryDeliveryError("busy"),
    "refused": PermanentDeliveryError("the key is wrong"),
}
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("come"), st.integers(1, 6)),
        st.tuples(st.just("pass"), st.integers(1, 12)),
        st.tuples(st.just("receiver"), st.sampled_from(sorted(FAILURES))),
        st.tuples(st.sampled_from(["acknowledge", "resolve"]), st.sampled_from(["storm", "first", "last"])),
        st.tuples(st.just("die"), st.integers(1, 4)),
    ),
    min_size=4,
    max_size=14,
)


class Trial:
    """A world that is driven by events, and who in it has waited for too long."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.number = 0
        self.taken_on_at = world.now  # when a person last took the storm on

    def take(self, event: str, argument: Any) -> None:
        getattr(self, f"_{event}")(argument)

    def _come(self, count: int) -> None:
        """Incidents come; nothing is done yet, as if the process were about to die."""
        for _ in range(count):
            self.number += 1
            alert = self.world.alert(number=str(self.number), starts_at=self.world.now)
            self.world.store.record(self.world.group(alert, group_key=f"{self.number}"), self.world.now)

    def _pass(self, minutes: int) -> None:
        for _ in range(minutes):
            self.world.passes(MINUTE, tick=MINUTE)
            assert self.forgotten() == []

    def _receiver(self, how: str) -> None:
        self.world.receivers["pagerduty"].fail = FAILURES[how]

    def _acknowledge(self, which: str) -> None:
        for incident_id in self._which(which):
            self.world.store.acknowledge(incident_id, "anna", self.world.now)
            self.taken_on_at = self.world.now if which == "storm" else self.taken_on_at

    def _resolve(self, which: str) -> None:
        for incident_id in self._which(which):
            self.world.store.resolve(incident_id, "anna", self.world.now)

    def _die(self, after: int) -> None:
        """The process dies with so many pieces of work claimed and not done, and another one begins."""
        self.world.sweep.advance_due()
        for _ in range(after):
            self.world.sweep.claim()
        self.world.store.release_claims(self.world.now)

    def _which(self, which: str) -> Sequence[int]:
        found = self.world.store.open_incidents()
        storms = [one.id for one in found if one.labels["alertname"] == "IncidentStorm"]
        others = [one.id for one in found if one.id not in storms]
        return {"storm": storms, "first": others[:1], "last": others[-1:]}[which]

    def forgotten(self) -> list[int]:
        """Return the incidents that nobody acknowledged and that have paged nobody though their time is over."""
        now, store = self.world.now, self.world.store
        late = [one for one in store.open_incidents() if one.status is IncidentStatus.TRIGGERED]
        since = {one.id: max(one.opened_at, self.taken_on_at) for one in late}
        return [number for number, at in since.items() if now - at > BOUND and not store.deliveries(number)]


@pytest.fixture
def trials(world: Any, tmp_path: Path) -> Any:
    made: list[Any] = []

    def make() -> Trial:
        fresh = replace(world, path=tmp_path / f"{len(made)}.sqlite")
        fresh.storms = Storms(incidents=3, within=10 * MINUTE, holds_pages_for=HELD)
        fresh.receivers = {name: type(receiver)() for name, receiver in world.receivers.items()}
        fresh.clock = type(world.clock)()
        made.append(fresh)
        return Trial(fresh)

    yield make
    for one in made:
        one.store.close()


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
def test_whatever_stays_open_has_paged_in_time(trials: Any, events: list[tuple[str, Any]]) -> None:
    trial = trials()
    for event, argument in [("come", 5), *events]:
        trial.take(event, argument)
    trial.take("pass", 30)
    assert all(one.held_by == 0 for one in trial.world.store.open_incidents())
