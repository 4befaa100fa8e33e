"""Slack: one living message for each incident, and a reply in its thread when people must look again.

Called by the responder's engine. Source: https://docs.slack.dev/reference/methods (chat.postMessage, chat.update,
conversations.history, conversations.replies). The bot needs the scopes chat:write and channels:history (in a private
channel groups:history), and must be in the channel.

An edited message rings nobody, so ESCALATED, APPROVAL and SUGGESTED also post a reply that is shown in the channel and
mentions the people of its level; RESOLVED posts a quiet reply for those who follow the thread. ACKNOWLEDGED and UPDATED
only edit.
"""

from typing import Annotated, ClassVar

from pydantic import Field, SecretStr, StringConstraints, field_validator

from firebrigade.receivers.addresses import ApiAddress
from firebrigade.receivers.contract import Notification, Reach, Reason, Receipt, ReceiverConfig
from firebrigade.receivers.deadline import Deadline, deliver_within
from firebrigade.receivers.redaction import secrets_of
from firebrigade.receivers.slack_client import SlackClient, SlackMessage
from firebrigade.receivers.slack_message import Content, living_message, reply

Mention = Annotated[str, StringConstraints(pattern=r"^(here|channel|[UWS][A-Z0-9]{2,20})$")]


_RINGING = {Reason.TRIGGERED, Reason.ESCALATED, Reason.APPROVAL, Reason.SUGGESTED}
_IN_CHANNEL = {Reason.ESCALATED, Reason.APPROVAL, Reason.SUGGESTED}  # the reply is shown there too


class SlackConfig(ReceiverConfig):
    """One channel of one workspace.

    Attributes:
        token: a bot token, ``xoxb-…``.
        channel: the channel's id, such as ``C0123456789``; an id stays when the channel is renamed.
        mentions: who is rung at each level: ``here``, ``channel``, a user's id (U…) or a user group's (S…).
        base_url: the Web API's address.
        timeout_seconds: how long to wait for each answer.
    """

    token: SecretStr
    channel: str = Field(pattern=r"^[CGD][A-Z0-9]{2,20}$")
    mentions: dict[Annotated[int, Field(ge=1)], tuple[Mention, ...]] = Field(default_factory=dict)
    base_url: ApiAddress = "https://slack.com/api"
    timeout_seconds: float = Field(default=10, gt=0, le=10)

    @field_validator("token")
    @classmethod
    def _fits_a_header(cls, token: SecretStr) -> SecretStr:
        # A line end would make the HTTP library's error quote the whole header.
        text = token.get_secret_value()
        if not text or any(not "!" <= c <= "~" for c in text):
            raise ValueError("must be a token such as xoxb-…, without spaces or line ends")
        return token


class Slack:
    """Posts and edits an incident's message in one channel."""

    NAME: ClassVar[str] = "slack"
    LIVING: ClassVar[bool] = True
    REACHES: ClassVar[Reach] = Reach.READER
    Config: ClassVar[type[ReceiverConfig]] = SlackConfig

    def __init__(self, config: SlackConfig) -> None:
        self._config = config

    def __repr__(self) -> str:
        return f"Slack(channel={self._config.channel!r}, base_url={self._config.base_url!r})"

    def deliver(self, notification: Notification) -> Receipt:
        """Post the incident's message, or edit it and reply where people must look again.

        Raises:
            TemporaryDeliveryError: 429, 5xx, Slack's temporary errors, or no answer.
            PermanentDeliveryError: Slack refuses the token, the channel or the message.
        """
        return deliver_within(self._config.timeout_seconds, lambda deadline: self._deliver(notification, deadline))

    def _deliver(self, notification: Notification, deadline: Deadline) -> Receipt:
        client = SlackClient(
            token=self._config.token.get_secret_value(),
            base_url=self._config.base_url,
            timeout_seconds=self._config.timeout_seconds,
            secrets=secrets_of(self._config),
            deadline=deadline,
        )
        mentions = self._config.mentions.get(notification.level, ()) if notification.reason in _RINGING else ()
        content = living_message(notification, mentions)
        known, doubt = self._find(client, notification)
        if known and client.update(known, content):
            replied = _reply(client, known, notification, mentions)
            return _receipt(known, f"updated message {known.ts}{replied}{doubt}")
        posted = client.post(self._config.channel, content)
        return _receipt(posted, f"posted message {posted.ts}{doubt}")

    def _find(self, client: SlackClient, notification: Notification) -> tuple[SlackMessage | None, str]:
        """Return the incident's message, and a remark where Slack would not let us look for it.

        Without a reference, an earlier notification may still have posted one whose answer was lost.
        """
        channel, ts = notification.reference.get("channel", ""), notification.reference.get("ts", "")
        known = SlackMessage(channel=channel, ts=ts) if channel == self._config.channel and ts else None
        # An attempt without an answer may have replaced the known message, because somebody had deleted it.
        if not notification.outcome_unknown and (known or notification.reason is Reason.TRIGGERED):
            return known, ""
        found = client.find_message(self._config.channel, notification.incident_key, since=notification.opened_at)
        remark = "" if found.allowed else "; perhaps twice, because the token may not read the channel's history"
        return found.message or known, "" if known and not found.message else remark


def _reply(client: SlackClient, message: SlackMessage, notification: Notification, mentions: tuple[str, ...]) -> str:
    content = reply(notification, mentions)
    if content is None or (notification.outcome_unknown and _has_reply(client, message, content)):
        return ""
    client.post(message.channel, content, thread_ts=message.ts, broadcast=notification.reason in _IN_CHANNEL)
    return " and replied"


def _has_reply(client: SlackClient, message: SlackMessage, content: Content) -> bool:
    return client.has_reply(message, content.metadata["event_payload"]["delivery_id"])


def _receipt(message: SlackMessage, detail: str) -> Receipt:
    return Receipt(reference={"channel": message.channel, "ts": message.ts}, detail=f"{detail} in {message.channel}")
