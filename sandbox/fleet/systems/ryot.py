"""ryot: large language model inference."""

from collections.abc import Sequence

from sandbox.fleet.conditions import Situation
from sandbox.fleet.series import Counter, Gauge, Histogram, Series, Spread, outcomes

MODELS = ("ryot-7b", "ryot-13b")
_REQUESTS_PER_SECOND = 2.0


def series(situation: Situation) -> Sequence[Series]:
    """Return what one pod of ryot says of itself."""
    rate = situation.rate(_REQUESTS_PER_SECOND)
    errors = situation.conditions.error_share(0.0002)
    failures = {"error": errors, "timeout": 0.0, "oom": 0.0}
    requests = "ryot_inference_requests_total"
    return [
        *(one for model in MODELS for one in outcomes(requests, rate, failures, "success", model=model)),
        *_times(situation, rate * len(MODELS)),
        # What fails generates nothing.
        Counter(name="ryot_tokens_generated", per_second=rate * 60 * (1 - errors)),
        Gauge(name="ryot_model_loading_duration", value=21.5),
        Gauge(name="ryot_gpu_memory_usage_bytes", value=14 * 2**30),
        Gauge(name="ryot_gpu_memory_total_bytes", value=24 * 2**30),
    ]


def _times(situation: Situation, rate: float) -> Sequence[Series]:
    whole = situation.conditions.median_seconds(0.9)
    first_token = whole / 30
    return [
        Histogram(
            name="ryot_inference_duration_seconds",
            per_second=rate,
            spread=Spread(median=whole),
            bounds=(0.1, 0.5, 1, 2, 5, 10, 30),
        ),
        Histogram(
            name="ryot_time_to_first_token_seconds",
            per_second=rate,
            spread=Spread(median=first_token, sigma=0.35),
            bounds=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
        ),
        Histogram(
            name="ryot_batch_size",
            per_second=rate / 4,
            spread=Spread(median=6, sigma=0.7),
            bounds=(1, 2, 4, 8, 16, 32, 64),
        ),
    ]
