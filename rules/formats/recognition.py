"""Which format a document is written in, by what stands at its top.

``build.py`` asks. A document of no known format is told what it is, where that is known, and what to do.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from firebrigade.rules.document import Document
from firebrigade.rules.formats import openslo, openslo_v1alpha, sloth, sloth_kubernetes
from firebrigade.rules.formats import own as spec
from firebrigade.rules.formats import shelf as shelves
from firebrigade.rules.formats.shelf import Shelf
from firebrigade.rules.library import Surroundings
from firebrigade.rules.problems import RulesError
from firebrigade.rules.slo.objectives import Objective

Reader = Callable[[Document, Surroundings], tuple[Objective, ...]]

_OPENSLO = (shelves.VERSION, openslo_v1alpha.VERSION)
_SPECS = "slos or groups of our own, Sloth's prometheus/v1 and PrometheusServiceLevel, openslo/v1 and openslo/v1alpha"
# (apiVersion, kind) of what people keep beside their specs; an empty kind stands for all.
_OTHERS = {
    ("sloth.slok.dev/v1", "AlertWindows"): "is a file of alert windows; name it with --windows",
    ("monitoring.coreos.com/v1", "PrometheusRule"): (
        "is a PrometheusRule; what is under its spec is a rule file that can be read"
    ),
    ("pyrra.dev/v1alpha1", ""): "is an SLO for Pyrra, which is not read; write it as a spec for Sloth",
    ("sre.google.com/v2", ""): "is an SLO for slo-generator, which is not read; write it as a spec for Sloth",
    ("openslo/v2alpha", ""): "is OpenSLO v2alpha, which is not read; write it as openslo/v1",
    ("openslo.com/v2alpha", ""): "is OpenSLO v2alpha, which is not read; write it as openslo/v1",
    ("v1", "List"): "is a list of objects; write each as a document of its own",
}


def objects(source: Document) -> tuple[Document, ...]:
    """Return the specs of a document: OpenSLO's tools also write a list of objects into one."""
    items = source.items()
    return items if any(_keys(item).get("apiVersion") in _OPENSLO for item in items) else (source,)


def reader(source: Document, shelf: Shelf) -> Reader | None:
    """Return what reads a document's SLOs, or None for hand-written rules.

    Args:
        source: one spec.
        shelf: the objects that an OpenSLO spec may refer to.

    Raises:
        RulesError: it is neither.
    """
    keys = _keys(source)
    version, kind = keys.get("apiVersion"), keys.get("kind")
    if keys.get("version") == sloth.VERSION:
        return sloth.objectives
    if (version, kind) == (sloth_kubernetes.VERSION, sloth_kubernetes.KIND):
        return sloth_kubernetes.objectives
    if version == openslo_v1alpha.VERSION:
        return openslo_v1alpha.objectives
    if version == shelves.VERSION:
        return partial(openslo.objectives, shelf=shelf)
    if "version" not in keys and "apiVersion" not in keys:
        if "slos" in keys:
            return spec.objectives
        if "groups" in keys:
            return None
    raise RulesError([source.problem(_at(source, keys), _sentence(keys))])


def _keys(source: Document) -> dict[str, Any]:
    return source.data if isinstance(source.data, dict) else {}


def _at(source: Document, keys: dict[str, Any]) -> tuple[str | int, ...]:
    named = next((key for key in ("apiVersion", "version") if key in keys), None)
    return (*source.root, named) if named else source.root


def _sentence(keys: dict[str, Any]) -> str:
    version, kind = (str(keys.get(key, "")) for key in ("apiVersion", "kind"))
    if known := _OTHERS.get((version, kind)) or _OTHERS.get((version, "")):
        return known
    if "apiVersion" in keys:
        return f"{version} {kind} is no format that is read; there are {_SPECS}".replace("  ", " ")
    if "version" in keys:
        return f"{keys['version']} is no format that is read; there are {_SPECS}"
    return f"is no spec; there are {_SPECS}"
