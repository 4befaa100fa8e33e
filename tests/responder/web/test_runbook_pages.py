"""Where an alert's ``runbook_url`` leads."""

from typing import Any

import pytest


def test_a_runbook_is_shown_to_anybody_as_it_is_written(web: Any) -> None:
    answer = web.client.get("/runbooks/service-down")
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; charset=utf-8"
    assert "# A service is down" in answer.text


@pytest.mark.parametrize("name", ["nothing", "..%2fcontract.py", "service-down.md", "%00"])
def test_what_is_no_runbook_is_not_found(web: Any, name: str) -> None:
    answer = web.client.get(f"/runbooks/{name}")
    assert answer.status_code == 404
    assert answer.json["error"]


def test_the_labels_in_the_address_stand_in_the_commands(web: Any) -> None:
    text = web.client.get("/runbooks/service-down?namespace=shop&pod=a%3B+reboot").text
    assert "-n shop" in text
    assert "<namespace>" not in text
    assert "'a; reboot'" in text
