"""What people have to answer after an incident: the questions that a record can't. Pure; ``post_mortem.py`` asks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]


def open_questions(answer: Record) -> list[str]:
    """Return questions for people: those of every incident, and those that this one raises.

    Args:
        answer: what the API says about the incident.
    """
    return [
        "What did users notice, and how many of them?",
        "What was the cause, and what let it through?",
        *_about_people(answer),
        *_about_the_machine(answer),
        *_about_the_end(answer.get("incident", {})),
        "What is done so that it does not happen again, by whom and until when?",
    ]


def _about_people(answer: Record) -> Iterator[str]:
    if not answer.get("incident", {}).get("acknowledged_by"):
        yield "Nobody acknowledged it: did anybody need to, and was anybody reached?"
    deliveries: Sequence[Record] = answer.get("deliveries", [])
    for receiver in sorted({str(one.get("receiver")) for one in deliveries if one.get("status") == "failed"}):
        yield f"Why was {receiver} not reached?"


def _about_the_machine(answer: Record) -> Iterator[str]:
    incident: Record = answer.get("incident", {})
    if not incident.get("runbook"):
        yield "No runbook answers this alert: should one?"
    for step in answer.get("steps", []):
        name, verdict = step.get("name"), str(step.get("verdict") or "").rstrip(".")
        match step.get("status"):
            case "verified":
                yield f"{name} repaired it: what is the cure, so that it need not be repaired again?"
            case "failed" | "undone":
                yield f"Why did {name} not help ({verdict})?"
            case "unverified" | "unseen":
                yield f"{name} was not seen to help ({verdict}): what made the alert resolve, and is it well now?"
            case "refused":
                yield f"{name} was refused ({verdict}): is that as it should be?"
            case "rejected":
                yield f"{name} was {verdict}: should the runbook have proposed something else?"
            case "expired":
                yield f"{name} was not applied ({verdict}): who should have answered?"


def _about_the_end(incident: Record) -> Iterator[str]:
    if incident.get("status") != "resolved":
        yield "It is not resolved: when is it over?"
    elif incident.get("resolved_by") == "expiry":
        yield "Nobody vouched for it any more, and it was given up: when was it really over?"
