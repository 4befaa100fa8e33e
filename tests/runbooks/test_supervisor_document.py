"""The contract of the agents' supervisor as an OpenAPI document: the client reads it, and the sandbox keeps to it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from pydantic import BaseModel

from firebrigade.responder.clock import ManualClock
from firebrigade.runbooks.supervisor import Agent, Recovery
from sandbox.supervisor import Supervisor

DOCUMENT: Mapping[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "docs" / "supervisor.openapi.yaml").read_text(encoding="utf-8")
)
AGENT, FAILED, DEAF = "agent-07", "agent-08", "agent-09"
KEY = {"Idempotency-Key": "step-1"}
AGENT_PATH, RECOVER_PATH = "/agents/{agent_id}", "/agents/{agent_id}/recover"


@pytest.fixture
def guarded(clock: ManualClock) -> Iterator[Supervisor]:
    with Supervisor(agent_ids=[AGENT, FAILED, DEAF], clock=clock, token="hunter2") as supervisor:
        supervisor.fail(FAILED)
        supervisor.fail(DEAF, deaf=True)
        yield supervisor


def _described(path: str, method: str, status: int) -> Mapping[str, Any]:
    """Return the schema of an answer, which must be one that the document names."""
    response: Mapping[str, Any] = DOCUMENT["paths"][path][method]["responses"][str(status)]
    if "$ref" in response:
        response = DOCUMENT["components"]["responses"][response["$ref"].rpartition("/")[2]]
    schema: Mapping[str, Any] = response["content"]["application/json"]["schema"]
    return {**schema, "components": DOCUMENT["components"]}


def test_the_document_is_one() -> None:
    validate(DOCUMENT)


@pytest.mark.parametrize(
    ("path", "method", "agent_id", "headers", "status"),
    [
        pytest.param("/agents", "get", "", {}, 200, id="all agents"),
        pytest.param(AGENT_PATH, "get", AGENT, {}, 200, id="a healthy agent"),
        pytest.param(AGENT_PATH, "get", FAILED, {}, 200, id="a failed agent"),
        pytest.param(AGENT_PATH, "get", "nobody", {}, 404, id="an agent that is not known"),
        pytest.param(RECOVER_PATH, "post", FAILED, KEY, 202, id="a recovery"),
        pytest.param(RECOVER_PATH, "post", FAILED, {}, 400, id="a recovery without a key"),
        pytest.param(RECOVER_PATH, "post", "nobody", KEY, 404, id="a recovery of nobody"),
    ],
)
def test_the_sandbox_answers_as_the_document_says(
    path: str, method: str, agent_id: str, headers: Mapping[str, str], status: int, guarded: Supervisor
) -> None:
    url = guarded.address + path.format(agent_id=agent_id)
    answer = requests.request(method, url, headers={"Authorization": "Bearer hunter2", **headers}, timeout=5)
    assert answer.status_code == status
    OAS31Validator(_described(path, method, status)).validate(answer.json())


def test_an_agent_that_is_recovered_again_and_again_is_described(guarded: Supervisor, clock: ManualClock) -> None:
    bearer = {"Authorization": "Bearer hunter2"}
    for key in ("step-1", "step-1", "step-2"):
        url = f"{guarded.address}/agents/{DEAF}/recover"
        body = requests.post(url, headers={**bearer, "Idempotency-Key": key}, timeout=5).json()
        OAS31Validator(_described(RECOVER_PATH, "post", 202)).validate(body)
    agent = requests.get(f"{guarded.address}/agents/{DEAF}", headers=bearer, timeout=5).json()
    OAS31Validator(_described(AGENT_PATH, "get", 200)).validate(agent)
    assert (agent["silent_restarts"], agent["recovery_requested_at"]) == (2, clock.now().isoformat())


def test_the_token_is_described(guarded: Supervisor) -> None:
    answer = requests.get(f"{guarded.address}/agents", timeout=5)
    assert (answer.status_code, answer.json().keys()) == (401, {"error"})
    assert {"bearer": []} in DOCUMENT["security"]


@pytest.mark.parametrize("model", [Agent, Recovery])
def test_the_client_reads_what_is_described_and_needs_nothing_else(model: type[BaseModel]) -> None:
    schema = DOCUMENT["components"]["schemas"][model.__name__]
    assert model.model_fields.keys() == set(schema["required"]) == schema["properties"].keys()
