"""The few Slack methods that the receiver needs, with Slack's answers turned into the contract's errors.

Called by ``slack.py``, made anew for each delivery. What a message says is ``slack_message.py``.
"""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.request import Request

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from firebrigade.receivers.answers import answered, from_status, seconds_to_wait, was_not_sent
from firebrigade.receivers.contract import DeliveryError, PermanentDeliveryError, TemporaryDeliveryError
from firebrigade.receivers.deadline import Deadline
from firebrigade.receivers.redaction import what_it_said
from firebrigade.receivers.slack_message import EVENT_TYPE, Content

# The SDK lets through what urllib, the decoding of a body and a body that is not an object raise.
_CLIENT_ERRORS = (SlackClientError, OSError, HTTPException, ValueError, LookupError, AttributeError, TypeError)

_NOT_DONE = {"ratelimited", "rate_limited", "request_timeout", "team_added_to_org"}
# Slack's words for these allow that a part of the call took effect.
_PERHAPS_DONE = {"internal_error", "fatal_error", "service_unavailable"}
_GONE = {"message_not_found", "cant_update_message", "edit_window_closed"}
_MAY_NOT_READ = {"missing_scope", "not_in_channel", "not_allowed_token_type", "no_permission", "channel_not_found"}

_PAGE_LIMIT = 200
_MOST_PAGES = 10
_CLOCK_DIFFERENCE = timedelta(minutes=5)  # message timestamps are by Slack's clock


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackMessage:
    """Where a message is: a channel's id and the message's timestamp, which is its id within the channel."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search brought; ``allowed`` is False when Slack does not let this token read the channel."""

    message: SlackMessage | None
    allowed: bool = True


