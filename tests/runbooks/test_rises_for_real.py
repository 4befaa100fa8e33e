"""A real Prometheus with a past that is known: what rose after a change, and what was rising before it."""

import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from firebrigade.runbooks.must_not_rise import ChangeAge, MustNotRise
from firebrigade.runbooks.prometheus import PrometheusClient, PrometheusSettings
from firebrigade.runbooks.rises import compare
from sandbox.processes import Prometheus

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("a Prometheus with a past")]

SCRAPE_SECONDS = 15
MADE = timedelta(minutes=4)
AGE = ChangeAge(begun=MADE + timedelta(seconds=2), made=MADE)
# For how many seconds each service has had errors, at the end of its past.
ERRORS_FOR = {"broken-by-the-change": 230, "broken-before": 280, "broken-long-before": 1200, "well": 0}


def openmetrics(end: int) -> str:
    """Return half an hour with a scrape every 15 seconds: 10 requests a second, and half of them errors in the end."""
    lines = ["# TYPE requests counter"]
    for status in ("ok", "error"):
        for service, seconds in ERRORS_FOR.items():
            for at in range(end - 1800, end + 301, SCRAPE_SECONDS):
                failed = 5 * max(0, at - (end - seconds))
                count = failed if status == "error" else 10 * (at - end + 1800) - failed
                lines.append(f'requests_total{{service="{service}",status="{status}"}} {count} {at}')
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusClient]:
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "past.txt").write_text(openmetrics(int(time.time())))
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=480h"]
    subprocess.run([*command, "past.txt", "data"], cwd=folder, check=True, capture_output=True, timeout=60)
    config = {"global": {"scrape_interval": "1m"}, "scrape_configs": []}
    with Prometheus(config, folder=folder, ready_within=timedelta(seconds=60)) as server:
        yield PrometheusClient(PrometheusSettings(url=server.url))


@pytest.mark.parametrize(
    ("service", "rose", "unknown"),
    [
        pytest.param("broken-by-the-change", True, "", id="it rose after the change"),
        pytest.param("broken-before", False, "before the change it rose already", id="it was rising before"),
        pytest.param("broken-long-before", False, "", id="it had risen before"),
        pytest.param("well", False, "", id="it never rose"),
        pytest.param("nobody", False, "no series for it now", id="there is nothing"),
    ],
)
def test_a_rise_is_blamed_on_the_change_that_came_before_it(
    client: PrometheusClient, service: str, rose: bool, unknown: str
) -> None:
    query = (
        f'sum(rate(requests_total{{service="{service}",status="error"}}[1m]))'
        f' / sum(rate(requests_total{{service="{service}"}}[1m]))'
    )
    worse = MustNotRise(query=query, rises_by=0.2, looks_back=timedelta(minutes=1))
    found = compare(lambda at: client.query(query, at), worse, AGE)
    assert found is not None
    assert (found.rose, unknown in found.unknown, bool(found.unknown)) == (rose, True, bool(unknown)), found
