"""A configuration from its text, in a folder of its own."""

from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from firebrigade.responder.config import Config, load_config
from firebrigade.responder.errors import ConfigError
from firebrigade.responder.settings import load_settings

Environment = Mapping[str, str]


@pytest.fixture
def config_of(tmp_path: Path) -> Callable[..., Config]:
    """Return a function: the text of firebrigade.yaml (and the environment) to its configuration."""

    def load(text: str, environ: Environment | None = None) -> Config:
        path = tmp_path / "firebrigade.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        return load_config(path, load_settings(environ or {}))

    return load


@pytest.fixture
def problems_of(config_of: Callable[..., Config], tmp_path: Path) -> Callable[..., list[str]]:
    """Return a function: the text of firebrigade.yaml to its problems, with the folder cut off."""

    def load(text: str, environ: Environment | None = None) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            config_of(text, environ)
        return [problem.replace(f"{tmp_path}/firebrigade.yaml:", "") for problem in caught.value.problems]

    return load
