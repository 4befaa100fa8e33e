"""A receiver that keeps what it is told, for the tests' responder."""

from typing import ClassVar

from firebrigade.receivers.contract import Notification, Reach, Receipt, ReceiverConfig


class KeepingReceiver:
    """Keeps what it is told, once per delivery id as the contract asks; ``fail`` is raised while it is set."""

    NAME: ClassVar[str] = "keeping"
    Config: ClassVar[type[ReceiverConfig]] = ReceiverConfig
    LIVING: ClassVar[bool] = False
    REACHES: ClassVar[Reach] = Reach.SLEEPER

    def __init__(self, config: ReceiverConfig | None = None) -> None:
        self.told: dict[str, Notification] = {}
        self.attempts: list[Notification] = []
        self.fail: Exception | None = None

    def deliver(self, notification: Notification) -> Receipt:
        self.attempts.append(notification)
        if self.fail is not None:
            raise self.fail
        self.told.setdefault(notification.delivery_id, notification)
        return Receipt(reference={"thread": notification.incident_key}, detail="kept")

    @property
    def reasons(self) -> list[str]:
        return [notification.reason.value for notification in self.told.values()]
