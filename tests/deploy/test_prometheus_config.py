"""The deployed Prometheus configuration: it loads, and its targets get the labels that the rules are written for.

Debian builds Prometheus without Kubernetes service discovery. So the tests put files in its place that hold the labels
which Kubernetes would give, and promtool applies the deployed relabelling to them.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.processes import prometheus_config

DEPLOYED = Path(__file__).resolve().parents[2] / "deploy" / "prometheus" / "prometheus.yml"
CONTRACT = yaml.safe_load((Path(__file__).resolve().parents[2] / "rules" / "metrics.yaml").read_text())
META = "__meta_kubernetes_"


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False, timeout=60)


def with_files(discovered: dict[str, list[dict[str, str]]], folder: Path) -> Path:
    """Write the deployed configuration with files in the place of Kubernetes, by job."""
    config = yaml.safe_load(DEPLOYED.read_text())
    for job in [*config["scrape_configs"], *config["alerting"]["alertmanagers"]]:
        del job["kubernetes_sd_configs"]
        name = job.get("job_name", "alertmanagers")
        path = folder / f"{name}.json"
        targets = [{"targets": [one.pop("__address__")], "labels": one} for one in discovered.get(name, [])]
        path.write_text(json.dumps(targets))
        job["file_sd_configs"] = [{"files": [str(path)]}]
    written = folder / "prometheus.yml"
    written.write_text(yaml.safe_dump(config))
    return written


def relabelled(job: str, labels: dict[str, str], folder: Path) -> dict[str, str] | None:
    """Return the labels of a discovered target as the job stores them, or None if it drops the target."""
    config = with_files({job: [dict(labels)]}, folder)
    # cAdvisor's credentials are files of a pod.
    config.write_text(config.read_text().replace("/var/run/secrets/kubernetes.io/serviceaccount", str(folder)))
    for name in ("token", "ca.crt"):
        (folder / name).write_text("")
    done = promtool("check", "service-discovery", "--timeout=300ms", str(config), job)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(found) == 1, done.stderr
    kept: dict[str, str] = found[0].get("labels") or {}
    return kept or None


def pod(name: str, namespace: str = "neurectomy", **changes: str) -> dict[str, str]:
    deployment_and_hash = name.rpartition("-")[0]
    return {
        "__address__": "10.0.0.7:8000",
        f"{META}namespace": namespace,
        f"{META}pod_name": name,
        f"{META}pod_phase": "Running",
        f"{META}pod_controller_kind": "ReplicaSet",
        f"{META}pod_controller_name": deployment_and_hash,
        f"{META}pod_annotation_prometheus_io_scrape": "true",
        **changes,
    }


def test_the_deployed_file_is_valid(tmp_path: Path) -> None:
    done = promtool("check", "config", "--syntax-only", str(with_files({}, tmp_path)))
    assert done.returncode == 0, done.stderr


def test_no_secret_stands_in_it() -> None:
    assert not {"password", "credentials:", "bearer_token:"} & set(DEPLOYED.read_text().split())


def test_the_rules_folder_is_the_one_that_the_build_writes() -> None:
    assert yaml.safe_load(DEPLOYED.read_text())["rule_files"] == ["/etc/prometheus/rules/*.yaml"]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        pytest.param(
            pod("ryot-5c9d8f7b66-x2x9z"),
            {"service": "ryot", "deployment": "ryot", "namespace": "neurectomy", "job": "ryot"},
            id="a pod carries its deployment as its service",
        ),
        pytest.param(
            pod("neurectomy-api-5c9d8f7b66-x2x9z"),
            {"service": "neurectomy-api", "deployment": "neurectomy-api"},
            id="a deployment's name may hold hyphens",
        ),
        pytest.param(
            pod("agent-07-5c9d8f7b66-x2x9z", "agents"),
            {"service": "agents", "deployment": "agent-07", "namespace": "agents", "job": "agents"},
            id="an agent is one of the service agents",
        ),
        pytest.param(
            pod("agent-supervisor-5c9d8f7b66-x2x9z"),
            {"service": "agent-supervisor", "deployment": "agent-supervisor"},
            id="their supervisor is a service of its own",
        ),
        pytest.param(
            pod("ryot-5c9d8f7b66-x2x9z", **{f"{META}pod_annotation_prometheus_io_port": "9000"}),
            {"__address__": "10.0.0.7:9000"},
            id="the annotated port is scraped",
        ),
        pytest.param(
            pod("ryot-5c9d8f7b66-x2x9z", **{f"{META}pod_annotation_prometheus_io_path": "/m"}),
            {"__metrics_path__": "/m"},
            id="the annotated path is scraped",
        ),
    ],
)
def test_a_pod_gets_its_labels(labels: dict[str, str], expected: dict[str, str], tmp_path: Path) -> None:
    found = relabelled("pods", labels, tmp_path)
    assert found is not None
    assert {name: found.get(name) for name in expected} == expected
    assert set(CONTRACT["exporters"]["pod"]["target_labels"]) == {name for name in found if not name.startswith("__")}
    assert found["pod"] == found["instance"] == labels[f"{META}pod_name"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({f"{META}pod_annotation_prometheus_io_scrape": "false"}, id="a pod that does not want to be"),
        pytest.param({f"{META}pod_phase": "Succeeded"}, id="a pod that has finished"),
        pytest.param({f"{META}pod_phase": "Failed"}, id="a pod that was evicted"),
    ],
)
def test_is_not_scraped(changes: dict[str, str], tmp_path: Path) -> None:
    assert relabelled("pods", pod("ryot-5c9d8f7b66-x2x9z", **changes), tmp_path) is None


@pytest.mark.parametrize(
    ("job", "labels", "expected"),
    [
        pytest.param(
            "kube-state-metrics",
            {f"{META}service_name": "kube-state-metrics"},
            {"job": "kube-state-metrics", "instance": "kube-state-metrics"},
            id="kube-state-metrics",
        ),
        pytest.param(
            "cadvisor", {f"{META}node_name": "node-1"}, {"job": "cadvisor", "instance": "node-1"}, id="cAdvisor"
        ),
        pytest.param(
            "node",
            {f"{META}service_name": "node-exporter", f"{META}endpoint_node_name": "node-1"},
            {"job": "node", "instance": "node-1"},
            id="the node exporter",
        ),
        pytest.param(
            "pipeline",
            {f"{META}service_name": "firebrigade", f"{META}endpoint_port_name": "web"},
            {"job": "firebrigade", "instance": "10.0.0.7:8000"},
            id="Firebrigade itself",
        ),
    ],
)
def test_an_exporter_adds_no_more_than_the_contract_says(
    job: str, labels: dict[str, str], expected: dict[str, str], tmp_path: Path
) -> None:
    found = relabelled(job, {"__address__": "10.0.0.7:8000", **labels}, tmp_path)
    assert found is not None
    assert {name: value for name, value in found.items() if not name.startswith("__")} == expected


def test_the_jobs_honour_labels_as_the_contract_says() -> None:
    jobs = {job["job_name"]: job for job in yaml.safe_load(DEPLOYED.read_text())["scrape_configs"]}
    names = {"pod": "pods", "prometheus": "pipeline", "alertmanager": "pipeline", "firebrigade": "pipeline"}
    for exporter, contract in CONTRACT["exporters"].items():
        job = jobs[names.get(exporter, exporter)]
        assert job.get("honor_labels", False) == contract["honor_labels"], exporter


def test_the_sandboxs_variant_is_valid_and_hurries(tmp_path: Path) -> None:
    config = prometheus_config(
        "http://127.0.0.1:1",
        alertmanager_url="http://127.0.0.1:2",
        rule_files=[Path(__file__).resolve().parents[2] / "rules" / "generated" / "*.yaml"],
        pipeline={"firebrigade": "http://127.0.0.1:3"},
    )
    path = tmp_path / "prometheus.yml"
    path.write_text(yaml.safe_dump(config))
    done = promtool("check", "config", str(path))
    assert done.returncode == 0, done.stderr
    assert config["global"] == {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    deployed = yaml.safe_load(DEPLOYED.read_text())
    assert [job["job_name"] for job in config["scrape_configs"]] == [
        job["job_name"] for job in deployed["scrape_configs"]
    ]
