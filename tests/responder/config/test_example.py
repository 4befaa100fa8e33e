"""The example that we ship loads, and shows every setting that there is."""

import re
from pathlib import Path

import pytest

from firebrigade.responder.config import Config, load_config
from firebrigade.responder.config_file import ConfigFile, keys_at
from firebrigade.responder.settings import load_settings

EXAMPLE = Path(__file__).parents[3] / "deploy" / "firebrigade.yaml"
SECRETS = {"pagerduty-routing-key": "0" * 32, "slack-token": "xoxb-1", "smtp-password": "p", "supervisor-token": "t"}


@pytest.fixture
def example(tmp_path: Path) -> Config:
    (tmp_path / "secrets").mkdir()
    for name, secret in SECRETS.items():
        (tmp_path / "secrets" / name).write_text(secret)
    path = tmp_path / "firebrigade.yaml"
    path.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    return load_config(path, load_settings({}))


def test_the_example_loads(example: Config) -> None:
    assert set(example.receivers) == {"pagerduty", "slack", "email", "management", "log"}
    assert len(example.routes) == 4
    assert len(example.maintenance) == 2


@pytest.mark.parametrize("block", [(), *((name,) for name in ConfigFile.model_fields if keys_at((name,)))])
def test_the_example_shows_every_key(block: tuple[str, ...]) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    missing = [key for key in keys_at(block) if not re.search(rf"^\W*{key}(_file)?:", text, re.MULTILINE)]
    assert missing in ([], ["version"])
