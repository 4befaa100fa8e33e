"""The registry finds receivers by scanning, and refuses what is not one, naming the file."""

from types import ModuleType
from typing import Any

import pytest

from firebrigade.receivers.contract import Notification, Receipt, ReceiverConfig
from firebrigade.receivers.registry import RegistryError, collect, find_receivers, make_receiver


class _Config(ReceiverConfig):
    pass


def _deliver(self: object, notification: Notification) -> Receipt:
    return Receipt()


def module(file: str, *classes: dict[str, Any]) -> ModuleType:
    made = ModuleType(file.removesuffix(".py"))
    made.__file__ = file
    for number, attributes in enumerate(classes):
        cls = type(f"Class{number}", (), {**attributes, "__module__": made.__name__})
        setattr(made, cls.__name__, cls)
    return made


WHOLE = {"NAME": "pager", "Config": _Config, "deliver": _deliver}


def test_every_receiver_of_the_package_is_found_under_its_name() -> None:
    found = find_receivers()
    assert sorted(found) == ["email", "log", "pagerduty", "slack"]
    assert all(name == receiver.NAME for name, receiver in found.items())


def test_a_receiver_is_made_of_its_configuration() -> None:
    log = find_receivers()["log"]
    assert repr(make_receiver(log, log.Config())) == "Log()"


def test_a_module_with_one_whole_receiver_is_found() -> None:
    assert list(collect([module("pager.py", WHOLE)])) == ["pager"]


def test_a_module_without_a_receiver_is_shared_code_and_no_error() -> None:
    assert collect([module("text.py", {"other": 1})]) == {}


def test_what_a_module_only_imports_is_not_its_receiver() -> None:
    importing = module("other.py")
    importing.Class0 = module("pager.py", WHOLE).Class0  # type: ignore[attr-defined]
    assert collect([importing]) == {}


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        ([{"NAME": "pager", "deliver": _deliver}], "has no Config"),
        ([{"NAME": "pager", "Config": _Config}], "has no deliver"),
        ([{"Config": _Config, "deliver": _deliver}], "has no NAME"),
        ([{"deliver": _deliver}], "has no NAME and no Config"),
        ([{**WHOLE, "NAME": ""}], "must have a text as its NAME"),
        ([{**WHOLE, "NAME": 7}], "must have a text as its NAME"),
        ([{**WHOLE, "Config": dict}], "must have a subclass of ReceiverConfig"),
        ([WHOLE, {**WHOLE, "NAME": "other"}], "two receivers in one module"),
    ],
    ids=[
        "without a configuration",
        "without deliver",
        "without a name",
        "with deliver alone",
        "with an empty name",
        "with a number for a name",
        "with a configuration of another kind",
        "with two receivers",
    ],
)
def test_a_module_that_is_not_a_receiver_is_refused_by_its_file(classes: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(RegistryError, match=f"^pager.py: .*{words}"):
        collect([module("pager.py", *classes)])


def test_a_name_that_is_taken_is_refused_by_the_second_file() -> None:
    with pytest.raises(RegistryError, match=r"^second\.py: the name 'pager' is taken"):
        collect([module("first.py", WHOLE), module("second.py", WHOLE)])
