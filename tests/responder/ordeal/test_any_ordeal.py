"""Whatever happens, in whatever order: each change is made at most once, no limit is exceeded, each run ends.

``ORDEALS=5000 .venv/bin/python -m pytest tests/responder/ordeal`` tries so many sequences, other ones each time; the
suite tries the same few. ``events.py`` says what can happen, ``promises.py`` what must hold all the same.
"""

import itertools
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firebrigade.responder import restraints
from firebrigade.responder.engine import permission, runner, step_decisions
from firebrigade.responder.store import ledger
from firebrigade.responder.store.database import Database
from firebrigade.runbooks.actions.restart_pod import RestartPod
from firebrigade.runbooks.actions.scale_deployment import ReplicasEdit
from firebrigade.runbooks.guards.history import Cooldown, Flapping, Lock, StepsAtOnce
from firebrigade.runbooks.supervisor import SupervisorClient
from tests.responder.ordeal.events import (
    Answers,
    Event,
    Fires,
    Passes,
    Resolves,
    Scales,
    Sick,
    Silent,
    Slow,
    SupervisorFails,
    Works,
    scripts,
)
from tests.responder.ordeal.trial import Trial

ORDEALS = int(os.environ.get("ORDEALS", "0"))
WORKS: list[Event] = [Works()] * 5
KINDS = st.fixed_dictionaries({"asks": st.booleans(), "trusts": st.booleans(), "strict": st.booleans()})


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An empty database that has its tables."""
    path = tmp_path_factory.mktemp("template") / "empty.sqlite"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path.read_bytes()


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """Say nothing: thousands of steps would."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.configure(**before)


def undergo(template: bytes, script: Sequence[Event], *, replicas: int = 2, **kind: bool) -> Trial:
    """Let a sequence of events happen, and judge what it comes to."""
    with tempfile.TemporaryDirectory(prefix="firebrigade-") as directory:
        trial = Trial(Path(directory), template, replicas=replicas, **{"asks": False, **kind})
        try:
            for event in script:
                event.happen(trial)
            trial.end()
        finally:
            trial.close()
    return trial


