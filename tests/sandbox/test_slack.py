"""The sandbox's Slack, with the vendor's own client: what is posted, found and refused is what Slack's pages say."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack import CHANNEL, TOKEN, Slack

METADATA = {"event_type": "task_created", "event_payload": {"id": "TK-2132", "summary": "New issue"}}
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "Hello *world*"}}


@pytest.fixture
def server() -> Iterator[Slack]:
    with Slack() as running:
        yield running


@pytest.fixture
def client(server: Slack) -> WebClient:
    return client_of(server, TOKEN)


def client_of(server: Slack, token: str | None) -> WebClient:
    return WebClient(token=token, base_url=f"{server.url}/", timeout=10, retry_handlers=[])


def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        call()
    return str(caught.value.response["error"])


def test_a_token_is_tested(client: WebClient) -> None:
    answer = client.auth_test()
    assert answer["ok"]
    assert answer["bot_id"]


@pytest.mark.parametrize(("token", "code"), [(None, "not_authed"), ("xoxb-wrong", "invalid_auth")])
def test_without_the_right_token_nothing_is_done(server: Slack, token: str | None, code: str) -> None:
    client = client_of(server, token)
    assert refusal(lambda: client.chat_postMessage(channel=CHANNEL, text="x")) == code
    assert server.messages() == []


def test_a_missing_scope_is_named(server: Slack, client: WebClient) -> None:
    server.scopes.discard("channels:history")
    assert refusal(lambda: client.conversations_history(channel=CHANNEL)) == "missing_scope"


def test_a_message_is_posted_and_keeps_its_timestamp_when_it_is_edited(server: Slack, client: WebClient) -> None:
    posted = client.chat_postMessage(channel=CHANNEL, text="Hello", blocks=[SECTION], metadata=METADATA)
    assert posted["channel"] == CHANNEL
    assert posted["message"]["ts"] == posted["ts"]
    edited = client.chat_update(channel=CHANNEL, ts=posted["ts"], text="Hello again")
    assert (edited["ts"], edited["text"]) == (posted["ts"], "Hello again")
    message = server.only_message()
    assert "blocks" not in message  # an edit with text alone removes them
    assert message["metadata"] == METADATA


@pytest.mark.parametrize("form", [True, False], ids=["as a form", "as JSON"])
def test_a_body_is_taken_as_a_form_and_as_json(server: Slack, form: bool) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    url = f"{server.url}/chat.postMessage"
    if form:
        fields = {"channel": CHANNEL, "text": "x", "blocks": '[{"type": "divider"}]'}
        answer = requests.post(url, data=fields, headers=headers, timeout=10)
    else:
        body = {"channel": CHANNEL, "text": "x", "blocks": [{"type": "divider"}]}
        answer = requests.post(url, json=body, headers=headers, timeout=10)
    assert answer.json()["ok"]
    assert server.only_message()["blocks"] == [{"type": "divider"}]


def test_a_token_may_stand_in_a_form_but_not_in_json(server: Slack) -> None:
    body = {"token": TOKEN, "channel": CHANNEL, "text": "x"}
    url = f"{server.url}/chat.postMessage"
    assert requests.post(url, data=body, timeout=10).json()["ok"]
    assert requests.post(url, json=body, timeout=10).json() == {"ok": False, "error": "not_authed"}


def test_history_does_not_read_arguments_from_json(server: Slack) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    url = f"{server.url}/conversations.history"
    answer = requests.post(url, json={"channel": CHANNEL}, headers=headers, timeout=10)
    assert answer.json()["error"] == "channel_not_found"


def section(length: int) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"text": "x", "channel": "C0ELSEWHERE"}, "channel_not_found"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "blocks": [section(3001)]}, "invalid_blocks"),
        ({"text": "x", "blocks": [section(0)]}, "invalid_blocks"),
        ({"text": "x", "blocks": [section(2900)] * 5}, "msg_blocks_too_long"),
        ({"text": "x", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "martian"}]}, "invalid_blocks"),
        ({"text": "x", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
        ({"text": "x", "metadata": {"event_type": "x y", "event_payload": {}}}, "invalid_metadata_schema"),
        ({"text": "x", "metadata": {"event_type": "x", "event_payload": {"a": "b" * 20_000}}}, "metadata_too_large"),
    ],
)
def test_a_message_above_slacks_limits_is_refused(
    server: Slack, client: WebClient, arguments: dict[str, Any], code: str
) -> None:
    assert refusal(lambda: client.chat_postMessage(**{"channel": CHANNEL, **arguments})) == code
    assert server.messages() == []


def test_a_message_without_text_and_blocks_is_refused(server: Slack) -> None:
    fields = {"token": TOKEN, "channel": CHANNEL, "text": ""}
    answer = requests.post(f"{server.url}/chat.postMessage", data=fields, timeout=10)
    assert answer.json() == {"ok": False, "error": "no_text"}


def test_an_archived_channel_and_one_without_the_bot_are_refused(server: Slack, client: WebClient) -> None:
    server.channels[CHANNEL].has_bot = False
    assert refusal(lambda: client.chat_postMessage(channel=CHANNEL, text="x")) == "not_in_channel"
    assert refusal(lambda: client.conversations_history(channel=CHANNEL)) == "not_in_channel"
    server.channels[CHANNEL].is_archived = True
    assert refusal(lambda: client.chat_postMessage(channel=CHANNEL, text="x")) == "is_archived"


def test_only_the_bots_own_messages_that_are_there_can_be_edited(server: Slack, client: WebClient) -> None:
    other = server.channels[CHANNEL].say("mine")
    assert refusal(lambda: client.chat_update(channel=CHANNEL, ts=other["ts"], text="x")) == "cant_update_message"
    assert refusal(lambda: client.chat_update(channel=CHANNEL, ts="1.000001", text="x")) == "message_not_found"
    posted = client.chat_postMessage(channel=CHANNEL, text="x")
    client.chat_delete(channel=CHANNEL, ts=posted["ts"])
    assert refusal(lambda: client.chat_update(channel=CHANNEL, ts=posted["ts"], text="x")) == "message_not_found"


class TestHistory:
    def test_it_is_paged_from_the_newest_on(self, server: Slack, client: WebClient) -> None:
        stamps = [server.channels[CHANNEL].say(f"message {number}")["ts"] for number in range(5)]
        pages = [
            ([message["ts"] for message in page["messages"]], page["has_more"])
            for page in client.conversations_history(channel=CHANNEL, limit=2)
        ]
        assert pages == [(stamps[:2:-1], True), (stamps[2:0:-1], True), (stamps[:1], False)]

    def test_oldest_and_latest_are_exclusive_unless_asked_otherwise(self, server: Slack, client: WebClient) -> None:
        stamps = [server.channels[CHANNEL].say(f"message {number}")["ts"] for number in range(4)]
        edges = {"channel": CHANNEL, "oldest": stamps[0], "latest": stamps[3]}
        assert [m["ts"] for m in client.conversations_history(**edges)["messages"]] == [stamps[2], stamps[1]]
        inclusive = client.conversations_history(**edges, inclusive=True)
        assert [m["ts"] for m in inclusive["messages"]] == stamps[::-1]

    def test_metadata_shows_its_payload_only_when_asked_for(self, client: WebClient) -> None:
        client.chat_postMessage(channel=CHANNEL, text="x", metadata=METADATA)
        plain = client.conversations_history(channel=CHANNEL)["messages"][0]
        asked = client.conversations_history(channel=CHANNEL, include_all_metadata=True)["messages"][0]
        assert plain["metadata"] == {"event_type": "task_created"}
        assert asked["metadata"] == METADATA

    def test_replies_are_in_the_thread_and_only_broadcast_ones_in_the_channel(self, client: WebClient) -> None:
        parent = client.chat_postMessage(channel=CHANNEL, text="parent")["ts"]
        quiet = client.chat_postMessage(channel=CHANNEL, text="quiet", thread_ts=parent)["ts"]
        loud = client.chat_postMessage(channel=CHANNEL, text="loud", thread_ts=parent, reply_broadcast=True)["ts"]
        thread = client.conversations_replies(channel=CHANNEL, ts=parent)["messages"]
        shown = client.conversations_history(channel=CHANNEL)["messages"]
        assert [message["ts"] for message in thread] == [parent, quiet, loud]
        assert [message["ts"] for message in shown] == [loud, parent]
        assert refusal(lambda: client.conversations_replies(channel=CHANNEL, ts="1.000001")) == "thread_not_found"


def test_429_is_ratelimited_with_retry_after(server: Slack, client: WebClient) -> None:
    server.faults.add(429, retry_after=30, api_method="chat.postMessage", channel=CHANNEL)
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=CHANNEL, text="x")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "30"
    assert caught.value.response["error"] == "ratelimited"
    assert client.chat_postMessage(channel=CHANNEL, text="x")["ok"]


def test_what_it_keeps_can_be_asked_for(server: Slack, client: WebClient) -> None:
    client.chat_postMessage(channel=CHANNEL, text="x")
    shown = requests.get(f"{server.address}/sandbox/messages", timeout=10)
    assert [(message["channel"], message["text"]) for message in shown.json()] == [(CHANNEL, "x")]
    assert TOKEN not in shown.text
