"""How runbooks earn trust, from firebrigade.yaml's block ``trust``, and which approvers may promote them.

``config.py`` calls it. Without the block there is no trust to earn, and modes alone decide.
"""

from collections.abc import Collection

from firebrigade.responder.config_automation import AutomationSettings
from firebrigade.responder.config_file import ConfigFile
from firebrigade.responder.config_problems import Problems
from firebrigade.responder.trust import TrustLevel, TrustSettings
from firebrigade.runbooks.modes import DEFAULT_ENVIRONMENT


def build_trust(file: ConfigFile, automation: AutomationSettings) -> TrustSettings | None:
    """Return the settings, or None."""
    if file.trust is None:
        return None
    names = tuple(one.name for one in automation.modes.environments)
    return TrustSettings(
        start=file.trust.start,
        promote_after=file.trust.promote_after,
        environments=names or (DEFAULT_ENVIRONMENT,),
        promoters=frozenset(name for name, block in file.approvers.items() if block.may_promote),
    )


def check_trusted_people(
    trust: TrustSettings | None, named: Collection[str], right: Collection[str], problems: Problems
) -> None:
    """Add a problem where nobody could answer the plans that wait for lack of trust, or give trust.

    Args:
        trust: the settings.
        named: every approver in the file.
        right: those of them without a mistake; of the others nobody knows what they may.
        problems: what is wrong is added here.
    """
    if trust is None:
        return
    if not named:
        text = "makes plans wait for a person, and nobody may approve them; name somebody under approvers"
        problems.add(("trust",), text)
    elif not trust.promoters and trust.start is not TrustLevel.AUTO and set(named) == set(right):
        text = "starts below auto, and nobody may promote a runbook; say may_promote: true of one of the approvers"
        problems.add(("trust",), text)
