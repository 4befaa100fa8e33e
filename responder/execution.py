"""Makes what runs a runbook's steps from the configuration: clients, actions, guards, executor.

The composition and ``firebrigade runbook plan`` call it. Making a client opens no connection.
"""

from firebrigade.responder.alertmanager import Alertmanager
from firebrigade.responder.config import Config
from firebrigade.responder.config_automation import AutomationSettings
from firebrigade.responder.config_services import ServiceSettings
from firebrigade.responder.restraints import Restraints, Storm
from firebrigade.responder.run_silences import RunSilencer
from firebrigade.responder.storms import Storms
from firebrigade.runbooks import kube
from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.endpoints import EndpointClient, EndpointSettings
from firebrigade.runbooks.executor import RunbookExecutor
from firebrigade.runbooks.guards import GuardSettings, guards_for, reading_guards_for, scope_for
from firebrigade.runbooks.prometheus import PrometheusClient, PrometheusSettings
from firebrigade.runbooks.registry import build_actions, build_readers
from firebrigade.runbooks.supervisor import SupervisorClient, SupervisorSettings


def build_executor(config: Config) -> RunbookExecutor:
    """Return an executor with what is configured; actions whose service is not configured are refused.

    Raises:
        ActionError: the kubeconfig can't be used.
    """
    prometheus = _prometheus(config)
    clients = Clients(
        kubernetes=_kubernetes(config),
        supervisor=_supervisor(config),
        prometheus=prometheus,
        silencer=_silencer(config),
        endpoints={name: _endpoint(name, found) for name, found in config.endpoints.items()},
    )
    settings = guard_settings(config.automation)
    return RunbookExecutor(
        build_actions(clients),
        guards_for(settings),
        prometheus,
        build_readers(clients),
        reading_guards_for(settings),
        scope_for(settings),
    )


def guard_settings(automation: AutomationSettings) -> GuardSettings:
    """Return what the guards are told; the switch in the database comes on top of it."""
    return GuardSettings(
        modes=automation.modes,
        namespaces=frozenset(automation.namespaces),
        nodes=automation.nodes,
        allow_actions=None if automation.allow_actions is None else frozenset(automation.allow_actions),
        deny_actions=frozenset(automation.deny_actions),
        allow_targets=automation.allow_targets,
        deny_targets=automation.deny_targets,
        cooldown=automation.cooldown,
        runs_per_hour=automation.runs_per_hour,
        runs_per_hour_per_target=automation.runs_per_hour_per_target,
        repairs_per_day=automation.repairs_per_day,
        steps_at_once=automation.steps_at_once,
        max_pods_taken=automation.max_pods_taken,
        max_unready_percent=automation.max_unready_percent,
    )


def build_restraints(config: Config) -> Restraints:
    """Return what keeps the machine from acting whatever a plan says."""
    automation = config.automation
    return Restraints(
        storm=Storm(incidents=automation.storm_incidents, within=automation.storm_within),
        maintenance=config.maintenance,
        off_file=automation.off_file,
        approve_within=automation.approve_within,
        wait_for_lock=automation.wait_for_lock,
        modes=automation.modes,
    )


def build_storms(automation: AutomationSettings) -> Storms:
    """Return when many incidents are a storm, and for how long it holds their pages back."""
    return Storms(
        incidents=automation.storm_incidents,
        within=automation.storm_within,
        holds_pages_for=automation.storm_holds_pages_for,
    )


def _kubernetes(config: Config) -> kube.KubernetesClient | None:
    found = config.kubernetes
    if found is None:
        return None
    return kube.connect(kube.KubernetesSettings(kubeconfig=str(found.kubeconfig or ""), context=found.context))


def _supervisor(config: Config) -> SupervisorClient | None:
    found = config.supervisor
    if found is None:
        return None
    if found.bearer_token is None:
        return SupervisorClient(SupervisorSettings(url=found.url))
    return SupervisorClient(SupervisorSettings(url=found.url, token=found.bearer_token))


def _silencer(config: Config) -> RunSilencer | None:
    found = [Alertmanager(settings) for settings in config.alertmanagers.values()]
    return RunSilencer(found) if found else None


def _endpoint(name: str, found: ServiceSettings) -> EndpointClient:
    return EndpointClient(EndpointSettings(name=name, url=found.url, token=found.bearer_token))


def _prometheus(config: Config) -> PrometheusClient | None:
    found = config.prometheus
    return PrometheusClient(PrometheusSettings(url=found.url, token=found.bearer_token)) if found else None
