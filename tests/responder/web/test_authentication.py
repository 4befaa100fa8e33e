"""Who is let in: the table of all headers that anybody may think of."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from firebrigade.responder.authentication import ANYONE, Credentials, make_credentials

TOKEN = "planted-token"
PASSWORD = "päss:word"
BOTH = make_credentials(
    bearer_tokens=[SecretStr(TOKEN), SecretStr("next-token")], passwords={"alertmanager": SecretStr(PASSWORD)}
)


def basic(user_and_password: str, encoding: str = "utf-8") -> str:
    return "Basic " + base64.b64encode(user_and_password.encode(encoding)).decode()


@pytest.mark.parametrize(
    ("header", "actor"),
    [
        pytest.param(f"Bearer {TOKEN}", "bearer", id="the token"),
        pytest.param("Bearer next-token", "bearer", id="the second of two tokens"),
        pytest.param(f"bEARER   {TOKEN}  ", "bearer", id="the scheme in another case, with spaces"),
        pytest.param(basic(f"alertmanager:{PASSWORD}"), "alertmanager", id="user name and password"),
        pytest.param(None, None, id="nothing"),
        pytest.param("", None, id="an empty header"),
        pytest.param("Bearer", None, id="a scheme alone"),
        pytest.param("Bearer ", None, id="an empty token"),
        pytest.param(TOKEN, None, id="the token without a scheme"),
        pytest.param(f"Basic {TOKEN}", None, id="the token as basic"),
        pytest.param(f"Bearer alertmanager:{PASSWORD}", None, id="user name and password as a bearer token"),
        pytest.param(f"Bearer {TOKEN}x", None, id="one character more"),
        pytest.param(f"Bearer {TOKEN[:-1]}", None, id="one character less"),
        pytest.param(f"Bearer {TOKEN.upper()}", None, id="the token in another case"),
        pytest.param(basic(f"Alertmanager:{PASSWORD}"), None, id="the user name in another case"),
        pytest.param(basic(f":{PASSWORD}"), None, id="no user name"),
        pytest.param(basic("alertmanager"), None, id="no password"),
        pytest.param(basic(f"alertmanager:{PASSWORD}", "latin-1"), None, id="a password in another encoding"),
        pytest.param("Basic %%%", None, id="what is no base64"),
        pytest.param("Basic YQ", None, id="base64 without its padding"),
        pytest.param(f"Digest {TOKEN}", None, id="another scheme"),
        pytest.param("Bearer \U0001f692", None, id="what WSGI never hands over"),
    ],
)
def test_a_header_is_let_in_or_not(header: str | None, actor: str | None) -> None:
    assert BOTH.identify(header) == actor


@settings(deadline=None)
@given(st.text())
def test_no_other_header_is_let_in_and_none_raises(header: str) -> None:
    assert BOTH.identify(header) is None
    assert BOTH.identify(f"Basic {header}") is None


@pytest.mark.parametrize(
    ("credentials", "actor"),
    [
        pytest.param(make_credentials(), None, id="nobody is let in where nothing is configured"),
        pytest.param(make_credentials(insecure=True), ANYONE, id="anybody is let in where that is asked for"),
        pytest.param(
            make_credentials(bearer_tokens=[SecretStr(TOKEN)], insecure=True), None, id="a token counts even then"
        ),
    ],
)
def test_without_a_header(credentials: Credentials, actor: str | None) -> None:
    assert credentials.identify(None) == actor


def test_every_configured_way_is_offered() -> None:
    assert BOTH.challenges == ('Basic realm="firebrigade", charset="UTF-8"', 'Bearer realm="firebrigade"')
    assert make_credentials(bearer_tokens=[SecretStr(TOKEN)]).challenges == ('Bearer realm="firebrigade"',)


def test_credentials_keep_no_secret() -> None:
    assert TOKEN not in repr(BOTH)
    assert not any(TOKEN.encode() in credential.digest for credential in BOTH.accepted)
    assert "digest" not in repr(BOTH)


def test_secrets_are_compared_in_constant_time() -> None:
    # Timing can't be asserted on a shared machine; that the one function that promises it does the work, can.
    names = Credentials.identify.__code__.co_names
    assert "compare_digest" in names
