"""What neurectomy-api sees of the services that it calls: the caller's view, with its circuit breakers.

A breaker's label ``service`` is the backend. Prometheus stores it as ``exported_service``, because the target has a
label of that name.
"""

from collections.abc import Sequence

from sandbox.fleet.conditions import Situation
from sandbox.fleet.series import Counter, Gauge, Histogram, Series, Spread, outcomes
from sandbox.fleet.systems import sigmalang, sigmavault

BACKENDS = ("ryot", "sigmalang", "sigmavault")
BREAKER_CLOSED, BREAKER_OPEN = 0, 1
_BREAKS_ABOVE = 0.5
_CALLS_PER_SECOND = 3.0
_MODELS = ("ryot-7b", "ryot-13b")


def series(situation: Situation) -> Sequence[Series]:
    """Return what one pod of the API says of its backends."""
    breakers = [one for name in BACKENDS for one in _breaker(situation, name)]
    return [*breakers, *_ryot(situation), *_sigmalang(situation), *_sigmavault(situation)]


def _breaker(situation: Situation, backend: str) -> Sequence[Series]:
    errors = situation.conditions.of_backend(backend).error_share(0.0)
    state = BREAKER_OPEN if errors > _BREAKS_ABOVE else BREAKER_CLOSED
    labels = {"service": backend}
    failures = situation.rate(_CALLS_PER_SECOND) * errors
    return [
        Gauge(name="neurectomy_circuit_breaker_state", value=state, labels=labels),
        Counter(name="neurectomy_circuit_breaker_failures_total", per_second=failures, labels=labels),
    ]


def _ryot(situation: Situation) -> Sequence[Series]:
    backend, rate = situation.conditions.of_backend("ryot"), situation.rate(_CALLS_PER_SECOND)
    failures = {"error": backend.error_share(0.0002), "timeout": 0.0}
    tokens = "neurectomy_ryot_tokens_generated_total"
    return [
        *outcomes("neurectomy_ryot_requests_total", rate, failures, "success"),
        _histogram(
            "neurectomy_ryot_request_duration_seconds",
            rate,
            Spread(median=backend.median_seconds(0.9)),
            (0.1, 0.5, 1, 2, 5, 10, 30),
        ),
        *(Counter(name=tokens, per_second=situation.rate(90), labels={"model": model}) for model in _MODELS),
        _histogram("neurectomy_ryot_batch_size", rate, Spread(median=6, sigma=0.7), (1, 2, 4, 8, 16, 32, 64)),
        Gauge(name="neurectomy_ryot_model_loading_duration_seconds", value=21.5),
        Gauge(name="neurectomy_ryot_gpu_memory_usage_bytes", value=14 * 2**30),
    ]


def _sigmalang(situation: Situation) -> Sequence[Series]:
    backend, rate = situation.conditions.of_backend("sigmalang"), situation.rate(_CALLS_PER_SECOND)
    failures = {"error": backend.error_share(0.0005)}
    return [
        *outcomes("neurectomy_sigmalang_compression_requests_total", rate, failures, "success"),
        *sigmalang.measures("neurectomy_sigmalang", rate, backend),
    ]


def _sigmavault(situation: Situation) -> Sequence[Series]:
    backend, rate = situation.conditions.of_backend("sigmavault"), situation.rate(_CALLS_PER_SECOND)
    return [*sigmavault.operations("neurectomy_sigmavault", rate, backend), *sigmavault.stock("neurectomy_sigmavault")]


def _histogram(name: str, rate: float, spread: Spread, bounds: tuple[float, ...]) -> Histogram:
    return Histogram(name=name, per_second=rate, spread=spread, bounds=bounds)
