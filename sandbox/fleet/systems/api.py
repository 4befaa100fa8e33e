"""neurectomy-api: its own requests, and what it sees of its backends (``backends.py``)."""

from collections.abc import Sequence

from sandbox.fleet.conditions import Situation
from sandbox.fleet.series import Counter, Gauge, Histogram, Series, Spread, outcomes
from sandbox.fleet.systems import backends

# (method, endpoint, requests per second and pod, median seconds)
ENDPOINTS = (
    ("POST", "/v1/chat", 4.0, 0.12),
    ("POST", "/v1/compress", 2.0, 0.08),
    ("GET", "/v1/storage", 3.0, 0.04),
    ("GET", "/v1/agents", 1.0, 0.03),
)
MODELS = ("ryot-7b", "ryot-13b")
DURATION_BOUNDS = (0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10)
SIZE_BOUNDS = (100, 1e3, 1e4, 1e5, 1e6)
_NORMAL_ERRORS = 0.0002


def series(situation: Situation) -> Sequence[Series]:
    """Return what one pod of the API says of itself."""
    of_endpoints = [one for endpoint in ENDPOINTS for one in _endpoint(situation, *endpoint)]
    return [*of_endpoints, *_business(situation), *backends.series(situation)]


def _endpoint(situation: Situation, method: str, endpoint: str, normal: float, median: float) -> Sequence[Series]:
    rate = situation.rate(normal)
    labels = {"method": method, "endpoint": endpoint}
    errors = situation.conditions.error_share(_NORMAL_ERRORS, endpoint)
    duration = Spread(median=situation.conditions.median_seconds(median, endpoint), sigma=0.6)
    return [
        *outcomes("neurectomy_http_requests_total", rate, {"404": 0.01 * (1 - errors), "500": errors}, "200", **labels),
        _histogram("neurectomy_http_request_duration_seconds", rate, duration, DURATION_BOUNDS, labels),
        _histogram("neurectomy_http_request_size_bytes", rate, Spread(median=900, sigma=1), SIZE_BOUNDS, labels),
        _histogram("neurectomy_http_response_size_bytes", rate, Spread(median=4000, sigma=1), SIZE_BOUNDS, labels),
    ]


def _histogram(name: str, rate: float, spread: Spread, bounds: tuple[float, ...], labels: dict[str, str]) -> Histogram:
    return Histogram(name=name, per_second=rate, spread=spread, bounds=bounds, labels=labels)


def _business(situation: Situation) -> Sequence[Series]:
    traffic = situation.load * situation.conditions.traffic
    return [
        Gauge(name="neurectomy_active_users", value=round(120 * traffic)),
        Gauge(name="neurectomy_api_keys_active", value=340),
        *(
            Counter(name="neurectomy_tokens_generated_total", per_second=situation.rate(90), labels={"model": model})
            for model in MODELS
        ),
        *(
            Gauge(name="neurectomy_cost_per_request", value=0.4, labels={"endpoint": endpoint})
            for _, endpoint, _, _ in ENDPOINTS
        ),
        Histogram(
            name="neurectomy_requests_per_user",
            per_second=situation.rate(0.5),
            spread=Spread(median=12, sigma=1),
            bounds=(1, 10, 50, 100, 500, 1000),
        ),
    ]
