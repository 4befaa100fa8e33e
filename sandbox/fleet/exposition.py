"""The Prometheus text format, version 0.0.4, as prometheus_client writes it.

The client's own writer can't be used for all of it: it ends every counter's name with ``_total``, and the contract has
counters without (``circuit_failed_calls``, ``ryot_tokens_generated``).
Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Iterable

from sandbox.fleet.recorder import Family, Sample
from sandbox.fleet.series import number_text

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def expose(families: Iterable[Family]) -> str:
    """Return the families as text."""
    return "".join(line for family in families for line in _lines(family))


def _lines(family: Family) -> list[str]:
    return [
        f"# HELP {family.name} Played by the sandbox's fleet.\n",
        f"# TYPE {family.name} {family.kind}\n",
        *(_line(sample) for sample in family.samples),
    ]


def _line(sample: Sample) -> str:
    labels = ",".join(f'{name}="{_escape(value)}"' for name, value in sorted(sample.labels.items()))
    return f"{sample.name}{f'{{{labels}}}' if labels else ''} {number_text(sample.value)}\n"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
