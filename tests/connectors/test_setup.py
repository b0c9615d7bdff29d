"""The file of connectors: what it may say, and one sentence for whatever it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from webapp.connectors import NoUse, read_connectors
from webapp.connectors.http import HttpConnector
from webapp.connectors.mail import MailConnector
from webapp.settings import SettingsError


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "connectors.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_good_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("Bearer s3cret\n")
    found = read_connectors(
        written(
            tmp_path,
            f"""
crm:
  {{kind: http, url: https://crm.example.com/customers, headers: {{Authorization: {{file: {tmp_path / "token"}}}}}, timeout: 5}}
hook: {{kind: http, url: "http://10.0.0.7:8080/hook", private: true, method: put, sign: s3cret}}
post: {{kind: mail, host: mail.example.com, port: 587, tls: true, from: desk@example.com, domains: [Example.com]}}
""",
        )
    )
    assert found["crm"] == HttpConnector("https://crm.example.com/customers", "POST", {"Authorization": "Bearer s3cret"}, 5.0)
    assert found["hook"] == HttpConnector("http://10.0.0.7:8080/hook", "PUT", {}, 10.0, True, "s3cret")
    assert found["post"] == MailConnector("mail.example.com", "desk@example.com", frozenset({"example.com"}), 587, True)
    assert read_connectors(None) == {}
    assert read_connectors(written(tmp_path, "")) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a\n", "not a list of names"),
        ("{", "not YAML"),
        ("crm:\n", "it says nothing"),
        ("crm: {kind: ftp}", "its kind is one of http, mail, python"),
        ("crm: {kind: http}", "its url is missing"),
        ("crm: {kind: http, url: file:///etc/passwd}", "its url is https://host/path"),
        ("crm: {kind: http, url: 'https://me:pw@crm.example.com/'}", "without a name or a password"),
        ("crm: {kind: http, url: http://crm.example.com/}", "write https"),
        ("crm: {kind: http, url: https://crm.example.com/, method: DELETE}", "its method"),
        ("crm: {kind: http, url: https://crm.example.com/, timeout: 600}", "its timeout"),
        ("crm: {kind: http, url: https://crm.example.com/, private: maybe}", "its private"),
        ("crm: {kind: http, url: https://crm.example.com/, headers: [a]}", "its headers"),
        ('crm: {kind: http, url: https://crm.example.com/, headers: {A: "b\\r\\nC: d"}}', "line break"),
        ("crm: {kind: http, url: https://crm.example.com/, headers: {A: {file: /nowhere}}}", "cannot be read"),
        ("crm: {kind: http, url: https://crm.example.com/, redirect: true}", "redirect is not known"),
        ("crm: {kind: mail, host: a, from: b@c.d}", "its domains"),
        ("crm: {kind: mail, host: a, from: b@c.d, domains: [c.d], port: 99999}", "its port"),
        ("crm: {kind: python, entry_point: nowhere}", "has the entry point 'nowhere'"),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingsError, match=said) as error:
        read_connectors(path)
    assert str(path) in str(error.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_connectors(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"to": "a@example.com", "subject": "x"},
        {"to": ["a@example.com"], "subject": "x", "text": "y"},
        {"to": "a@elsewhere.com", "subject": "x", "text": "y"},
        {"to": "a@example.com, b@elsewhere.com", "subject": "x", "text": "y"},
        {"to": "a@example.com\r\nBcc: b@elsewhere.com", "subject": "x", "text": "y"},
    ],
)
def test_mail_goes_only_where_it_may(payload: dict[str, object]) -> None:
    """No server is asked: it is refused before."""
    with pytest.raises(NoUse):
        MailConnector("127.0.0.1", "desk@example.com", frozenset({"example.com"}), 1).ask("k", payload)


def test_a_subject_cannot_begin_another_header_and_a_key_gives_one_message_id() -> None:
    connector = MailConnector("127.0.0.1", "desk@example.com", frozenset({"example.com"}))
    payload = {"to": "a@example.com", "subject": "x\r\nBcc: b@elsewhere.com", "text": "y"}
    first, second, other = (connector._message(key, payload) for key in ("k", "k", "l"))
    assert first["Subject"] == "x Bcc: b@elsewhere.com"
    assert first["Bcc"] is None
    assert first["Message-ID"] == second["Message-ID"] != other["Message-ID"]
