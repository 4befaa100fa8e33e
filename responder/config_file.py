"""The shape of firebrigade.yaml, as pydantic models: names, types and limits of its keys, not what they refer to.

``config.py`` reads a file into these and turns them into the responder's records. Values are hidden in errors,
because any of them may be a secret in the wrong place.
"""

from datetime import timedelta
from types import NoneType
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from firebrigade.responder.config_problems import KeyPath
from firebrigade.responder.config_types import (
    Count,
    Duration,
    EnvironmentName,
    FilePath,
    Matchers,
    Name,
    Namespace,
    NodePattern,
    PositiveDuration,
    SomeMatchers,
    TargetPattern,
    Url,
    WithinADay,
    positive,
)
from firebrigade.responder.model import Automation
from firebrigade.responder.trust import TrustLevel
from firebrigade.runbooks.modes import AutomationMode


class Block(BaseModel):
    """A block of settings: an unknown key is an error, and errors hide the values."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, arbitrary_types_allowed=True)


class RouteBlock(Block):
    """One entry of ``routes``; an entry without matchers takes everything that comes so far."""

    matchers: Matchers = ()
    receivers: list[str]
    policy: str = ""
    runbook: str = ""


class StepBlock(Block):
    """One level of an escalation policy."""

    acknowledge_within: PositiveDuration
    targets: list[str] = []


class PolicyBlock(Block):
    """One escalation policy: level 1 is the first step."""

    steps: Annotated[list[StepBlock], Field(min_length=1, max_length=3)]
    repeat: Annotated[int, Field(ge=0, le=100)] = 0
    automation: Automation = Automation.PARALLEL
    resolve_within: PositiveDuration = timedelta(minutes=15)
    page_after: PositiveDuration = timedelta(minutes=5)


class RiskModesBlock(Block):
    """Modes of the actions from a risk on."""

    low: AutomationMode | None = None
    medium: AutomationMode | None = None
    high: AutomationMode | None = None


class ModesBlock(Block):
    """Modes of single namespaces, and of risks."""

    namespaces: dict[Namespace, AutomationMode] = {}
    risks: RiskModesBlock = RiskModesBlock()


class EnvironmentBlock(Block):
    """A part of what may be changed; ``kinds`` is for what is in no namespace."""

    mode: AutomationMode | None = None
    namespaces: list[Namespace] = []
    kinds: list[Literal["agent", "node", "endpoint", "alert"]] = []


class AutomationBlock(Block):
    """The limits of all automation.

    ``mode``: what may be done at all; ``modes`` and ``environments`` say it for some targets, and the strictest counts.
    ``off_file``: nothing is, while this file exists.
    ``namespaces``: where; ``nodes``: which of them may be cordoned; ``allow_…`` and ``deny_…`` say what and to whom
    within them, and a denial wins.
    ``wait_for_lock``: how long a step waits for another one on the same target, before it is refused; 0: not at all.
    ``cooldown``: how soon the same action may be applied again to the same target.
    ``runs_per_hour``, ``runs_per_hour_per_target``: how often anything may.
    ``repairs_per_day``: what was repaired so often in 24 hours is left to people.
    ``storm_incidents``, ``storm_within``: with more open incidents that want a runbook than that, opened within that
    time, nothing is done. With more than that that page, one incident, IncidentStorm, pages for them, and holds their
    own pages back for ``storm_holds_pages_for``, and as long again each time that it is acknowledged; 0 lets every
    incident page by itself.
    ``steps_at_once``: how many steps may be under way at the same time.
    ``max_pods_taken``: how many ready pods one change may take away at once.
    ``max_unready_percent``: how much of a workload of several pods may be missing after a change.
    ``approve_risk``, ``approve_actions``: in mode auto, the plans that a person has to approve, by their action's risk
    (from this one on) and by its name. ``approve_within``: a plan that nobody has approved by then is dropped.
    """

    mode: AutomationMode = AutomationMode.DRY_RUN
    modes: ModesBlock = ModesBlock()
    environments: dict[EnvironmentName, EnvironmentBlock] = {}
    off_file: FilePath = ""
    namespaces: list[Namespace] = []
    nodes: list[NodePattern] = []
    allow_actions: list[str] | None = None
    deny_actions: list[str] = []
    allow_targets: list[TargetPattern] | None = None
    deny_targets: list[TargetPattern] = []
    wait_for_lock: WithinADay = timedelta(minutes=5)
    cooldown: WithinADay = timedelta(minutes=10)
    runs_per_hour: Count = 20
    runs_per_hour_per_target: Count = 4
    repairs_per_day: Count = 3
    storm_incidents: Count = 10
    storm_within: Annotated[WithinADay, AfterValidator(positive)] = timedelta(minutes=10)
    storm_holds_pages_for: WithinADay = timedelta(minutes=30)
    steps_at_once: Count = 5
    max_pods_taken: Count = 10
    max_unready_percent: Annotated[int, Field(ge=0, le=100)] = 50
    approve_risk: Literal["low", "medium", "high"] | None = None
    approve_actions: list[str] = []
    approve_within: Annotated[WithinADay, AfterValidator(positive)] = timedelta(minutes=15)


class TrustBlock(Block):
    """How runbooks earn trust: the level of new ones, and how many successes a promotion takes."""

    start: TrustLevel = TrustLevel.OBSERVE
    promote_after: Count = 5


class ApproverBlock(Block):
    """Somebody who may approve and reject plans and demote runbooks, by a token of their own."""

    token: SecretStr | None = None
    may_promote: bool = False

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.token is None:
            raise ValueError("has no token; name a file that holds it as token_file")
        return self


class KubernetesBlock(Block):
    """How to reach the cluster: a kubeconfig (with a context), or from inside."""

    kubeconfig: str = ""
    context: str = ""
    in_cluster: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.in_cluster == bool(self.kubeconfig):
            raise ValueError("needs either kubeconfig: FILE or in_cluster: true")
        if self.in_cluster and self.context:
            raise ValueError("has a context, which only a kubeconfig has; leave it out with in_cluster")
        return self


class PrometheusBlock(Block):
    """The Prometheus that verification asks."""

    url: Url
    bearer_token: SecretStr | None = None


class AlertmanagerBlock(Block):
    """An Alertmanager, with credentials for it: bearer token, or user name and password."""

    url: Url
    bearer_token: SecretStr | None = None
    username: str = ""
    password: SecretStr | None = None
    ca_file: str = ""

    @model_validator(mode="after")
    def _one_kind_of_credentials(self) -> Self:
        if bool(self.username) != (self.password is not None):
            raise ValueError("has only one of username and password; give both or neither")
        if self.username and self.bearer_token:
            raise ValueError("has a bearer_token and a username; keep one kind of credentials")
        return self


class SupervisorBlock(Block):
    """The agents' supervisor."""

    url: Url
    token: SecretStr | None = None


