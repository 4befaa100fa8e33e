"""firebrigade.yaml as the responder uses it: typed, frozen, with every reference checked, or one error that lists all.

The command line loads it and hands it on; nothing else reads the file. The parts that it is made of are in
``config_*.py``. It opens no connection: a configuration can be right while what it names is down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import SecretStr, ValidationError

from firebrigade.receivers.registry import find_receivers
from firebrigade.responder.alertmanager import AlertmanagerSettings
from firebrigade.responder.config_approvers import build_approvers, check_somebody_may_approve
from firebrigade.responder.config_automation import AutomationSettings, build_automation
from firebrigade.responder.config_file import ConfigFile, keys_at
from firebrigade.responder.config_problems import KeyPath, Problems, word_error
from firebrigade.responder.config_receivers import ReceiverSettings, build_receivers
from firebrigade.responder.config_routes import Names, build_policies, build_routes, default_routes
from firebrigade.responder.config_runbooks import load_runbooks
from firebrigade.responder.config_services import (
    KubernetesSettings,
    ServiceSettings,
    build_alertmanagers,
    build_endpoints,
    build_kubernetes,
    build_prometheus,
    build_supervisor,
    fill_service_secrets,
)
from firebrigade.responder.config_trust import build_trust, check_trusted_people
from firebrigade.responder.config_types import flat
from firebrigade.responder.config_windows import build_windows
from firebrigade.responder.errors import ConfigError
from firebrigade.responder.matchers import Matcher
from firebrigade.responder.model import EscalationPolicy, MaintenanceWindow, Route
from firebrigade.responder.settings import Settings
from firebrigade.responder.trust import TrustSettings
from firebrigade.responder.yaml_lines import read_yaml
from firebrigade.runbooks.loader import RunbookLibrary

_MAX_BYTES = 1_048_576
_OF_A_KEY = "[key]"  # pydantic's own part of a path, where the name itself is wrong
_EMPTY = "is empty; give it a value or leave the line out"
_MATCHES_SOMETHING = 'alertname="?"'  # a route whose matchers are wrong must not seem to take everything
_NAMED = ("policies", "alertmanagers", "approvers", "endpoints", "maintenance")
_WATCHDOG = (Matcher("alertname", "=", "Watchdog"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileSettings:
    """How open incidents are compared with Alertmanager; see ``ReconcileBlock`` for what each is."""

    interval: timedelta
    grace: timedelta
    expire_after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All of firebrigade.yaml, with defaults filled in. Its repr shows no secret.

    Attributes:
        path: the file, or None: there is none, and everything is a default.
        receivers: by name; ``log`` is always among them.
        policies: by name; ``default`` is always among them.
        approvers: the tokens of those who may approve plans, by name.
        trust: how runbooks earn trust, or None: modes alone decide.
        endpoints: the services that runbooks may call, by name.
        kubernetes: None where there is no cluster; so with ``prometheus`` and ``supervisor``.
        runbooks: the library, read and checked.
        alertmanagers: by the source that their webhooks name.
        heartbeats: alerts that these match are heartbeats and never incidents.
        public_url: where people reach Firebrigade, without a slash at the end; empty if nobody said.
    """

    path: Path | None
    receivers: Mapping[str, ReceiverSettings]
    routes: tuple[Route, ...]
    policies: Mapping[str, EscalationPolicy]
    automation: AutomationSettings
    approvers: Mapping[str, SecretStr]
    trust: TrustSettings | None
    kubernetes: KubernetesSettings | None
    prometheus: ServiceSettings | None
    supervisor: ServiceSettings | None
    endpoints: Mapping[str, ServiceSettings]
    runbooks: RunbookLibrary
    alertmanagers: Mapping[str, AlertmanagerSettings]
    reconcile: ReconcileSettings
    maintenance: tuple[MaintenanceWindow, ...]
    heartbeats: tuple[tuple[Matcher, ...], ...]
    max_body_bytes: int
    public_url: str


def load_config(path: Path | None, settings: Settings) -> Config:
    """Read firebrigade.yaml; without one, alerts go to the log and runbooks run dry.

    Args:
        path: the file, or None for none at all.
        settings: the environment, for the receivers' secrets.

    Raises:
        ConfigError: the file can't be read, or is wrong; it holds every problem with file, line and key.
    """
    problems = Problems(source=str(path) if path else "defaults")
    document = _prune(read_yaml(_read_text(path), problems) if path else None, (), problems)
    if document is not None and not isinstance(document, dict):
        problems.add_line(1, "must be a block of settings (key: value lines)")
        document = None
    file = _check_shape(document or {}, problems)
    config = _build(path, file, _names(document, "policies"), settings, problems)
    approvers = _names(document, "approvers")
    check_somebody_may_approve(config.automation, approvers, problems)
    check_trusted_people(config.trust, approvers, config.approvers, problems)
    problems.raise_if_any()
    return config


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError([f"{path}: can't be read: {reason}; check the path and its permissions"]) from error
    if len(content) > _MAX_BYTES:
        raise ConfigError([f"{path}: is larger than {_MAX_BYTES} bytes; it can't be a configuration"])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{path}:{line}: is not UTF-8 text; save it as UTF-8"]) from None


