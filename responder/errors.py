"""The responder's errors.

FirebrigadeError
├── ConfigError            a setting is wrong; holds every problem found, each with file, line and key
├── PayloadError           a webhook body is not an Alertmanager payload of version 4
├── StoreUnavailableError  the database can't answer now; the caller tries again
├── NotFoundError          no such incident, runbook, window or silence
├── NotAllowedError        whoever asks is known, and may not do this
├── ConflictError          the request contradicts what is recorded (acknowledging a resolved incident)
└── AlertmanagerError      Alertmanager can't be asked, or refuses
"""

from collections.abc import Sequence


class FirebrigadeError(Exception):
    """Anything that ends in one sentence for the user instead of a traceback."""


class ConfigError(FirebrigadeError):
    """A setting is wrong.

    Attributes:
        problems: one sentence each: where (file, line, key), what, what to do.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class PayloadError(FirebrigadeError):
    """A webhook body is not a payload of version 4; ``path`` names the field, as in ``alerts[2].startsAt``."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path


class StoreUnavailableError(FirebrigadeError):
    """The database can't answer now; nothing was written."""


class NotFoundError(FirebrigadeError):
    """What was asked for does not exist."""


class NotAllowedError(FirebrigadeError):
    """Whoever asks is known, and may not do this."""


class ConflictError(FirebrigadeError):
    """The request contradicts what is recorded."""


class AlertmanagerError(FirebrigadeError):
    """Alertmanager can't be asked, or refuses; ``temporary`` says whether to ask again."""

    def __init__(self, message: str, *, temporary: bool = True) -> None:
        super().__init__(message)
        self.temporary = temporary
