"""The environment: FIREBRIGADE_* variables to typed settings. The only reader of ``os.environ``.

The command line reads it first; firebrigade.yaml (``config.py``) is the other half. Every secret may also be given as
``<NAME>_FILE``, the way container secrets are mounted. Nothing here opens the database or a socket.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from pydantic import SecretStr

from firebrigade.responder.config_problems import did_you_mean
from firebrigade.responder.errors import ConfigError
from firebrigade.responder.secrets import SecretError, check_token, read_secret

PREFIX = "FIREBRIGADE_"
RECEIVER_PREFIX = f"{PREFIX}RECEIVER_"
DEFAULT_BIND = "127.0.0.1:9095"
DEFAULT_DATABASE_URL = "sqlite:///firebrigade.sqlite"

# A Kubernetes Service called firebrigade puts these into every pod of its namespace: they are not ours to judge.
# Source: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
_SERVICE_LINK = re.compile(
    r"FIREBRIGADE(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?)"
)
_LINKED_PORT = re.compile(r"FIREBRIGADE(_[A-Z0-9_]+)?_PORT")
_LOG_LEVELS = ("debug", "info", "warning", "error")
_LOG_FORMATS = ("json", "text")
_DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says. Its repr shows no secret.

    Attributes:
        database_url: SQLAlchemy URL; a secret because it may hold a password.
        bind: ``HOST:PORT`` to listen on; port 0 lets the kernel choose.
        config: the path of firebrigade.yaml, or None.
        webhook_token: what Alertmanager sends as bearer token, or None.
        webhook_username: with ``webhook_password``: what it sends as basic authentication; empty without.
        api_token: the bearer token of the API, or None: the webhook's credentials count.
        url: where the command line finds the running service, without a slash at the end.
        log_level: ``debug``, ``info``, ``warning`` or ``error``.
        log_format: ``json`` or ``text``.
        receiver_secrets: the receivers' secrets by variable name.
    """

    database_url: SecretStr = field(default_factory=lambda: SecretStr(DEFAULT_DATABASE_URL))
    bind: str = DEFAULT_BIND
    config: Path | None = None
    webhook_token: SecretStr | None = None
    webhook_username: str = ""
    webhook_password: SecretStr | None = None
    api_token: SecretStr | None = None
    url: str = f"http://{DEFAULT_BIND}"
    log_level: str = "info"
    log_format: str = "json"
    receiver_secrets: Mapping[str, SecretStr] = field(default_factory=lambda: MappingProxyType({}))


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    Args:
        environ: variables to read instead of the process's own.

    Raises:
        ConfigError: variables are wrong; it holds a sentence for each.
    """
    return _Reader(os.environ if environ is None else environ).settings()


def cache_folder(environ: Mapping[str, str] | None = None) -> Path | None:
    """Return the folder for what can be made again, by the XDG base directory specification; None without a home.

    Source: https://specifications.freedesktop.org/basedir-spec/latest/

    Args:
        environ: variables to read instead of the process's own.
    """
    variables = os.environ if environ is None else environ
    for name, below in (("XDG_CACHE_HOME", ""), ("HOME", ".cache")):
        if (folder := Path(variables.get(name, ""))).is_absolute():  # anything else is to be ignored
            return folder / below / "firebrigade"
    return None


def parse_bind(text: str) -> str:
    """Return ``HOST:PORT`` if it is one; an IPv6 host stands in brackets.

    Raises:
        ValueError: it is not; the message says how it is written.
    """
    match = re.fullmatch(r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})", text)
    if match is None or int(match["port"]) > 65535:
        raise ValueError(f"{text[:80]!r} is not HOST:PORT; write it as in {DEFAULT_BIND}")
    return text


def parse_url(text: str) -> str:
    """Return an http(s) address without the slash at its end.

    Raises:
        ValueError: it is not one, or holds credentials (which would end up in logs).
    """
    try:
        parts = urlsplit(text)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError as error:
        raise ValueError("is not an http:// or https:// address") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_valid or re.search(r"\s", text):
        raise ValueError("is not an http:// or https:// address")
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user name or password; give credentials as settings of their own")
    if parts.query or parts.fragment:
        raise ValueError("has a query or fragment; leave it out")
    return text.rstrip("/")


def receiver_variable(receiver: str, key: str) -> str:
    """Return the variable that holds a receiver's secret: ``FIREBRIGADE_RECEIVER_PAGERDUTY_ROUTING_KEY``."""
    return RECEIVER_PREFIX + re.sub(r"[^A-Z0-9]", "_", f"{receiver}_{key}".upper())


