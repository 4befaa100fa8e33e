"""Decides which addresses may be shown to people, and which may be sent secrets.

Links of a notification come with the alert, so only plain web addresses pass. An API's address comes from the
configuration, but a secret must not travel over plain HTTP, except within this machine (the sandbox).
"""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import SplitResult, quote, urlsplit

from pydantic import AfterValidator

from firebrigade.receivers.text import one_line

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_LIMIT = 2000


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        return None
    return parts if parts.scheme in {"http", "https"} and parts.hostname else None


def web_address(address: str) -> str | None:
    """Return an untrusted address with everything percent-encoded that could break out of a link, or None.

    Only ``http`` and ``https`` pass, without user information: ``https://bank.example@evil.example`` reads as the bank.
    """
    if len(address) > _LIMIT:
        return None
    # quote leaves what is already encoded alone, because "%" is safe; the rest is RFC 3986 without quotes and pipes.
    encoded = quote(address.encode("utf-8", "replace"), safe="%/:=&?#~+!$,;@()*[]-._")
    parts = _split(encoded)
    return encoded if parts and "@" not in parts.netloc and len(encoded) <= _LIMIT else None


def web_links(links: Mapping[str, str], *, count: int) -> dict[str, str]:
    """Return at most ``count`` links whose addresses may be shown, by cleaned name."""
    shown = {one_line(name, 80): web_address(address) for name, address in links.items()}
    return {name: address for name, address in list(shown.items())[:count] if name and address}


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    return host.lower() in _LOOPBACK


def _api_address(address: str) -> str:
    parts = _split(address)
    if parts is None or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://api.example.com")
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("must start with https://, because a secret is sent there (http:// only to this machine)")
    return address.rstrip("/")


ApiAddress = Annotated[str, AfterValidator(_api_address)]
"""The address of a vendor's API, without a slash at its end."""
