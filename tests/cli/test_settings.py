"""Settings come from the environment once; what cannot be used is refused with a sentence."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from webapp.settings import Settings, SettingsError


@pytest.fixture(autouse=True)
def _own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_nothing_needs_to_be_set() -> None:
    settings = Settings.from_env({"PATH": "/bin", "HOME": "/"})

    assert settings.database_url == "sqlite:///var/pilotrun.db"
    assert settings.address == "http://127.0.0.1:8000"
    assert (settings.language, settings.time_zone) == ("zh_Hans_CN", "Asia/Shanghai")


def test_the_secret_key_is_made_once_and_only_its_owner_reads_it() -> None:
    first = Settings.from_env({}).secret_key

    assert len(first) >= 48
    assert Settings.from_env({}).secret_key == first
    assert stat.S_IMODE(Path("var/secret-key").stat().st_mode) == 0o600
    assert [path.name for path in Path("var").iterdir()] == ["secret-key"]


def test_a_given_secret_key_leaves_no_file_behind() -> None:
    assert Settings.from_env({"PILOTRUN_SECRET_KEY": "k" * 32}).secret_key == "k" * 32
    assert not Path("var/secret-key").exists()


def test_secrets_can_come_from_files() -> None:
    Path("url").write_text("postgresql://pilot:pw@db/pilot\n")

    assert Settings.from_env({"PILOTRUN_DATABASE_URL_FILE": "url"}).database_url == "postgresql://pilot:pw@db/pilot"


def test_the_database_lies_in_the_directory_that_was_named() -> None:
    assert Settings.from_env({"PILOTRUN_VAR": "data"}).database_url == "sqlite:///data/pilotrun.db"
    assert Path("data/secret-key").exists()


def test_names_that_the_tests_own_are_left_alone() -> None:
    assert Settings.from_env({"PILOTRUN_TEST_PG_URL": "x", "PILOTRUN_DEBUG": "1"}).port == 8000


@pytest.mark.parametrize(
    ("variable", "text", "sentence"),
    [
        ("PILOTRUN_PROT", "80", "is not a setting; known are PILOTRUN_DATABASE_URL"),
        ("PILOTRUN_PORT_FILE", "80", "is not a setting"),
        ("PILOTRUN_PORT", "eighty", "write a whole number from 1 to 65535"),
        ("PILOTRUN_PORT", "70000", "write a whole number from 1 to 65535"),
        ("PILOTRUN_PORT", "²", "write a whole number"),
        ("PILOTRUN_COOKIE_SECURE", "perhaps", "write true or false"),
        ("PILOTRUN_LANGUAGE", "de", "write one of en, zh_Hans_CN"),
        ("PILOTRUN_TIME_ZONE", "Mars/Olympus", "such as Asia/Shanghai"),
        ("PILOTRUN_TIME_ZONE", "../etc/passwd", "such as Asia/Shanghai"),
        ("PILOTRUN_DATABASE_URL", "mysql://root@db/x", "write sqlite:///"),
        ("PILOTRUN_SECRET_KEY", "short", "at least 16 characters"),
        ("PILOTRUN_SECRET_KEY_FILE", "/nowhere/key", "cannot be read: No such file or directory"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(variable: str, text: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({variable: text})

    assert str(refused.value).startswith(variable.removesuffix("_FILE"))
    assert sentence in str(refused.value)


def test_a_secret_given_twice_is_refused() -> None:
    Path("key").write_text("k" * 32)

    with pytest.raises(SettingsError, match="are both set"):
        Settings.from_env({"PILOTRUN_SECRET_KEY": "s" * 32, "PILOTRUN_SECRET_KEY_FILE": "key"})


@pytest.mark.parametrize("variable", ["PILOTRUN_SECRET_KEY", "PILOTRUN_DATABASE_URL"])
def test_a_refused_secret_is_not_repeated_to_the_terminal(variable: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({variable: "hush-hush"})

    assert "hush" not in str(refused.value)
    assert "hush" not in repr(Settings.from_env({"PILOTRUN_SECRET_KEY": "hush-hush-hush-hush"}))


def test_a_directory_that_cannot_be_made_is_refused() -> None:
    Path("file").write_text("")

    with pytest.raises(SettingsError, match="cannot be used for the secret key"):
        Settings.from_env({"PILOTRUN_VAR": "file/var"})
