"""Starts that fail, and settings in the wrong place: one sentence each, and no secret in it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from firebrigade.responder.config import load_config
from firebrigade.responder.errors import ConfigError
from firebrigade.responder.settings import Settings, load_settings

COMMAND = Path(sys.executable).parent / "firebrigade"
PLANT = "planted-s3cret-value-0001"

ENVIRONMENTS = {
    "a password in the address of a database of another kind": {"DATABASE_URL": f"mysql://me:{PLANT}@db/x"},
    "a token with a line break": {"WEBHOOK_TOKEN": f"{PLANT}\nx"},
    "a token with a word in front": {"API_TOKEN": f"Bearer {PLANT}"},
    "a token in place of its file's path": {"API_TOKEN_FILE": PLANT},
    "a token like base64 in place of its file's path": {"API_TOKEN_FILE": f"abc/{PLANT}/def=="},
    "a receiver's secret in place of its file's path": {"RECEIVER_PAGERDUTY_ROUTING_KEY_FILE": PLANT},
    "a secret for a receiver that is none": {"RECEIVER_PAGERDUTTY_ROUTING_KEY": PLANT},
    "a password without a user name": {"WEBHOOK_PASSWORD": PLANT},
    "a password in our own address": {"URL": f"http://me:{PLANT}@127.0.0.1"},
    "a token in our own address": {"URL": f"http://127.0.0.1/?token={PLANT}"},
}
FILES = {
    "a routing key that is none": f"receivers: {{pagerduty: {{routing_key: {PLANT}}}}}",
    "a secret as a list": f"receivers: {{slack: {{token: [{PLANT}], channel: C0123456789}}}}",
    "a secret in place of its file's path": f"supervisor: {{url: 'http://x', token_file: {PLANT}}}",
    "a token in place of a receiver's settings": f"receivers: {{slack: {PLANT}}}",
    "a token in an address": f"alertmanagers: {{alertmanager: {{url: 'http://x/?token={PLANT}'}}}}",
    "a password in an address": f"prometheus: {{url: 'http://me:{PLANT}@x'}}",
    "text that is no YAML": f"supervisor: {{token: {PLANT}",
    "a tag": f"supervisor: {{url: 'http://x', token: !vault {PLANT}}}",
    "a key that is written wrongly": f"supervisor: {{url: 'http://x', tokn: {PLANT}}}",
}
STARTS = {
    "a password in a database's address without a driver": {"DATABASE_URL": f"postgresql+nothing://me:{PLANT}@db/x"},
    "a password in a database's address that can't be read": {"DATABASE_URL": f"postgresql://me:x@y:{PLANT}@db/x"},
    "a kubeconfig that is no YAML": {"CONFIG": "kubernetes.yaml", "LOG_LEVEL": "debug"},
    "no credentials but a password elsewhere": {"WEBHOOK_TOKEN_FILE": "empty"},
}


@pytest.mark.parametrize("settings", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_a_wrong_environment_is_told_without_secrets(settings: Mapping[str, str]) -> None:
    environment = {f"FIREBRIGADE_{name}": value for name, value in settings.items()}
    with pytest.raises(ConfigError) as refusal:
        load_config(None, load_settings(environment))
    assert PLANT not in str(refusal.value)


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_a_wrong_file_is_told_without_secrets(tmp_path: Path, text: str) -> None:
    path = tmp_path / "firebrigade.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as refusal:
        load_config(path, Settings())
    assert PLANT not in str(refusal.value)


@pytest.mark.acceptance
@pytest.mark.xdist_group("secrets")
def test_starts_that_fail_and_checks_tell_no_secret(tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text(f"users: [{{name: u, user: {{token: {PLANT}}}}}\n{PLANT}: : ]")
    (tmp_path / "kubernetes.yaml").write_text("kubernetes: {kubeconfig: kubeconfig}")
    (tmp_path / "empty").write_text("")
    wanted: dict[str, tuple[Any, ...]] = {name: ("serve", settings) for name, settings in STARTS.items()}
    wanted |= {name: ("config", "check", settings) for name, settings in list(ENVIRONMENTS.items())[:4]}
    with ExitStack() as stack:
        started = {name: stack.enter_context(start(tmp_path, *words)) for name, words in wanted.items()}
        ended = {name: (process.communicate(timeout=60)[0], process.returncode) for name, process in started.items()}
    for name, (output, code) in ended.items():
        assert (name, code) == (name, 2), output
        assert (name, "Traceback" in output, PLANT in output) == (name, False, False), output


def start(folder: Path, *words: Any) -> subprocess.Popen[str]:
    """Start a command with the settings that stand last."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FIREBRIGADE_")}
    defaults = {"WEBHOOK_TOKEN": "right-token", "BIND": "127.0.0.1:0"}
    settings = {**({} if "WEBHOOK_TOKEN_FILE" in words[-1] else defaults), **words[-1]}
    return subprocess.Popen(
        [COMMAND, *words[:-1]],
        env=environment | {f"FIREBRIGADE_{name}": value for name, value in settings.items()},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
