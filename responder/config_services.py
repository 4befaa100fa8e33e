"""The services that Firebrigade asks, as settings: Kubernetes, Prometheus, the supervisor, endpoints, Alertmanagers.

``config.py`` makes them from the file's blocks; the composition makes clients of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from firebrigade.responder.alertmanager import AlertmanagerSettings
from firebrigade.responder.config_file import (
    AlertmanagerBlock,
    ApproverBlock,
    EndpointBlock,
    KubernetesBlock,
    PrometheusBlock,
    SupervisorBlock,
)
from firebrigade.responder.config_problems import KeyPath, Problems
from firebrigade.responder.config_secrets import fill_secrets, relative_to
from firebrigade.responder.own_alerts import SOURCE
from firebrigade.runbooks.targets import is_namespace

_BLOCKS: Mapping[str, type[BaseModel]] = {"prometheus": PrometheusBlock, "supervisor": SupervisorBlock}
_NAMED_BLOCKS: Mapping[str, type[BaseModel]] = {
    "alertmanagers": AlertmanagerBlock,
    "approvers": ApproverBlock,
    "endpoints": EndpointBlock,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesSettings:
    """A kubeconfig and a context (empty: its current one), or neither: in the cluster."""

    kubeconfig: Path | None = None
    context: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """An HTTP service, its address without a slash at the end, and the bearer token for it, if it wants one."""

    url: str
    bearer_token: SecretStr | None = None


def fill_service_secrets(document: Mapping[str, Any], problems: Problems) -> tuple[dict[str, Any], set[KeyPath]]:
    """Return the document with its services' secrets read, and the key paths whose secret could not be had."""
    filled, failed = dict(document), set[KeyPath]()
    for key, model in _BLOCKS.items():
        _fill(filled, key, model, (key,), (problems, failed))
    for key, model in _NAMED_BLOCKS.items():
        if isinstance(filled.get(key), dict):
            named = filled[key] = dict(filled[key])
            for name in named:
                _fill(named, name, model, (key, name), (problems, failed))
    return filled, failed


def _fill(
    blocks: dict[str, Any],
    key: str,
    model: type[BaseModel],
    path: KeyPath,
    found: tuple[Problems, set[KeyPath]],
) -> None:
    if isinstance(blocks.get(key), dict):
        problems, failed = found
        blocks[key], failed_keys = fill_secrets(blocks[key], model, path, problems, {})
        failed.update((*path, failed_key) for failed_key in failed_keys)


def build_kubernetes(block: KubernetesBlock | None, problems: Problems) -> KubernetesSettings | None:
    """Return how to reach the cluster, or None: there is none."""
    if block is None:
        return None
    path = relative_to(problems.source, block.kubeconfig) if block.kubeconfig else None
    _check_file(path, ("kubernetes", "kubeconfig"), problems)
    return KubernetesSettings(kubeconfig=path, context=block.context)


def build_prometheus(block: PrometheusBlock | None) -> ServiceSettings | None:
    """Return the settings of the Prometheus that verification asks, or None: there is none."""
    return ServiceSettings(url=block.url, bearer_token=block.bearer_token) if block else None


def build_supervisor(block: SupervisorBlock | None) -> ServiceSettings | None:
    """Return the settings of the agents' supervisor, or None: there is none."""
    return ServiceSettings(url=block.url, bearer_token=block.token) if block else None


def build_endpoints(blocks: Mapping[str, EndpointBlock], problems: Problems) -> dict[str, ServiceSettings]:
    """Return the settings of the services that runbooks may call, by the name that is a step's target."""
    for name in blocks:
        if not is_namespace(name):
            problems.add(("endpoints", name), "is not a name of an endpoint; write lower case letters, digits and -")
    return {name: ServiceSettings(url=block.url, bearer_token=block.bearer_token) for name, block in blocks.items()}


def build_alertmanagers(blocks: Mapping[str, AlertmanagerBlock], problems: Problems) -> dict[str, AlertmanagerSettings]:
    """Return the settings of each Alertmanager by the source that its webhooks name."""
    return {name: _build_alertmanager(name, block, problems) for name, block in blocks.items()}


def _build_alertmanager(name: str, block: AlertmanagerBlock, problems: Problems) -> AlertmanagerSettings:
    if name == SOURCE:
        problems.add(("alertmanagers", name), "is the name of Firebrigade's own alerts; choose another")
    ca_file = relative_to(problems.source, block.ca_file) if block.ca_file else None
    _check_file(ca_file, ("alertmanagers", name, "ca_file"), problems)
    return AlertmanagerSettings(
        url=block.url,
        username=block.username,
        password=block.password,
        bearer_token=block.bearer_token,
        ca_file=str(ca_file or ""),
    )


def _check_file(path: Path | None, key: KeyPath, problems: Problems) -> None:
    if path is not None and not path.is_file():
        problems.add(key, f"there is no file {path}; check the path")
