"""What takes notices to people, beside requests on the web (web.guard). Knows no job and no door."""

from dragoman.notices.email import SmtpMail

__all__ = ["SmtpMail"]
