"""Mail: one message for each automated step, to addresses of the domains that the administrator allows."""

from __future__ import annotations

import hashlib
import re
import smtplib
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from webapp.connectors.asked import NoUse, TryAgain

_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@([A-Za-z0-9.-]{1,255})")
LONGEST_SUBJECT, LONGEST_TEXT = 200, 20_000


@dataclass(frozen=True)
class MailConnector:
    """Sends `{"to", "subject", "text"}` through one SMTP server."""

    host: str
    sender: str
    domains: frozenset[str]
    port: int = 25
    tls: bool = False
    login: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 10.0

    def ask(self, key: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Hand the message to the server; the answer is `{"sent": true}`. The same key gives the same Message-ID."""
        message = self._message(key, payload)
        try:
            with smtplib.SMTP(self.host, self.port, timeout=self.timeout) as server:
                watchdog = threading.Timer(self.timeout, _cut, (server,))
                watchdog.daemon = True
                watchdog.start()
                try:
                    self._send(server, message)
                finally:
                    watchdog.cancel()
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused) as error:
            raise NoUse("the mail server refuses the sender or the recipient") from error
        except (OSError, smtplib.SMTPException) as error:
            raise TryAgain(f"the mail server did not take it within {self.timeout:g} s ({type(error).__name__})") from error
        return {"sent": True}

    def _send(self, server: smtplib.SMTP, message: EmailMessage) -> None:
        if self.tls:
            server.starttls()
        if self.login:
            server.login(self.login, self.password)
        server.send_message(message)

    def _message(self, key: str, payload: Mapping[str, Any]) -> EmailMessage:
        to, subject, text = (payload.get(name) for name in ("to", "subject", "text"))
        if not (isinstance(to, str) and isinstance(subject, str) and isinstance(text, str)):
            raise NoUse("a mail needs the texts to, subject and text")
        found = _ADDRESS.fullmatch(to)
        if found is None or found[1].lower() not in self.domains:
            raise NoUse("the recipient is not an address of a domain that this connector may write to")
        message = EmailMessage()
        message["From"], message["To"] = self.sender, to
        message["Subject"] = " ".join(subject.split())[:LONGEST_SUBJECT]  # no line break: it would begin another header
        message["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@pilotrun>"
        message.set_content(text[:LONGEST_TEXT])
        return message


def _cut(server: smtplib.SMTP) -> None:
    with suppress(OSError, AttributeError):
        server.sock.shutdown(2)  # type: ignore[union-attr]
