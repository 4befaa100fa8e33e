"""The client against the real Alertmanager."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from firebrigade.responder.alertmanager_records import AlertState, NewSilence, SilenceState
from firebrigade.responder.errors import AlertmanagerError, NotFoundError
from firebrigade.responder.matchers import Matcher, parse_matchers


def send(server: Any, *alerts: dict[str, str]) -> None:
    """Send alerts as Prometheus does."""
    body = [{"labels": labels, "annotations": {"summary": "x"}, "generatorURL": "http://p/"} for labels in alerts]
    requests.post(f"{server.url.rstrip('/')}/api/v2/alerts", json=body, timeout=10).raise_for_status()


@pytest.fixture
def silence(unique: str, now: datetime) -> NewSilence:
    return NewSilence(
        matchers=parse_matchers(f'cluster="{unique}",alertname!~"x|y"'),
        starts_at=now,
        ends_at=now + timedelta(hours=1),
        created_by="alice",
        comment="größer & <b>",
    )


def test_an_alert_that_was_sent_is_listed(server: Any, unique: str) -> None:
    send(server, {"alertname": "A", "cluster": unique, "text": 'größer "x", \\ y\n'})
    (alert,) = server.client.alerts(filters=[Matcher("cluster", "=", unique)])
    assert alert.labels == {"alertname": "A", "cluster": unique, "text": 'größer "x", \\ y\n'}
    assert (alert.state, alert.receivers, alert.annotations) == (AlertState.ACTIVE, ("everything",), {"summary": "x"})
    assert alert.starts_at.tzinfo
    assert len(alert.fingerprint) == 16
    assert alert.generator_url == "http://p/"


def test_alerts_are_filtered_by_hostile_values(server: Any, unique: str) -> None:
    hostile = '"},x=~".*&silenced=false\n\\'
    send(server, {"alertname": "A", "cluster": unique, "text": hostile}, {"alertname": "B", "cluster": unique})
    filters = [Matcher("cluster", "=", unique), Matcher("text", "=", hostile)]
    assert [alert.labels["alertname"] for alert in server.client.alerts(filters=filters)] == ["A"]


def test_a_receiver_is_a_name_and_no_expression(server: Any, unique: str) -> None:
    send(server, {"alertname": "A", "cluster": unique})
    filters = [Matcher("cluster", "=", unique)]
    assert len(server.client.alerts(filters=filters, receiver="everything")) == 1
    assert server.client.alerts(filters=filters, receiver="every.hing") == ()


def test_a_silenced_alert_says_by_what(server: Any, unique: str, silence: NewSilence) -> None:
    send(server, {"alertname": "A", "cluster": unique})
    silence_id = server.client.create_silence(silence)
    (alert,) = server.client.alerts(filters=[Matcher("cluster", "=", unique)])
    assert (alert.state, alert.silenced_by) == (AlertState.SUPPRESSED, (silence_id,))
    assert server.client.alerts(silenced=False, filters=[Matcher("cluster", "=", unique)]) == ()


def test_an_inhibited_alert_says_by_what(server: Any, unique: str, eventually: Any) -> None:
    send(server, {"alertname": "Source", "cluster": unique}, {"alertname": "Target", "cluster": unique})

    def inhibited() -> Any:
        alerts = {
            alert.labels["alertname"]: alert
            for alert in server.client.alerts(filters=[Matcher("cluster", "=", unique)])
        }
        return alerts if alerts["Target"].inhibited_by else None

    alerts = eventually(inhibited)
    assert alerts["Target"].inhibited_by == (alerts["Source"].fingerprint,)
    assert alerts["Target"].state is AlertState.SUPPRESSED


def test_a_group_is_listed_whole(server: Any, unique: str, eventually: Any) -> None:
    send(server, *({"alertname": "A", "cluster": unique, "n": str(number)} for number in range(5)))
    filters = [Matcher("cluster", "=", unique)]
    (group,) = eventually(lambda: server.client.groups(filters=filters, receiver="everything"))
    assert (group.receiver, group.labels) == ("everything", {"alertname": "A", "cluster": unique})
    assert len(group.alerts) == 5


def test_a_silence_comes_back_as_it_was_made_and_amtool_shows_it(server: Any, unique: str, silence: NewSilence) -> None:
    silence_id = server.client.create_silence(silence)
    found = server.client.silence(silence_id)
    assert (found.matchers, found.comment, found.created_by) == (silence.matchers, silence.comment, "alice")
    assert (found.state, found.ends_at) == (SilenceState.ACTIVE, silence.ends_at)
    assert found in server.client.silences(filters=[Matcher("cluster", "=", unique)])
    (shown,) = server.amtool("silence", "query", f"cluster={unique}")
    assert (shown["id"], shown["comment"]) == (silence_id, silence.comment)


def test_a_silence_is_changed_in_place(server: Any, unique: str, silence: NewSilence) -> None:
    silence_id = server.client.create_silence(silence)
    first = server.client.silence(silence_id)
    changed = NewSilence(
        id=silence_id,
        matchers=first.matchers,
        starts_at=first.starts_at,
        ends_at=first.ends_at,
        created_by="bob",
        comment="other",
    )
    assert server.client.create_silence(changed) == silence_id
    assert server.client.silence(silence_id).comment == "other"


def test_a_silence_ends_and_may_be_ended_again(server: Any, silence: NewSilence) -> None:
    silence_id = server.client.create_silence(silence)
    server.client.expire_silence(silence_id)
    server.client.expire_silence(silence_id)
    assert server.client.silence(silence_id).state is SilenceState.EXPIRED


def test_a_silence_that_does_not_exist_is_not_found(server: Any, silence: NewSilence) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    with pytest.raises(NotFoundError):
        server.client.silence(nobody)
    with pytest.raises(NotFoundError):
        server.client.expire_silence(nobody)


def test_what_alertmanager_refuses_is_refused_for_good_in_its_words(server: Any, silence: NewSilence) -> None:
    everything = NewSilence(
        matchers=parse_matchers("a=~.*"),
        starts_at=silence.starts_at,
        ends_at=silence.ends_at,
        created_by="x",
        comment="y",
    )
    with pytest.raises(AlertmanagerError, match=r"answered 400: .*matcher") as refusal:
        server.client.create_silence(everything)
    assert not refusal.value.temporary


def test_the_status_says_version_and_start(server: Any, now: datetime) -> None:
    status = server.client.status()
    assert status.version.count(".") == 2
    assert timedelta() < now - status.started_at + timedelta(seconds=2) < timedelta(hours=1)
    assert status.peers == 0
