"""One channel of the sandbox's Slack: its messages and threads, and how history and replies are paged.

Called by ``slack.py`` under its lock.
Sources: https://docs.slack.dev/reference/methods/conversations.history and .../conversations.replies
"""

import base64
import itertools
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

BOT = {"team_id": "T0SANDBOX", "user_id": "U0FIREBOT", "bot_id": "B0FIREBOT"}

Message = dict[str, Any]


class Refusal(Exception):  # noqa: N818 - Slack's "ok: false", not a failure of ours
    """Slack says no: ``error`` is one of its codes, ``details`` are further fields of the answer."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


def timestamps() -> Iterator[str]:
    """Count up message timestamps: seconds since 1970, and six digits that make them unique."""
    start = int(time.time())
    return (f"{max(start, int(time.time()))}.{number:06d}" for number in itertools.count(100))


@dataclass(slots=True, kw_only=True)
class Channel:
    """A conversation."""

    id: str
    name: str
    stamps: Iterator[str]
    has_bot: bool = True
    is_archived: bool = False
    messages: list[Message] = field(default_factory=list)

    def post(self, arguments: Mapping[str, Any]) -> Message:
        """Add a message, or a reply where ``thread_ts`` is given."""
        message: Message = {
            "type": "message",
            "user": BOT["user_id"],
            "bot_id": BOT["bot_id"],
            "team": BOT["team_id"],
            "text": str(arguments.get("text") or ""),
            "ts": next(self.stamps),
        }
        thread_ts = arguments.get("thread_ts")
        if thread_ts:
            message["thread_ts"] = str(thread_ts)
            if _true(arguments.get("reply_broadcast")):
                message["subtype"] = "thread_broadcast"
            for parent in self._with_ts(str(thread_ts)):
                parent["thread_ts"] = parent["ts"]
        _take_content(message, arguments)
        self.messages.append(message)
        return message

    def update(self, ts: str, arguments: Mapping[str, Any]) -> Message:
        """Edit a message of the bot."""
        found = self._with_ts(ts)
        if not found:
            raise Refusal("message_not_found")
        message = found[0]
        if message.get("bot_id") != BOT["bot_id"]:
            raise Refusal("cant_update_message")
        message["text"] = str(arguments.get("text") or message["text"])
        if arguments.get("text") and not arguments.get("blocks"):
            message.pop("blocks", None)
            message["edited"] = {"user": BOT["user_id"], "ts": next(self.stamps)}
        _take_content(message, arguments)
        return message

    def delete(self, ts: str) -> None:
        """Remove a message; its replies stay, as in Slack."""
        found = self._with_ts(ts)
        if not found:
            raise Refusal("message_not_found")
        self.messages.remove(found[0])

    def say(self, text: str, user: str = "U0PERSON") -> Message:
        """Add what a person wrote."""
        message = {"type": "message", "user": user, "text": text, "ts": next(self.stamps)}
        self.messages.append(message)
        return message

    def parents(self) -> list[Message]:
        """Return the messages that are no replies, oldest first."""
        return [message for message in self.messages if message.get("thread_ts", message["ts"]) == message["ts"]]

    def thread(self, ts: str) -> list[Message]:
        """Return a message and its replies, oldest first."""
        replies = [message for message in self.messages if message.get("thread_ts") == ts and message["ts"] != ts]
        return [*self._with_ts(ts), *replies]

    def history(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Page through the channel from the newest message on; of the replies only those that were broadcast."""
        shown = [
            message
            for message in self.messages
            if message.get("thread_ts", message["ts"]) == message["ts"] or message.get("subtype") == "thread_broadcast"
        ]
        return _page(_between(shown, arguments)[::-1], arguments)

    def replies(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Page through a thread from its parent on."""
        thread = self.thread(str(arguments.get("ts", "")))
        if not thread:
            raise Refusal("thread_not_found")
        return _page([thread[0], *_between(thread[1:], arguments)], arguments)

    def _with_ts(self, ts: str) -> list[Message]:
        return [message for message in self.messages if message["ts"] == ts]


def _take_content(message: Message, arguments: Mapping[str, Any]) -> None:
    for name in ("blocks", "metadata"):
        if arguments.get(name):
            message[name] = arguments[name]


def _true(value: Any) -> bool:
    return value in {True, "1", "true", "True"}


def _between(messages: list[Message], arguments: Mapping[str, Any]) -> list[Message]:
    oldest, latest = float(arguments.get("oldest") or 0), float(arguments.get("latest") or "inf")
    inclusive = _true(arguments.get("inclusive"))
    inside = [message for message in messages if oldest < float(message["ts"]) < latest]
    edges = [message for message in messages if inclusive and float(message["ts"]) in {oldest, latest}]
    return sorted([*inside, *edges], key=lambda message: float(message["ts"]))


def _page(messages: list[Message], arguments: Mapping[str, Any]) -> dict[str, Any]:
    limit = min(int(arguments.get("limit") or 100), 999)
    start = _position(arguments.get("cursor"))
    shown = [_seen(message, arguments) for message in messages[start : start + limit]]
    more = len(messages) > start + limit
    page: dict[str, Any] = {"messages": shown, "has_more": more}
    if more:
        cursor = base64.b64encode(f"next_ts:{start + limit}".encode()).decode()
        page["response_metadata"] = {"next_cursor": cursor}
    return page


def _position(cursor: Any) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(str(cursor)).decode().removeprefix("next_ts:"))
    except ValueError:
        raise Refusal("invalid_cursor") from None


def _seen(message: Message, arguments: Mapping[str, Any]) -> Message:
    """Without ``include_all_metadata`` only the metadata's event type is shown."""
    if "metadata" not in message or _true(arguments.get("include_all_metadata")):
        return message
    return {**message, "metadata": {"event_type": message["metadata"]["event_type"]}}