def _prune(value: Any, path: KeyPath, problems: Problems) -> Any:
    """Take out empty values: a whole block whose lines are comments counts as left out, any other is a mistake."""
    if isinstance(value, list):
        for position, item in enumerate(value):
            if item is None:
                problems.add((*path, position), _EMPTY)
        return [_prune(item, (*path, position), problems) for position, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    kept: dict[str, Any] = {}
    for key, item in value.items():
        if item is None and (path == ("receivers",) or (*path, key) == ("trust",)):
            kept[key] = {}  # `log:` has no settings, and `trust:` asks for trust even with its defaults
        elif item is None and path:
            problems.add((*path, key), _EMPTY)
        elif item is not None:
            kept[key] = _prune(item, (*path, key), problems)
    return kept


def _check_shape(document: Mapping[str, Any], problems: Problems) -> ConfigFile:
    """Check names and types. What is wrong is reported and taken out, so that the rest can be checked on."""
    filled, failed = fill_service_secrets(document, problems)
    try:
        return ConfigFile.model_validate(filled)
    except ValidationError as error:
        entries = error.errors(include_url=False, include_context=False, include_input=False)
    for entry in entries:
        path = tuple(key for key in entry["loc"] if key != _OF_A_KEY)
        # A block whose secret could not be had is not asked whether its credentials are complete.
        if not any(key_path[:-1] == path for key_path in failed):
            problems.add(path, word_error(entry, keys_at(path[:-1])))
        _take_out(filled, path)
    return _valid_part(filled)


def _valid_part(document: Mapping[str, Any]) -> ConfigFile:
    try:
        return ConfigFile.model_validate(document)
    except ValidationError as error:
        wrong = {entry["loc"][0] for entry in error.errors()}
        return _valid_part({key: value for key, value in document.items() if key not in wrong})


def _take_out(document: dict[str, Any], path: KeyPath) -> None:
    """Take out the entry that is wrong (a route keeps its place, for the line numbers), so that its neighbours stay."""
    block = document.get(str(path[0]))
    if isinstance(block, dict) and path[0] in _NAMED and len(path) > 1:
        document[str(path[0])] = {key: value for key, value in block.items() if key != path[1]}
    elif isinstance(block, list) and path[0] == "routes" and len(path) > 1:
        document["routes"] = [
            _without(value, path[2:]) if place == path[1] else value for place, value in enumerate(block)
        ]
    else:
        document.pop(str(path[0]), None)


def _without(route: Any, path: KeyPath) -> Any:
    """Return a route without its wrong key, or None if there is nothing left to check."""
    if not isinstance(route, dict) or not path or path[0] == "receivers":
        return None
    stand_in = {"matchers": _MATCHES_SOMETHING} if path[0] == "matchers" else {}
    return {key: value for key, value in route.items() if key != path[0]} | stand_in


def _names(document: Any, block: str) -> list[str]:
    """Return the names that a block of the file has, also those that are wrong: a route to a wrong policy is right."""
    named = (document or {}).get(block)
    return list(named) if isinstance(named, dict) else []


def _build(
    path: Path | None, file: ConfigFile, policy_names: Sequence[str], settings: Settings, problems: Problems
) -> Config:
    receivers = build_receivers(file.receivers, find_receivers(), settings.receiver_secrets, problems)
    named = {*receivers, *file.receivers}  # a receiver with a problem of its own is still no unknown name
    policies = build_policies(file.policies, named, problems)
    library, runbook_names = load_runbooks(file.runbooks.directory, problems)
    known_policies = {**dict.fromkeys(policy_names), **policies}
    names = Names(receivers=named, policies=known_policies, runbooks=runbook_names)
    routes = build_routes(file.routes or (), names, problems)
    automation = build_automation(file.automation, problems)
    return Config(
        path=path,
        receivers=MappingProxyType(receivers),
        routes=default_routes(receivers) if file.routes is None else routes,
        policies=MappingProxyType(policies),
        automation=automation,
        approvers=build_approvers(file.approvers, settings, problems),
        trust=build_trust(file, automation),
        kubernetes=build_kubernetes(file.kubernetes, problems),
        prometheus=build_prometheus(file.prometheus),
        supervisor=build_supervisor(file.supervisor),
        endpoints=MappingProxyType(build_endpoints(file.endpoints, problems)),
        runbooks=library,
        alertmanagers=MappingProxyType(build_alertmanagers(file.alertmanagers, problems)),
        reconcile=ReconcileSettings(
            interval=file.reconcile.interval,
            grace=file.reconcile.grace,
            expire_after=file.reconcile.expire_after,
        ),
        maintenance=build_windows(file.maintenance, problems),
        heartbeats=(_WATCHDOG,) if file.heartbeats is None else tuple(flat(lists) for lists in file.heartbeats),
        max_body_bytes=file.max_body_bytes,
        public_url=file.public_url or "",
    )