class _SlackRefusalError(PermanentDeliveryError):
    """Slack answered ``ok: false``; ``code`` is its word for why."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class SlackClient:
    """Slack's Web API for one delivery."""

    def __init__(
        self, *, token: str, base_url: str, timeout_seconds: float, secrets: Sequence[str], deadline: Deadline
    ) -> None:
        self._secrets = secrets
        self._deadline = deadline
        self._web = _WebClient(
            token=token,
            base_url=f"{base_url}/",  # without the slash the SDK would replace the path's last part
            timeout=timeout_seconds,  # type: ignore[arg-type]  # annotated int; urllib takes a float
            retry_handlers=[],
            logger=_silent_logger(),
        )
        # The SDK takes the environment's proxy whatever NO_PROXY says; without it urllib does, and heeds NO_PROXY.
        self._web.proxy = None

    def post(
        self, channel: str, content: Content, *, thread_ts: str | None = None, broadcast: bool = False
    ) -> SlackMessage:
        """Post a message, or a reply that ``broadcast`` also shows in the channel."""
        answer = self._call(
            lambda: self._web.chat_postMessage(
                channel=channel,
                text=content.text,
                blocks=content.blocks,
                metadata=content.metadata,
                thread_ts=thread_ts,
                reply_broadcast=broadcast or None,
                parse="none",
                unfurl_links=False,
                unfurl_media=False,
            )
        )
        return SlackMessage(channel=_text(answer, "channel"), ts=_text(answer, "ts"))

    def update(self, message: SlackMessage, content: Content) -> bool:
        """Edit a message; False when it is gone or can't be edited any more."""
        try:
            self._call(
                lambda: self._web.chat_update(
                    channel=message.channel,
                    ts=message.ts,
                    text=content.text,
                    blocks=content.blocks,
                    metadata=content.metadata,
                    parse="none",  # here the default is "client", which links names
                )
            )
        except _SlackRefusalError as refusal:
            if refusal.code in _GONE:
                return False
            raise
        return True

    def find_message(self, channel: str, incident_key: str, *, since: datetime) -> Found:
        """Look through the channel for the incident's latest message, by its metadata."""
        oldest = f"{(since - _CLOCK_DIFFERENCE).timestamp():.6f}"

        def page(cursor: str | None) -> SlackResponse:
            return self._web.conversations_history(
                channel=channel, oldest=oldest, include_all_metadata=True, limit=_PAGE_LIMIT, cursor=cursor
            )

        try:
            stamps = [
                _stamp(message)
                for message in self._messages(page)
                if _payload(message).get("incident_key") == incident_key and not _is_reply(message)
            ]
        except _SlackRefusalError as refusal:
            if refusal.code in _MAY_NOT_READ:
                return Found(message=None, allowed=False)
            raise
        return Found(message=SlackMessage(channel=channel, ts=max(stamps)) if stamps else None)

    def has_reply(self, message: SlackMessage, delivery_id: str) -> bool:
        """Whether the thread already holds this delivery's reply; False when the token may not read it."""

        def page(cursor: str | None) -> SlackResponse:
            return self._web.conversations_replies(
                channel=message.channel, ts=message.ts, include_all_metadata=True, limit=_PAGE_LIMIT, cursor=cursor
            )

        try:
            return any(
                _payload(found).get("delivery_id") == delivery_id and _is_reply(found) for found in self._messages(page)
            )
        except _SlackRefusalError as refusal:
            if refusal.code in _MAY_NOT_READ:
                return False
            raise

    def _messages(self, page: Callable[[str | None], SlackResponse]) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            asked = cursor
            answer = self._call(lambda: page(asked))  # noqa: B023 - called at once
            yield from (message for message in answer.get("messages") or [] if isinstance(message, dict))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return

    def _call(self, method: Callable[[], SlackResponse]) -> SlackResponse:
        self._deadline.check()
        return answered(method, _CLIENT_ERRORS, self._failure)

    def _failure(self, error: Exception) -> DeliveryError:
        if isinstance(error, SlackApiError) and isinstance(error.response, SlackResponse):
            return self._refusal(error.response)
        reason = getattr(error, "reason", error)  # urllib wraps what went wrong before the answer
        cause = reason if isinstance(reason, BaseException) else error
        said = what_it_said(f"{type(cause).__name__}: {cause}", self._secrets)
        return TemporaryDeliveryError(f"Slack did not answer: {said}", outcome_unknown=not was_not_sent(cause))

    def _refusal(self, answer: SlackResponse) -> DeliveryError:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        wait = seconds_to_wait(headers.get("retry-after"), headers.get("date"))
        data = answer.data if isinstance(answer.data, dict) else {}
        code = str(data.get("error") or "")
        # For a body that is not JSON, the SDK puts its beginning here, cut perhaps through the middle of a secret.
        is_code = re.fullmatch(r"[a-z_]{1,80}", code) is not None
        said = code if is_code else "an answer without an error code"
        if answer.status_code != 200:
            return from_status("Slack", answer.status_code, said, retry_after_seconds=wait)
        if code in _NOT_DONE:
            return TemporaryDeliveryError(f"Slack says {said}", retry_after_seconds=wait)
        if code in _PERHAPS_DONE or not is_code:
            return TemporaryDeliveryError(f"Slack says {said}", retry_after_seconds=wait, outcome_unknown=True)
        return _SlackRefusalError(f"Slack says {said}", code)


class _WebClient(WebClient):
    """The vendor's client, which follows redirects: the token must not go with them to another host."""

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        for name in [name for name in req.headers if name.lower() == "authorization"]:
            req.add_unredirected_header(name, req.headers.pop(name))
        return super()._perform_urllib_http_request_internal(url, req)


def _silent_logger() -> logging.Logger:
    # The SDK logs bodies at DEBUG and errors with a server's words at ERROR; our errors say all of it, redacted.
    logger = logging.Logger("slack_sdk")
    logger.setLevel(logging.CRITICAL)
    logger.addHandler(logging.NullHandler())
    return logger


def _text(answer: SlackResponse, key: str) -> str:
    value = answer.get(key)
    if not isinstance(value, str) or not value:
        raise TemporaryDeliveryError(f"Slack's answer makes no sense: it has no {key}", outcome_unknown=True)
    return value


def _payload(message: dict[str, Any]) -> dict[str, Any]:
    metadata = message.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return {}
    payload = metadata.get("event_payload")
    return payload if isinstance(payload, dict) else {}


def _stamp(message: dict[str, Any]) -> str:
    return str(message.get("ts", ""))


def _is_reply(message: dict[str, Any]) -> bool:
    # A thread's parent carries its own timestamp as thread_ts.
    return message.get("thread_ts", message.get("ts")) != message.get("ts")
