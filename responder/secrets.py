"""Secrets from files, the way Docker and Kubernetes mount them. Settings and configuration use it.

No message here holds any part of a secret.
"""

from pathlib import Path

_MAX_BYTES = 65_536
_NO_PATH = "can't read the file that it names; write the path of a file here, not the secret itself"


class SecretError(ValueError):
    """A secret can't be used; the message says why and what to do."""


def read_secret(path: Path, written: str | None = None) -> str:
    """Return the text of a secret's file without the line end after it.

    Args:
        path: the file.
        written: the path as it was written, where ``path`` was made of that.

    Raises:
        SecretError: the file is missing, unreadable, empty, huge or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise SecretError(_unreadable(path, written or str(path), error.strerror)) from error
    except ValueError:  # a path with U+0000
        raise SecretError(_NO_PATH) from None
    if len(content) > _MAX_BYTES:
        raise SecretError(f"{path} is larger than {_MAX_BYTES} bytes; it must hold the secret alone")
    try:
        text = content.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise SecretError(f"{path} is not UTF-8 text; it must hold the secret alone") from None
    if not text.strip():
        raise SecretError(f"{path} is empty; write the secret into it")
    return text


def _unreadable(path: Path, written: str, reason: str | None) -> str:
    """Say why, naming the path only if it can be one: the secret itself is easily put in its place."""
    if path.exists() or ("/" in written and path.parent.is_dir()):
        return f"can't read {path}: {reason}; check the path and its permissions"
    return _NO_PATH


def check_token(token: str) -> str:
    """Return a bearer token that a header can carry (RFC 6750, section 2.1, and any visible ASCII besides).

    Raises:
        SecretError: it holds spaces, line breaks or other characters that a header can't carry.
    """
    if not token.isascii() or not all("!" <= character <= "~" for character in token):
        raise SecretError("holds a space, a line break or a character outside ASCII, which a header can't carry")
    return token
