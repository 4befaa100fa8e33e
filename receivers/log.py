"""The log as a channel: one structured line for each notification, for trying things out and as the last resort.

Called by the responder's engine. How lines are rendered is the responder's business (structlog's configuration).
"""

from typing import ClassVar

import structlog

from firebrigade.receivers.contract import Notification, Reach, Receipt, ReceiverConfig
from firebrigade.receivers.text import one_line


class LogConfig(ReceiverConfig):
    """Nothing to set."""


class Log:
    """Writes notifications to the program's log."""

    NAME: ClassVar[str] = "log"
    LIVING: ClassVar[bool] = False
    REACHES: ClassVar[Reach] = Reach.NOBODY
    Config: ClassVar[type[ReceiverConfig]] = LogConfig

    def __init__(self, config: LogConfig) -> None:
        self._config = config

    def __repr__(self) -> str:
        return "Log()"

    def deliver(self, notification: Notification) -> Receipt:
        """Write one line; nothing can go wrong. A repeated line carries the same ``delivery_id``."""
        structlog.get_logger("firebrigade.receivers.log").warning("notification", **_facts(notification))
        return Receipt(detail="written to the log")


def _facts(notification: Notification) -> dict[str, str | int]:
    return {
        "delivery_id": one_line(notification.delivery_id, 100),
        "incident_id": notification.incident_id,
        "incident_key": one_line(notification.incident_key, 64),
        "reason": notification.reason.value,
        "status": one_line(notification.status, 50),
        "severity": one_line(notification.severity, 50),
        "escalation_level": notification.level,
        "service": one_line(notification.service, 200),
        "title": one_line(notification.title, 300),
        "summary": one_line(notification.summary, 1000),
        "automation": one_line(notification.automation, 500),
        "firing": sum(alert.firing for alert in notification.alerts),
        "at": notification.at.isoformat(),
        **_question(notification),
    }


def _question(notification: Notification) -> dict[str, str]:
    asked = notification.approval
    return {"approval": one_line(" · ".join(asked.lines), 1000)} if asked else {}
