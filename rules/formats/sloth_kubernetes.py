"""Sloth's Kubernetes objects, ``PrometheusServiceLevel`` of ``sloth.slok.dev/v1``: the same SLOs in camelCase.

``recognition.py`` names it as the reader (https://sloth.dev/specs/kubernetes/). Nothing here talks to a cluster.
"""

from typing import Any, Literal

from pydantic import Field

from firebrigade.rules.document import Document
from firebrigade.rules.formats import sloth
from firebrigade.rules.formats.fields import Strict
from firebrigade.rules.library import Surroundings
from firebrigade.rules.slo.objectives import Objective

VERSION = "sloth.slok.dev/v1"
KIND = "PrometheusServiceLevel"


class WrittenObject(Strict):
    """The object; ``metadata`` and ``status`` belong to the cluster, whatever is in them."""

    apiVersion: Literal["sloth.slok.dev/v1"]  # noqa: N815 (Kubernetes' own spelling)
    kind: Literal["PrometheusServiceLevel"]
    metadata: dict[str, Any] = Field(default_factory=dict)
    spec: sloth.WrittenService
    status: Any = None


def objectives(source: Document, surroundings: Surroundings) -> tuple[Objective, ...]:
    """Return the SLOs of an object.

    Raises:
        RulesError: with every mistake.
    """
    written = source.parse(WrittenObject, sloth.ADVICE, spelling="alias")
    return sloth.of_service(written.spec, source, (*source.root, "spec"), VERSION, surroundings)
