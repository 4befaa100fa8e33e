"""Prometheus' query API over HTTP: one connection, with limits, and one sentence for whatever answers instead.

https://prometheus.io/docs/prometheus/latest/querying/api/
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr

from firebrigade.rules.live.answers import Streams, number, streams
from firebrigade.rules.problems import Problem, RulesError

Answer = TypeVar("Answer")
_LARGEST_BODY = 64 * 1024 * 1024
_PIECE = 64 * 1024
_OVER_LIMITS = {"timeout", "canceled", "execution", "bad_data"}  # errorType of what is wrong with one query alone


class QueryRefusedError(Exception):
    """Prometheus answers, and refuses this query or gives up on it; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where a Prometheus is.

    Attributes:
        url: with the path prefix, if it has one.
        token: sent as a bearer token, if there is one.
        timeout_seconds: for connecting, for Prometheus' own evaluation, and for the whole answer of each query.
    """

    url: str
    token: SecretStr | None = field(default=None, repr=False)
    timeout_seconds: float = 30.0


class Client:
    """Asks one Prometheus; a context manager, and no thread-safe one."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._session = requests.Session()
        # A proxy or a .netrc of the machine has no business between us and Prometheus.
        self._session.trust_env = False
        if server.token is not None:
            self._session.headers["Authorization"] = f"Bearer {server.token.get_secret_value()}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._session.close()

    def now(self) -> float:
        """Return the server's own time, in seconds since 1970: what is asked about the past ends there.

        Raises:
            RulesError: the server can't be asked.
        """
        return self._understood(number(self._data("query", {"query": "time()"})))

    def query(self, promql: str) -> Streams:
        """Evaluate an expression now.

        Raises:
            QueryRefusedError: because of this expression.
            RulesError: the server can't be asked.
        """
        return self._understood(streams(self._data("query", {"query": promql})))

    def query_range(self, promql: str, start: float, end: float, step_seconds: int) -> Streams:
        """Evaluate an expression at each step of a stretch of time, both ends included.

        Raises:
            QueryRefusedError: because of this expression.
            RulesError: the server can't be asked.
        """
        stretch = {"start": f"{start:.3f}", "end": f"{end:.3f}", "step": str(step_seconds)}
        return self._understood(streams(self._data("query_range", {"query": promql, **stretch})))

    def _understood(self, answer: Answer | None) -> Answer:
        if answer is None:
            raise self._unusable("does not speak Prometheus' API")
        return answer

    def _data(self, path: str, form: Mapping[str, str]) -> Any:
        form = {**form, "timeout": f"{self._server.timeout_seconds:g}s"}
        status, body = self._post(path, form)
        try:
            answer = json.loads(body)
        except ValueError:
            raise self._no_prometheus(status, body) from None
        if not isinstance(answer, dict):
            raise self._unusable("does not speak Prometheus' API")
        if answer.get("status") == "success":
            return answer.get("data")
        if answer.get("errorType") in _OVER_LIMITS and status not in {401, 403}:
            raise QueryRefusedError(self._cleaned(str(answer.get("error") or "no reason given")))
        raise self._no_prometheus(status, str(answer.get("error") or "").encode())

    def _post(self, path: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        """Return the status and the body.

        Raises:
            RulesError: there is none, it is too large, or takes too long.
        """
        seconds = self._server.timeout_seconds
        try:
            with self._session.post(
                f"{self._server.url.rstrip('/')}/api/v1/{path}",
                data=form,
                timeout=seconds,
                allow_redirects=False,
                stream=True,
            ) as answer:
                if answer.is_redirect:
                    raise self._unusable("sends us elsewhere; give the address that it leads to")
                return answer.status_code, self._read(answer)
        except requests.Timeout:
            raise self._late() from None
        except requests.RequestException as error:
            cause = "refuses the connection" if "refused" in str(error) else type(error).__name__
            raise self._unusable(f"can't be reached ({cause}); check --prometheus") from None

    def _read(self, answer: requests.Response) -> bytes:
        # The session's timeout is about each piece: a server that drips would be listened to for ever.
        ends = time.monotonic() + 2 * self._server.timeout_seconds
        body = bytearray()
        for piece in answer.iter_content(_PIECE):
            body += piece
            if len(body) > _LARGEST_BODY:
                raise self._unusable(f"answers with more than {_LARGEST_BODY // 1024 // 1024} MiB; check fewer rules")
            if time.monotonic() > ends:
                raise self._late()
        return bytes(body)

    def _no_prometheus(self, status: int, body: bytes) -> RulesError:
        """Return the error for an answer that is no answer to a query."""
        if status in {401, 403}:
            return self._unusable(
                f"refuses us ({status}); "
                + ("check the token" if self._server.token else "give a token by --prometheus-token-file")
            )
        if status in {429, 502, 503, 504}:
            return self._unusable(f"is not ready to answer ({status}); try again later")
        said = self._cleaned(body[:200].decode("utf-8", "replace"))
        return self._unusable(f"does not speak Prometheus' API (status {status}, {said or 'no text'!r})")

    def _late(self) -> RulesError:
        return self._unusable(f"did not answer within {self._server.timeout_seconds:g} seconds")

    def _unusable(self, what: str) -> RulesError:
        parts = urlsplit(self._server.url)
        address = self._server.url.replace(f"{parts.username}:{parts.password}@", "") if parts.password else ""
        message = f"{address or self._server.url} {what}"
        return RulesError([Problem(file="", line=0, key="--prometheus", message=message, check="live/server")])

    def _cleaned(self, text: str) -> str:
        """Return a server's words in one line, without our token in them."""
        if self._server.token is not None:
            text = text.replace(self._server.token.get_secret_value(), "...")
        return " ".join(text.split())[:300]
