"""Grafana's variables in a query, and what stands for them when it is judged."""

import pytest

from firebrigade.rules.grafana import queries
from firebrigade.rules.promql import expressions


@pytest.mark.parametrize(
    ("text", "names", "filled"),
    [
        pytest.param("rate(x[$__rate_interval])", ("__rate_interval",), "rate(x[5m])", id="Grafana's own"),
        pytest.param('x{pod=~"$pod"}', ("pod",), 'x{pod=~".*"}', id="a chosen one"),
        pytest.param('x{pod=~"${pod:regex}"}', ("pod",), 'x{pod=~".*"}', id="with a format"),
        pytest.param("increase(x[${__range}])", ("__range",), "increase(x[6h])", id="in braces"),
        pytest.param("x * $__range_s", ("__range_s",), "x * 21600", id="the longer name wins"),
        pytest.param(
            'label_replace(x, "a", "$1", "b", "(.+)")', ("1",), 'label_replace(x, "a", "$1", "b", "(.+)")', id="a group"
        ),
        pytest.param("x", (), "x", id="none"),
    ],
)
def test_variables_are_found_and_filled(text: str, names: tuple[str, ...], filled: str) -> None:
    assert queries.filled(text) == filled
    assert queries.variables(text) == tuple(name for name in names if not name.isdigit())
    expressions.parse(queries.filled(text))
