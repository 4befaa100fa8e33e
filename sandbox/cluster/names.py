"""Names and hashes the way Kubernetes makes them. Pure, apart from the random source that is handed in."""

import json
import random

from sandbox.cluster.resources import Json

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"  # no vowels and nothing that can be misread, so that no word appears


def suffix(source: random.Random, length: int = 5) -> str:
    """Return the random end of a generated name."""
    return "".join(source.choice(ALPHABET) for _ in range(length))


def generated(prefix: str, source: random.Random) -> str:
    """Return a name for ``generateName``; a long prefix is cut so that the name fits 63 characters."""
    return prefix[:58] + suffix(source)


def without_hash(template: Json) -> Json:
    """Return a pod template without the label that a replica set adds: what revisions are compared by."""
    metadata = {**template.get("metadata", {})}
    labels = {key: value for key, value in metadata.get("labels", {}).items() if key != "pod-template-hash"}
    metadata["labels"] = labels
    return {**template, "metadata": metadata}


def template_hash(template: Json) -> str:
    """Return the ``pod-template-hash`` of a template: 32 bits of FNV-1a, spelled in the safe alphabet."""
    value = 0x811C9DC5
    for byte in json.dumps(without_hash(template), sort_keys=True).encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return "".join(ALPHABET[ord(digit) % len(ALPHABET)] for digit in str(value))
