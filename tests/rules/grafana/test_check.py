"""What is wrong with a dashboard spec: all of it at once, with file, line, key and the check that tells it."""

from collections.abc import Callable

import pytest

from firebrigade.rules.problems import Problem

Judge = Callable[[str], list[Problem]]

GOOD = """\
uid: shop
title: Shop
description: The shop.
span: 6h
refresh: 30s
variables:
  endpoint: {metric: neurectomy_http_requests_total, label: endpoint, title: Endpoint}
rows:
  - title: Now
    panels:
      - title: Requests
        description: How many there are.
        queries:
          - expr: sum by (method) (rate(neurectomy_http_requests_total{endpoint=~"$endpoint"}[5m]))
            legend: "{{method}}"
        thresholds: [{alert: HighLatency}]
        alerts: [HighErrorRate]
"""


def test_a_spec_that_is_right_has_no_problems(judged: Judge) -> None:
    assert judged(GOOD) == []


@pytest.mark.parametrize(
    ("find", "put", "check", "line", "told"),
    [
        pytest.param(
            "requests_total{",
            "reqests_total{",
            "dashboard/query",
            14,
            "expr: neurectomy_http_reqests_total is not in the metric",
            id="metric",
        ),
        pytest.param(
            "{endpoint=~",
            "{endpont=~",
            "dashboard/query",
            14,
            "expr: neurectomy_http_requests_total has no label endpont",
            id="label",
        ),
        pytest.param(
            "by (method)", "by (metod)", "dashboard/query", 14, "by (metod): there is no metod", id="grouping label"
        ),
        pytest.param(
            "{{method}}",
            "{{status}}",
            "dashboard/query",
            15,
            "legend: names status, which the query does not keep; it keeps method",
            id="legend label",
        ),
        pytest.param(
            "{{method}}",
            "requests",
            "dashboard/query",
            15,
            "legend: is the same for all series of the query; name method in it",
            id="same legend",
        ),
        pytest.param("[5m]", "[5m", "dashboard/query", 14, "expr: is not valid PromQL", id="syntax"),
        pytest.param(
            "$endpoint",
            "$endpiont",
            "dashboard/query",
            14,
            "$endpiont is no variable here; there is $__interval",
            id="unknown variable",
        ),
        pytest.param(
            '=~"$endpoint',
            '="$endpoint',
            "dashboard/query",
            14,
            'endpoint="$endpoint" finds nothing once two values are chosen',
            id="exact matcher",
        ),
        pytest.param(
            '=~"$endpoint"',
            '!="/x"',
            "dashboard/variable",
            7,
            "variables.endpoint: no query asks for $endpoint",
            id="unused variable",
        ),
        pytest.param(
            "metric: neurectomy_http_requests_total",
            "metric: nope",
            "dashboard/variable",
            7,
            "variables.endpoint.metric: nope is not in the metric contract",
            id="variable's metric",
        ),
        pytest.param(
            "label: endpoint,",
            "label: path,",
            "dashboard/variable",
            7,
            "has no label path; it has deployment, endpoint",
            id="variable's label",
        ),
        pytest.param(
            "        thresholds:",
            "        unit: s\n        thresholds:",
            "dashboard/unit",
            16,
            "unit: is s, and the query measures requests per second; use reqps",
            id="wrong unit",
        ),
        pytest.param(
            "alert: HighLatency",
            "alert: HighLatncy",
            "dashboard/reference",
            16,
            "thresholds[0].alert: there is no alert HighLatncy",
            id="limit",
        ),
        pytest.param(
            "alert: HighLatency",
            "alert: AgentDown",
            "dashboard/reference",
            16,
            "AgentDown has no limit to draw",
            id="no limit",
        ),
        pytest.param(
            "[HighErrorRate]",
            "[HighErorRate]",
            "dashboard/reference",
            17,
            "alerts[0]: there is no alert HighErorRate",
            id="alert",
        ),
        pytest.param(
            "rows:\n",
            "rows:\n  - slo: api-nope\n",
            "dashboard/reference",
            9,
            "rows[0].slo: there is no SLO api-nope; there is agents-fleet-health",
            id="slo",
        ),
    ],
)
def test_what_a_spec_says_wrong_is_told_with_its_place(
    find: str, put: str, check: str, line: int, told: str, judged: Judge
) -> None:
    assert find in GOOD
    problems = judged(GOOD.replace(find, put))
    matching = [one for one in problems if one.check == check and one.line == line and told in str(one)]
    assert len(matching) == 1, problems
    assert matching[0].file.endswith("shop.yaml")


