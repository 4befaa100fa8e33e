"""What actions talk through. Made once by the responder from its settings; a missing one switches its actions off."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from firebrigade.runbooks.endpoints import EndpointClient
from firebrigade.runbooks.kube import KubernetesClient
from firebrigade.runbooks.prometheus import PrometheusClient
from firebrigade.runbooks.silencing import AlertSilencer
from firebrigade.runbooks.supervisor import SupervisorClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """The configured ways into the world; None is one that is not configured. Endpoints go by name."""

    kubernetes: KubernetesClient | None = None
    supervisor: SupervisorClient | None = None
    prometheus: PrometheusClient | None = None
    silencer: AlertSilencer | None = None
    endpoints: Mapping[str, EndpointClient] = field(default_factory=dict)
