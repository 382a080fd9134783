"""Reads systems: a request to a draft, with everything wrong collected. Pure."""

import re
from typing import Any

from dragoman.core.errors import Faults
from dragoman.core.registered import SystemDraft
from dragoman.core.things import Credential
from dragoman.dialects.tapis2.places import resolved
from dragoman.dialects.tapis2.read_queue import read_queues
from dragoman.dialects.tapis2.reader import Reader
from dragoman.dialects.tapis2.system_facet import UNLIMITED, telling
from dragoman.dialects.tapis2.system_words import (
    CLI,
    EXECUTION,
    HPC,
    LOGINS,
    LOGINS_ELSEWHERE,
    METHODS,
    METHODS_ELSEWHERE,
    SCHEDULERS,
    SCHEDULERS_ELSEWHERE,
    STATUSES,
    STORAGE,
    STORES,
    STORES_ELSEWHERE,
    WAYS,
)

Json = dict[str, Any]

BAD_ID = "Use letters, digits, '.' and '-', at most 64, and none of the words execution, storage."
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}")
_RESERVED = frozenset({"execution", "storage", "auth"})
_HOST = re.compile(r"[A-Za-z0-9_\[][A-Za-z0-9_.:\[\]%-]{0,254}")
_PORTS = {"ssh": 22, "local": 0, "s3": 443}


def read_system(body: Json, *, name: str = "", uuid: str = "") -> SystemDraft:
    """A system to register, or with a name the new form of the one that has it."""
    faults = Faults()
    read = Reader(body, faults)
    type_ = read.word("type", (STORAGE, EXECUTION), required=True)
    facet = {**_common(read, type_), **(_execution(read) if type_ == EXECUTION else {})}
    place = _place(read, facet, is_execution=type_ == EXECUTION)
    told = telling(facet)
    return SystemDraft(
        name=_id(read, name),
        values={
            "description": read.text("description", most=32_768, lines=True),
            "enabled": facet["status"] == "UP" and read.flag("available", True),
            "scheduler": SCHEDULERS.get(facet.get("scheduler", ""), "fork"),
            "slots": read.number("maxSystemJobs", least=1) or UNLIMITED,
            "budgets": told.budgets,
            **({"uuid": uuid} if uuid else {}),
            **place,
        },
        facet=facet,
        login=facet["username"],
        credential=_credential(read, facet),
        detail={"id": name or read.given.get("id"), "type": type_},
        faults=faults,
    )


def is_system_id(text: str) -> bool:
    """Whether a system can be called so."""
    return _ID.fullmatch(text) is not None and text.lower() not in _RESERVED


def _id(read: Reader, name: str) -> str:
    given = name or read.text("id", required=True, most=64)
    if given and not is_system_id(given):
        read.complain(BAD_ID, "id")
    return given


def _common(read: Reader, type_: str) -> Json:
    """What systems of both types say of themselves and of their files."""
    store = read.below("storage") or Reader({}, read.faults, "storage")
    if not read.has("storage"):
        read.complain("This field is required.", "storage")
    protocol = _spoken(store, "protocol", STORES, STORES_ELSEWHERE)
    home, root = store.text("homeDir", "/", most=4096), store.text("rootDir", "/", most=4096)
    _check_directory(store, "homeDir", home)
    if not root.startswith("/") or ".." in root.split("/"):
        store.complain("This is an absolute path without '..'.", "rootDir")
    for unknown in ("proxy",):
        if store.below(unknown):
            store.complain("Hosts are reached without a proxy here.", unknown)
    return {
        "type": type_,
        "name": read.text("name", required=True, most=64),
        "site": read.text("site", most=64) or None,
        "status": read.word("status", STATUSES, "UP"),
        "available": read.flag("available", True),
        "protocol": protocol,
        "homeDir": home,
        "mirror": store.flag("mirror", False),
        "publicAppsDir": store.text("publicAppsDir", most=4096) or None,
        "bucketName": store.text("container", most=63),
        **_auth(store, STORES.get(protocol, "")),
    }


def _execution(read: Reader) -> Json:
    """What an execution system says beside that."""
    login = read.below("login") or Reader({}, read.faults, "login")
    if not read.has("login"):
        read.complain("This field is required.", "login")
    protocol = _spoken(login, "protocol", LOGINS, LOGINS_ELSEWHERE)
    kind = read.word("executionType", (HPC, CLI, "CONDOR"), required=True)
    if kind == "CONDOR":
        read.complain("Condor pools are not supported here: use HPC or CLI.", "executionType")
    scheduler = _spoken(read, "scheduler", SCHEDULERS, SCHEDULERS_ELSEWHERE, "FORK" if kind == CLI else "")
    if kind == CLI and scheduler not in {"", "FORK"}:
        read.complain("An execution system of type CLI has the scheduler FORK.", "scheduler")
    directories = {key: _work_directory(read, login, key) for key in ("scratchDir", "workDir")}
    return {
        "loginProtocol": protocol,
        "executionType": kind,
        "scheduler": scheduler,
        "environment": read.text("environment", most=32_768, lines=True),
        "startupScript": read.text("startupScript", most=4096) or None,
        "maxSystemJobsPerUser": read.number("maxSystemJobsPerUser", least=1),
        "queues": read_queues(read, required=kind == HPC),
        **directories,
        **_auth(login, LOGINS.get(protocol, "")),
    }


