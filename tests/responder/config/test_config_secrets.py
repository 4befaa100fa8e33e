"""Where a secret of firebrigade.yaml may come from, and that it is seen nowhere."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from firebrigade.responder.config import Config

ConfigOf = Callable[..., Config]
ProblemsOf = Callable[..., list[str]]
SECRET = "planted-5ecret"

BLOCKS = {
    "a receiver's": ("receivers:\n  slack:\n    channel: C0123456789\n    {}\n", "token", "receivers.slack"),
    "Prometheus'": ("prometheus:\n  url: http://x\n  {}\n", "bearer_token", "prometheus"),
    "the supervisor's": ("supervisor:\n  url: http://x\n  {}\n", "token", "supervisor"),
    "an endpoint's": ("endpoints:\n  hooks:\n    url: http://x\n    {}\n", "bearer_token", "endpoints.hooks"),
    "Alertmanager's": ("alertmanagers:\n  am:\n    url: http://x\n    {}\n", "bearer_token", "alertmanagers.am"),
    "Alertmanager's other": (
        "alertmanagers:\n  am:\n    url: http://x\n    username: u\n    {}\n",
        "password",
        "alertmanagers.am",
    ),
}


def secret_in(config: Config, key: str, path: str) -> str:
    """Return the secret that ended up at a path."""
    blocks: dict[str, object] = {
        "prometheus": config.prometheus,
        "supervisor": config.supervisor,
        "receivers.slack": config.receivers["slack"].config if "slack" in config.receivers else None,
        "endpoints.hooks": config.endpoints.get("hooks"),
        "alertmanagers.am": config.alertmanagers.get("am"),
    }
    block = blocks[path]
    found = getattr(block, "bearer_token" if path == "supervisor" else key)
    assert isinstance(found, SecretStr)
    return found.get_secret_value()


@pytest.mark.parametrize(("text", "key", "path"), BLOCKS.values(), ids=BLOCKS)
class TestEverySecret:
    """The same for each secret that the file can hold."""

    def test_is_read_from_the_file_itself(self, text: str, key: str, path: str, config_of: ConfigOf) -> None:
        config = config_of(text.format(f"{key}: {SECRET}"))
        assert secret_in(config, key, path) == SECRET
        assert SECRET not in repr(config)

    def test_is_read_from_a_file_beside_it(
        self, text: str, key: str, path: str, config_of: ConfigOf, tmp_path: Path
    ) -> None:
        (tmp_path / "secrets").mkdir()
        (tmp_path / "secrets" / "one").write_text(f"{SECRET}\n")
        assert secret_in(config_of(text.format(f"{key}_file: secrets/one")), key, path) == SECRET

    def test_given_twice_is_a_mistake(
        self, text: str, key: str, path: str, problems_of: ProblemsOf, tmp_path: Path
    ) -> None:
        (tmp_path / "one").write_text(SECRET)
        indent = "\n" + " " * (4 if "." in path else 2)
        (problem,) = problems_of(text.format(f"{key}: {SECRET}{indent}{key}_file: one"))
        assert f"{path}.{key}_file: is given by {key} and by {key}_file; keep one of them" in problem
        assert SECRET not in problem

    def test_in_a_file_that_is_missing_is_one_mistake(
        self, text: str, key: str, path: str, problems_of: ProblemsOf
    ) -> None:
        (problem,) = problems_of(text.format(f"{key}_file: nope"))
        assert f"{path}.{key}_file: can't read " in problem

    def test_is_not_a_block(self, text: str, key: str, path: str, problems_of: ProblemsOf) -> None:
        (problem,) = problems_of(text.format(f"{key}_file: [a]"))
        assert f"{path}.{key}_file: is not the path of a file" in problem


def test_a_receivers_secret_comes_from_the_environment(config_of: ConfigOf) -> None:
    config = config_of(
        "receivers: {ops-team: {type: slack, channel: C0123456789}}", {"FIREBRIGADE_RECEIVER_OPS_TEAM_TOKEN": SECRET}
    )
    found = config.receivers["ops-team"].config
    assert found.token.get_secret_value() == SECRET  # type: ignore[attr-defined]


def test_a_receivers_secret_comes_from_a_file_that_the_environment_names(config_of: ConfigOf, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{SECRET}\n")
    config = config_of(
        "receivers: {slack: {channel: C0123456789}}",
        {"FIREBRIGADE_RECEIVER_SLACK_TOKEN_FILE": str(tmp_path / "token")},
    )
    assert config.receivers["slack"].config.token.get_secret_value() == SECRET  # type: ignore[attr-defined]


def test_file_and_environment_together_are_a_mistake(problems_of: ProblemsOf) -> None:
    (problem,) = problems_of(
        "receivers:\n  slack:\n    channel: C0123456789\n    token: x", {"FIREBRIGADE_RECEIVER_SLACK_TOKEN": SECRET}
    )
    assert problem == "4: receivers.slack.token: is given by token and by the environment; keep one of them"


def test_a_path_of_a_receiver_starts_at_the_configurations_folder(config_of: ConfigOf, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("x")
    config = config_of(
        "receivers: {email: {host: h, sender: a@example.org, recipients: [b@example.org], ca_file: ca.pem}}"
    )
    assert config.receivers["email"].config.ca_file == tmp_path / "ca.pem"  # type: ignore[attr-defined]
