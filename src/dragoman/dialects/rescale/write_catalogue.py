"""Writes core types, analyses, prices and users as this door's JSON; facets may leave things out. Pure."""

from collections.abc import Iterable
from typing import Any

from dragoman.core.things import Account
from dragoman.dialects.rescale.ids import letters
from dragoman.dialects.rescale.offers import Analysis, CoreType, Version

Json = dict[str, Any]

_WORKSPACE = {"id": letters("workspace", 6), "name": "Dragoman"}


def write_core_type(core_type: CoreType) -> Json:
    """A core type. Its price is always a number: clients sort by it."""
    facet = core_type.facet
    cores = list(core_type.cores)
    return {
        "code": core_type.code,
        "name": facet.get("name", core_type.code),
        "description": facet.get("description", ""),
        "displayOrder": facet.get("displayOrder"),
        "isPrimary": facet.get("isPrimary", True),
        "isDeprecated": facet.get("isDeprecated", False),
        "isActive": facet.get("isActive", True),
        "hasSsd": facet.get("hasSsd", False),
        "compute": str(facet.get("compute", "1")),
        "memory": core_type.memory,
        "storage": facet.get("storage", 40),
        "storageIo": facet.get("storageIo", ""),
        "io": facet.get("io", ""),
        "cores": cores,
        "gpuCounts": facet.get("gpuCounts") or [0] * len(cores),
        "processorInfo": facet.get("processorInfo", ""),
        "price": _price(core_type),
        "lowPriorityPrice": str(facet.get("lowPriorityPrice", _price(core_type))),
        "walltimeRequired": core_type.walltime_required,
        "remoteVizAllowed": facet.get("remoteVizAllowed", False),
        "categoryCodes": facet.get("categoryCodes") or ["general"],
    }


def _price(core_type: CoreType) -> float:
    return float(core_type.facet.get("price") or 0)


def write_price(core_type: CoreType) -> Json:
    """What a core type costs for each core and hour."""
    return {
        "coreType": core_type.code,
        "planType": "on-demand",
        "os": "linux",
        "isActive": core_type.is_active,
        "value": {"amount": _price(core_type)},
    }


def write_analysis(analysis: Analysis) -> Json:
    """An analysis with its versions, the newest first."""
    facet = analysis.facet
    return {
        "industries": facet.get("industries", []),
        "code": analysis.code,
        "type": facet.get("type", "compute"),
        "displayOrder": facet.get("displayOrder"),
        "description": facet.get("description", ""),
        "versions": [_write_version(number, one) for number, one in enumerate(analysis.versions, start=1)],
        "supportDesks": [],
        "hasRescaleLicense": False,
        "hasShortTermLicense": False,
        "vendorName": facet.get("vendorName", ""),
        "pricing": facet.get("pricing", ""),
        "licenseSettings": [],
        "optimizerType": None,
        "thumbnail": facet.get("thumbnail", ""),
        "resources": [],
        "name": analysis.name,
    }


def _write_version(number: int, version: Version) -> Json:
    facet = version.facet
    return {
        "id": number,
        "eula": None,
        "allowedCoreTypes": list(version.core_types),
        "stdCommand": facet.get("stdCommand", ""),
        "version": version.name,
        "mpiCommand": facet.get("mpiCommand", ""),
        "versionCode": version.code,
        "smpCommand": facet.get("smpCommand", ""),
    }


def write_user(account: Account) -> Json:
    """The account that asks."""
    return {
        "email": account.email,
        "fullName": account.name,
        "company": {"code": "dragoman", "name": "Dragoman", "projects": []},
        "workspace": _WORKSPACE,
        "defaultStorage": {
            "id": letters("storage", 6),
            "storageType": "LOCAL",
            "encryptionType": "default",
            "connectionSettings": {},
        },
    }


def write_root(origin: str, paths: Iterable[str]) -> Json:
    """The addresses of the lists, for whoever only knows the root."""
    return {path.strip("/").replace("/", "-"): f"{origin}/api/v2/{path}" for path in paths}
