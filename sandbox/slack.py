"""A Slack to run against: the few Web API methods that post, edit and find messages, for one workspace and one bot.

Tests and the demo use it. ``python -m sandbox.slack --port 8082`` runs it alone. It takes JSON bodies where Slack does
and form bodies everywhere, keeps messages and threads, and answers ``ok: false`` with Slack's error codes.
Sources: https://docs.slack.dev/reference/methods, /apis/web-api/rate-limits and /messaging/message-metadata

Faults match on ``api_method`` (``chat.postMessage``), ``channel`` and ``path``; 429 says ``ratelimited``, and
``{"answer": 200, "error": "internal_error"}`` answers with that code. ``GET /sandbox/messages`` shows what it keeps.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults import Fault
from sandbox.http_server import Answer, HttpServer, Request, port_parser, run_alone
from sandbox.slack_channel import BOT, Channel, Refusal, timestamps
from sandbox.slack_rules import problem_of_content

TOKEN = "xoxb-000000000000-000000000000-sandboxsandboxsandbox"  # noqa: S105 - known to everybody
CHANNEL = "C0INCIDENTS"

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Method:
    call: Callable[[Arguments], dict[str, Any]]
    takes_json: bool = True
    scope: str = ""


class Slack(HttpServer):
    """A workspace with one bot and its channels.

    Attributes:
        channels: by id; all that the bot is a member of.
        token: the only token that is accepted.
        scopes: what the token may do; take one away to see ``missing_scope``.
        calls: every call that got past the token's check: the method and its arguments.
    """

    def __init__(self, port: int = 0, *, token: str = TOKEN, channels: Mapping[str, str] | None = None) -> None:
        super().__init__(port)
        self.token = token
        self.scopes = {"chat:write", "channels:history"}
        self.calls: list[tuple[str, Arguments]] = []
        stamps = timestamps()
        names = channels or {CHANNEL: "incidents"}
        self.channels = {key: Channel(id=key, name=name, stamps=stamps) for key, name in names.items()}
        self._lock = threading.Lock()
        self._methods = {
            "auth.test": _Method(call=self._auth_test),
            "chat.postMessage": _Method(call=self._post, scope="chat:write"),
            "chat.update": _Method(call=self._update, scope="chat:write"),
            "chat.delete": _Method(call=self._delete, scope="chat:write"),
            "conversations.history": _Method(call=self._history, takes_json=False, scope="channels:history"),
            "conversations.replies": _Method(call=self._replies, takes_json=False, scope="channels:history"),
        }

    @property
    def url(self) -> str:
        """What a client takes as its base URL."""
        return f"{self.address}/api"

    def messages(self, channel: str = CHANNEL) -> list[dict[str, Any]]:
        """Return the channel's messages that are in no thread, oldest first."""
        with self._lock:
            return [dict(message) for message in self.channels[channel].parents()]

    def replies(self, ts: str, channel: str = CHANNEL) -> list[dict[str, Any]]:
        """Return the replies below a message, oldest first."""
        with self._lock:
            return [dict(message) for message in self.channels[channel].thread(ts)[1:]]

    def only_message(self, channel: str = CHANNEL) -> dict[str, Any]:
        """Return the channel's one message; raises AssertionError when there is none or more than one."""
        messages = self.messages(channel)
        if len(messages) != 1:
            raise AssertionError(f"{len(messages)} messages in {channel}, not one")
        return messages[0]

    def delete_message(self, ts: str, channel: str = CHANNEL) -> None:
        """Delete a message, as a person with the right to do so."""
        with self._lock:
            self.channels[channel].delete(ts)

    def answer(self, request: Request) -> Answer:
        """Answer as the Web API does: 200 with ``ok``, whatever happened."""
        method = self._methods.get(request.path.removeprefix("/api/"))
        if method is None:
            return Answer(body={"ok": False, "error": "unknown_method", "req_method": request.path})
        try:
            arguments = _arguments(request, takes_json=method.takes_json)
            self._authorize(request, arguments, method)
            with self._lock:
                self.calls.append((request.path.removeprefix("/api/"), arguments))
                return Answer(body={"ok": True, **method.call(arguments)})
        except Refusal as refusal:
            return Answer(body={"ok": False, "error": refusal.code, **refusal.details})

    def fault_answer(self, status: int, fault: Fault) -> Answer:
        """Return Slack's body: ``ratelimited`` with 429, otherwise the fault's own code."""
        code = fault.error or ("ratelimited" if status == 429 else "internal_error")
        return Answer(status=status, body={"ok": False, "error": code})

    def facts(self, request: Request) -> dict[str, str]:
        """Add ``api_method`` and ``channel``."""
        try:
            channel = str(_arguments(request, takes_json=True).get("channel", ""))
        except Refusal:
            channel = ""
        own = {"api_method": request.path.removeprefix("/api/"), "channel": channel}
        return super().facts(request) | own

    def kept(self) -> dict[str, Any]:
        """Return all messages and replies, each with its channel's id, oldest first."""
        with self._lock:
            said = [{"channel": key, **said} for key, channel in self.channels.items() for said in channel.messages]
        return {"messages": sorted(said, key=lambda message: str(message["ts"]))}

    def _authorize(self, request: Request, arguments: Arguments, method: _Method) -> None:
        header = request.headers.get("authorization", "")
        # A token in a JSON body does not count, only one in a form (or the header).
        in_form = "" if request.is_json else str(arguments.get("token", ""))
        token = header.removeprefix("Bearer ").strip() if header.startswith("Bearer ") else in_form
        if not token:
            raise Refusal("not_authed")
        if token != self.token:
            raise Refusal("invalid_auth")
        if method.scope and method.scope not in self.scopes:
            raise Refusal("missing_scope", needed=method.scope, provided=",".join(sorted(self.scopes)))

    def _auth_test(self, _: Arguments) -> dict[str, Any]:
        return {"url": "https://sandbox.slack.com/", "team": "Sandbox", "user": "firebrigade", **BOT}

    def _channel(self, arguments: Arguments) -> Channel:
        channel = self.channels.get(str(arguments.get("channel", "")))
        if channel is None:
            raise Refusal("channel_not_found")
        return channel

    def _writable(self, arguments: Arguments) -> Channel:
        channel = self._channel(arguments)
        if channel.is_archived:
            raise Refusal("is_archived")
        if not channel.has_bot:
            raise Refusal("not_in_channel")
        return channel

    def _post(self, arguments: Arguments) -> dict[str, Any]:
        channel = self._writable(arguments)
        _check_content(arguments)
        message = channel.post(arguments)
        return {"channel": channel.id, "ts": message["ts"], "message": message}

    def _update(self, arguments: Arguments) -> dict[str, Any]:
        channel = self._writable(arguments)
        _check_content(arguments)
        message = channel.update(str(arguments.get("ts", "")), arguments)
        return {"channel": channel.id, "ts": message["ts"], "text": message["text"], "message": message}

    def _delete(self, arguments: Arguments) -> dict[str, Any]:
        channel = self._writable(arguments)
        channel.delete(str(arguments.get("ts", "")))
        return {"channel": channel.id, "ts": arguments["ts"]}

    def _history(self, arguments: Arguments) -> dict[str, Any]:
        channel = self._channel(arguments)
        if not channel.has_bot:
            raise Refusal("not_in_channel")
        return channel.history(arguments)

    def _replies(self, arguments: Arguments) -> dict[str, Any]:
        return self._channel(arguments).replies(arguments)


