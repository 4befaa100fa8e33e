from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from firebrigade.responder.alertmanager_records import AlertState, ListedAlert, ListedGroup
from firebrigade.responder.errors import AlertmanagerError
from firebrigade.responder.matchers import Matcher
from firebrigade.responder.model import Alert, AlertGroup, AlertStatus
from firebrigade.responder.truncation import beyond_cut, complete_group

NOW = datetime(2026, 2, 2, 12, tzinfo=UTC)
LABELS = {"alertname": "PodDown", "größe": "XL"}


def known(fingerprint: str) -> Alert:
    return Alert(fingerprint=fingerprint, status=AlertStatus.FIRING, labels={}, annotations={}, starts_at=NOW)


def listed(fingerprint: str, state: AlertState = AlertState.ACTIVE) -> ListedAlert:
    return ListedAlert(
        fingerprint=fingerprint,
        state=state,
        labels={"n": fingerprint},
        annotations={"a": "b"},
        starts_at=NOW,
        ends_at=NOW,
        updated_at=NOW,
        generator_url="http://p/",
    )


def group_of(*alerts: ListedAlert, receiver: str = "us", labels: dict[str, str] = LABELS) -> ListedGroup:
    return ListedGroup(receiver=receiver, labels=labels, alerts=alerts)


GROUP = AlertGroup(
    source="",
    receiver="us",
    status=AlertStatus.FIRING,
    group_key='{}:{alertname="PodDown", größe="XL"}',
    group_labels=LABELS,
    common_labels={},
    common_annotations={},
    external_url="",
    alerts=(known("a"), known("b")),
    truncated_alerts=2,
)

CASES = {
    "the rest is listed": ([group_of(*map(listed, "dcba"))], ["c", "d"], 0),
    "one has resolved": ([group_of(*map(listed, "abc"))], ["c"], 1),
    "all have resolved": ([], [], 2),
    "more have joined": ([group_of(*map(listed, "abcde"))], ["c", "d", "e"], 0),
    "one is silenced": ([group_of(listed("c"), listed("d", AlertState.SUPPRESSED))], ["c"], 1),
    "one is not yet processed": ([group_of(listed("c"), listed("d", AlertState.UNPROCESSED))], ["c", "d"], 0),
    "another receiver's group": ([group_of(*map(listed, "cd"), receiver="them")], [], 2),
    "another group of ours": ([group_of(*map(listed, "cd"), labels={"alertname": "PodDown"})], [], 2),
    "two routes of the same receiver": ([group_of(*map(listed, "ac")), group_of(*map(listed, "acd"))], ["c", "d"], 0),
}


@pytest.mark.parametrize(("groups", "expected", "unaccounted"), CASES.values(), ids=CASES)
def test_what_lies_beyond_the_cut_is_found(groups: list[ListedGroup], expected: list[str], unaccounted: int) -> None:
    completion = beyond_cut(GROUP, groups)
    assert [alert.fingerprint for alert in completion.alerts] == expected
    assert completion.unaccounted == unaccounted


def test_an_alert_beyond_the_cut_is_as_if_it_had_been_sent() -> None:
    (alert, _) = beyond_cut(GROUP, [group_of(*map(listed, "cd"))]).alerts
    assert alert == Alert(
        fingerprint="c",
        status=AlertStatus.FIRING,
        labels={"n": "c"},
        annotations={"a": "b"},
        starts_at=NOW,
        generator_url="http://p/",
    )


class Asked:
    """Groups as Alertmanager lists them, with the question kept."""

    question: tuple[list[str], str] | None = None

    def groups(self, *, filters: Iterable[Matcher] = (), receiver: str = "") -> list[ListedGroup]:
        self.question = ([str(matcher) for matcher in filters], receiver)
        return [group_of(*map(listed, "abcd"))]


def test_it_asks_for_the_group_by_the_labels_that_every_version_can_filter() -> None:
    asked = Asked()
    assert len(complete_group(GROUP, asked).alerts) == 2
    assert asked.question == (['alertname="PodDown"'], "us")


def test_a_whole_group_is_not_asked_about() -> None:
    asked = Asked()
    assert complete_group(replace(GROUP, truncated_alerts=0), asked).alerts == ()
    assert asked.question is None


def test_a_group_that_can_t_be_asked_about_is_left_to_the_caller() -> None:
    class Down:
        def groups(self, *, filters: Iterable[Matcher] = (), receiver: str = "") -> list[ListedGroup]:
            raise AlertmanagerError("down")

    with pytest.raises(AlertmanagerError):
        complete_group(GROUP, Down())
