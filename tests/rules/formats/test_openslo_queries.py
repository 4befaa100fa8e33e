"""OpenSLO's queries get a range where they have none, and the window where they have one."""

import promql_parser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebrigade.rules.formats.openslo_queries import Kind, remaining, windowed
from firebrigade.rules.slo.objectives import PLACEHOLDER
from firebrigade.rules.testing import oracle
from firebrigade.rules.testing.oracle import Question, Simulation
from firebrigade.rules.testing.promtool import Promtool


@pytest.mark.parametrize(
    ("query", "kind", "expected"),
    [
        pytest.param("sum(x)", "counter", "sum(rate(x[{{.window}}]))", id="a counter inside its aggregation"),
        pytest.param('x{code="5"}', "counter", 'sum(rate(x{code="5"}[{{.window}}]))', id="a counter alone"),
        pytest.param("sum(x)", "gauge", "sum(sum_over_time(x[{{.window}}]))", id="a gauge"),
        pytest.param("x", "ratio", "avg(avg_over_time(x[{{.window}}]))", id="a recorded share"),
        pytest.param("sum(rate(x[5m]))", None, "sum(rate(x[{{.window}}]))", id="a range"),
        pytest.param("rate(x[5m])", None, "sum(rate(x[{{.window}}]))", id="a range that is not aggregated"),
        pytest.param(
            "sum(rate(x[5m])) - sum(rate(y[1h] offset 5m))",
            "counter",
            "sum(rate(x[{{.window}}])) - sum(rate(y[{{.window}}] offset 5m))",
            id="two ranges",
        ),
        pytest.param(
            "max_over_time(sum(rate(x[5m]))[1h:30s])",
            None,
            "max_over_time(sum(rate(x[5m]))[{{.window}}:30s])",
            id="a subquery keeps the ranges inside of it",
        ),
        pytest.param("sum(rate(x[5m])) * scalar(y)", None, "sum(rate(x[{{.window}}])) * scalar(y)", id="one range"),
        pytest.param("sum(x offset 5m)", "counter", "sum(rate(x[{{.window}}] offset 5m))", id="an offset"),
        pytest.param('x{a="}"} @ end()', "counter", 'sum(rate(x{a="}"}[{{.window}}] @ end()))', id="a moment"),
        pytest.param('sum(x{a="[5m]"})', "counter", 'sum(rate(x{a="[5m]"}[{{.window}}]))', id="a range in a label"),
        pytest.param(
            'sum(rate(x{a="[5m]"}[5m]))', None, 'sum(rate(x{a="[5m]"}[{{.window}}]))', id="a range and one in a label"
        ),
        pytest.param("sum by (a) (x)", "counter", "sum by (a) (rate(x[{{.window}}]))", id="an aggregation by a label"),
        pytest.param("topk(2, x)", "counter", "sum(topk(2, rate(x[{{.window}}])))", id="a choice is no aggregation"),
        pytest.param("clamp_min(sum(x), 1)", "counter", "clamp_min(sum(rate(x[{{.window}}])), 1)", id="a function"),
        pytest.param("-(sum(x) * 2)", "counter", "-(sum(rate(x[{{.window}}])) * 2)", id="arithmetic"),
        pytest.param(
            "rate(x[{{ .window }}]) + rate(y[5m])",
            None,
            "rate(x[{{ .window }}]) + rate(y[5m])",
            id="what has the window already",
        ),
    ],
)
def test_a_query_is_asked_over_the_window(query: str, kind: Kind | None, expected: str) -> None:
    assert windowed(query, kind) == expected


@pytest.mark.parametrize(
    ("query", "kind", "expected"),
    [
        pytest.param("sum(x", "counter", "is not valid PromQL: ", id="no PromQL"),
        pytest.param("sum(x)", None, "has no range, and nobody says what it selects; add counter", id="no kind"),
        pytest.param("vector(1)", "counter", "selects no series", id="no series"),
    ],
)
def test_a_query_that_can_not_be_is_refused(query: str, kind: Kind | None, expected: str) -> None:
    with pytest.raises(ValueError, match="^" + expected.replace("(", r"\(")):
        windowed(query, kind)


_SELECTORS = st.sampled_from(["x", 'x{a="b"}', 'x{a=~"b|c", d!="[5m]"}', "x offset 5m", 'x{a="}"} offset -1h'])
_FORMS = st.sampled_from(
    ["sum({})", "sum by (a) ({})", "max without (a, b) ({})", "{} > 1", "sum({}) / on () count({})", "-{}", "abs({})"]
)


@settings(deadline=None)
@given(form=_FORMS, selector=_SELECTORS, kind=st.sampled_from(["counter", "gauge", "ratio"]))
def test_whatever_is_asked_has_the_window_and_no_range_besides(form: str, selector: str, kind: Kind) -> None:
    made = windowed(form.replace("{}", selector), kind)
    assert len(PLACEHOLDER.findall(made)) == form.count("{}")
    promql_parser.parse(PLACEHOLDER.sub("1h", made))


@settings(deadline=None)
@given(form=_FORMS, selector=_SELECTORS, kind=st.sampled_from(["counter", "gauge", "ratio"]))
def test_a_query_over_the_window_stays_as_it_is(form: str, selector: str, kind: Kind) -> None:
    made = windowed(form.replace("{}", selector), kind)
    assert windowed(made, None) == made


@pytest.mark.parametrize(
    ("series", "bad"),
    [
        pytest.param({"good": "0+45x20", "all": "0+60x20"}, [0.25], id="some are bad"),
        pytest.param({"all": "0+60x20"}, [1.0], id="all are bad, and no good one was ever counted"),
        pytest.param({"good": "0+60x20", "all": "0+60x20"}, [0.0], id="none is bad"),
        pytest.param({"good": "0+60x20"}, [], id="nobody counts all events"),
    ],
)
@pytest.mark.parametrize("form", ["sum(rate({}[5m]))", "sum by (job) (rate({}[5m]))"])
def test_events_that_are_not_good_are_bad_even_where_nothing_is_good(
    form: str, series: dict[str, str], bad: list[float]
) -> None:
    simulation = Simulation(groups=(), series={f'{name}{{job="a"}}': values for name, values in series.items()})
    question = Question(expr=remaining(form.format("all"), form.format("good")), minute=20)
    (answer,) = oracle.ask(Promtool(), simulation, [question])
    assert list(answer.values()) == pytest.approx(bad)