class EndpointBlock(Block):
    """A service that runbooks may call; ``url`` is where their paths begin."""

    url: Url
    bearer_token: SecretStr | None = None


class ReconcileBlock(Block):
    """How open incidents are compared with Alertmanager.

    ``grace``: how long Alertmanager must have been up before an absent alert counts as resolved.
    ``expire_after``: an open incident that nobody can vouch for ends after this.
    """

    interval: PositiveDuration = timedelta(minutes=1)
    grace: Duration = timedelta(minutes=10)
    expire_after: PositiveDuration = timedelta(hours=24)


class WindowBlock(Block):
    """One maintenance window: starts_at and ends_at, or cron and duration."""

    matchers: SomeMatchers
    owner: Name
    reason: Name
    timezone: str = "UTC"
    starts_at: str = ""
    ends_at: str = ""
    cron: str = ""
    duration: PositiveDuration | None = None


class RunbooksBlock(Block):
    """Where the runbooks are; empty for the ones that come with Firebrigade."""

    directory: str = ""


class ConfigFile(Block):
    """All of firebrigade.yaml; ``receivers`` stays as written, because each type has its own settings."""

    version: Literal[1] = 1
    public_url: Url | None = None
    max_body_bytes: Annotated[int, Field(ge=1024, le=1_073_741_824)] = 10_485_760
    receivers: dict[str, Any] = {}
    routes: list[RouteBlock | None] | None = None
    policies: dict[str, PolicyBlock] = {}
    automation: AutomationBlock = AutomationBlock()
    trust: TrustBlock | None = None
    approvers: dict[Name, ApproverBlock] = {}
    kubernetes: KubernetesBlock | None = None
    prometheus: PrometheusBlock | None = None
    supervisor: SupervisorBlock | None = None
    endpoints: dict[str, EndpointBlock] = {}
    runbooks: RunbooksBlock = RunbooksBlock()
    alertmanagers: dict[str, AlertmanagerBlock] = {}
    reconcile: ReconcileBlock = ReconcileBlock()
    maintenance: dict[str, WindowBlock] = {}
    heartbeats: list[SomeMatchers] | None = None


def keys_at(path: KeyPath) -> list[str]:
    """Return the keys that the block at a path may have; empty where the path leads nowhere."""
    shape: Any = ConfigFile
    for key in path:
        shape = _below(shape, key)
    if not _is_block(shape):
        return []
    fields = shape.model_fields
    secrets = [name for name, field in fields.items() if field.annotation == SecretStr | None]
    return [*fields, *(f"{name}_file" for name in secrets)]


def _below(shape: Any, key: str | int) -> Any:
    if _is_block(shape):
        return _without_none(shape.model_fields[key].annotation) if key in shape.model_fields else None
    parts = get_args(shape)
    return _without_none(parts[-1]) if parts else None


def _without_none(shape: Any) -> Any:
    parts = [part for part in get_args(shape) if part is not NoneType]
    return parts[0] if NoneType in get_args(shape) else shape


def _is_block(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, Block)
