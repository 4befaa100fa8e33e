"""rules build and check on specs of other formats: folders, and the options that say what such specs can't."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import Result

Run = Callable[..., Result]
SPEC = """\
version: prometheus/v1
service: shop
slos:
  - name: orders
    objective: 99.9
    sli:
      events:
        error_query: sum(rate(orders_total{code="500"}[{{.window}}]))
        total_query: sum(rate(orders_total[{{.window}}]))
    alerting: {name: OrdersFail}
"""
WINDOWS = """\
apiVersion: sloth.slok.dev/v1
kind: AlertWindows
spec:
  sloPeriod: 14d
  page:
    quick: {errorBudgetPercent: 4, shortWindow: 5m, longWindow: 1h}
    slow: {errorBudgetPercent: 10, shortWindow: 30m, longWindow: 6h}
  ticket:
    quick: {errorBudgetPercent: 15, shortWindow: 2h, longWindow: 1d}
    slow: {errorBudgetPercent: 25, shortWindow: 6h, longWindow: 3d}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of specs with one in a folder of its own."""
    for name in ("shop.yaml", "team/cart.yml"):
        path = tmp_path / "specs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SPEC.replace("shop", path.stem))
    return tmp_path / "specs"


def _alerts(text: str) -> list[dict[str, dict[str, str]]]:
    rules = (rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"])
    return [rule for rule in rules if rule.get("alert") == "OrdersFail"]


def test_a_folder_is_built_into_one_folder(folder: Path, firebrigade: Run) -> None:
    result = firebrigade("rules", "build", str(folder), "--out", str(folder.parent / "out"))
    assert result.exit_code == 0, result.stderr
    assert [Path(line).name for line in result.stdout.splitlines()] == ["slo-shop.yaml", "slo-team-cart.yaml"]


def test_a_period_has_windows_of_ones_own(folder: Path, firebrigade: Run) -> None:
    windows = folder.parent / "14d.yaml"
    windows.write_text(WINDOWS)
    spec = str(folder / "shop.yaml")
    without = firebrigade("rules", "build", spec, "--period", "14d")
    assert (without.exit_code, len(without.stderr.splitlines())) == (2, 1)
    assert "--period: there are no alert windows for 2w" in without.stderr
    unused = firebrigade("rules", "build", spec, "--windows", str(windows))
    assert (unused.exit_code, len(unused.stderr.splitlines())) == (2, 1)
    assert "--windows: no SLO has the period 2w; choose it with --period 2w" in unused.stderr
    result = firebrigade("rules", "build", spec, "--period", "14d", "--windows", str(windows))
    assert result.exit_code == 0, result.stderr
    assert "slo:sli_error:ratio_rate2w" in result.stdout


def test_links_are_on_every_alert(folder: Path, firebrigade: Run) -> None:
    links = ("--runbook-url", "https://wiki.example/{name}", "--dashboard-url", "https://grafana.example/d/{name}")
    result = firebrigade("rules", "build", str(folder / "shop.yaml"), *links)
    assert result.exit_code == 0, result.stderr
    for alert in _alerts(result.stdout):
        assert alert["annotations"]["runbook_url"] == "https://wiki.example/OrdersFail"
        assert alert["annotations"]["dashboard_url"] == "https://grafana.example/d/shop"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param(("--scrape-interval", "2m"), "looks at 5m, which is less than 4 scrapes of 2m", id="slow scrapes"),
        pytest.param(("--retention", "15d"), "Prometheus forgets after 15d", id="a short memory"),
        pytest.param(("--period", "month"), "--period: 'month' is not a duration", id="a period in words"),
        pytest.param(("--runbook-url", "wiki"), "--runbook-url: must be an address with {name}", id="no address"),
    ],
)
@pytest.mark.parametrize("command", ["build", "check"])
def test_an_option_that_does_not_fit_is_told(
    command: str, options: tuple[str, str], told: str, folder: Path, firebrigade: Run
) -> None:
    result = firebrigade("rules", command, str(folder), *options)
    assert result.exit_code == 2
    assert told in result.stderr + result.stdout
    assert "Traceback" not in result.stderr


def test_a_folder_is_checked_and_its_warnings_do_not_fail(folder: Path, firebrigade: Run) -> None:
    result = firebrigade("rules", "check", str(folder))
    assert result.exit_code == 0, result.stdout
    assert "cart.yml:" in result.stdout