def default_url(bind: str) -> str:
    """Return the address of a service that listens on ``bind``, as seen from the same machine."""
    host, _, port = bind.rpartition(":")
    host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104
    return f"http://{host}:{port}"


class _Reader:
    """Takes variables one by one, so that whatever is left at the end is unknown."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._left = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
        self._asked: list[str] = []
        self._problems: list[str] = []

    def settings(self) -> Settings:
        bind = self._text("BIND", DEFAULT_BIND, parse_bind)
        settings = Settings(
            database_url=self._secret("DATABASE_URL", _check_database) or SecretStr(DEFAULT_DATABASE_URL),
            bind=bind,
            config=Path(path) if (path := self._text("CONFIG", "")) else None,
            webhook_token=self._secret("WEBHOOK_TOKEN", check_token),
            webhook_username=self._text("WEBHOOK_USERNAME", "", _parse_username),
            webhook_password=self._secret("WEBHOOK_PASSWORD"),
            api_token=self._secret("API_TOKEN", check_token),
            url=self._text("URL", default_url(bind), parse_url),
            log_level=self._text("LOG_LEVEL", "info", _one_of(_LOG_LEVELS)),
            log_format=self._text("LOG_FORMAT", "json", _one_of(_LOG_FORMATS)),
            receiver_secrets=self._receiver_secrets(),
        )
        self._check_pair(settings)
        self._check_left()
        if self._problems:
            raise ConfigError(self._problems)
        return settings

    def _text(self, key: str, default: str, parse: Callable[[str], str] = str) -> str:
        name = PREFIX + key
        self._asked.append(name)
        value = self._left.pop(name, None)
        if value is None:
            return default
        try:
            return parse(_not_empty(value))
        except ValueError as error:
            self._problems.append(f"{name}: {error}")
            return default

    def _secret(self, key: str, check: Callable[[str], str] = str) -> SecretStr | None:
        name = PREFIX + key
        file_name = f"{name}_FILE"
        self._asked += [name, file_name]
        value, path = self._left.pop(name, None), self._left.pop(file_name, None)
        if value is not None and path is not None:
            self._problems.append(f"{name}: is set together with {file_name}; keep one of them")
            return None
        try:
            if path is not None:
                return SecretStr(check(read_secret(Path(_not_empty(path)), path)))
            return None if value is None else SecretStr(check(_not_empty(value)))
        except ValueError as error:
            self._problems.append(f"{file_name if path is not None else name}: {error}")
            return None

    def _receiver_secrets(self) -> Mapping[str, SecretStr]:
        names = {name.removesuffix("_FILE") for name in self._left if name.startswith(RECEIVER_PREFIX)}
        names = {name for name in names if not _is_link(name, self._left.get(name, ""))}
        secrets = {name: self._secret(name.removeprefix(PREFIX)) for name in sorted(names)}
        return MappingProxyType({name: secret for name, secret in secrets.items() if secret is not None})

    def _check_pair(self, settings: Settings) -> None:
        if bool(settings.webhook_username) != (settings.webhook_password is not None) and not self._problems:
            self._problems.append(
                "FIREBRIGADE_WEBHOOK_USERNAME and FIREBRIGADE_WEBHOOK_PASSWORD belong together; set both or neither"
            )

    def _check_left(self) -> None:
        for name, value in sorted(self._left.items()):
            if not _is_link(name, value):
                self._problems.append(f"{name}: is not a setting{did_you_mean(name, self._asked)}")


def _is_link(name: str, value: str) -> bool:
    return bool(_SERVICE_LINK.fullmatch(name) or (_LINKED_PORT.fullmatch(name) and "://" in value))


def _not_empty(value: str) -> str:
    if not value:
        raise SecretError("is empty; give it a value or unset it")
    return value


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(f"{text[:40]!r} is none of {', '.join(choices)}")
        return text.lower()

    return parse


def _parse_username(text: str) -> str:
    if ":" in text or not text.isprintable():
        raise ValueError("holds a colon or a control character, which basic authentication can't carry")
    return text


def _check_database(url: str) -> str:
    """Keep out what is no database; the store tells the rest. No value in the message: it may hold a password."""
    scheme, separator, _ = url.partition("://")
    if not separator or scheme.partition("+")[0] not in _DATABASES:
        raise ValueError(
            "is no database; write sqlite:///PATH (four slashes for an absolute path) or postgresql://USER@HOST/NAME"
        )
    return url
