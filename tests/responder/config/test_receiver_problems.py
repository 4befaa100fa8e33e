"""What does not fit a receiver's option is told in words that say what to write."""

from collections.abc import Callable

import pytest

SECRET = "planted-5ecret"
MISTAKES = {
    "a channel's name": (
        f"receivers: {{slack: {{token: {SECRET}, channel: '#ops'}}}}",
        "1: receivers.slack.channel: is not a channel's id; give that, such as C0123456789, and not the channel's name",
    ),
    "a level that is none": (
        f"receivers:\n  slack:\n    {{token: {SECRET}, channel: C0123456789, mentions: {{4: [here]}}}}",
        "3: receivers.slack.mentions.4: is not a level; levels are 1 to 3",
    ),
    "a level below the first": (
        f"receivers:\n  slack:\n    {{token: {SECRET}, channel: C0123456789, mentions: {{0: [here]}}}}",
        "3: receivers.slack.mentions.0: is not a level; levels are 1 to 3",
    ),
    "somebody who can't be rung": (
        f"receivers: {{slack: {{token: {SECRET}, channel: C0123456789, mentions: {{1: ['@ada']}}}}}}",
        "1: receivers.slack.mentions.1[0]: is nobody who can be rung: here, channel, or the id of a user",
    ),
    "a recipient without a domain": (
        "receivers: {email: {host: h, sender: a@example.org, recipients: [ada]}}",
        "1: receivers.email.recipients[0]: is not a mail address",
    ),
    "a server without a name": (
        "receivers: {email: {host: '', sender: a@example.org, recipients: [a@example.org]}}",
        "1: receivers.email.host: is empty",
    ),
}


@pytest.mark.parametrize(("text", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_sentence_with_line_and_key(
    text: str, said: str, problems_of: Callable[..., list[str]]
) -> None:
    (problem,) = problems_of(text)
    assert problem.startswith(said)
    assert SECRET not in problem