@settings(
    deadline=None,
    max_examples=ORDEALS or 40,
    derandomize=not ORDEALS,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(script=scripts, replicas=st.sampled_from([1, 2]), kind=KINDS)
def test_whatever_happens_the_promises_are_kept(
    template: bytes, script: list[Event], replicas: int, kind: dict[str, bool]
) -> None:
    undergo(template, script, replicas=replicas, **kind)


RESTARTS: list[Event] = [Sick(1), Fires("PodSick", 1), *WORKS]
TWO_AT_ONCE: list[Event] = [Slow(10**6), *RESTARTS, Fires("Busy"), *WORKS]
TWICE: list[Event] = [
    Fires("DiskFull"),
    *WORKS,
    Passes(10),
    *WORKS,
    Resolves("DiskFull"),
    Works(),
    Fires("DiskFull"),
    *WORKS,
]
MEDDLED: list[Event] = [Fires("Busy"), Works(), Scales(2), *WORKS]
WELL_AGAIN: list[Event] = [*RESTARTS[:2], Works(), Sick(0), Sick(2), Sick(1, "serves"), Passes(3), *WORKS]
RECOVERED: list[Event] = [Silent(), SupervisorFails("drop-after"), Fires("AgentFailed"), *WORKS, Passes(10), *WORKS]
ANSWERED: list[Event] = [Fires("Busy"), *WORKS, Answers(True), *WORKS]


@pytest.mark.parametrize(
    ("script", "asks", "writes"),
    [
        pytest.param(RESTARTS, False, 1, id="a restart"),
        pytest.param(TWO_AT_ONCE, False, 5, id="two at once, by turns"),
        pytest.param(TWICE, False, 1, id="twice within the cooldown"),
        pytest.param(MEDDLED, False, 0, id="a person in between"),
        pytest.param(WELL_AGAIN, False, 1, id="the last ready pod, which was the sick one"),
        pytest.param(RECOVERED, False, 1, id="an agent whose recovery was asked for twice"),
        pytest.param(ANSWERED, True, 1, id="approved"),
    ],
)
def test_the_examples_do_what_they_say(template: bytes, script: list[Event], asks: bool, writes: int) -> None:
    trial = undergo(template, script, asks=asks)
    assert len(trial.promises.writes) == writes


def _without_intent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(runner, "applying", lambda step, now: (step_decisions.applying(step, now)[0], []))


def _without_lock(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Lock, "allow", lambda *_: None)


def _without_cooldown(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Cooldown, "allow", lambda *_: None)


def _without_approval(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(runner, "is_approved", lambda _: True)
    patch.setattr(permission, "is_approved", lambda _: True)


def _without_precondition(patch: pytest.MonkeyPatch) -> None:
    def forward(edit: Any) -> list[Any]:
        return [{"op": "replace", "path": "/spec/replicas", "value": edit._desired}]

    patch.setattr(ReplicasEdit, "as_before", lambda *_: True)
    patch.setattr(ReplicasEdit, "forward", forward)


def _without_key(patch: pytest.MonkeyPatch) -> None:
    recover, number = SupervisorClient.recover, itertools.count()
    patch.setattr(
        SupervisorClient, "recover", lambda client, agent, key: recover(client, agent, f"{key}-{next(number)}")
    )


def _without_counts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RestartPod, "_check_counts", lambda *_: None)


@pytest.mark.parametrize(
    ("sabotage", "script", "asks", "said"),
    [
        pytest.param(_without_intent, RESTARTS, False, "without a word", id="no intent is written"),
        pytest.param(_without_lock, TWO_AT_ONCE, False, "at once", id="the lock is dropped"),
        pytest.param(_without_cooldown, TWICE, False, "again after", id="the cooldown is ignored"),
        pytest.param(_without_approval, ANSWERED, True, "nobody approved", id="nobody is asked"),
        pytest.param(_without_counts, WELL_AGAIN, False, "last ready pod", id="the world of the plan is trusted"),
        pytest.param(_without_key, RECOVERED, False, "made twice", id="each attempt has a key of its own"),
        pytest.param(_without_precondition, MEDDLED, False, "somebody has set", id="a person is overridden"),
    ],
)
def test_a_broken_promise_is_noticed(
    template: bytes, monkeypatch: pytest.MonkeyPatch, sabotage: Any, script: list[Event], asks: bool, said: str
) -> None:
    sabotage(monkeypatch)
    with pytest.raises(AssertionError, match=said):
        undergo(template, script, asks=asks)


SCALED: list[Event] = [Slow(1), Fires("Busy"), *WORKS, Passes(60), *WORKS, Resolves("Busy")]
AGAIN: list[Event] = [*SCALED, Works(), Passes(900), Fires("Leaking"), *WORKS]
STORMY: list[Event] = [Fires("Busy"), Fires("NodeSick"), Fires("DiskFull"), Works(), Passes(2), *WORKS, *WORKS]
CROWD: list[Event] = [Slow(10**6), Fires("Busy"), *WORKS, Fires("NodeSick"), *WORKS]


def _without_flapping(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Flapping, "allow", lambda *_: None)


def _without_storm(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(restraints, "storm", lambda *_: None)


def _without_count_of_steps(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(StepsAtOnce, "allow", lambda *_: None)


@pytest.mark.parametrize(
    ("sabotage", "script", "writes", "said"),
    [
        pytest.param(_without_flapping, AGAIN, 1, "was repaired 1 times", id="what flaps is repaired again"),
        pytest.param(_without_storm, STORMY, 0, "acts in a storm of 3", id="it acts in a storm"),
        pytest.param(_without_count_of_steps, CROWD, 3, "is one of 2 under way", id="everything is done at once"),
    ],
)
def test_a_limit_that_is_exceeded_is_noticed(
    template: bytes, monkeypatch: pytest.MonkeyPatch, sabotage: Any, script: list[Event], writes: int, said: str
) -> None:
    assert len(undergo(template, script, strict=True).promises.writes) == writes
    sabotage(monkeypatch)
    with pytest.raises(AssertionError, match=said):
        undergo(template, script, strict=True)


FAILING: list[Event] = [Slow(10**6), Fires("Leaking"), *WORKS, Passes(120), *WORKS, Resolves("Leaking")]
LOST: list[Event] = [*FAILING, Slow(1), Passes(1800), *WORKS, Fires("Leaking"), *WORKS]


@pytest.mark.parametrize(("script", "writes"), [(LOST, 2), ([*LOST, Answers(True), *WORKS], 3)])
def test_after_a_failure_nothing_is_applied_that_nobody_approved(
    template: bytes, script: list[Event], writes: int
) -> None:
    trial = undergo(template, script, trusts=True)
    assert len(trial.promises.writes) == writes
    assert len(undergo(template, script).promises.writes) == 3


def test_a_failure_that_costs_no_trust_is_noticed(template: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permission, "within_trust", lambda standing, plan, refusal: refusal)
    with pytest.raises(AssertionError, match="after a failure, and nobody approved it"):
        undergo(template, LOST, trusts=True)


def test_a_run_that_is_not_in_the_ledger_is_noticed(template: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "outcomes", lambda run, aftermath: {})
    with pytest.raises(AssertionError, match="and it was"):
        undergo(template, RESTARTS, trusts=True)
