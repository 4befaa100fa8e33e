"""The configuration of Prometheus and Alertmanager in the sandbox: production's files, with other targets and haste.

Demo and acceptance tests call it, so what they prove holds for the files that are deployed: the same jobs with the same
``honor_labels``, the same routes, receivers and inhibition.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

_DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
_WEBHOOK_PATH = "/api/v1/webhook/alertmanager"

Config = dict[str, Any]


def prometheus_config(
    fleet_url: str,
    *,
    alertmanager_url: str | None = None,
    rule_files: Sequence[Path | str] = (),
    pipeline: Mapping[str, str] | None = None,
    interval: str = "1s",
) -> Config:
    """Derive the sandbox's Prometheus configuration from ``deploy/prometheus/prometheus.yml``.

    Args:
        fleet_url: the sandbox's fleet, which stands for all pods and for the exporters.
        alertmanager_url: who is told of alerts, or nobody.
        rule_files: absolute paths or patterns.
        pipeline: the pipeline's own servers by service name, such as ``{"firebrigade": "http://127.0.0.1:9095"}``.
        interval: how often is scraped and evaluated, as Prometheus writes it.

    Returns:
        What is to be written as prometheus.yml.
    """
    config = _load("prometheus/prometheus.yml")
    config["global"] = {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval}
    config["rule_files"] = [str(path) for path in rule_files]
    config["alerting"] = {"alertmanagers": _static(alertmanager_url) if alertmanager_url else []}
    config["scrape_configs"] = [_sandbox_job(job, fleet_url, pipeline or {}) for job in config["scrape_configs"]]
    return config


def alertmanager_config(
    firebrigade_url: str,
    token_file: Path | str,
    *,
    group_wait: str = "1s",
    group_interval: str = "5s",
    repeat_interval: str = "1h",
) -> Config:
    """Derive the sandbox's Alertmanager configuration from ``deploy/alertmanager/alertmanager.yml``.

    Args:
        firebrigade_url: the responder's base address.
        token_file: the file with the webhook's bearer token.
        group_wait: how long a new group waits, on every route.
        group_interval: how often a group's changes are sent, on every route.
        repeat_interval: how often an unchanged group is sent again; the heartbeat is sent every group interval.

    Returns:
        What is to be written as alertmanager.yml. Nothing in it reaches a vendor.
    """
    config = _load("alertmanager/alertmanager.yml")
    _hurry(config["route"], group_wait, group_interval, repeat_interval)
    for receiver in config["receivers"]:
        # The sandbox has no way out: what pages without Firebrigade in production pages nobody here.
        receiver.pop("pagerduty_configs", None)
        for webhook in receiver.get("webhook_configs", ()):
            webhook["url"] = firebrigade_url + _WEBHOOK_PATH
            webhook["http_config"]["authorization"] = {"credentials_file": str(token_file)}
    return config


def _load(path: str) -> Config:
    loaded: Config = yaml.safe_load((_DEPLOY / path).read_text())
    return loaded


def _hurry(route: Config, group_wait: str, group_interval: str, repeat_interval: str) -> None:
    heartbeat = route["receiver"] == "watchdog"
    route["group_wait"] = "0s" if heartbeat else group_wait
    route["group_interval"] = group_interval
    route["repeat_interval"] = group_interval if heartbeat else repeat_interval
    # Planned work is planned for production: the sandbox is awake on Sundays.
    route.pop("mute_time_intervals", None)
    for child in route.get("routes", ()):
        _hurry(child, group_wait, group_interval, repeat_interval)


def _sandbox_job(job: Config, fleet_url: str, pipeline: Mapping[str, str]) -> Config:
    kept: Config = {key: job[key] for key in ("job_name", "honor_labels") if key in job}
    if job["job_name"] == "pipeline":
        return {**kept, "static_configs": [_pipeline_target(name, url) for name, url in pipeline.items()]}
    path = "/sd" if job["job_name"] == "pods" else f"/sd/{job['job_name']}"
    return {**kept, "http_sd_configs": [{"url": fleet_url + path, "refresh_interval": "1s"}]}


def _pipeline_target(name: str, url: str) -> Config:
    return {"targets": [url.removeprefix("http://")], "labels": {"job": name}}


def _static(url: str) -> list[Config]:
    return [{"static_configs": [{"targets": [url.removeprefix("http://")]}]}]
