"""What a Slack message says: within Slack's limits, and with nothing that a label can inject."""

import dataclasses
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebrigade.receivers.contract import Reason
from firebrigade.receivers.slack_message import escape, living_message, reply
from sandbox.slack_rules import problem_of_content

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=400) | st.text("<>&!@#`*|\n", max_size=4000)


@pytest.mark.parametrize(
    "text",
    ["<!channel>", "<!here>", "<@U012AB3CD>", "<#C012>", "<https://evil.example|runbook>", "&lt;!channel&gt;"],
)
def test_a_label_can_mention_and_link_nothing(notify: Any, text: str) -> None:
    alert = dataclasses.replace(notify().alerts[0], labels={"alertname": text, text: text})
    words = {"title": text, "summary": text, "service": text, "automation": text, "severity": text, "status": text}
    notification = notify(alerts=(alert,), timeline=(text,), links={text: "https://x.example"}, **words)
    for content in (living_message(notification, ()), reply(notify(reason=Reason.RESOLVED, title=text), ())):
        assert content is not None
        sent = json.dumps([content.text, content.blocks], ensure_ascii=False)
        assert re.findall(r"<[^>]*>", sent) in ([], [f"<https://x.example|{escape(text).replace('|', '/')}>"])


def test_untrusted_text_is_shown_verbatim(notify: Any) -> None:
    texts = [block["text"] for block in living_message(notify(), ()).blocks if block["type"] == "section"]
    assert texts
    assert all(text["verbatim"] for text in texts)


def test_a_link_that_is_no_web_address_is_left_out(notify: Any) -> None:
    links = {"runbook": "javascript:alert(1)", "graph": "https://p.example/g?a=1&b=2"}
    sent = json.dumps(living_message(notify(links=links), ()).blocks)
    assert "javascript" not in sent
    assert "<https://p.example/g?a=1&amp;b=2|graph>" in sent


def test_many_alerts_are_counted(notify: Any) -> None:
    sent = json.dumps(living_message(notify(alerts=notify().alerts * 40), ()).blocks)
    assert "40 alerts, of which:" in sent
    assert sent.count("*ServiceDown*") == 10


def test_what_does_not_fit_into_a_section_is_left_out_whole(notify: Any) -> None:
    alert = dataclasses.replace(notify().alerts[0], labels={"alertname": "&" * 60, "x": "<" * 500})
    links = {f"link {number}": "https://x.example/?" + "&" * 700 for number in range(8)}
    content = living_message(notify(alerts=(alert,) * 20, timeline=("<" * 500,) * 20, links=links), ())
    assert problem_of_content({"text": content.text, "blocks": content.blocks}) == ()
    sections = [block["text"]["text"] for block in content.blocks if block["type"] == "section"]
    assert all(re.fullmatch(r"([^&<>]|&(amp|lt|gt);|<https://[^<>|]*\|[^<>|]*>)*", text) for text in sections)


@settings(deadline=None)
@given(data=st.data())
def test_any_text_makes_a_message_that_slack_takes_and_that_holds_no_markup_of_its_own(
    notify: Any, data: st.DataObject
) -> None:
    words = {name: data.draw(ANY_TEXT) for name in ("title", "summary", "service", "severity", "automation", "status")}
    labels = data.draw(st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=3))
    alert = dataclasses.replace(notify().alerts[0], labels=labels)
    notification = notify(
        reason=data.draw(st.sampled_from(Reason)),
        level=data.draw(st.integers(0, 3)),
        alerts=(alert,) * data.draw(st.integers(0, 60)),
        timeline=(data.draw(ANY_TEXT),) * data.draw(st.integers(0, 60)),
        diagnostics=(data.draw(ANY_TEXT),) * data.draw(st.integers(0, 60)),
        links=data.draw(st.dictionaries(ANY_TEXT, ANY_TEXT | st.just("https://x.example/&"), max_size=20)),
        **words,
    )
    for content in filter(None, (living_message(notification, ()), reply(notification, ()))):
        arguments = {"text": content.text, "blocks": content.blocks, "metadata": content.metadata}
        assert problem_of_content(arguments) == ()
        sent = json.dumps([content.text, content.blocks], ensure_ascii=False)
        assert all(found.startswith(("<http://", "<https://")) for found in re.findall(r"<[^>]*>", sent))
        assert "<!" not in sent
        assert "<@" not in sent
