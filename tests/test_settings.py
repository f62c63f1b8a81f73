"""Settings: read once from the environment and from flags, refused in one line that names what is wrong."""

from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.errors import Refused
from server.setting_kinds import MongoDatabase, SqliteDatabase, parse_seconds, parse_size, show_seconds, show_size
from server.settings import SETTINGS, Settings, read_settings

KEY = "k" * 32


def refused(environment: dict[str, str], flags: dict[str, str] | None = None) -> str:
    """The line with which these settings are refused."""
    with pytest.raises(Refused) as caught:
        read_settings(environment, flags or {})
    assert caught.value.exit_code == 2
    line = caught.value.description
    assert "\n" not in line
    return line


def test_without_any_setting_the_defaults_hold() -> None:
    assert read_settings({}, {}) == Settings()
    assert Settings().host == "127.0.0.1"
    assert Settings().database_url == SqliteDatabase(Path("data/tracking.db"))


def test_every_field_but_the_ignored_names_is_a_line_of_the_table() -> None:
    assert [setting.field for setting in SETTINGS] == [
        name for name in get_type_hints(Settings) if name != "ignored_variables"
    ]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.variable)
def test_every_shown_default_reads_as_the_default(setting: Any) -> None:
    if setting.default is not None:
        assert setting.kind.parse(setting.shown_default) == setting.default


def test_a_variable_is_read_by_its_kind() -> None:
    settings = read_settings(
        {
            "TRACKING_HTTP_PORT": "9000",
            "TRACKING_DOORS": "grpc, HTTP",
            "TRACKING_QUEUE_BYTES": "2 MiB",
            "TRACKING_DRAIN_SECONDS": "1m",
            "TRACKING_LOG_LEVEL": "DEBUG",
            "TRACKING_PUBLIC_URL": "https://tracking.example/",
        },
        {},
    )
    assert (settings.http_port, settings.doors, settings.queue_bytes) == (9000, ("http", "grpc"), 2 * 1024**2)
    assert (settings.drain_seconds, settings.log_level) == (60.0, "debug")
    assert settings.public_url == "https://tracking.example"


def test_a_flag_beats_the_environment_even_where_that_is_wrong() -> None:
    assert read_settings({"TRACKING_HTTP_PORT": "nonsense"}, {"http_port": "9001"}).http_port == 9001


def test_variables_of_others_are_nothing_to_us() -> None:
    assert read_settings({"PATH": "/bin", "MY_TRACKING_HTTP_PORT": "x"}, {}) == Settings()


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("TRACKING_HTP_PORT", "TRACKING_HTTP_PORT"), ("TRACKING_DATABASE", "TRACKING_DATABASE_URL")],
)
def test_an_unknown_name_is_refused_with_the_nearest_known_one(name: str, nearest: str) -> None:
    line = refused({name: "1"})
    assert name in line
    assert nearest in line


def test_an_unknown_name_like_no_other_is_refused_without_a_guess() -> None:
    assert refused({"TRACKING_XYZZY": "1"}) == "TRACKING_XYZZY is not a setting"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRACKING_TEST_MONGODB_URL", "mongodb://x"),
        ("TRACKING_ADDRESS", "127.0.0.1:50051"),
        ("TRACKING_API_KEY", "trk_x"),
        ("TRACKING_SERVICE_HOST", "10.0.0.1"),
        ("TRACKING_SERVICE_PORT_HTTP", "8080"),
        ("TRACKING_PORT", "tcp://10.0.0.1:8080"),
        ("TRACKING_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("TRACKING_HTTP_PORT", "tcp://10.0.0.1:8080"),
        ("TRACKING_WHATEVER", "tcp://10.0.0.1:8080"),
        ("TRACKING_HTTP_SERVICE_HOST", "10.0.0.1"),
        ("TRACKING_HTTP_PORT_8080_TCP_PROTO", "tcp"),
    ],
)
def test_what_belongs_to_the_client_the_tests_or_kubernetes_is_ignored_and_remembered(name: str, value: str) -> None:
    settings = read_settings({name: value}, {})
    assert settings.ignored_variables == (name,)
    assert msgspec.structs.replace(settings, ignored_variables=()) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRACKING_HTTP_PORT", "65536"),
        ("TRACKING_HTTP_PORT", "-1"),
        ("TRACKING_HTTP_PORT", "８０"),
        ("TRACKING_HTTP_PORT", ""),
        ("TRACKING_WORKERS", "0"),
        ("TRACKING_KEY_RATE", "1.5"),
        ("TRACKING_DOORS", "http,ftp"),
        ("TRACKING_DOORS", "http,"),
        ("TRACKING_QUEUE_BYTES", "0"),
        ("TRACKING_QUEUE_BYTES", "64 MBit"),
        ("TRACKING_QUEUE_BYTES", "2GiB"),
        ("TRACKING_DRAIN_SECONDS", "0"),
        ("TRACKING_DRAIN_SECONDS", "25h"),
        ("TRACKING_DRAIN_SECONDS", "nan"),
        ("TRACKING_LOG_LEVEL", "loud"),
        ("TRACKING_PUBLIC_URL", "tracking.example"),
        ("TRACKING_PUBLIC_URL", "http://["),
        ("TRACKING_TLS_KEY", "/nowhere/key.pem"),
        ("TRACKING_SMTP_HOST", "a\nb"),
        ("TRACKING_DATABASE_URL", "postgres://host/db"),
        ("TRACKING_DATABASE_URL", "sqlite://data.db"),
        ("TRACKING_DATABASE_URL", "sqlite:///"),
        ("TRACKING_DATABASE_URL", "sqlite:///folder/"),
        ("TRACKING_DATABASE_URL", "sqlite:///:memory:"),
        ("TRACKING_DATABASE_URL", "sqlite:///x.db?mode=ro"),
        ("TRACKING_DATABASE_URL", "mongodb://"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(name: str, value: str) -> None:
    assert refused({name: value}).startswith(name)


def test_a_bad_flag_is_refused_by_its_name() -> None:
    assert refused({}, {"http_port": "abc"}).startswith("--http-port")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///data/tracking.db", "data/tracking.db"),
        ("sqlite:////var/lib/tracking.db", "/var/lib/tracking.db"),
        ("sqlite:///with space.db", "with space.db"),
    ],
)
def test_a_sqlite_url_is_relative_with_three_slashes_and_absolute_with_four(url: str, path: str) -> None:
    assert read_settings({"TRACKING_DATABASE_URL": url}, {}).database_url == SqliteDatabase(Path(path))