def test_every_mistake_of_the_format_is_told_at_once(judged: Judge) -> None:
    wrong = (
        GOOD.replace("uid: shop", "uid: The Shop").replace("refresh: 30s", "refresh: soon").replace("legend:", "lgend:")
    )
    wrong = wrong.replace("        thresholds:", "        kind: pie\n        columns: {a: b}\n        thresholds:")
    problems = judged(wrong)
    assert {(one.line, one.key) for one in problems} >= {
        (1, "uid"),
        (5, "refresh"),
        (15, "rows[0].panels[0].queries[0].lgend"),
        (14, "rows[0].panels[0].queries[0].legend"),
        (16, "rows[0].panels[0].kind"),
    }
    assert {one.check for one in problems} == {"file/format"}


def test_every_mistake_of_the_content_is_told_at_once(judged: Judge) -> None:
    wrong = GOOD.replace("requests_total{", "reqests_total{").replace("HighErrorRate", "Nada")
    wrong = wrong.replace("HighLatency", "Nada")
    assert {one.check for one in judged(wrong)} == {"dashboard/query", "dashboard/reference", "dashboard/unit"}


@pytest.mark.parametrize(
    ("added", "told"),
    [
        pytest.param("kind: table", "needs columns if, and only if, it is a table", id="a table without columns"),
        pytest.param(
            "columns: {method: M}", "needs columns if, and only if, it is a table", id="columns without a table"
        ),
        pytest.param("unit: s\n        suffix: x", "says unit and suffix; keep one of them", id="two units"),
        pytest.param("kind: stat\n        stack: true", "can be stacked only as a timeseries", id="a stacked stat"),
        pytest.param("width: 25", "less than or equal to 24", id="too wide"),
    ],
)
def test_a_panel_that_contradicts_itself_is_told(added: str, told: str, judged: Judge) -> None:
    problems = judged(GOOD.replace("        alerts:", f"        {added}\n        alerts:"))
    assert any(told in str(one) for one in problems), problems


@pytest.mark.parametrize(
    "threshold", ["{value: 1}", "{color: red}", "{alert: HighLatency, value: 1, color: red}", "{below: true}"]
)
def test_a_threshold_is_an_alert_s_or_a_value_with_a_colour(threshold: str, judged: Judge) -> None:
    problems = judged(GOOD.replace("{alert: HighLatency}", threshold))
    assert ["needs either alert, or value and color" in str(one) for one in problems] == [True]


@pytest.mark.parametrize("row", ["{title: Empty}", "{slo: a, title: b}", "{panels: []}"])
def test_a_row_has_panels_or_shows_an_slo(row: str, judged: Judge) -> None:
    problems = judged(GOOD.replace("rows:\n", f"rows:\n  - {row}\n"))
    assert any("needs either slo, or title and panels" in str(one) for one in problems), problems


TABLE = GOOD.replace(
    "        thresholds:", "        kind: table\n        columns: {COLUMNS}\n        unit: reqps\n        thresholds:"
)


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        pytest.param("method: Method", None, id="right"),
        pytest.param("method: Method, pod: Pod", "does not keep pod, which the table has a column for", id="too many"),
        pytest.param("pod: Pod", "keeps method, which the table has no column for", id="too few"),
    ],
)
def test_a_table_has_a_column_for_each_label(columns: str, told: str | None, judged: Judge) -> None:
    problems = judged(TABLE.replace("COLUMNS", columns))
    assert problems == [] if told is None else any(told in str(one) for one in problems), problems


def test_a_panel_without_a_unit_needs_one_that_the_contract_tells(judged: Judge) -> None:
    (problem,) = judged(GOOD.replace("rate(", "2 * rate("))
    assert (problem.check, problem.line) == ("dashboard/unit", 11)
    assert "unit: is missing, and the metric contract does not tell it; add unit or suffix" in str(problem)


def test_queries_that_measure_different_things_need_a_word_about_it(judged: Judge) -> None:
    other = "          - {expr: 'max(neurectomy_ryot_gpu_memory_usage_bytes)', legend: bytes}\n        thresholds:"
    (problem,) = judged(GOOD.replace("        thresholds:", other))
    assert "is missing, and the queries measure requests per second and bytes" in str(problem)
