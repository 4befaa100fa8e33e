from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.responder.alertmanager_records import AlertState, ListedAlert, ServerStatus, Silence, SilenceState
from firebrigade.responder.errors import AlertmanagerError
from firebrigade.responder.matchers import parse_matchers
from firebrigade.responder.model import Alert, AlertStatus, IncidentAlert
from firebrigade.responder.reconcile import ReconcilePolicy, Reconciliation, Standing, View, look, reconcile

NOW = datetime(2026, 2, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = ReconcilePolicy(grace=10 * MINUTE, expire_after=timedelta(hours=24))
WATCHDOG = parse_matchers('alertname="Watchdog"')


def ours(seen_ago: timedelta = 60 * MINUTE, status: AlertStatus = AlertStatus.FIRING) -> IncidentAlert:
    alert = Alert(fingerprint="f", status=status, labels={}, annotations={}, starts_at=NOW - 90 * MINUTE)
    return IncidentAlert(alert=alert, last_seen_at=NOW - seen_ago)


def listed(state: AlertState = AlertState.ACTIVE, fingerprint: str = "f", **fields: Any) -> ListedAlert:
    return ListedAlert(
        fingerprint=fingerprint,
        state=state,
        labels=fields.pop("labels", {}),
        annotations={},
        starts_at=NOW - 80 * MINUTE,
        ends_at=NOW + 5 * MINUTE,
        updated_at=NOW,
        **fields,
    )


def silence(silence_id: str, ends_in: timedelta, state: SilenceState = SilenceState.ACTIVE) -> Silence:
    return Silence(
        id=silence_id,
        state=state,
        matchers=(),
        starts_at=NOW,
        ends_at=NOW + ends_in,
        updated_at=NOW,
        created_by="alice",
        comment="new rack",
    )


def view(*alerts: ListedAlert, silences: Sequence[Silence] = (), up: timedelta = 60 * MINUTE) -> View:
    return View(
        url="http://am",
        asked_at=NOW,
        alerts={alert.fingerprint: alert for alert in alerts},
        silences={silence.id: silence for silence in silences},
        status=ServerStatus(version="0.25.0", started_at=NOW - up, peers=0),
    )


def decide(alert: IncidentAlert, *views: View, policy: ReconcilePolicy = POLICY) -> Reconciliation:
    (reconciliation,) = reconcile([alert], views, policy, NOW)
    return reconciliation


DOWN = View(url="http://am", asked_at=NOW, failure="Alertmanager at http://am can't be reached")
DAYS = timedelta(hours=24)
BEATING = replace(POLICY, heartbeat=WATCHDOG)
BEAT = listed(fingerprint="w", labels={"alertname": "Watchdog"})
STANDINGS = {
    "it is listed": (ours(), [view(listed())], POLICY, Standing.ACTIVE),
    "it is listed and not yet processed": (ours(), [view(listed(AlertState.UNPROCESSED))], POLICY, Standing.ACTIVE),
    "it is listed by one that has just started": (ours(), [view(listed(), up=MINUTE)], POLICY, Standing.ACTIVE),
    "it is silenced": (ours(), [view(listed(AlertState.SUPPRESSED))], POLICY, Standing.SUPPRESSED),
    "it is gone": (ours(), [view()], POLICY, Standing.RESOLVED),
    "it is gone and another one is listed": (ours(), [view(listed(fingerprint="g"))], POLICY, Standing.RESOLVED),
    "it is gone for less than the grace": (ours(9 * MINUTE), [view()], POLICY, Standing.UNKNOWN),
    "it is gone for as long as the grace": (ours(10 * MINUTE), [view()], POLICY, Standing.RESOLVED),
    "it was seen after the listing was asked for": (ours(-MINUTE), [view()], POLICY, Standing.UNKNOWN),
    "alertmanager was up for less than the grace": (ours(), [view(up=9 * MINUTE)], POLICY, Standing.UNKNOWN),
    "alertmanager was up for as long as the grace": (ours(), [view(up=10 * MINUTE)], POLICY, Standing.RESOLVED),
    "alertmanager's clock is ahead of ours": (ours(), [view(up=-MINUTE)], POLICY, Standing.UNKNOWN),
    "alertmanager can't be asked": (ours(), [DOWN], POLICY, Standing.UNKNOWN),
    "alertmanager can't be asked for a day": (ours(DAYS), [DOWN], POLICY, Standing.EXPIRED),
    "nothing ever expires": (ours(9 * DAYS), [DOWN], replace(POLICY, expire_after=None), Standing.UNKNOWN),
    "there is no alertmanager to ask": (ours(), [], POLICY, Standing.UNKNOWN),
    "there was none to ask for a day": (ours(DAYS), [], POLICY, Standing.EXPIRED),
    "prometheus sends no heartbeat": (ours(), [view()], BEATING, Standing.UNKNOWN),
    "prometheus sends a heartbeat": (ours(), [view(BEAT)], BEATING, Standing.RESOLVED),
    "one peer lists it": (ours(), [view(), view(listed())], POLICY, Standing.ACTIVE),
    "one peer lists it and the other is down": (ours(), [DOWN, view(listed())], POLICY, Standing.ACTIVE),
    "one peer has it silenced": (ours(), [view(), view(listed(AlertState.SUPPRESSED))], POLICY, Standing.SUPPRESSED),
    "peers do not agree on the silence": (
        ours(),
        [view(listed(AlertState.SUPPRESSED)), view(listed())],
        POLICY,
        Standing.ACTIVE,
    ),
    "both peers have lost it": (ours(), [view(), view()], POLICY, Standing.RESOLVED),
    "one peer has lost it and the other is down": (ours(), [view(), DOWN], POLICY, Standing.UNKNOWN),
    "one peer has lost it and the other has just started": (
        ours(),
        [view(), view(up=MINUTE)],
        POLICY,
        Standing.UNKNOWN,
    ),
}


@pytest.mark.parametrize(("alert", "views", "policy", "standing"), STANDINGS.values(), ids=STANDINGS)
def test_an_alert_stands_as_the_listings_say(
    alert: IncidentAlert, views: list[View], policy: ReconcilePolicy, standing: Standing
) -> None:
    found = decide(alert, *views, policy=policy)
    assert (found.fingerprint, found.standing) == ("f", standing)
    assert found.reason


def test_an_alert_that_has_resolved_is_not_asked_about() -> None:
    assert reconcile([ours(status=AlertStatus.RESOLVED)], [view()], POLICY, NOW) == ()


def test_an_alert_that_fired_again_says_since_when() -> None:
    assert decide(ours(), view(listed())).starts_at == NOW - 80 * MINUTE


UNTIL = {
    "until the last silence ends": (
        {"silenced_by": ("1", "2")},
        [silence("1", 5 * MINUTE), silence("2", 60 * MINUTE)],
        NOW + 60 * MINUTE,
    ),
    "an inhibition has no known end": ({"silenced_by": ("1",), "inhibited_by": ("x",)}, [silence("1", MINUTE)], None),
    "a time interval has no known end": ({"silenced_by": ("1",), "muted_by": ("night",)}, [silence("1", MINUTE)], None),
    "a silence that is not listed has no known end": ({"silenced_by": ("1", "2")}, [silence("1", MINUTE)], None),
    "a silence that has ended": ({"silenced_by": ("1",)}, [silence("1", -MINUTE, SilenceState.EXPIRED)], None),
    "only an inhibition": ({"inhibited_by": ("x",)}, [], None),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "silences", "until"), UNTIL.values(), ids=UNTIL)
