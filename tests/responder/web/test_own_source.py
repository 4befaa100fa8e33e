"""Nobody can speak as Firebrigade itself: its own alerts can be neither forged nor ended from outside."""

from typing import Any

from firebrigade.responder.webhook import PATH


def test_the_name_of_our_own_alerts_is_no_source(web: Any, read_payload: Any) -> None:
    body = read_payload("am028-single-firing")
    options = {"headers": web.authorization, "content_type": "application/json"}
    answer = web.client.post(f"{PATH}?source=firebrigade", data=body, **options)
    said = "?source: must not be firebrigade, the name of Firebrigade's own alerts; choose another"
    assert (answer.status_code, answer.json) == (400, {"error": said})
    assert web.store.incidents() == []
