"""Addresses of databases that can't be used: one sentence, without the password that may stand anywhere in them."""

import traceback

import pytest

from firebrigade.responder.errors import ConfigError
from firebrigade.responder.store.database import Database, sqlite_file


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("planted", id="no address at all"),
        pytest.param("postgresql://me:x@y:planted@db/x", id="signs in the password, so that it looks like a port"),
        pytest.param("postgresql+planted://me:planted@db/x", id="a driver that does not exist"),
    ],
)
def test_an_address_that_is_none_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ConfigError, match="not a database URL") as refusal:
        Database(url)
    assert "planted" not in str(refusal.value)


def test_a_password_that_looks_like_a_port_is_in_no_traceback() -> None:
    with pytest.raises(ConfigError) as refusal:
        sqlite_file("postgresql://me:x@y:planted@db/x")
    assert "planted@" not in "".join(traceback.format_exception_only(refusal.value))
    assert refusal.value.__cause__ is None
