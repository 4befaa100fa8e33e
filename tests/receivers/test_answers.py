"""How an answer, or its absence, becomes one of the contract's errors; and how a delivery ends on time."""

import errno
import socket
import ssl
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebrigade.receivers.answers import LONGEST_WAIT_SECONDS, answered, from_status, seconds_to_wait, was_not_sent
from firebrigade.receivers.contract import PermanentDeliveryError, TemporaryDeliveryError
from firebrigade.receivers.deadline import Deadline, deliver_within

DATE = "Mon, 05 Jan 2026 09:00:00 GMT"


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("99999999999999999999", LONGEST_WAIT_SECONDS),
        ("Mon, 05 Jan 2026 09:02:00 GMT", 120.0),
        ("Mon, 05 Jan 2026 08:00:00 GMT", 0.0),
        ("Tue, 05 Jan 2027 09:00:00 GMT", LONGEST_WAIT_SECONDS),
        ("-1", None),
        ("1.5", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("٧", None),
    ],
)
def test_a_retry_after_header_is_read_as_seconds_or_as_a_date(retry_after: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(retry_after, DATE) == seconds


def test_a_date_without_the_answers_own_date_says_nothing() -> None:
    assert seconds_to_wait("Mon, 05 Jan 2026 09:02:00 GMT", None) is None


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_retry_after_header_gives_a_wait_within_an_hour_or_none(retry_after: str, date: str) -> None:
    seconds = seconds_to_wait(retry_after, date)
    assert seconds is None or 0 <= seconds <= LONGEST_WAIT_SECONDS


@pytest.mark.parametrize("status", range(200, 600))
def test_every_status_has_one_meaning(status: int) -> None:
    error = from_status("PagerDuty", status, "words", retry_after_seconds=3)
    temporary = status < 300 or status in {408, 425, 429} or status >= 500
    assert isinstance(error, TemporaryDeliveryError if temporary else PermanentDeliveryError)
    if isinstance(error, TemporaryDeliveryError):
        assert error.outcome_unknown == (status < 300 or status >= 500)


def test_a_temporary_status_keeps_what_the_server_asks() -> None:
    error = from_status("PagerDuty", 429, "", retry_after_seconds=3)
    assert isinstance(error, TemporaryDeliveryError)
    assert error.retry_after_seconds == 3
    assert str(error) == "PagerDuty answered 429"


def test_the_vendors_error_does_not_hang_on_to_ours() -> None:
    def call() -> None:
        raise ValueError("secret")

    with pytest.raises(TemporaryDeliveryError) as caught:
        answered(call, (ValueError,), lambda _: TemporaryDeliveryError("no"))
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("error", "unsent"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), True),
        (OSError(errno.EHOSTUNREACH, "no route"), True),
        (socket.gaierror(-2, "unknown name"), True),
        (ssl.SSLCertVerificationError(1, "self-signed"), True),
        (ConnectionResetError(errno.ECONNRESET, "reset"), False),
        (TimeoutError("timed out"), False),
        (ssl.SSLError(1, "eof"), False),
        (ValueError("x"), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_only_what_fails_before_sending_is_certain_to_have_had_no_effect(error: Exception, unsent: bool) -> None:
    assert was_not_sent(error) is unsent


class TestDeadline:
    def test_what_the_work_returns_is_returned(self) -> None:
        assert deliver_within(10, lambda _: 42) == 42

    def test_what_the_work_raises_is_raised(self) -> None:
        def work(_: Deadline) -> None:
            raise PermanentDeliveryError("no")

        with pytest.raises(PermanentDeliveryError, match=r"^no$"):
            deliver_within(10, work)

    def test_a_time_out_of_the_work_itself_is_not_taken_for_the_end_of_its_time(self) -> None:
        def work(_: Deadline) -> None:
            raise TimeoutError("mine")

        with pytest.raises(TimeoutError, match=r"^mine$"):
            deliver_within(10, work)

    def test_work_that_does_not_end_is_left_behind_and_may_send_nothing_more(self) -> None:
        over, late = threading.Event(), threading.Event()
        seen: list[Exception] = []

        def work(deadline: Deadline) -> None:
            over.wait(5)
            try:
                deadline.check()
            except TemporaryDeliveryError as error:
                seen.append(error)
            late.set()

        with pytest.raises(TemporaryDeliveryError, match="no end after") as caught:
            deliver_within(0.01, work)
        assert caught.value.outcome_unknown
        over.set()
        assert late.wait(10)
        assert len(seen) == 1