def test_a_suppressed_alert_says_until_when_only_if_that_is_known(
    fields: dict[str, Any], silences: list[Silence], until: datetime | None
) -> None:
    found = decide(ours(), view(listed(AlertState.SUPPRESSED, **fields), silences=silences))
    assert (found.standing, found.suppressed_until) == (Standing.SUPPRESSED, until)


def test_a_suppressed_alert_says_by_what() -> None:
    alert = listed(AlertState.SUPPRESSED, silenced_by=("1",), inhibited_by=("abc",), muted_by=("night",))
    found = decide(ours(), view(alert, silences=[silence("1", 5 * MINUTE)]))
    assert found.suppressed_by == "silence 1, inhibition by abc, time interval night"
    assert found.reason == (
        "it still fires, and is silenced by alice until 2026-02-02 12:05 UTC: new rack;"
        " inhibited by another alert; muted by the time interval night"
    )


def test_why_nothing_can_be_concluded_is_said() -> None:
    assert decide(ours(), DOWN).reason == "Alertmanager at http://am can't be reached"
    assert "started at 11:59:00 UTC" in decide(ours(), view(up=MINUTE)).reason
    assert "no heartbeat" in decide(ours(), view(), policy=BEATING).reason


minutes = st.integers(-5, 3000).map(lambda number: number * MINUTE)
views = st.lists(
    st.just(DOWN) | st.builds(lambda up, there: view(*[listed()][:there], up=up), minutes, st.integers(0, 1))
)


@given(minutes, views)
def test_an_alert_is_only_resolved_when_everyone_was_asked_up_for_long_and_without_it(
    seen_ago: timedelta, views: list[View]
) -> None:
    found = decide(ours(seen_ago), *views)
    proof = [
        each.status and each.asked_at - each.status.started_at >= POLICY.grace and not each.alerts for each in views
    ]
    assert (found.standing is Standing.RESOLVED) is bool(proof and all(proof) and seen_ago >= POLICY.grace)
    assert (found.standing is Standing.ACTIVE) is any(each.alerts for each in views)


class Refusing:
    """An Alertmanager that can't be asked."""

    url = "http://am"

    def alerts(self) -> Sequence[ListedAlert]:
        return ()

    def silences(self) -> Sequence[Silence]:
        raise AlertmanagerError("it can't be reached")

    def status(self) -> ServerStatus:
        raise AssertionError("it is not asked further")


def test_an_alertmanager_that_can_t_be_asked_is_a_view_that_proves_nothing() -> None:
    assert look([Refusing()], NOW) == (View(url="http://am", asked_at=NOW, failure="it can't be reached"),)


@pytest.mark.parametrize(
    ("comments", "fields", "standing"),
    [
        pytest.param(["[firebrigade-run:a-0]"], {}, Standing.ACTIVE, id="by a run alone"),
        pytest.param(["[firebrigade-run:a-0]", "move"], {}, Standing.SUPPRESSED, id="by a person too"),
        pytest.param(["[firebrigade-run:a-0]"], {"inhibited_by": ("g",)}, Standing.SUPPRESSED, id="inhibited too"),
        pytest.param(["[firebrigade:a]"], {}, Standing.SUPPRESSED, id="by maintenance"),
        pytest.param([], {"inhibited_by": ("g",)}, Standing.SUPPRESSED, id="inhibited alone"),
    ],
)
def test_what_a_runbook_silences_for_its_run_does_not_hold_the_run_back(
    comments: list[str], fields: dict[str, Any], standing: Standing
) -> None:
    silences = [
        replace(silence(f"s{number}", MINUTE), comment=comment, created_by="firebrigade")
        for number, comment in enumerate(comments)
    ]
    found = listed(AlertState.SUPPRESSED, silenced_by=tuple(one.id for one in silences), **fields)
    assert decide(ours(), view(found, silences=silences)).standing is standing
