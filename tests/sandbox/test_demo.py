"""What the demo calls quiet: it may begin although a slow group has not been evaluated again."""

import pytest

from sandbox.demo.story import noise


@pytest.mark.parametrize(
    ("name", "state", "hold_seconds", "disturbs"),
    [
        ("Watchdog", "firing", 0, False),
        ("ServiceDown", "inactive", 60, False),
        ("ServiceDown", "pending", 60, True),
        ("ServiceDown", "firing", 60, True),
        ("SloDataMissing", "pending", 300, False),
        ("SloDataMissing", "firing", 300, True),
    ],
)
def test_only_what_fires_or_can_fire_within_the_patience_disturbs(
    name: str, state: str, hold_seconds: float, disturbs: bool
) -> None:
    rule = {"name": name, "state": state, "duration": hold_seconds}
    assert noise([rule], patience_seconds=150) == ({name} if disturbs else set())
