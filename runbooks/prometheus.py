"""Prometheus' instant query, and what its answer says about health. The executor verifies by it.

https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import requests
from pydantic import SecretStr

from firebrigade.runbooks.contract import Health, Json, PermanentActionError, TemporaryActionError, Verdict
from firebrigade.runbooks.redaction import redact

_SHOWN = 20  # samples kept as evidence; a query can return thousands


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusSettings:
    """Where Prometheus is.

    Attributes:
        url: with the path prefix, if it has one.
        token: sent as a bearer token, if there is one.
        timeout_seconds: for connecting, for each piece of the answer, and for Prometheus' own evaluation.
    """

    url: str
    token: SecretStr | None = None
    timeout_seconds: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One series' value."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryResult:
    """An instant vector; a scalar is one sample without labels.

    Attributes:
        warnings: they say that it may not be complete.
        evaluated_at: for which moment, in seconds since 1970 by Prometheus' clock; None where it has no samples.
    """

    samples: tuple[Sample, ...]
    warnings: tuple[str, ...] = ()
    evaluated_at: float | None = None


class PrometheusClient:
    """Asks one Prometheus; used by several threads, keeps nothing."""

    def __init__(self, settings: PrometheusSettings) -> None:
        self._settings = settings

    def query(self, promql: str, at: float | None = None) -> QueryResult:
        """Evaluate a query.

        Args:
            promql: the query.
            at: for which moment, in seconds since 1970 by Prometheus' clock; None: now.

        Raises:
            TemporaryActionError: Prometheus can't be asked, is overloaded, or took too long.
            PermanentActionError: it refuses the query or the token.
        """
        try:
            answer = self._post(promql, at)
        except requests.RequestException as error:
            cause = type(error).__name__.removesuffix("Error")
            raise TemporaryActionError(f"Prometheus did not answer: {cause}.") from None
        body = _body(answer)
        if answer.status_code != 200 or body.get("status") != "success":
            reason = redact(str(body.get("error") or "no reason given"), _secrets(self._settings))
            _refuse(answer.status_code, reason, answer.headers.get("Retry-After"))
        data = body.get("data")
        samples, warnings = _samples(data), tuple(body.get("warnings") or ())
        return QueryResult(samples=samples, warnings=warnings, evaluated_at=_evaluated_at(data))

    def _post(self, promql: str, at: float | None) -> requests.Response:
        settings = self._settings
        moment = {} if at is None else {"time": f"{at:.3f}"}
        with requests.Session() as session:
            # A proxy or a .netrc of the machine has no business between us and Prometheus.
            session.trust_env = False
            if settings.token:
                session.headers["Authorization"] = f"Bearer {settings.token.get_secret_value()}"
            return session.post(
                settings.url.rstrip("/") + "/api/v1/query",
                data={"query": promql, "timeout": f"{settings.timeout_seconds:g}s", **moment},
                timeout=settings.timeout_seconds,
                allow_redirects=False,
            )


def verdict_of(result: QueryResult) -> Verdict:
    """Decide about health: at least one sample, and all of them true, which is neither 0 nor not-a-number."""
    false = [sample for sample in result.samples if sample.value == 0 or math.isnan(sample.value)]
    evidence = _evidence(result, false)
    if not result.samples:
        return Verdict(health=Health.WAITING, summary="Prometheus has no series for the query yet.", evidence=evidence)
    if false:
        summary = f"The query is not true for {len(false)} of {len(result.samples)} series."
        return Verdict(health=Health.WAITING, summary=summary, evidence=evidence)
    summary = f"The query is true for {len(result.samples)} of {len(result.samples)} series."
    return Verdict(health=Health.HEALTHY, summary=summary, evidence=evidence)


def _evidence(result: QueryResult, false: Sequence[Sample]) -> dict[str, Json]:
    shown = (*false, *(sample for sample in result.samples if sample not in false))[:_SHOWN]
    # As text: JSON has no NaN and no infinity.
    samples = [{"labels": dict(sample.labels), "value": str(sample.value)} for sample in shown]
    return {"samples": samples, "samples_in_all": len(result.samples), "warnings": list(result.warnings)}


def _samples(data: Json) -> tuple[Sample, ...]:
    try:
        if data["resultType"] == "scalar":
            return (Sample(labels={}, value=float(data["result"][1])),)
        if data["resultType"] == "vector":
            return tuple(Sample(labels=one["metric"], value=float(one["value"][1])) for one in data["result"])
        kind = data["resultType"]
    except (KeyError, TypeError, ValueError, IndexError):
        raise TemporaryActionError("What answers at Prometheus' address does not speak its API.") from None
    raise PermanentActionError(f"The query returns a {str(kind)[:20]}, not an instant vector.")


def _evaluated_at(data: Json) -> float | None:
    """Return the moment of an answer that has samples; ``_samples`` has read it before."""
    result = data["result"]
    first = result if data["resultType"] == "scalar" else result[0]["value"] if result else None
    return float(first[0]) if first else None


def _secrets(settings: PrometheusSettings) -> list[str]:
    return [settings.token.get_secret_value()] if settings.token else []


def _refuse(status: int, error: str, retry_after: str | None) -> None:
    said = f"Prometheus answered {status}: {_line(error)}"
    if status in (429, 200) or status >= 500:
        seconds = float(retry_after) if retry_after and retry_after.isdecimal() else None
        raise TemporaryActionError(said, retry_after_seconds=seconds)
    raise PermanentActionError(said)


def _body(answer: requests.Response) -> Mapping[str, Json]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _line(text: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable[:300].rstrip(".") + "."
