"""Hostile labels and annotations through the real webhook: what reaches people and machines is inert."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import promql_parser
import pytest
import requests

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("hostile")]

CANARY = "canary-of-the-hostile-tests"
VALUES = {
    "a shell's words": f"$(touch {CANARY}); `touch {CANARY}`; \"; touch {CANARY} #' && touch {CANARY} | sh",
    "Jinja": "{{70000001*191}} {% for x in ''.__class__.__mro__ %}{{x}}{% endfor %}",
    "Go templates and variables": "{{ .Labels }} ${HOME} $HOME %(x)s",
    "format strings": "%s%n {0.__class__} {alerts[0].__globals__} {}",
    "more mail headers": "x\r\nBcc: evil@evil.example\r\n\r\n<b>body</b>",
    "a single line feed": "x\nSubject: other\n.\nMAIL FROM:<evil@evil.example>",
    "HTML": "</title></p><script>alert(1)</script><img src=x onerror=alert(1)>\"'><a href='javascript:alert(1)'>x</a>",
    "Slack's mentions": "<!channel> <@U1234567> <!here> <!subteam^S1> <#C1|x>",
    "a Slack link": "<http://evil.example|bank.example> &lt;!channel&gt; &amp; `code` *bold* _x_ ~x~ > quote",
    "text turned round": "up\u202enwod\u2066x\u200f",
    "control characters": "a\x00b\x07c\x1b[2J\x1b]0;title\x07\x7f\x9b31m\u2028\u2029",
    "lone surrogates": "a\ud800b\udfff",
    "PromQL": '"} or vector(1) #',
    "PromQL with a backslash": '\\"} or vector(1) #\\',
    "a path upwards": "../../namespaces/kube-system/pods/x",
    "a path upwards, encoded": "..%2f..%2fnamespaces%2fkube-system%2fpods%2fx",
    "a slash, encoded": "pod%2fname",
    "a query": "x?fieldSelector=a#b",
    "capitals": "RYOT-1",
    "a dot at the end": "ryot-1.",
    "two dots": "..",
    "254 characters": "a" * 254,
    "a line feed at the end": "ryot-1\n",
    "digits of another script": "ryot-\u0661",
    "a script as an address": "javascript:alert(1)",
    "an address that pretends": "https://bank.example@evil.example/|x>",
    "an address with a break": 'https://x.example/\r\nX: y"><script>',
    "a long text": "&<>*`" * 3000,
}
OWN_LINK = re.compile(r"<https?://[^\s<>|]+\|[^<>|]*>")
HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version", "Content-Type"),
    *("Auto-Submitted", "X-Auto-Response-Suppress"),
}
TAGS = {"html", "head", "title", "body", "p", "b", "ul", "li", "a"}


@pytest.fixture(scope="module")
def told(scene: Any, wait: Callable[..., None]) -> Any:
    """Send every value everywhere that an alert has a place for it, and wait until everybody was told."""
    incidents = []
    for value in VALUES.values():
        names = ("alertname", "service", "namespace", "deployment", "pod", "agent_id", "job", "instance")
        labels = {**dict.fromkeys(names, value), "severity": "critical", value: value}
        links = dict.fromkeys(("summary", "description", "runbook_url", "dashboard_url", value), value)
        more = {"receiver": value, "externalURL": value, "groupLabels": {"alertname": value}}
        incidents.append(scene.open(labels, links, **more))
        incidents.append(scene.open({**labels, "kind": "agent"}, links, **more))
    for one in incidents:
        wait(lambda one=one: scene.told(one), lambda one=one: str(scene.get(f"/api/v1/incidents/{one}")))
    return scene


def test_no_name_that_is_none_reaches_kubernetes_or_the_supervisor(told: Any) -> None:
    assert told.kubernetes.seen == []
    assert told.supervisor.seen == []
    assert told.cluster.requests == ()


def test_nothing_is_executed_and_no_template_is_rendered(told: Any) -> None:
    assert not list(told.folder.rglob(f"*{CANARY}*"))
    written = json.dumps([told.pagerduty.kept(), told.slack.messages(), told.mail.as_json()])
    assert "{{70000001*191}}" in written
    assert "13370000191" not in written  # long enough for no port and no hash to contain it by chance
    assert "{0.__class__}" in written


def test_slack_shows_text_and_nothing_else(told: Any) -> None:
    messages = told.slack.messages()
    assert len(messages) == 2 * len(VALUES)
    for text in (text for message in messages for text in _texts([message["text"], message["blocks"]])):
        rest = OWN_LINK.sub("", text)
        assert "<" not in rest, text
        assert not re.search(r"&(?!amp;|lt;|gt;)", rest), text
        assert _is_inert(text), ascii(text)
    assert all(block["text"].get("verbatim", True) for one in messages for block in one["blocks"] if "text" in block)


def test_mail_has_its_own_headers_one_recipient_and_harmless_html(told: Any) -> None:
    assert len(told.mail.messages) == 2 * len(VALUES)
    for message in told.mail.messages:
        assert message.recipients == ("oncall@sandbox.test",)
        names = message.parsed.keys()
        assert len(names) == len(set(names))
        assert set(names) <= HEADERS
        assert message.parsed["To"] == "oncall@sandbox.test"
        for text in (message.subject, *message.text.split("\n"), *message.html.split("\n")):
            assert _is_inert(text), ascii(text)
        assert _wrong_html(message.html) == []


def test_pagerduty_gets_plain_text_and_web_addresses(told: Any) -> None:
    assert len(told.pagerduty.events) == 2 * len(VALUES)
    for event in told.pagerduty.events:
        assert all(_is_inert(text) for text in _texts(event)), ascii(event)
        for link in event.get("links", ()):
            assert urlsplit(link["href"]).scheme in {"http", "https"}
            assert urlsplit(link["href"]).username is None


def test_the_log_has_one_object_a_line_and_no_control_character(told: Any) -> None:
    lines = told.serve.log.split("\n")[:-1]
    assert all(isinstance(json.loads(line), dict) for line in lines)
    assert all(_is_inert(line) for line in lines)


def test_a_terminal_sees_no_control_character(told: Any) -> None:
    shown = told.command("incident", "list", "--limit", "200")
    ids = [one["id"] for one in told.get("/api/v1/incidents?limit=200")["incidents"]]
    shown += "".join(told.command("incident", "show", str(ids[at])) for at in (0, len(ids) // 2))
    assert all(_is_inert(line) for line in shown.split("\n")), ascii(shown)


def test_the_api_and_the_metrics_hold_no_label_as_markup_or_name(told: Any) -> None:
    listed = requests.get(f"{told.serve.url}/api/v1/incidents", headers=told.headers, timeout=30)
    assert listed.headers["Content-Type"] == "application/json"
    assert listed.headers["X-Content-Type-Options"] == "nosniff"
    metrics = requests.get(f"{told.serve.url}/metrics", timeout=30).text
    assert "alert(1)" not in metrics
    assert CANARY not in metrics


PODS_OF = {
    "PromQL": "ryot",
    "PromQL with a backslash": "akosha",
    "a shell's words": "sigmalang",
    "control characters": "neurectomy-api",
}


@pytest.mark.parametrize("name", PODS_OF)
def test_a_label_in_a_query_is_only_a_value(scene: Any, wait: Callable[..., None], name: str) -> None:
    pod = scene.pod(PODS_OF[name])
    labels = {"alertname": "ServiceDown", "severity": "critical", "service": "x", "namespace": "neurectomy", "pod": pod}
    before = len(scene.prometheus.queries)
    incident = scene.open({**labels, "deployment": VALUES[name]})
    wait(lambda: scene.told(incident), lambda: str(scene.get(f"/api/v1/incidents/{incident}")))
    queries = scene.prometheus.queries[before:]
    assert queries
    for query in queries:
        values = re.findall(r'deployment="((?:[^"\\]|\\.)*)"\}\)(?: == bool 1)?$', query)
        assert len(values) == 1, query
        assert "\n" not in query
        promql_parser.parse(query)


def test_afterwards_a_valid_alert_still_pages_and_repairs(told: Any, wait: Callable[..., None]) -> None:
    pod = told.pod("sigmavault")
    labels = {"alertname": "ServiceDown", "severity": "critical", "service": "sigmavault", "namespace": "neurectomy"}
    incident = told.open({**labels, "deployment": "sigmavault", "pod": pod})
    wait(lambda: told.told(incident), lambda: str(told.get(f"/api/v1/incidents/{incident}")))
    assert [one.name for one in told.cluster.changes if pod in one.path] == [pod]
    names = re.compile(r"/(api|apis/apps)/v1/namespaces/neurectomy/[a-z]+(/[a-z0-9-]+(/eviction)?)?")
    assert [path for _, path, _ in told.kubernetes.seen if not names.fullmatch(path)] == []


def _texts(value: Any) -> Iterator[str]:
    """Return every text within a JSON value, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for item in value.items() for part in item for text in _texts(part))
    elif isinstance(value, list):
        yield from (text for item in value for text in _texts(item))


def _is_inert(text: str) -> bool:
    """Whether no character controls anything: none of Unicode's Cc, Cs, Zl, Zp, none that turns text round."""
    turning = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    kinds = {"Cc", "Cs", "Zl", "Zp"}
    return not any(unicodedata.category(one) in kinds or one in turning for one in text if one not in "\n")


def _wrong_html(html: str) -> list[str]:
    wrong: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            allowed = {("a", "href")}
            wrong.extend(tag for name, _ in attributes if (tag, name) not in allowed)
            wrong.extend(str(value) for _, value in attributes if urlsplit(value or "").scheme not in {"http", "https"})
            wrong.extend([tag] if tag not in TAGS else [])

    Reader().feed(html)
    return wrong