def _arguments(request: Request, *, takes_json: bool) -> Arguments:
    """Read the arguments as Slack does: from the query, and from a JSON or form body.

    In forms, ``blocks`` and ``metadata`` are JSON within a text.
    """
    if request.is_json:
        if not takes_json:
            return request.query
        return {**request.query, **_json_body(request)}
    arguments: dict[str, Any] = {**request.query, **request.form()}
    for name, code in (("blocks", "invalid_blocks_format"), ("metadata", "invalid_metadata_format")):
        if isinstance(arguments.get(name), str):
            try:
                arguments[name] = json.loads(arguments[name])
            except ValueError:
                raise Refusal(code) from None
    return arguments


def _json_body(request: Request) -> dict[str, Any]:
    try:
        body = request.json() if request.body else {}
    except ValueError:
        raise Refusal("invalid_json") from None
    if not isinstance(body, dict):
        raise Refusal("json_not_object")
    return body


def _check_content(arguments: Arguments) -> None:
    problem = problem_of_content(arguments)
    if problem:
        code, *messages = problem
        raise Refusal(code, **({"response_metadata": {"messages": messages}} if messages else {}))


def main() -> None:
    """Run it alone."""
    parser = port_parser("Slack's Web API, as a sandbox")
    parser.add_argument("--token", default=TOKEN, help="the bot token to accept")
    parser.add_argument("--channel", action="append", help=f"a channel's id; {CHANNEL} if left out")
    arguments = parser.parse_args()
    channels = {channel: channel.lower() for channel in arguments.channel or [CHANNEL]}
    server = Slack(arguments.port, token=arguments.token, channels=channels)
    run_alone("Slack", arguments.port, server, lambda slack: slack.url)


if __name__ == "__main__":
    main()
