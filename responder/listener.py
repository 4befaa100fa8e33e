"""The socket that the service listens on, bound before anything else is started. Called by ``serve.py``.

gunicorn would bind it too, but gives up after five seconds: a worker whose master was killed keeps the port for as long
as its last requests take.
"""

import errno
import socket
from collections.abc import Callable
from typing import Any

from firebrigade.responder.errors import ConfigError

BACKLOG = 512
WAIT_SECONDS = 30.0
_PAUSE_SECONDS = 0.2

_Address = tuple[socket.AddressFamily, tuple[Any, ...]]


def open_listener(bind: str, wait: Callable[[float], object], wait_seconds: float = WAIT_SECONDS) -> socket.socket:
    """Return a socket that listens on ``HOST:PORT``; port 0 lets the kernel choose.

    Args:
        bind: as ``settings.parse_bind`` accepts it; an IPv6 host stands in brackets.
        wait: lets so many seconds pass.
        wait_seconds: for how long a port that is in use is tried again.

    Raises:
        ConfigError: it can't be had; says why and what to do.
    """
    host, _, port = bind.rpartition(":")
    address = _resolve(host.strip("[]"), int(port), bind)
    tries = max(1, round(wait_seconds / _PAUSE_SECONDS))
    for _ in range(tries - 1):
        try:
            return _listen(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise _refusal(bind, error) from error
        wait(_PAUSE_SECONDS)
    try:
        return _listen(address)
    except OSError as error:
        raise _refusal(bind, error) from error


def _resolve(host: str, port: int, bind: str) -> _Address:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise _refusal(bind, error) from error
    return family, address


def _listen(address: _Address) -> socket.socket:
    family, where = address
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _refusal(bind: str, error: OSError) -> ConfigError:
    reason = error.strerror or str(error)
    return ConfigError([f"can't listen on {bind}: {reason}; stop what uses it, or set FIREBRIGADE_BIND or --bind"])
