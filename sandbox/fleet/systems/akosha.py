"""akosha: embeddings, analytics, a knowledge graph, and circuit breakers whose state "0" is OPEN."""

from collections.abc import Sequence

from sandbox.fleet.conditions import Situation
from sandbox.fleet.series import Counter, Gauge, Histogram, Series, Spread, outcomes

BREAKERS = ("embedding-model", "vector-store")
STATE_OPEN, STATE_CLOSED, STATE_HALF_OPEN = "0", "1", "2"
_CALLS_PER_SECOND = 2.0
_BREAKS_ABOVE = 0.5
_CALLS_LET_THROUGH = 0.1  # by an open breaker, to find out
_ENTITIES_PER_SECOND = 0.8
_TEXT_BOUNDS = (5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000)


def series(situation: Situation) -> Sequence[Series]:
    """Return what one pod of akosha says of itself."""
    breakers = [one for name in BREAKERS for one in _breaker(situation, name)]
    return [*_embeddings(situation), *breakers, *_analytics(situation), *_graph(situation)]


def _embeddings(situation: Situation) -> Sequence[Series]:
    rate = situation.rate(_CALLS_PER_SECOND)
    fallback = situation.conditions.error_share(0.01, "embedding-model")
    return [
        *outcomes("embedding_generated_total", rate, {"fallback": fallback}, "real", label="mode"),
        Histogram(
            name="embedding_text_length", per_second=rate, spread=Spread(median=400, sigma=1), bounds=_TEXT_BOUNDS
        ),
    ]


def _breaker(situation: Situation, name: str) -> Sequence[Series]:
    errors = situation.conditions.error_share(0.001, name)
    is_open = errors > _BREAKS_ABOVE
    asked = situation.rate(_CALLS_PER_SECOND)
    # What an open breaker rejects is counted outside the total.
    calls = asked * _CALLS_LET_THROUGH if is_open else asked
    labels = {"service_name": name}
    holding = STATE_OPEN if is_open else STATE_CLOSED
    return [
        *(
            Gauge(name="circuit_state", value=float(state == holding), labels={**labels, "state": state})
            for state in (STATE_OPEN, STATE_CLOSED, STATE_HALF_OPEN)
        ),
        Gauge(name="circuit_success_rate", value=1 - errors, labels=labels),
        Counter(name="circuit_total_calls", per_second=calls, labels=labels),
        Counter(name="circuit_failed_calls", per_second=calls * errors, labels=labels),
        Counter(name="circuit_rejected_calls", per_second=asked - calls, labels=labels),
        Gauge(name="circuit_consecutive_failures", value=5 if is_open else 0, labels=labels),
    ]


def _analytics(situation: Situation) -> Sequence[Series]:
    errors = situation.conditions.error_share(0.0, "analytics")
    return [
        Counter(name="analytics_metrics_added_total", per_second=situation.rate(5)),
        Counter(name="analytics_trend_completed_total", per_second=situation.rate(0.5) * (1 - errors)),
        Counter(
            name="analytics_trend_failed_total",
            per_second=situation.rate(0.5) * errors,
            labels={"reason": "computation_error"},
        ),
        *(
            Gauge(name="analytics_anomaly_rate", value=0.02, labels={"metric_name": name})
            for name in ("conversation_count", "quality_score")
        ),
        Counter(name="analytics_anomaly_detected_total", per_second=situation.rate(0.01)),
    ]


def _graph(situation: Situation) -> Sequence[Series]:
    entities = situation.rate(_ENTITIES_PER_SECOND)
    errors = situation.conditions.error_share(0.0, "graph")
    return [
        Counter(name="kg_entities_added_total", per_second=entities * (1 - errors)),
        Counter(name="kg_edges_added_total", per_second=entities * 3 * (1 - errors)),
        Gauge(name="kg_entities_total", value=120_000 + round(situation.age_seconds * _ENTITIES_PER_SECOND)),
        Counter(
            name="kg_shortest_path_failed_total",
            per_second=situation.rate(0.01) * errors,
            labels={"reason": "missing_entity"},
        ),
    ]
