"""What the campaign's tests share: running scenarios, quietly."""

from collections.abc import Callable, Iterator, Sequence

import pytest
import structlog

from sandbox.campaign.running import run_all
from sandbox.campaign.scenario import Scenario
from sandbox.campaign.trial import Result

Run = Callable[[Sequence[Scenario]], list[Result]]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Say nothing: hundreds of steps would."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.configure(**before)


@pytest.fixture
def run() -> Run:
    """Run scenarios as the campaign does."""
    return lambda chosen: list(run_all(chosen))
