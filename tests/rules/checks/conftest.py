"""What the tests of checks share: a shop with its metrics, and what one check says about rules on it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from firebrigade.rules import build, check, document
from firebrigade.rules.contract import Contract, load
from firebrigade.rules.library import Surroundings

Told = Callable[..., list[str]]

METRICS = """\
metrics:
  - {name: shop_requests_total, type: counter, unit: requests, labels: [method, status], series: 100}
  - {name: shop_orders_total, type: counter, unit: orders, labels: [kind], values: {kind: [new, again]}, series: 10}
  - {name: shop_seconds, type: histogram, unit: seconds, labels: [method], buckets: [0.1, 1, 5], series: 20}
  - {name: shop_squeezed, type: histogram, unit: original / packed size, labels: [], buckets: [1, 5]}
  - {name: shop_queue, type: gauge, unit: orders, labels: []}
  - {name: shop_load, type: gauge, unit: ratio 0-1, labels: []}
  - {name: shop_percent, type: gauge, unit: percent, labels: []}
  - {name: shop_wait, type: gauge, unit: seconds, labels: []}
  - {name: shop_delay, type: gauge, unit: milliseconds, labels: []}
  - {name: shop_free_bytes, type: gauge, unit: bytes, labels: [disk]}
  - {name: shop_size_bytes, type: gauge, unit: bytes, labels: [disk]}
  - {name: shop_state, type: gauge, unit: "state: 0 open, 1 closed", labels: []}
"""


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    """The bundled contract with the shop's metrics."""
    path = tmp_path_factory.mktemp("contract") / "metrics.yaml"
    path.write_text(METRICS.replace("}\n", ", service: shop, source: seeds}\n"), encoding="utf-8")
    return load([path])


@pytest.fixture
def told(tmp_path: Path, shop: Contract, surroundings: Surroundings) -> Told:
    """Return what a check says about groups: each is a list of rules, and a rule without labels or texts gets some."""

    def told_of(name: str, *groups: list[dict[str, object]], interval: str = "") -> list[str]:
        written = [
            {"name": f"g{number}", **({"interval": interval} if interval else {}), "rules": rules}
            for number, rules in enumerate(groups)
        ]
        path = tmp_path / "shop.yaml"
        path.write_text(yaml.safe_dump({"team": "web", "dashboard": "shop", "groups": written}), encoding="utf-8")
        compiled = build.compile_one(document.read(path), surroundings)
        return [one.message for one in check.problems([compiled], shop, surroundings) if one.check == name]

    return told_of


@pytest.fixture
def told_of_alert(told: Told) -> Told:
    """Return what a check says about an alert with an expression; further keys replace the usual ones."""

    def told_of(name: str, expr: str, **keys: object) -> list[str]:
        usual: dict[str, object] = {
            "alert": "ShopDown",
            "for": "5m",
            "labels": {"severity": "critical", "service": "shop"},
            "annotations": {"summary": "The shop is down", "description": "{{ $value }}"},
            "runbook": "service-down",
        }
        return told(name, [{**usual, "expr": expr, **keys}])

    return told_of
