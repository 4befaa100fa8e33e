"""Starting: who is let in, when it refuses, and which socket it takes."""

import socket
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from firebrigade.responder.authentication import ANYONE
from firebrigade.responder.config import load_config
from firebrigade.responder.errors import ConfigError
from firebrigade.responder.listener import open_listener
from firebrigade.responder.serve import make_access, run
from firebrigade.responder.settings import Settings


def test_it_refuses_to_start_without_credentials(capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(bind="192.0.2.1:80")  # nobody's, so that it can't start by mistake
    assert run(settings, load_config(None, settings), insecure=False) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert len(output.err.splitlines()) == 1
    assert "FIREBRIGADE_WEBHOOK_TOKEN" in output.err
    assert "--insecure" in output.err


def test_a_token_for_the_api_does_not_open_the_webhook_to_everybody() -> None:
    with pytest.raises(ConfigError, match="No credentials are configured for the webhook"):
        make_access(Settings(api_token=SecretStr("for-people")), insecure=False)


@pytest.mark.parametrize(
    ("settings", "header", "webhook", "api"),
    [
        pytest.param(Settings(), None, ANYONE, ANYONE, id="insecure and nothing configured"),
        pytest.param(Settings(webhook_token=SecretStr("t")), None, None, None, id="a token counts although insecure"),
        pytest.param(Settings(webhook_token=SecretStr("t")), "Bearer t", "bearer", "bearer", id="one for both"),
        pytest.param(
            Settings(webhook_token=SecretStr("t"), api_token=SecretStr("u")),
            "Bearer t",
            "bearer",
            None,
            id="the webhook's does not open an API that has its own",
        ),
        pytest.param(
            Settings(webhook_token=SecretStr("t"), api_token=SecretStr("u")),
            "Bearer u",
            None,
            "bearer",
            id="the API's does not open the webhook",
        ),
        pytest.param(
            Settings(webhook_username="am", webhook_password=SecretStr("p")),
            "Basic YW06cA==",
            "am",
            "am",
            id="user name and password",
        ),
    ],
)
def test_who_is_let_in(settings: Settings, header: str | None, webhook: str | None, api: str | None) -> None:
    access = make_access(settings, insecure=True)
    assert (access.webhook.identify(header), access.api.identify(header)) == (webhook, api)


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    """A socket that listens on a port of the kernel's choice."""
    listener = socket.create_server(("127.0.0.1", 0))
    yield listener
    listener.close()


def test_a_port_that_is_still_in_use_is_tried_again(taken: socket.socket) -> None:
    port = taken.getsockname()[1]
    pauses: list[float] = []

    def wait(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            taken.close()

    with open_listener(f"127.0.0.1:{port}", wait) as listener:
        assert listener.getsockname()[1] == port
    assert len(pauses) == 3


def test_a_port_that_stays_in_use_is_refused_in_one_sentence(taken: socket.socket) -> None:
    port = taken.getsockname()[1]
    pauses: list[float] = []
    with pytest.raises(ConfigError) as caught:
        open_listener(f"127.0.0.1:{port}", pauses.append)
    assert f"can't listen on 127.0.0.1:{port}: Address already in use" in str(caught.value)
    assert sum(pauses) == pytest.approx(30, abs=1)


def test_an_address_that_is_not_ours_is_refused_at_once() -> None:
    pauses: list[float] = []
    with pytest.raises(ConfigError, match="can't listen on"):
        open_listener("192.0.2.1:80", pauses.append)
    assert pauses == []
