"""What is wrong with the runbooks and what they leave out, all at once. ``firebrigade runbook check`` prints it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from firebrigade.responder.commands.group import UserError
from firebrigade.responder.commands.surroundings import DEFAULT_CONFIG, read_config
from firebrigade.responder.config_problems import Problems
from firebrigade.responder.config_secrets import relative_to
from firebrigade.responder.errors import ConfigError
from firebrigade.responder.matchers import Matcher, match_all
from firebrigade.responder.own_alerts import OWN_ALERTS
from firebrigade.responder.settings import load_settings
from firebrigade.responder.yaml_lines import read_yaml
from firebrigade.runbooks.coverage import UnreadableRulesError, alerts_of_rules, alerts_of_runbooks, uncovered
from firebrigade.runbooks.loader import BUNDLED

_HEARTBEAT = ((Matcher("alertname", "=", "Watchdog"),),)


def check_runbooks(rules: Sequence[Path], config_path: Path | None) -> list[str]:
    """Return one sentence for each problem of the configuration and its runbooks, and for each gap.

    Args:
        rules: rule files, or folders of them.
        config_path: what ``--config`` says, or None.

    Raises:
        UserError: a rule file can't be read.
    """
    settings = load_settings()
    path = config_path or settings.config or (DEFAULT_CONFIG if DEFAULT_CONFIG.is_file() else None)
    problems: list[str] = []
    heartbeats: Sequence[Sequence[Matcher]] = _HEARTBEAT
    try:
        heartbeats = read_config(path, settings).heartbeats
    except ConfigError as error:
        problems += error.problems
    try:
        fired = alerts_of_rules(rules)
    except UnreadableRulesError as error:
        raise UserError(str(error)) from None
    answered = alerts_of_runbooks(_folder(path))

    def excepted(alert: str) -> bool:
        return any(match_all(matchers, {"alertname": alert}) for matchers in heartbeats)

    return [*problems, *uncovered(fired, answered, excepted, OWN_ALERTS)]


def _folder(path: Path | None) -> Path:
    """Return where the runbooks are, also where the rest of the configuration is wrong."""
    if path is None:
        return BUNDLED
    try:
        document: Any = read_yaml(path.read_text(encoding="utf-8"), Problems(source=str(path)))
    except (OSError, UnicodeDecodeError):
        return BUNDLED
    block = document.get("runbooks") if isinstance(document, Mapping) else None
    named = block.get("directory") if isinstance(block, Mapping) else None
    return relative_to(str(path), str(named)) if named else BUNDLED
