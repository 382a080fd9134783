"""Hands mail over to a server, by SMTP."""

import re
from email.message import EmailMessage
from html import escape

import aiosmtplib

from dragoman.core.errors import Denied, Invalid, Unavailable

IMPLICIT_TLS = 465
"""On this port TLS comes first."""
_ADDRESS = re.compile(r"https?://[^\s<>\"']+")


class SmtpMail:
    """A mail server, and how to log in to it. One connection for each mail."""

    def __init__(
        self, *, server: str, port: int, user: str, password: str, sender: str, starttls: bool | None, seconds: float
    ) -> None:
        """``starttls`` None: when the server offers it."""
        self._server, self._port, self._sender = server, port, sender
        self._user, self._password = user or None, password or None
        self._starttls, self._seconds = starttls, seconds

    async def send(self, address: str, title: str, text: str, *, also_html: bool = False) -> None:
        """See core.ports.Mail."""
        implicit = self._port == IMPLICIT_TLS
        try:
            await aiosmtplib.send(
                self._message(address, title, text, also_html=also_html),
                sender=self._sender,
                recipients=[address],
                hostname=self._server,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=implicit,
                start_tls=False if implicit else self._starttls,
                timeout=self._seconds,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            refusal = error.recipients[0]
            kind = Denied if refusal.code >= 500 else Unavailable
            raise kind(f"The mail server refuses the mailbox: {refusal.code} {refusal.message}") from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise Unavailable(f"The mail server does not take the mail: {error}") from error

    def _message(self, address: str, title: str, text: str, *, also_html: bool) -> EmailMessage:
        message = EmailMessage()
        try:
            message["From"], message["To"], message["Subject"] = self._sender, address, title
        except ValueError as error:
            raise Invalid.field("address", why=f"This is no address of a mailbox: {error}.") from error
        message.set_content(text)
        if also_html:
            message.add_alternative(as_html(text), subtype="html")
        return message


def as_html(text: str) -> str:
    """A text as a page: its lines as they are, its addresses to be clicked at."""
    lines = [_ADDRESS.sub(r'<a href="\g<0>">\g<0></a>', escape(line, quote=False)) for line in text.splitlines()]
    shown = "<br>\n".join(lines)
    return f"<!DOCTYPE html>\n<html><body>\n<p>{shown}</p>\n</body></html>\n"
