"""Untrusted text, addresses and secrets: what gets through, in the shape in which it does."""

import json
import unicodedata
from base64 import b64encode
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, TypeAdapter, ValidationError

from firebrigade.receivers.addresses import ApiAddress, web_address, web_links
from firebrigade.receivers.contract import ReceiverConfig
from firebrigade.receivers.redaction import redact, secrets_of, what_it_said
from firebrigade.receivers.text import clip, one_line, pairs

ANY_TEXT = st.text(st.characters(exclude_categories=[]))  # with lone surrogates, which JSON can carry


@settings(deadline=None)
@given(ANY_TEXT, st.integers(1, 60))
@example("\ud800", 5)
@example("a\u202eb\u2066", 5)
def test_one_line_is_one_printable_line_within_its_limit(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert line == line.strip()
    assert not {unicodedata.category(c) for c in line} & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(line) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert line.encode("utf-8").decode("utf-8") == line


@pytest.mark.parametrize(
    ("text", "limit", "line"),
    [
        ("a\r\nb\tc", 10, "a b c"),
        ("abcdef", 4, "abc…"),
        ("abcd", 4, "abcd"),
        ("Σ is fine", 20, "Σ is fine"),
        ("👩‍🚒 too", 20, "👩‍🚒 too"),
    ],
    ids=["line ends become spaces", "too long is cut", "just fits", "letters of any script", "joined emoji"],
)
def test_text_is_made_fit_for_one_line(text: str, limit: int, line: str) -> None:
    assert one_line(text, limit) == line
    assert len(clip(text, limit)) <= limit


def test_labels_are_taken_by_name_up_to_a_count() -> None:
    assert pairs({"b": "2\n", "a": "1", "c": "3"}, count=2, limit=5) == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JAVASCRIPT://x/%0aalert(1)",
        "data:text/html,x",
        "ftp://example.com/",
        "//example.com/",
        "/relative",
        "https://",
        "https://user:password@example.com/",
        "https://bank.example@evil.example/",
        "https://example.com:port/",
        "http://[::1",
        "https://example.com/" + "a" * 3000,
        "",
    ],
)
def test_an_address_that_is_no_plain_web_address_is_not_shown(address: str) -> None:
    assert web_address(address) is None


@settings(deadline=None)
@given(ANY_TEXT)
@example('https://x.example/"><script>')
@example("https://x.example/|name> <!channel>")
@example("https://x.example/a b\r\nSet-Cookie: x")
def test_an_address_that_is_shown_can_not_break_out_of_a_link(text: str) -> None:
    for address in (web_address(text), web_address("https://x.example/" + text)):
        if address is not None:
            assert address.isascii()
            assert address.isprintable()
            assert not set(address) & set("<>|\"'` \\^{}")
            assert urlsplit(address).scheme in {"http", "https"}


def test_an_encoded_address_stays_as_it_is() -> None:
    address = "https://prometheus.example:9090/graph?g0.expr=up%7Bjob%3D%22a%22%7D&g0.tab=1#x"
    assert web_address(address) == address


def test_links_keep_their_names_and_lose_what_may_not_be_shown() -> None:
    links = web_links({"run\nbook": "https://a.example", "x": "javascript:1", "": "https://b.example"}, count=5)
    assert links == {"run book": "https://a.example"}


@pytest.mark.parametrize(
    ("address", "accepted"),
    [
        ("https://events.pagerduty.com", "https://events.pagerduty.com"),
        ("https://events.pagerduty.com/", "https://events.pagerduty.com"),
        ("http://127.0.0.1:8080/api", "http://127.0.0.1:8080/api"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://events.pagerduty.com", None),
        ("http://127.0.0.1.evil.example", None),
        ("https://user:pass@events.pagerduty.com", None),
        ("https://events.pagerduty.com?x=1", None),
        ("events.pagerduty.com", None),
        ("file:///etc/passwd", None),
    ],
)
def test_a_secret_is_only_sent_to_https_or_to_this_machine(address: str, accepted: str | None) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(ApiAddress)
    if accepted is None:
        with pytest.raises(ValidationError):
            adapter.validate_python(address)
    else:
        assert adapter.validate_python(address) == accepted


class _Config(ReceiverConfig):
    token: SecretStr
    other: SecretStr = SecretStr("")
    plain: str = "plain"


def test_the_secrets_of_a_configuration_are_its_secret_fields() -> None:
    assert secrets_of(_Config(token=SecretStr("abc"))) == ("abc", "")


@pytest.mark.parametrize("secret", ["xoxb-12-ab", 'p"ä/ +%', "short"])
def test_a_secret_is_removed_however_it_is_spelled(secret: str) -> None:
    spellings = [secret, quote(secret, safe=""), json.dumps(secret), b64encode(secret.encode()).decode()]
    for spelling in spellings:
        text = redact(f"<{spelling}>", [secret])
        assert spelling.strip('"') not in text
        assert "[secret]" in text


@pytest.mark.parametrize("user", ["", "a", "ab", "abc"])
def test_a_secret_is_removed_from_a_login_in_base64(user: str) -> None:
    login = b64encode(f"\0{user}\0top secret".encode()).decode()
    assert "c2VjcmV0" not in redact(login, ["top secret"])
    assert "[secret]" in redact(login, ["top secret"])


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=300), st.text(st.characters(codec="ascii"), min_size=6, max_size=40))
def test_what_a_server_said_is_short_and_holds_no_secret(before: str, after: str, secret: str) -> None:
    said = what_it_said(before + secret + after, [secret])
    assert len(said) <= 200
    assert secret not in said or secret in "[secret]"