def test_a_mongodb_url_is_kept_as_it_is() -> None:
    url = "mongodb://user:hidden@host/db?replicaSet=rs"
    database = read_settings({"TRACKING_DATABASE_URL": url}, {}).database_url
    assert isinstance(database, MongoDatabase)
    assert database.url == url


@pytest.mark.parametrize("key", ["", "k" * 31, "k" * 201, "k" * 31 + " ", "k" * 31 + "é", "k" * 31 + "\n"])
def test_a_bootstrap_key_that_cannot_be_is_refused_and_not_shown(key: str) -> None:
    line = refused({"TRACKING_BOOTSTRAP_API_KEY": key})
    assert line.startswith("TRACKING_BOOTSTRAP_API_KEY")
    assert "kkk" not in line


@pytest.mark.parametrize("key", [KEY, "!" * 32 + "~" * 168])
def test_a_bootstrap_key_of_32_to_200_visible_ascii_characters_is_taken(key: str) -> None:
    assert read_settings({"TRACKING_BOOTSTRAP_API_KEY": key}, {}).bootstrap_api_key == key


def test_printing_the_settings_shows_no_secret() -> None:
    settings = read_settings(
        {
            "TRACKING_BOOTSTRAP_API_KEY": KEY,
            "TRACKING_SMTP_PASSWORD": "hidden",
            "TRACKING_DATABASE_URL": "mongodb://user:hidden@host/db",
        },
        {},
    )
    assert KEY not in repr(settings)
    assert "hidden" not in repr(settings)


def test_a_bad_database_url_is_not_shown_as_it_may_hold_a_password() -> None:
    assert "hidden" not in refused({"TRACKING_DATABASE_URL": "mysql://user:hidden@host/db"})


def test_more_workers_than_one_need_mongodb() -> None:
    assert "MongoDB" in refused({}, {"workers": "2"})
    assert read_settings({}, {"workers": "2", "database_url": "mongodb://host/db"}).workers == 2


def test_a_certificate_and_its_key_are_needed_together(tmp_path: Path) -> None:
    file = tmp_path / "some.pem"
    file.touch()
    assert "TRACKING_TLS_KEY" in refused({"TRACKING_TLS_CERTIFICATE": str(file)})
    settings = read_settings({"TRACKING_TLS_CERTIFICATE": str(file), "TRACKING_TLS_KEY": str(file)}, {})
    assert settings.tls_key == file


@given(st.integers(1, 2 * 1024**3 - 1))
def test_a_size_reads_as_what_it_was_shown_as(size: int) -> None:
    assert parse_size(show_size(size)) == size


@given(st.integers(1, 86_400))
def test_a_duration_reads_as_what_it_was_shown_as(seconds: int) -> None:
    assert parse_seconds(show_seconds(seconds)) == seconds


@given(st.sampled_from([setting for setting in SETTINGS if setting.kind.name != "file"]), st.text(max_size=40))
def test_whatever_is_typed_is_read_or_refused_in_one_line(setting: Any, text: str) -> None:
    assert "\n" not in line_for(setting.field, text)


def line_for(field: str, text: str) -> str:
    try:
        return repr(read_settings({}, {field: text}))
    except Refused as refusal:
        return refusal.description
