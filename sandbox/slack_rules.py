"""What makes a message invalid for Slack. Pure; ``slack.py`` answers ``ok: false`` with these codes.

Sources: https://docs.slack.dev/reference/methods/chat.postMessage, /reference/block-kit/blocks and
/messaging/message-metadata; the limit of all blocks together is not documented, about 13,000 characters were seen.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

TEXT_LIMIT = 40_000
MOST_BLOCKS = 50
BLOCKS_LIMIT = 13_000

Problem = tuple[str, ...]
"""An error code, and sentences for ``response_metadata.messages``; empty when all is well."""


def problem_of_content(arguments: Mapping[str, Any]) -> Problem:
    """Return what is wrong with a message's text, blocks and metadata."""
    text, blocks = arguments.get("text"), arguments.get("blocks")
    if not text and not blocks and not arguments.get("attachments"):
        return ("no_text",)
    if isinstance(text, str) and len(text) > TEXT_LIMIT:
        return ("msg_too_long",)
    return _problem_of_blocks(blocks) or _problem_of_metadata(arguments.get("metadata"))


def _problem_of_blocks(blocks: Any) -> Problem:
    if blocks is None:
        return ()
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return ("invalid_blocks_format",)
    if len(blocks) > MOST_BLOCKS:
        return ("invalid_blocks", f"[ERROR] no more than {MOST_BLOCKS} items allowed [json-pointer:/blocks]")
    problems = [problem for number, block in enumerate(blocks) for problem in _problems_of_block(number, block)]
    if problems:
        return ("invalid_blocks", *problems)
    if sum(len(text) for block in blocks for text in _texts(block)) > BLOCKS_LIMIT:
        return ("msg_blocks_too_long",)
    return ()


def _problems_of_block(number: int, block: dict[str, Any]) -> Iterator[str]:
    kind = block.get("type")
    if kind == "section":
        yield from _problems_of_text(f"/blocks/{number}/text", block.get("text"), 3000, {"mrkdwn", "plain_text"})
    elif kind == "header":
        yield from _problems_of_text(f"/blocks/{number}/text", block.get("text"), 150, {"plain_text"})
    elif kind == "context":
        elements = block.get("elements") or []
        if not 1 <= len(elements) <= 10:
            yield f"[ERROR] 1 to 10 elements allowed [json-pointer:/blocks/{number}/elements]"
    elif kind not in {"divider", "actions", "image", "rich_text"}:
        yield f"[ERROR] unsupported type: {kind} [json-pointer:/blocks/{number}/type]"


def _problems_of_text(pointer: str, text: Any, limit: int, kinds: set[str]) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds or not isinstance(text.get("text"), str):
        yield f"[ERROR] must be a text object [json-pointer:{pointer}]"
    elif not 1 <= len(text["text"]) <= limit:
        yield f"[ERROR] must be 1 to {limit} characters [json-pointer:{pointer}/text]"
    elif text["type"] == "plain_text" and "verbatim" in text:
        yield f"[ERROR] additional property: verbatim [json-pointer:{pointer}]"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _problem_of_metadata(metadata: Any) -> Problem:
    if metadata is None:
        return ()
    if not isinstance(metadata, dict) or set(metadata) != {"event_type", "event_payload"}:
        return ("invalid_metadata_format",)
    if not re.fullmatch(r"[A-Za-z0-9_.]+", str(metadata["event_type"])) or not _is_payload(metadata["event_payload"]):
        return ("invalid_metadata_schema",)
    return ("metadata_too_large",) if len(json.dumps(metadata)) > 16_000 else ()


def _is_payload(payload: Any) -> bool:
    return isinstance(payload, dict)