def _work_directory(read: Reader, login: Reader, key: str) -> str:
    """Some descriptions have it inside ``login``."""
    where = read if read.has(key) else login
    found = where.text(key, most=4096)
    _check_directory(where, key, found)
    return found


def _check_directory(read: Reader, key: str, path: str) -> None:
    if ".." in path.split("/"):
        read.complain("A directory must not contain '..'.", key)


def _spoken(read: Reader, key: str, here: Any, elsewhere: tuple[str, ...], default: str = "") -> str:
    """A word that means something here; one that means something elsewhere is refused as such."""
    found = read.word(key, (*here, *elsewhere), default, required=not default)
    if found in elsewhere:
        read.complain(f"{found} is not supported here. There is: {', '.join(here)}.", key)
        return ""
    return found


def _auth(read: Reader, way: str) -> Json:
    """Who logs in, and how; the secrets are not among it."""
    if way == "local":
        return {"authType": "LOCAL", "username": ""}
    auth = read.below("auth")
    if auth is None:
        if way:
            read.complain("This field is required.", "auth")
        return {"authType": "", "username": ""}
    type_ = _spoken(auth, "type", METHODS, METHODS_ELSEWHERE)
    if way and type_ and type_ not in WAYS[way]:
        auth.complain(f"With this protocol, use {' or '.join(WAYS[way])}.", "type")
    username = auth.text("username", most=64)
    return {"authType": type_, "username": username or ("" if way != "s3" else auth.text("publicKey", most=256))}


def _place(read: Reader, facet: Json, *, is_execution: bool) -> Json:
    """The columns that say where it is. Files and logins must be on one host, of one account."""
    store = read.below("storage") or Reader({}, Faults())
    login = (read.below("login") or Reader({}, Faults())) if is_execution else store
    shell = LOGINS.get(facet.get("loginProtocol", ""), "") if is_execution else STORES.get(facet["protocol"], "")
    host, port = (
        (store.text("host"), _port(store, shell)) if not is_execution else (login.text("host"), _port(login, shell))
    )
    if shell == "local":
        host, port = "localhost", 0
    elif shell and not host:
        login.complain("This field is required.", "host")
    elif host and shell == "ssh" and not _HOST.fullmatch(host):
        login.complain("This is neither a host's name nor an address.", "host")
    if is_execution and shell and shell != STORES.get(facet["protocol"], shell):
        store.complain("Files are reached in the way of the login here: LOCAL with LOCAL, SFTP with SSH.", "protocol")
    if is_execution and shell == "ssh" and store.has("host") and store.text("host") != host:
        why = "The files of an execution system are on the host of its login here. Register others as a STORAGE system."
        store.complain(why, "host")
    return {
        "kind": "s3" if shell == "s3" else "linux",
        "shell": shell,
        "host": host,
        "port": port,
        "root": resolved(store.text("rootDir", "/", most=4096), "/") if not read.faults else "/",
    }


def _port(read: Reader, shell: str) -> int:
    found = read.number("port", least=1) or _PORTS.get(shell, 0)
    if found > 65_535:
        read.complain("A port is a number from 1 to 65535.", "port")
    return found


def _credential(read: Reader, facet: Json) -> Credential | None:
    """The secrets that came along: of the login where there is one, else of the storage."""
    for section in ("login", "storage"):
        part = read.below(section)
        auth = part.below("auth") if part else None
        if auth and (found := credential_in(auth, facet["authType"], facet["username"])):
            return found
    return None


def credential_in(auth: Reader, type_: str, username: str) -> Credential | None:
    """The secrets of an ``auth``; None where there are none."""
    names = {"PASSWORD": {"password": "password"}, "SSHKEYS": {"privateKey": "private", "publicKey": "public"}}
    names["APIKEYS"] = {"publicKey": "access", "privateKey": "secret"}
    secrets = {
        ours: auth.text(word, most=65_536, lines=True) for word, ours in names.get(type_, {}).items() if auth.has(word)
    }
    needed = {"PASSWORD": "password", "SSHKEYS": "private", "APIKEYS": "secret"}.get(type_, "")
    if not secrets.get(needed):
        return None
    return Credential(login=username, method=METHODS[type_], secrets=secrets)
