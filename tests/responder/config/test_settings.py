"""The environment: what is read, what is refused, and that all of it is refused at once without showing a secret."""

from pathlib import Path

import pytest

from firebrigade.responder.errors import ConfigError
from firebrigade.responder.settings import Settings, cache_folder, load_settings, receiver_variable

SECRET = "planted-5ecret"


def test_an_empty_environment_means_sqlite_here_and_a_port_on_this_machine() -> None:
    settings = load_settings({})
    assert settings == Settings()
    assert settings.database_url.get_secret_value() == "sqlite:///firebrigade.sqlite"
    assert (settings.bind, settings.url) == ("127.0.0.1:9095", "http://127.0.0.1:9095")


def test_variables_of_other_programs_are_left_alone() -> None:
    assert load_settings({"PATH": "/bin", "FIREBRIGADES": "x"}) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("FIREBRIGADE_BIND", "0.0.0.0:80", "bind", "0.0.0.0:80"),
        ("FIREBRIGADE_BIND", "[::1]:0", "bind", "[::1]:0"),
        ("FIREBRIGADE_CONFIG", "a/b.yaml", "config", Path("a/b.yaml")),
        ("FIREBRIGADE_URL", "https://fire.example.org/x/", "url", "https://fire.example.org/x"),
        ("FIREBRIGADE_LOG_LEVEL", "DEBUG", "log_level", "debug"),
        ("FIREBRIGADE_LOG_FORMAT", "text", "log_format", "text"),
    ],
)
def test_a_setting_is_read(name: str, value: str, field: str, expected: object) -> None:
    assert getattr(load_settings({name: value}), field) == expected


@pytest.mark.parametrize(
    ("bind", "url"),
    [("0.0.0.0:80", "http://127.0.0.1:80"), ("[::]:81", "http://[::1]:81"), ("fire.local:82", "http://fire.local:82")],
)
def test_the_command_line_finds_the_service_where_it_listens(bind: str, url: str) -> None:
    assert load_settings({"FIREBRIGADE_BIND": bind}).url == url


