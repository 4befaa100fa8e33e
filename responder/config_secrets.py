"""Secrets of firebrigade.yaml: from the key, from ``<key>_file``, and a receiver's also from the environment.

``config.py`` fills them in before the values are checked. Not the reader of the environment (``settings.py``).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr

from firebrigade.responder.config_problems import KeyPath, Problems, did_you_mean, format_path
from firebrigade.responder.secrets import SecretError, read_secret
from firebrigade.responder.settings import receiver_variable


def secret_keys(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the keys of a block that hold secrets."""
    return tuple(name for name, field in model.model_fields.items() if _is_secret(field.annotation))


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_is_secret(part) for part in get_args(annotation))


def fill_secrets(
    block: Mapping[str, Any],
    model: type[BaseModel],
    path: KeyPath,
    problems: Problems,
    variables: Mapping[str, SecretStr],
) -> tuple[dict[str, Any], set[str]]:
    """Return the block with its secrets read, and the keys whose secret could not be had (each already a problem).

    Args:
        block: the block as written.
        model: what it will be checked against.
        path: where it stands in the file.
        problems: what is wrong is added here; its ``source`` is the file that relative paths start from.
        variables: secrets from the environment, by key.
    """
    filled = dict(block)
    failed = set()
    for key in secret_keys(model):
        file_key = f"{key}_file"
        given = [name for name in (key, file_key) if name in block]
        if len(given) + (key in variables) > 1:
            sources = [*given, *(["the environment"] if key in variables else [])]
            problems.add((*path, given[-1]), f"is given by {' and by '.join(sources)}; keep one of them")
            failed.add(key)
        elif key in variables:
            filled[key] = variables[key]
        elif file_key in block:
            secret = _read(block[file_key], (*path, file_key), problems)
            filled |= {key: secret} if secret else {}
            failed |= set() if secret else {key}
        filled.pop(file_key, None)
    return filled, failed


def _read(value: Any, path: KeyPath, problems: Problems) -> SecretStr | None:
    if not isinstance(value, str):
        problems.add(path, "is not the path of a file")
        return None
    try:
        return SecretStr(read_secret(relative_to(problems.source, value), value))
    except (SecretError, ValueError) as error:
        problems.add(path, str(error))
        return None


def relative_to(config_file: str, path: str) -> Path:
    """Return a path of the configuration: ``~`` is the home folder, relative ones start at the file's own folder."""
    return Path(config_file).parent / Path(path).expanduser()


def receiver_variables(receiver: str, keys: Iterable[str], secrets: Mapping[str, SecretStr]) -> dict[str, SecretStr]:
    """Return the receiver's secrets from the environment, by key."""
    return {key: secrets[name] for key in keys if (name := receiver_variable(receiver, key)) in secrets}


def check_receiver_variables(
    known: Mapping[str, KeyPath], secrets: Mapping[str, SecretStr], problems: Problems
) -> None:
    """Add a problem for each variable that no receiver takes.

    Args:
        known: the variables that receivers take, each with the key that it stands for.
        secrets: the variables that are set.
        problems: where they are added.
    """
    for name in sorted(set(secrets) - set(known)):
        problems.add_variable(name, f"no receiver takes it{did_you_mean(name, known)}")


def claim_variables(receiver: str, keys: Iterable[str], known: dict[str, KeyPath], problems: Problems) -> None:
    """Note the variables of a receiver; two receivers whose names differ only in signs can't share one."""
    for key in keys:
        name = receiver_variable(receiver, key)
        path: KeyPath = ("receivers", receiver, key)
        if known.setdefault(name, path) != path:
            problems.add(
                ("receivers", receiver), f"shares the variable {name} with {format_path(known[name])}; rename one"
            )
