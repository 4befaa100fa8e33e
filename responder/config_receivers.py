"""The ``receivers`` block: each name with its type's own settings, checked against that type's ``Config``.

``config.py`` calls this. It makes no receiver: the composition does, from what is returned here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, ValidationError

from firebrigade.receivers.contract import Receiver, ReceiverConfig
from firebrigade.responder.config_problems import KeyPath, Problems, did_you_mean, word_error
from firebrigade.responder.config_secrets import (
    check_receiver_variables,
    claim_variables,
    fill_secrets,
    receiver_variables,
    relative_to,
    secret_keys,
)
from firebrigade.responder.settings import receiver_variable

LOG = "log"
LEVELS = range(1, 4)
_NO_LEVEL = "is not a level; levels are 1 to 3"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverSettings:
    """A configured receiver: its name here, its type, and that type's settings."""

    name: str
    type: str
    config: ReceiverConfig


def build_receivers(
    blocks: Mapping[str, Any],
    types: Mapping[str, type[Receiver]],
    secrets: Mapping[str, SecretStr],
    problems: Problems,
) -> dict[str, ReceiverSettings]:
    """Return the receivers by name, with ``log`` among them whether it is configured or not.

    Args:
        blocks: the block as written.
        types: the registry's receivers by type.
        secrets: the environment's receiver secrets by variable.
        problems: what is wrong is added here; a receiver with a problem is left out.
    """
    known: dict[str, KeyPath] = {}
    receivers = {}
    for name, block in blocks.items():
        receiver_type = _type_of(name, block, types, problems)
        if receiver_type:
            model = types[receiver_type].Config
            claim_variables(name, secret_keys(model), known, problems)
            config = _build_config(name, block, model, secrets, problems)
            if config:
                receivers[name] = ReceiverSettings(name=name, type=receiver_type, config=config)
    check_receiver_variables(known, secrets, problems)
    if LOG not in blocks:
        receivers[LOG] = ReceiverSettings(name=LOG, type=LOG, config=types[LOG].Config())
    return receivers


def _type_of(name: str, block: Any, types: Mapping[str, type[Receiver]], problems: Problems) -> str:
    """Return the type: ``type:``, or the receiver's name where that is a type's."""
    path = ("receivers", name)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}", name):
        problems.add(path, "is not a receiver's name: letters, digits, - and _, at most 63")
        return ""
    if not isinstance(block, dict):
        problems.add(path, "is not a block of settings (key: value lines)")
        return ""
    written = block.get("type", name if name in types else None)
    if not isinstance(written, str):
        problems.add((*path, "type"), f"is missing{did_you_mean('', types)}")
        return ""
    if written not in types:
        problems.add((*path, "type"), f"{written!r} is not a type of receiver{did_you_mean(written, types)}")
        return ""
    if name == LOG and written != LOG:
        problems.add(path, "the name log is kept for the log receiver; rename this one")
        return ""
    return written


def _build_config(
    name: str,
    block: Mapping[str, Any],
    model: type[ReceiverConfig],
    secrets: Mapping[str, SecretStr],
    problems: Problems,
) -> ReceiverConfig | None:
    path: KeyPath = ("receivers", name)
    own = {key: _placed(key, value, model, problems) for key, value in block.items() if key != "type"}
    variables = receiver_variables(name, secret_keys(model), secrets)
    filled, failed = fill_secrets(own, model, path, problems, variables)
    try:
        config = model.model_validate(filled)
    except ValidationError as error:
        _add_errors(error, name, model, failed, problems)
        return None
    return config if _check_levels(config, path, problems) and not failed else None


def _check_levels(config: ReceiverConfig, path: KeyPath, problems: Problems) -> bool:
    """Return whether whom a receiver rings by level is for levels that there are; a policy has no more steps."""
    wrong = [level for level in getattr(config, "mentions", {}) if level not in LEVELS]
    for level in wrong:
        problems.add((*path, "mentions", str(level)), _NO_LEVEL)
    return not wrong


def _placed(key: str, value: Any, model: type[ReceiverConfig], problems: Problems) -> Any:
    """Return a value; if it is the path of a file, from the folder of the configuration."""
    field = model.model_fields.get(key)
    is_path = field is not None and _is_path(field.annotation)
    return relative_to(problems.source, value) if is_path and isinstance(value, str) else value


def _is_path(annotation: Any) -> bool:
    return annotation is Path or any(_is_path(part) for part in get_args(annotation))


def _add_errors(
    error: ValidationError, name: str, model: type[ReceiverConfig], failed: set[str], problems: Problems
) -> None:
    entries = error.errors(include_url=False, include_context=False, include_input=False)
    for entry in entries:
        location = entry["loc"]
        key = str(location[0]) if location else ""
        # pydantic counts only the right entries of a list: with none of them right it would seem to be empty.
        of_its_entries = entry["type"] == "too_short" and any(one["loc"][:-1] == location for one in entries)
        if key in failed or (failed and not location) or of_its_entries:
            continue
        message = word_error(entry, [*known_keys(model), "type"])
        if location[-1:] == ("[key]",):  # pydantic's way to say that a key is wrong, and not its value
            location = location[:-1]
            message = _NO_LEVEL if key == "mentions" else message
        if entry["type"] == "missing" and key in secret_keys(model):
            message += f"; give it here, as {key}_file or as {receiver_variable(name, key)}"
        problems.add(("receivers", name, *location), message)


def known_keys(model: type[BaseModel]) -> list[str]:
    """Return the keys that a block may have, with the ``_file`` of each secret."""
    return [*model.model_fields, *(f"{key}_file" for key in secret_keys(model))]