@pytest.mark.parametrize(
    "key", ["DATABASE_URL", "WEBHOOK_TOKEN", "WEBHOOK_PASSWORD", "API_TOKEN", "RECEIVER_PAGERDUTY_ROUTING_KEY"]
)
class TestEverySecret:
    """The same for each variable that holds a secret."""

    def environ(self, key: str, **more: str) -> dict[str, str]:
        return {"FIREBRIGADE_WEBHOOK_USERNAME": "u", **more} if key == "WEBHOOK_PASSWORD" else more

    def value(self, key: str) -> str:
        return f"postgresql://u:{SECRET}@db/x" if key == "DATABASE_URL" else SECRET

    def secret_of(self, key: str, settings: Settings) -> str | None:
        if key.startswith("RECEIVER"):
            return settings.receiver_secrets[f"FIREBRIGADE_{key}"].get_secret_value()
        found = getattr(settings, key.lower())
        return found.get_secret_value() if found else None

    def test_is_read_from_its_variable(self, key: str) -> None:
        settings = load_settings(self.environ(key, **{f"FIREBRIGADE_{key}": self.value(key)}))
        assert self.secret_of(key, settings) == self.value(key)

    def test_is_read_from_a_file_without_the_line_end(self, key: str, tmp_path: Path) -> None:
        file = tmp_path / "secret"
        file.write_text(f"{self.value(key)}\r\n")
        settings = load_settings(self.environ(key, **{f"FIREBRIGADE_{key}_FILE": str(file)}))
        assert self.secret_of(key, settings) == self.value(key)

    def test_is_not_in_the_repr(self, key: str) -> None:
        settings = load_settings(self.environ(key, **{f"FIREBRIGADE_{key}": self.value(key)}))
        assert SECRET not in repr(settings)

    def test_given_twice_is_an_error_that_does_not_show_it(self, key: str, tmp_path: Path) -> None:
        name = f"FIREBRIGADE_{key}"
        with pytest.raises(ConfigError) as caught:
            load_settings(self.environ(key, **{name: self.value(key), f"{name}_FILE": str(tmp_path / "x")}))
        assert caught.value.problems == (f"{name}: is set together with {name}_FILE; keep one of them",)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (None, "can't read"),
            (b"", "is empty"),
            (b"\n \n", "is empty"),
            (b"\xff\xfe", "is not UTF-8"),
            (b"x" * 70_000, "is larger"),
        ],
        ids=["a missing file", "an empty file", "a blank file", "a binary file", "a huge file"],
    )
    def test_in_a_file_that_can_not_be_used_is_one_sentence(
        self, key: str, content: bytes | None, said: str, tmp_path: Path
    ) -> None:
        file = tmp_path / "secret"
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(ConfigError) as caught:
            load_settings(self.environ(key, **{f"FIREBRIGADE_{key}_FILE": str(file)}))
        (problem,) = caught.value.problems
        assert problem.startswith(f"FIREBRIGADE_{key}_FILE: ")
        assert said in problem
        assert str(file) in problem

    def test_in_a_file_without_a_name_is_one_sentence(self, key: str) -> None:
        with pytest.raises(ConfigError) as caught:
            load_settings(self.environ(key, **{f"FIREBRIGADE_{key}_FILE": ""}))
        assert caught.value.problems == (f"FIREBRIGADE_{key}_FILE: is empty; give it a value or unset it",)


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"FIREBRIGADE_BIND": "9095"}, "FIREBRIGADE_BIND: '9095' is not HOST:PORT"),
        ({"FIREBRIGADE_BIND": "::1:9095"}, "FIREBRIGADE_BIND: '::1:9095' is not HOST:PORT"),
        ({"FIREBRIGADE_BIND": "127.0.0.1:70000"}, "is not HOST:PORT"),
        ({"FIREBRIGADE_BIND": ""}, "FIREBRIGADE_BIND: is empty"),
        ({"FIREBRIGADE_WEBHOOK_TOKEN": ""}, "FIREBRIGADE_WEBHOOK_TOKEN: is empty"),
        ({"FIREBRIGADE_WEBHOOK_TOKEN": f"{SECRET} x"}, "FIREBRIGADE_WEBHOOK_TOKEN: holds a space"),
        ({"FIREBRIGADE_WEBHOOK_TOKEN": f"{SECRET}\nx"}, "FIREBRIGADE_WEBHOOK_TOKEN: holds a space, a line break"),
        ({"FIREBRIGADE_API_TOKEN": f"{SECRET}ü"}, "FIREBRIGADE_API_TOKEN: holds"),
        ({"FIREBRIGADE_DATABASE_URL": f"mysql://u:{SECRET}@x"}, "FIREBRIGADE_DATABASE_URL: is no database"),
        ({"FIREBRIGADE_DATABASE_URL": f"{SECRET}.sqlite"}, "FIREBRIGADE_DATABASE_URL: is no database"),
        ({"FIREBRIGADE_URL": f"http://u:{SECRET}@x"}, "FIREBRIGADE_URL: holds a user name or password"),
        ({"FIREBRIGADE_URL": "fire.example.org"}, "FIREBRIGADE_URL: is not an http://"),
        ({"FIREBRIGADE_URL": "http://x:99999"}, "FIREBRIGADE_URL: is not an http://"),
        ({"FIREBRIGADE_LOG_LEVEL": "loud"}, "FIREBRIGADE_LOG_LEVEL: 'loud' is none of debug"),
        ({"FIREBRIGADE_WEBHOOK_USERNAME": "am"}, "belong together"),
        ({"FIREBRIGADE_WEBHOOK_PASSWORD": SECRET}, "belong together"),
        ({"FIREBRIGADE_WEBHOOK_USERNAME": "a:b", "FIREBRIGADE_WEBHOOK_PASSWORD": SECRET}, "holds a colon"),
        ({"FIREBRIGADE_WEBHOK_TOKEN": SECRET}, "is not a setting; did you mean FIREBRIGADE_WEBHOOK_TOKEN?"),
        ({"FIREBRIGADE_PORT": "9095"}, "FIREBRIGADE_PORT: is not a setting"),
    ],
)
def test_a_mistake_is_one_sentence_without_secrets(environ: dict[str, str], problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(environ)
    assert len(caught.value.problems) == 1
    assert problem in str(caught.value)
    assert SECRET not in str(caught.value)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings({"FIREBRIGADE_BIND": "x", "FIREBRIGADE_LOG_LEVEL": "x", "FIREBRIGADE_NONSENSE": "x"})
    assert len(caught.value.problems) == 3


def test_what_kubernetes_sets_for_a_service_called_firebrigade_is_no_mistake() -> None:
    linked = {
        "FIREBRIGADE_SERVICE_HOST": "10.0.0.1",
        "FIREBRIGADE_SERVICE_PORT": "9095",
        "FIREBRIGADE_SERVICE_PORT_HTTP": "9095",
        "FIREBRIGADE_PORT": "tcp://10.0.0.1:9095",
        "FIREBRIGADE_PORT_9095_TCP": "tcp://10.0.0.1:9095",
        "FIREBRIGADE_PORT_9095_TCP_ADDR": "10.0.0.1",
        "FIREBRIGADE_RECEIVER_WEB_SERVICE_HOST": "10.0.0.2",
        "FIREBRIGADE_RECEIVER_WEB_PORT": "tcp://10.0.0.2:80",
    }
    assert load_settings(linked) == Settings()


def test_a_receivers_variable_is_its_name_and_key_in_capitals() -> None:
    assert receiver_variable("pager-duty", "routing_key") == "FIREBRIGADE_RECEIVER_PAGER_DUTY_ROUTING_KEY"


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        pytest.param({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/firebrigade", id="where XDG says"),
        pytest.param({"HOME": "/h"}, "/h/.cache/firebrigade", id="below the home folder"),
        pytest.param({"XDG_CACHE_HOME": "c", "HOME": "/h"}, "/h/.cache/firebrigade", id="a relative one is ignored"),
        pytest.param({"XDG_CACHE_HOME": "", "HOME": "/h"}, "/h/.cache/firebrigade", id="an empty one is ignored"),
        pytest.param({}, None, id="a process without a home has no cache"),
    ],
)
def test_what_can_be_made_again_has_a_folder(environ: dict[str, str], folder: str | None) -> None:
    assert cache_folder(environ) == (Path(folder) if folder else None)
