"""How runbooks earn trust, from the file's block ``trust``."""

from collections.abc import Callable

import pytest

from firebrigade.responder.config import Config
from firebrigade.responder.trust import TrustLevel, TrustSettings

ConfigOf = Callable[..., Config]
ANNA = "approvers: {anna: {token: annas-own-token-000000, may_promote: true}, bert: {token: berts-own-token-000000}}\n"
ENVIRONMENTS = "environments: {production: {namespaces: [shop]}, staging: {kinds: [agent]}}"


def test_without_the_block_there_is_no_trust(config_of: ConfigOf) -> None:
    assert config_of("receivers: {log: {}}").trust is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param(
            "trust: {}",
            TrustSettings(promote_after=5, environments=("default",), promoters=frozenset({"anna"})),
            id="by default it starts at the bottom",
        ),
        pytest.param(
            "trust: {start: approve, promote_after: 2}\nautomation: {namespaces: [shop], " + ENVIRONMENTS + "}",
            TrustSettings(
                start=TrustLevel.APPROVE,
                promote_after=2,
                environments=("production", "staging"),
                promoters=frozenset({"anna"}),
            ),
            id="of each environment",
        ),
    ],
)
def test_the_block_is_read(config_of: ConfigOf, text: str, wanted: TrustSettings) -> None:
    assert config_of(ANNA + text).trust == wanted


def test_a_block_whose_keys_are_all_comments_asks_for_trust_as_well(config_of: ConfigOf) -> None:
    assert config_of(ANNA + "trust:\n  # start: approve\n").trust == config_of(ANNA + "trust: {}").trust


def test_what_starts_at_the_top_needs_nobody_to_promote_it(config_of: ConfigOf) -> None:
    trust = config_of("trust: {start: auto}\napprovers: {bert: {token: berts-own-token-000000}}").trust
    assert trust is not None
    assert (trust.start, trust.promoters) == (TrustLevel.AUTO, frozenset())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            ANNA + "trust: {start: aprove}",
            "2: trust.start: must be 'observe', 'suggest', 'approve' or 'auto'",
            id="a level that is none",
        ),
        pytest.param(
            ANNA + "trust: {promote_after: 0}", "2: trust.promote_after: must be greater than or equal to 1", id="free"
        ),
        pytest.param(
            ANNA + "trust: {promote_afer: 3}",
            "2: trust.promote_afer: is not a setting; did you mean promote_after?",
            id="a misspelt key",
        ),
        pytest.param(
            "approvers: {bert: {token: berts-own-token-000000}}\ntrust: {start: approve}",
            "2: trust: starts below auto, and nobody may promote a runbook;"
            " say may_promote: true of one of the approvers",
            id="nobody who may",
        ),
        pytest.param(
            "trust: {start: auto}",
            "1: trust: makes plans wait for a person, and nobody may approve them; name somebody under approvers",
            id="nobody who may approve",
        ),
        pytest.param(
            "approvers: {anna: {token_file: missing}}\ntrust: {}",
            "1: approvers.anna.token_file: can't",
            id="an approver with a mistake may still be the one",
        ),
    ],
)
def test_a_mistake_is_said_with_its_line_and_key(
    problems_of: Callable[..., list[str]], text: str, problem: str
) -> None:
    (found,) = problems_of(text)
    assert found.startswith(problem)
