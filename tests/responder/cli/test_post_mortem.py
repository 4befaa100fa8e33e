"""The record of an incident: complete, the same each time, checkable elsewhere, and unbroken by hostile text."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from firebrigade.receivers.contract import PermanentDeliveryError
from firebrigade.responder.api import Api
from firebrigade.responder.chain import Chain, Head, Link, broken
from firebrigade.responder.commands.markdown import escaped, link
from firebrigade.responder.commands.output import plain
from firebrigade.responder.commands.post_mortem import post_mortem
from firebrigade.responder.commands.post_mortem_page import duration, page
from firebrigade.responder.evidence import MOST_CHARACTERS, kept
from firebrigade.responder.model import TimelineEntry
from firebrigade.responder.redaction import Redactor
from firebrigade.responder.trusting import Trusting
from firebrigade.runbooks.contract import Health, Refusal, RefusalReason

Answer = dict[str, Any]
HOSTILE = (
    "|x|\n# y <script>alert(1)</script> [a](javascript:b) `c` **d** ~~e~~ ![f](g) &lt; \\| \x1b[2J "
    "\N{RIGHT-TO-LEFT OVERRIDE}"
)


def answer_of(world: Any) -> Answer:
    """Return what the API says of the first incident."""
    trusting = Trusting(ledger=world.store.ledger, runbooks=(), settings=None)
    with Flask("test").test_request_context():
        shown = Api(store=world.store, clock=world.clock, engine=world.store, trusting=trusting).show_incident(1)
    answer: Answer = json.loads(shown.get_data())
    return answer


def record_of(answer: Answer) -> dict[str, Any]:
    return post_mortem(answer, Redactor())


@pytest.fixture
def repaired(world: Any, runbook: Any) -> Answer:
    """An incident of which the second step of its runbook made an end."""
    first, second, third = runbook("roll-back", "scale", "restart").steps
    world.runbooks["service-down"] = replace(runbook(), steps=(first, replace(second, undo=True), third))
    world.executor.plan_refusals = {"roll-back": Refusal(reason=RefusalReason.NOT_SAFE, summary="It is too old.")}
    world.executor.before = {"replicas": 2, "image": "ryot:1"}
    world.executor.healths = [Health.FAILED, Health.HEALTHY]
    world.receivers["email"].fail = PermanentDeliveryError("no such mailbox")
    world.fires()
    world.passes(timedelta(minutes=4))
    world.store.acknowledge(1, "mara", world.now)
    world.passes(timedelta(minutes=70), tick=timedelta(minutes=10))
    world.resolves()
    return answer_of(world)


def tokens(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(text)


def structure(text: str) -> list[tuple[str, int]]:
    """Return what a document is made of, whatever it says."""
    found = tokens(text)
    inline = [child.type for token in found for child in token.children or [] if child.type != "text"]
    return [(token.type, token.level) for token in found] + [(kind, -1) for kind in inline if kind != "text_special"]


def said(text: str) -> list[str]:
    """Return the text of each piece of a document, as a reader sees it."""
    return ["".join(child.content for child in token.children or []) for token in tokens(text)]


def test_the_record_holds_plan_before_after_and_verdict_of_each_action(repaired: Answer) -> None:
    refused, undone, verified = record_of(repaired)["actions"]
    assert (refused["status"], refused["verdict"], refused["before"]) == ("refused", "It is too old", None)
    assert (undone["name"], undone["status"], undone["verdict"]) == ("scale", "undone", "looks failed")
    assert undone["taken_back"]["summary"] == "taken back"
    assert (verified["plan"], verified["target"]) == ("restart ryot-1", "pod/neurectomy/ryot-1")
    assert (verified["before"], verified["change"]) == ({"replicas": 2, "image": "ryot:1"}, "done")
    assert (verified["verdict"], verified["after"]) == ("looks healthy", {})


def test_the_timeline_itself_holds_plan_and_change(repaired: Answer) -> None:
    entries = {entry["sequence"]: entry for entry in repaired["timeline"]}
    verified = record_of(repaired)["actions"][2]
    told = [(entries[number]["kind"], entries[number]["data"]) for number in verified["entries"]]
    assert [kind for kind, _ in told] == ["planned", "applying", "applied", "verified"]
    assert told[0][1]["planned"]["before"] == {"replicas": 2, "image": "ryot:1"}
    assert told[0][1]["planned"]["summary"] == "restart ryot-1"
    assert told[2][1]["changed"] == {"already": False, "after": {}, "summary": "done"}


def test_the_impact_says_when_and_how_long_and_who(repaired: Answer) -> None:
    impact = record_of(repaired)["impact"]
    assert (impact["started_at"], impact["noticed_at"]) == ("2026-01-05T08:59:00Z", "2026-01-05T09:00:00Z")
    assert (impact["acknowledged_by"], impact["ended_by"]) == ("mara", "alertmanager")
    assert impact["duration_seconds"] == 75 * 60
    assert (impact["service"], impact["severity"]) == ("ryot", "critical")


def test_what_is_open_has_no_end(world: Any) -> None:
    world.fires()
    record = record_of(answer_of(world))
    assert (record["impact"]["ended_at"], record["impact"]["duration_seconds"]) == (None, None)
    assert "It is not resolved: when is it over?" in record["open_questions"]
    assert "No runbook answers this alert: should one?" in record["open_questions"]
    assert "Nobody acknowledged it: did anybody need to, and was anybody reached?" in record["open_questions"]
    assert "| ended | still open |" in page(record)


def test_questions_come_from_what_happened(repaired: Answer) -> None:
    assert record_of(repaired)["open_questions"][2:-1] == [
        "Why was email not reached?",
        "roll-back was refused (It is too old): is that as it should be?",
        "Why did scale not help (looks failed)?",
        "restart repaired it: what is the cure, so that it need not be repaired again?",
    ]


def test_the_draft_has_its_parts_in_order(repaired: Answer) -> None:
    text = page(record_of(repaired))
    parts = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert parts == [
        *("Summary", "Impact", "Timeline", "Alerts", "Actions", "Notifications", "Open questions", "Record"),
    ]
    head = repaired["chain"]["head"]
    assert "\n\n\n" not in text
    for line in (
        "# Incident 1: ServiceDown: ryot ryot-1",
        "| lasted | 1 h 15 min |",
        "| plan | restart ryot-1 |",
        "| planned | 2026-01-05 09:00:00Z |",
        '| before | image="ryot:1", replicas=2 |',
        "| verdict | looks healthy |",
        "Acknowledged: 2026-01-05 09:04:00Z by mara.",
        "- [ ] Why was email not reached?",
        f"- Hash of the last, which bears on all of them: {head}",
        "- Alertmanager: <http://alertmanager.test>",
    ):
        assert line in text.splitlines()
    rows = [line for line in text.splitlines() if line.startswith("| 1 |")]
    assert rows[0] == f"| 1 | 2026-01-05 09:00:00Z | opened | alertmanager | {repaired['timeline'][0]['detail']} |"


def test_the_same_state_gives_the_same_bytes(repaired: Answer) -> None:
    shuffled = json.loads(json.dumps(repaired, sort_keys=True))
    again = {name: shuffled[name] for name in reversed(list(shuffled))}
    assert page(record_of(repaired)) == page(record_of(again))
    assert record_of(repaired) == record_of(again)


def test_the_keys_of_the_record_are_those_that_are_promised(repaired: Answer) -> None:
    record = record_of(repaired)
    assert (record["format"], record["version"]) == ("firebrigade-incident", 1)
    parts = ["incident", "impact", "alerts", "actions", "notifications", "open_questions", "timeline", "chain"]
    assert list(record) == ["format", "version", *parts]
    entry = {"at", "kind", "actor", "detail", "data", "sequence", "previous", "hash"}
    assert all(set(one) == entry for one in record["timeline"])
    assert set(record["chain"]) == {"incident_id", "entries", "head", "problems"}
    assert set(record["notifications"][0]) >= {"receiver", "reason", "status", "created_at", "detail"}


def chain_of(record: Mapping[str, Any]) -> Chain:
    """Return the chain of a record that was kept, with nothing else at hand."""
    links = [
        Link(
            entry=TimelineEntry(
                at=datetime.fromisoformat(one["at"]), **{n: one[n] for n in ("kind", "actor", "detail", "data")}
            ),
            **{name: one[name] for name in ("sequence", "previous", "hash")},
        )
        for one in record["timeline"]
    ]
    head = Head(length=record["chain"]["entries"], hash=record["chain"]["head"])
    return Chain(incident_id=record["incident"]["id"], links=tuple(links), head=head)


def test_a_record_that_was_kept_can_be_checked_without_the_service(repaired: Answer) -> None:
    record = json.loads(json.dumps(record_of(repaired)))
    assert broken(chain_of(record)) == []
    record["timeline"][2]["actor"] = "nobody"
    assert [problem.entry for problem in broken(chain_of(record))] == [3]


def spoiled(answer: Answer, text: str) -> Answer:
    """Return an answer in which foreign text stands wherever it can come from outside."""
    answer = json.loads(json.dumps(answer))
    answer["incident"] |= {"title": text, "summary": text, "service": text, "severity": text}
    answer["incident"] |= {"external_url": f" {text}"}  # an address of its own would rightly be a link
    answer["incident"] |= {"annotations": {"description": text}, "acknowledged_by": text}
    for alert in answer["alerts"]:
        alert["labels"] = {"alertname": text, "pod": text}
    for entry in answer["timeline"]:
        entry |= {"detail": text, "actor": text, "kind": text}
    for step in answer["steps"]:
        step |= {"name": text, "verdict": text, "target": text}
        step["plan"] = step["plan"] and {**step["plan"], "summary": text, "before": {"image": text, "more": [text]}}
    for delivery in answer["deliveries"]:
        delivery |= {"detail": text, "receiver": text}
    answer["chain"]["problems"] = [{"summary": text}]
    return answer


SIGNS = st.sampled_from(
    [*"|\\`*_[]()<>#+-!~&$:@/=\"'{}.\n\r\t \x00\x1b", "\u202e", "\u2028", "é", "a", "1", "http://a"],
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.lists(SIGNS, min_size=1, max_size=12).map("".join).filter(str.strip))
def test_no_text_from_outside_breaks_the_document(repaired: Answer, text: str) -> None:
    _check(repaired, text)


def test_known_tricks_do_not_break_the_document(repaired: Answer) -> None:
    _check(repaired, HOSTILE)


def _check(repaired: Answer, text: str) -> None:
    made, tame = (page(record_of(spoiled(repaired, one))) for one in (text, "tame"))
    assert structure(made) == structure(tame)
    assert made.replace("\n", "").isprintable()
    cells = [cell.strip() for cell in said(made)]
    assert cells.count(plain(text).strip()) >= len(repaired["timeline"]) * 3


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(None, "", id="nothing"),
        pytest.param("a_b|c", r"a\_b&#124;c", id="signs"),
        pytest.param("<b>&amp;", "&lt;b&gt;&amp;amp;", id="HTML"),
        pytest.param("a\nb\x1b", r"a\\nb\\x1b", id="what can't be printed"),
        pytest.param({"b": [1, None], "a": "é"}, '{"a": "é", "b": \\[1, null\\]}', id="JSON"),
    ],
)
def test_a_value_is_escaped(value: Any, shown: str) -> None:
    assert escaped(value) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://a.example/x?b=1", "<https://a.example/x?b=1>"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("https://a.example/> <b>", "https://a.example/&gt; &lt;b&gt;"),
    ],
)
def test_an_address_is_a_link_only_if_it_is_one(address: str, shown: str) -> None:
    assert link(address) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, ""), (0.0, "0 s"), (59.6, "1 min"), (61.0, "1 min 1 s"), (3_600.0, "1 h"), (90_061.0, "1 d 1 h")],
)
def test_a_length_of_time_is_told_in_two_units(seconds: float | None, shown: str) -> None:
    assert duration(seconds) == shown


def test_evidence_has_no_secrets() -> None:
    plan = {"params": {"token": "planted"}, "before": {"url": "http://me:planted@db/x"}}
    assert "planted" not in json.dumps(kept({"planned": plan}))


def test_evidence_that_is_too_long_is_there_by_its_hash() -> None:
    found = kept({"seen": {"log": "x" * MOST_CHARACTERS}, "changed": None})
    assert set(found["seen"]) == {"characters", "sha256"}
    assert kept({"seen": {"log": "x" * (MOST_CHARACTERS - 20)}})["seen"]["log"].startswith("xxx")
    assert set(found) == {"seen"}


@pytest.fixture
def secretive(repaired: Answer) -> Callable[[str], Answer]:
    def make(secret: str) -> Answer:
        repaired["deliveries"][0]["detail"] = f"Authorization: Bearer {secret}"
        return repaired

    return make


def test_the_record_tells_no_credentials(secretive: Callable[[str], Answer]) -> None:
    assert "planted-1234" not in json.dumps(record_of(secretive("planted-1234")))
