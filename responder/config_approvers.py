"""Who may approve plans, from firebrigade.yaml's block ``approvers``: names with a token of their own each.

``config.py`` calls it. A token that also opens another door would let Alertmanager, or any program that uses the API,
approve plans, so that is a problem here.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from pydantic import SecretStr

from firebrigade.responder.config_automation import AutomationSettings
from firebrigade.responder.config_file import ApproverBlock
from firebrigade.responder.config_problems import Problems
from firebrigade.responder.secrets import SecretError, check_token
from firebrigade.responder.settings import Settings

_SHORTEST = 16  # characters; whoever guesses it changes the cluster


def build_approvers(
    blocks: Mapping[str, ApproverBlock], settings: Settings, problems: Problems
) -> Mapping[str, SecretStr]:
    """Return the approvers' tokens by name; a token that is weak or not theirs alone is a problem."""
    tokens = {name: block.token for name, block in blocks.items() if block.token is not None}
    taken = _other_doors(settings)
    for name, token in tokens.items():
        text = token.get_secret_value()
        if words := _what_is_wrong(text) or taken.get(text):
            problems.add(("approvers", name), words)
        taken.setdefault(text, f"has the same token as {name}; give each approver a token of their own")
    return MappingProxyType(tokens)


def check_somebody_may_approve(automation: AutomationSettings, named: Collection[str], problems: Problems) -> None:
    """Add a problem where plans would wait for a person, and no person may answer; ``named``: the approvers."""
    if named or automation.asked_by is None:
        return
    text = "makes plans wait for a person, and nobody may approve them; name somebody under approvers"
    problems.add(automation.asked_by, text)


def _what_is_wrong(token: str) -> str:
    try:
        check_token(token)
    except SecretError as error:
        return f"has a token that {error}"
    if len(token) < _SHORTEST:
        return f"has a token of fewer than {_SHORTEST} characters; make one with: openssl rand -hex 32"
    return ""


def _other_doors(settings: Settings) -> dict[str, str]:
    doors = {
        "FIREBRIGADE_WEBHOOK_TOKEN": settings.webhook_token,
        "FIREBRIGADE_WEBHOOK_PASSWORD": settings.webhook_password,
        "FIREBRIGADE_API_TOKEN": settings.api_token,
    }
    return {
        secret.get_secret_value(): f"has the token of {name}; whoever holds that must not be able to approve"
        for name, secret in doors.items()
        if secret is not None
    }
