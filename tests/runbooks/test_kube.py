"""The client of the Kubernetes API: against a real server's recorded answers, and against the sandbox that fails."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from firebrigade.runbooks import workloads
from firebrigade.runbooks.contract import ActionError, PermanentActionError, TemporaryActionError, UnknownOutcomeError
from firebrigade.runbooks.kube import KubernetesClient, KubernetesSettings, connect
from firebrigade.runbooks.kube_errors import DisruptionBudgetError, NotFoundError, PreconditionError, error_for
from sandbox.cluster import Cluster, Fault, User

RECORDINGS = {
    one["name"]: one
    for one in map(
        json.loads, (Path(__file__).parents[1] / "sandbox/cluster/recordings.jsonl").read_text().splitlines()
    )
}
CHECKOUT = ("shop", "checkout")
Call = Callable[[KubernetesClient], Any]


def deployment(client: KubernetesClient) -> Any:
    return client.read_object("deployment", *CHECKOUT)


def pods(client: KubernetesClient) -> Any:
    return client.list_pods("shop", "app=checkout")


def replica_sets(client: KubernetesClient) -> Any:
    return client.list_replica_sets("shop", "app=checkout")


def evict(client: KubernetesClient) -> Any:
    return client.evict_pod("shop", "checkout-1", "uid-1")


def delete(client: KubernetesClient) -> Any:
    return client.delete_pod("shop", "checkout-1", "uid-1")


def read_pod(client: KubernetesClient) -> Any:
    return client.read_pod("shop", "checkout-1")


def patch(client: KubernetesClient) -> Any:
    return client.patch_object("deployment", *CHECKOUT, [{"op": "test", "path": "/metadata/uid", "value": "x"}])


class Replay:
    """Answers every request by one recording, and keeps what was asked."""

    def __init__(self) -> None:
        replay = self
        self.response: dict[str, Any] = {}
        self.asked: list[tuple[str, str, str, Any]] = []

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                kind = self.headers.get("Content-Type", "")
                replay.asked.append((self.command, self.path, kind, json.loads(body) if body else None))
                payload = json.dumps(replay.response["body"]).encode()
                self.send_response(replay.response["status"])
                for name, value in (replay.response.get("headers") or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

            def log_message(self, *args: Any) -> None:
                pass

        class Server(HTTPServer):
            def server_bind(self) -> None:  # the base class asks the name server for this machine's name
                self.socket.bind(self.server_address)
                self.server_address = self.socket.getsockname()
                self.server_name, self.server_port = "localhost", self.server_address[1]

        self.server = Server(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=lambda: self.server.serve_forever(poll_interval=0.02))


@pytest.fixture
def replay() -> Iterator[Replay]:
    replay = Replay()
    replay.thread.start()
    yield replay
    replay.server.shutdown()
    replay.thread.join()
    replay.server.server_close()


@pytest.fixture
def replayed(replay: Replay, tmp_path: Path) -> Iterator[Callable[[str, Call], Any]]:
    """Call the client while the server answers by the named recording."""
    config = {
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{replay.server.server_address[1]}"}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(config))
    client = connect(KubernetesSettings(kubeconfig=str(path)))

    def replayed(name: str, call: Call) -> Any:
        replay.response = RECORDINGS[name]["response"]
        return call(client)

    yield replayed
    client.close()


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("get deployment, available", deployment),
        ("get deployment, rollout in progress", deployment),
        ("get deployment, progress deadline exceeded", deployment),
        ("get deployment after the roll back", deployment),
        ("pause", patch),
        ("roll back: json patch with a test on the revision", patch),
        ("same patch again: nothing changes", patch),
        ("get pod that terminates", read_pod),
        ("delete pod, right uid precondition", lambda client: client.delete_pod("shop", "checkout-1", "u") or {}),
    ],
)
def test_a_recorded_object_comes_out_whole(replayed: Any, name: str, call: Call) -> None:
    found = replayed(name, call)
    assert found in (RECORDINGS[name]["response"]["body"], {})


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("list pods by selector", pods),
        ("list pods with a not ready one", pods),
        ("list pods, OOM-killed", pods),
        ("list pods, image can't be pulled", pods),
        ("list replica sets", replica_sets),
        ("list replica sets with revisions", replica_sets),
        ("list replica sets after the roll back", replica_sets),
        ("list HPAs", lambda client: client.list_autoscalers("shop")),
    ],
)
def test_a_recorded_list_comes_out_whole(replayed: Any, name: str, call: Call) -> None:
    assert replayed(name, call) == RECORDINGS[name]["response"]["body"]["items"]


@pytest.mark.parametrize(
    ("name", "call", "error", "words"),
    [
        ("delete pod, wrong uid precondition", delete, PreconditionError, "does not match the UID in record"),
        ("delete pod that is gone", delete, NotFoundError, "not found"),
        ("get pod that is gone", read_pod, NotFoundError, "not found"),
        ("evict, pod not found", evict, NotFoundError, '"nope" not found'),
        ("evict, refused by the budget", evict, DisruptionBudgetError, "needs 2 healthy pods and has 2 currently"),
        ("put scale with an old resourceVersion", patch, PreconditionError, "has been modified"),
        ("patch with a wrong resourceVersion", patch, PreconditionError, "has been modified"),
        ("patch scale, negative", patch, PreconditionError, "must be greater than or equal to 0"),
        ("roll back again: the test op fails", patch, PreconditionError, "changed since it was planned"),
        ("forbidden: get deployment", deployment, PermanentActionError, "the right to get deployments.apps"),
        ("forbidden: evict", evict, PermanentActionError, "the right to create pods/eviction"),
        ("unauthorized", deployment, PermanentActionError, "Check the credentials"),
        ("namespace not found", deployment, NotFoundError, "not found"),
        ("invalid name", deployment, NotFoundError, "not found"),
        ("bad patch type", patch, PermanentActionError, "Unsupported Media Type"),
        ("bad selector", pods, PermanentActionError, "unable to parse requirement"),
        ("create Job again", patch, PreconditionError, "already exists"),
    ],
)
def test_a_recorded_refusal_becomes_its_error(
    replayed: Any, name: str, call: Call, error: type[ActionError], words: str
) -> None:
    with pytest.raises(error, match=words.replace("(", r"\(")) as raised:
        replayed(name, call)
    assert str(raised.value).isprintable()
    assert raised.value.__cause__ is None


def test_an_allowed_eviction_returns(replayed: Any, replay: Replay) -> None:
    replayed("evict, allowed", evict)
    ((method, path, _, body),) = replay.asked
    assert (method, path) == ("POST", "/api/v1/namespaces/shop/pods/checkout-1/eviction")
    assert body["deleteOptions"] == {"preconditions": {"uid": "uid-1"}}


def test_a_list_of_operations_goes_out_as_a_json_patch(replayed: Any, replay: Replay) -> None:
    replayed("pause", patch)
    assert replay.asked[0][0] == "PATCH"
    assert replay.asked[0][2] == "application/json-patch+json"


def test_workloads_are_read_from_the_recordings_as_they_were() -> None:
    bodies = {name: one["response"]["body"] for name, one in RECORDINGS.items()}
    assert not workloads.rolled_out(bodies["get deployment, rollout in progress"])
    assert workloads.rolled_out(bodies["get deployment after the roll back"])
    exceeded = bodies["get deployment, progress deadline exceeded"]
    assert workloads.deadline_exceeded_at(exceeded) == "2026-11-21T03:34:06Z"
    assert not workloads.rolled_out(exceeded)
    assert [workloads.pod_ready(pod) for pod in bodies["list pods with a not ready one"]["items"]].count(False) == 1
    assert not workloads.pod_ready(bodies["get pod that terminates"])
    assert workloads.label_selector(exceeded) == "app=checkout"


def test_the_template_that_a_person_rolled_back_to_is_the_one_we_would_put_back() -> None:
    by_hand = RECORDINGS["roll back: json patch with a test on the revision"]["request"]["body"][1]["value"]
    sets = RECORDINGS["list replica sets with revisions"]["response"]["body"]["items"]
    (second,) = [one for one in sets if workloads.revision(one) == 2]
    assert workloads.plain_template(second) == by_hand
    after = RECORDINGS["get deployment after the roll back"]["response"]["body"]
    assert workloads.template_digest(after) == workloads.template_digest(second)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ({"key": "tier", "operator": "In", "values": ["a", "b"]}, "app=x,tier in (a,b)"),
        ({"key": "tier", "operator": "NotIn", "values": ["a"]}, "app=x,tier notin (a)"),
        ({"key": "tier", "operator": "Exists"}, "app=x,tier"),
        ({"key": "tier", "operator": "DoesNotExist"}, "app=x,!tier"),
    ],
)
def test_a_selector_s_expressions_are_sent_as_the_api_reads_them(expression: Any, text: str) -> None:
    selector = {"matchLabels": {"app": "x"}, "matchExpressions": [expression]}
    assert workloads.label_selector({"spec": {"selector": selector}}) == text


@pytest.mark.parametrize("answer", ["hang-after", "hang-before", "drop-before", "drop-after"])
def test_a_change_without_an_answer_has_an_unknown_outcome(cluster: Cluster, connected: Any, answer: str) -> None:
    client = connected(read_timeout_seconds=0.2)
    uid = cluster.list("deployments", "shop")[0]["metadata"]["uid"]
    cluster.add_fault(Fault(answer=answer, verb="patch"))
    test = [{"op": "test", "path": "/metadata/uid", "value": uid}]
    with pytest.raises(UnknownOutcomeError):
        client.patch_object("deployment", *CHECKOUT, test)


@pytest.mark.parametrize("answer", ["hang-before", "drop-before"])
def test_a_look_without_an_answer_is_repeated_later(cluster: Cluster, connected: Any, answer: str) -> None:
    client = connected(read_timeout_seconds=0.2)
    cluster.add_fault(Fault(answer=answer, verb="get"))
    with pytest.raises(TemporaryActionError):
        deployment(client)
    assert deployment(client)["metadata"]["name"] == "checkout"


@pytest.mark.parametrize("status", [429, 503])
def test_the_client_itself_repeats_nothing(cluster: Cluster, connected: Any, status: int) -> None:
    cluster.add_fault(Fault(answer=status, verb="get", retry_after=1, times=1))
    client = connected()
    with pytest.raises(TemporaryActionError) as raised:
        deployment(client)
    assert raised.value.retry_after_seconds == 1


def test_a_gateway_s_time_out_leaves_a_change_unknown_and_a_look_temporary(cluster: Cluster, connected: Any) -> None:
    cluster.add_fault(Fault(answer=504, times=2))
    client = connected()
    with pytest.raises(TemporaryActionError):
        deployment(client)
    with pytest.raises(UnknownOutcomeError):
        patch(client)


def test_a_cluster_that_is_not_there_leaves_nothing_changed(connected: Any, cluster: Cluster) -> None:
    client = connected()
    cluster.stop()
    with pytest.raises(TemporaryActionError, match="can't be reached"):
        patch(client)


def test_who_may_not_do_it_is_told_what_to_allow(tmp_path: Path, clock: Any) -> None:
    with Cluster(clock=clock, token="admin", users={"nobody": User(name="nobody", allow=frozenset())}) as cluster:
        client = connect(KubernetesSettings(kubeconfig=str(cluster.kubeconfig(tmp_path / "k", "nobody"))))
        with pytest.raises(PermanentActionError, match="firebrigade runbook rbac") as raised:
            deployment(client)
        client.close()
    assert "to get deployments.apps in the namespace shop" in str(raised.value)


def test_no_error_tells_the_token(cluster: Cluster, connected: Any) -> None:
    client = connected("a-token-that-nobody-may-see")
    with pytest.raises(PermanentActionError) as raised:
        deployment(client)
    assert "a-token" not in repr(raised.value) + repr(client)


@pytest.mark.parametrize(
    "content",
    [None, "{", "nothing: here", "users: [{name: u, user: {token: hunter2}}]", "[]", ""],
    ids=["no file", "no YAML", "no contexts", "half of it", "a list", "empty"],
)
def test_a_kubeconfig_that_can_t_be_used_is_named_without_its_content(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "kubeconfig"
    if content is not None:
        path.write_text(content)
    with pytest.raises(PermanentActionError, match="check the file and its context") as raised:
        connect(KubernetesSettings(kubeconfig=str(path)))
    assert str(path) in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_outside_of_a_pod_there_is_no_service_account() -> None:
    with pytest.raises(PermanentActionError, match="the pod's service account"):
        connect(KubernetesSettings())


def test_a_context_that_does_not_exist_is_a_wrong_setting(cluster: Cluster, tmp_path: Path) -> None:
    path = cluster.kubeconfig(tmp_path / "kubeconfig")
    with pytest.raises(PermanentActionError, match="context"):
        connect(KubernetesSettings(kubeconfig=str(path), context="production"))


@pytest.mark.parametrize(
    "body", [None, "", "<html>", "[]", '{"message": "a\\nb\\u0000"}', '{"message": "' + "x" * 9000]
)
def test_an_answer_from_something_else_is_one_short_line(body: str | None) -> None:
    error = error_for(502, body, None, changes=False)
    assert isinstance(error, TemporaryActionError)
    assert str(error).isprintable()
    assert len(str(error)) < 400


def test_a_wait_that_is_not_a_number_is_not_waited_for() -> None:
    error = error_for(503, None, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, changes=False)
    assert isinstance(error, TemporaryActionError)
    assert error.retry_after_seconds is None


def test_tls_that_fails_leaves_a_change_unknown() -> None:
    assert isinstance(error_for(0, None, None, changes=True), UnknownOutcomeError)
    assert isinstance(error_for(0, None, None, changes=False), TemporaryActionError)
