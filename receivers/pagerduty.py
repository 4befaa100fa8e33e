"""PagerDuty: rings the people on call, through the Events API v2.

Called by the responder's engine. Who is on call, and how they are rung, is set in PagerDuty and not here.
Source: https://developer.pagerduty.com/docs/events-api-v2-overview
"""

from typing import ClassVar

import httpx2
import pagerduty
from pydantic import Field, SecretStr, field_validator

from firebrigade.receivers.addresses import ApiAddress
from firebrigade.receivers.answers import answered, from_status, seconds_to_wait, was_not_sent
from firebrigade.receivers.contract import (
    DeliveryError,
    Notification,
    PermanentDeliveryError,
    Reach,
    Reason,
    Receipt,
    ReceiverConfig,
    TemporaryDeliveryError,
)
from firebrigade.receivers.deadline import Deadline, deliver_within
from firebrigade.receivers.pagerduty_event import dedup_key, dedup_keys, trigger_event
from firebrigade.receivers.redaction import secrets_of, what_it_said

_ROUTING_KEY_LENGTH = 32

# What the client raises: its own errors, its transport's, and ValueError for a body that is not text.
_CLIENT_ERRORS = (pagerduty.Error, httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError)

_ACTIONS = {Reason.ACKNOWLEDGED: "acknowledge", Reason.RESOLVED: "resolve"}


class PagerDutyConfig(ReceiverConfig):
    """One integration of one PagerDuty service.

    Attributes:
        routing_key: the integration key of an "Events API v2" integration, 32 characters.
        base_url: where events go; ``https://events.eu.pagerduty.com`` for accounts in the EU region.
        client: how PagerDuty names the sender.
        timeout_seconds: how long to wait for each answer.
    """

    routing_key: SecretStr
    base_url: ApiAddress = "https://events.pagerduty.com"
    client: str = Field(default="Firebrigade", min_length=1, max_length=100)
    timeout_seconds: float = Field(default=10, gt=0, le=10)

    @field_validator("routing_key")
    @classmethod
    def _is_a_routing_key(cls, key: SecretStr) -> SecretStr:
        text = key.get_secret_value()
        if len(text) != _ROUTING_KEY_LENGTH or not (text.isascii() and text.isalnum()):
            raise ValueError("must be the 32 letters and digits of an Events API v2 integration key")
        return key


class PagerDuty:
    """Triggers, acknowledges and resolves alerts in PagerDuty.

    A trigger for an alert that is open rings nobody again, so each level above the first has an alert of its own
    (``dedup_key``); acknowledging and resolving go to the alerts of all levels. All events may be repeated.
    """

    NAME: ClassVar[str] = "pagerduty"
    LIVING: ClassVar[bool] = False
    REACHES: ClassVar[Reach] = Reach.SLEEPER
    Config: ClassVar[type[ReceiverConfig]] = PagerDutyConfig

    def __init__(self, config: PagerDutyConfig) -> None:
        self._config = config
        self._secrets = secrets_of(config)

    def __repr__(self) -> str:
        return f"PagerDuty(base_url={self._config.base_url!r})"

    def deliver(self, notification: Notification) -> Receipt:
        """Send the event or events that the reason asks for.

        UPDATED sends nothing: PagerDuty would only append to its log, and each event counts against the limit of
        about 120 per minute that a real page may need.

        Raises:
            TemporaryDeliveryError: 429, 5xx or no answer.
            PermanentDeliveryError: PagerDuty refuses the event (400) or the key.
        """
        if notification.reason is Reason.UPDATED:
            return Receipt(reference=notification.reference, detail="nothing sent: PagerDuty is not told of updates")
        keys = dedup_keys(notification)
        receipt = Receipt(reference={"dedup_keys": " ".join(keys)}, detail=_detail(notification, keys))
        deliver_within(self._config.timeout_seconds, lambda deadline: self._send(notification, keys, deadline))
        return receipt

    def _send(self, notification: Notification, keys: tuple[str, ...], deadline: Deadline) -> None:
        with _EventsClient(self._config) as client:
            if notification.reason in _ACTIONS:
                for key in keys:
                    deadline.check()
                    self._send_event(client, _ACTIONS[notification.reason], key, {})
            else:
                event = trigger_event(notification, self._config.client)
                self._send_event(client, "trigger", dedup_key(notification), event)

    def _send_event(self, client: "_EventsClient", action: str, key: str, event: dict[str, object]) -> None:
        answered(lambda: client.send_event(action, dedup_key=key, **event), _CLIENT_ERRORS, self._failure)

    def _failure(self, error: Exception) -> DeliveryError:
        response = getattr(error, "response", None)
        if isinstance(response, httpx2.Response):
            return self._refusal(response)
        cause = error.__cause__ or error
        said = what_it_said(f"{type(cause).__name__}: {cause}", self._secrets)
        unsent = isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout) or was_not_sent(cause)
        if isinstance(cause, httpx2.InvalidURL):
            return PermanentDeliveryError(f"PagerDuty: base_url can't be used: {said}")
        return TemporaryDeliveryError(f"PagerDuty did not answer: {said}", outcome_unknown=not unsent)

    def _refusal(self, response: httpx2.Response) -> DeliveryError:
        said = what_it_said(response.text, self._secrets)
        wait = seconds_to_wait(response.headers.get("Retry-After"), response.headers.get("Date"))
        return from_status("PagerDuty", response.status_code, said, retry_after_seconds=wait)


class _EventsClient(pagerduty.EventsApiV2Client):
    """The vendor's client, without its own retries: it would sleep for minutes, and on 429 for ever."""

    def __init__(self, config: PagerDutyConfig) -> None:
        self._address = config.base_url
        super().__init__(config.routing_key.get_secret_value(), base_url=config.base_url)
        # Its default is 60 seconds; inferred as int from that, but httpx takes a float.
        self.timeout = config.timeout_seconds  # type: ignore[assignment]
        self.retry = {}
        self.max_network_attempts = 0

    @property
    def url(self) -> str:
        """The API's address. The vendor's setter refuses the sandbox's http://; ours was checked with the config."""
        return self._address

    @url.setter
    def url(self, new_base_url: str) -> None:
        self._address = new_base_url

    def postprocess(self, response: httpx2.Response) -> None:
        """Raise for every answer but a success, before the client's loop retries or puts a part of the key in words."""
        if not response.is_success:
            raise pagerduty.HttpError("not accepted", response)


def _detail(notification: Notification, keys: tuple[str, ...]) -> str:
    if notification.reason is Reason.ACKNOWLEDGED:
        return f"acknowledged {', '.join(keys)}"
    if notification.reason is Reason.RESOLVED:
        return f"resolved {', '.join(keys)}"
    return f"triggered {dedup_key(notification)}"
