"""All sections together, and what is known of each setting."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, get_args, get_type_hints

from dragoman.config.settings.edge import Field, Measurements, Node
from dragoman.config.settings.outbound import Mail, Notify, Outbound
from dragoman.config.settings.service import Database, Engine, Local, Realm, Server, Upload


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, by section."""

    server: Server = field(default_factory=Server)
    database: Database = field(default_factory=Database)
    engine: Engine = field(default_factory=Engine)
    local: Local = field(default_factory=Local)
    upload: Upload = field(default_factory=Upload)
    outbound: Outbound = field(default_factory=Outbound)
    realm: Realm = field(default_factory=Realm)
    mail: Mail = field(default_factory=Mail)
    notify: Notify = field(default_factory=Notify)
    node: Node = field(default_factory=Node)
    measurements: Measurements = field(default_factory=Measurements)
    field: Field = field(default_factory=Field)
    files: tuple[str, ...] = ()
    """No section: the absolute paths of the files that these settings were read from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What is known of one setting: its place, its type and what it may be."""

    section: str
    key: str
    kind: type
    """str, int, float or tuple."""
    default: Any
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    secret: bool = False
    items: str = "paths"
    """What a list holds: a key of values.ITEMS."""

    @property
    def name(self) -> str:
        """As it is written in messages: ``server.port``."""
        return f"{self.section}.{self.key}"

    @property
    def twin(self) -> str:
        """The environment variable that sets it."""
        return f"DRAGOMAN_{self.section}_{self.key}".upper()


def _option(section: str, item: Any, hint: Any) -> Option:
    choices = get_args(hint) if not isinstance(hint, type) and isinstance(item.default, str) else ()
    kind = type(item.default)
    return Option(
        section=section, key=item.name, kind=kind, default=item.default, choices=choices, **dict(item.metadata)
    )


SECTIONS: Mapping[str, type] = {name: form for name, form in get_type_hints(Settings).items() if name != "files"}
"""Section name to its dataclass, in the order of the documentation."""

OPTIONS: Mapping[str, Option] = {
    option.name: option
    for section, form in SECTIONS.items()
    for hints in (get_type_hints(form),)
    for option in (_option(section, item, hints[item.name]) for item in fields(form))
}
"""Every setting by name."""
