"""The noun of a program that people log in with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A program that people log in with, registered by its owner. Its key is told once and never again."""

    client_id: str
    owner: str
    """The name of the account."""
    callback_url: str
    display_name: str
    description: str
    active: bool
    created_at: int
    updated_at: int
