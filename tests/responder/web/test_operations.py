"""The application itself: whether it is well, what it counts, and what no answer tells."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from firebrigade.responder.errors import StoreUnavailableError

API = "/api/v1"


def _incidents(web: Any) -> Any:
    return web.client.get(f"{API}/incidents", headers=web.authorization)


def test_a_process_is_healthy_while_its_store_is_gone(make_web: Any) -> None:
    web = make_web(records=Unavailable())
    assert web.client.get("/-/healthy").status_code == 200
    answer = web.client.get("/-/ready")
    assert (answer.status_code, answer.json) == (503, {"error": "the database can't answer"})


@pytest.mark.parametrize(("alive", "status"), [(True, 200), (False, 503)])
def test_ready_means_that_the_engine_works(web: Any, alive: bool, status: int) -> None:
    web.engine.alive = alive
    assert web.client.get("/-/ready").status_code == status


def test_the_api_says_so_when_the_store_is_gone(make_web: Any) -> None:
    answer = _incidents(make_web(records=Unavailable()))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_metrics_are_shown_to_prometheus(web: Any, read_payload: Callable[[str], bytes]) -> None:
    headers = {**web.authorization, "Content-Type": "application/json"}
    web.client.post(f"{API}/webhook/alertmanager", data=read_payload("am028-group3-all-firing"), headers=headers)
    answer = web.client.get("/metrics")
    assert answer.content_type.startswith("text/plain; version=")
    assert 'firebrigade_webhook_alerts_total{status="firing"} 3.0' in answer.text
    name = "firebrigade_http_requests_total"
    assert web.value(name, endpoint="webhook.receive", method="POST", code="202") == 1


def test_strangers_choose_no_metric_labels(web: Any) -> None:
    for number in range(3):
        web.client.open(f"/{number}", method=f"METHOD{number}")
    assert web.value("firebrigade_http_requests_total", endpoint="none", method="any", code="404") == 3


def test_a_bug_is_told_to_the_log_and_not_to_the_client(make_web: Any, log_stream: io.StringIO) -> None:
    answer = _incidents(make_web(records=Broken()))
    assert answer.status_code == 500
    assert "planted" not in answer.text
    assert '"event": "unexpected_error"' in log_stream.getvalue()
    assert "planted-token-9f3c" not in log_stream.getvalue()


@pytest.mark.parametrize("path", ["/-/healthy", "/metrics", f"{API}/incidents", "/nothing"])
def test_every_answer_carries_the_headers_that_keep_browsers_out(web: Any, path: str) -> None:
    headers = web.client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


class Unavailable:
    """A store whose database is gone."""

    def __getattr__(self, name: str) -> Any:
        def refuse(*_arguments: Any, **_named: Any) -> None:
            raise StoreUnavailableError("the database can't answer")

        return refuse


class Broken:
    """A store with a bug that tells a secret."""

    def __getattr__(self, name: str) -> Any:
        def fail(*_arguments: Any, **_named: Any) -> None:
            raise RuntimeError("sent Authorization: Bearer planted-token-9f3c")

        return fail
