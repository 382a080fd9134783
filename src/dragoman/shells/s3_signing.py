"""Signs requests to an object store that obstore has no verb for (AWS Signature Version 4, no body). Pure."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from dragoman.shells.s3_store import S3Target, address_of

_NO_BODY = hashlib.sha256(b"").hexdigest()
_PLAIN = "-_.~"


def signed(
    target: S3Target, method: str, key: str, query: Mapping[str, str], at: datetime
) -> tuple[str, Mapping[str, str]]:
    """The address of an object (of the bucket, without a key) with a query, and the headers that make it valid."""
    address = f"{address_of(target)}/{target.bucket}" + (f"/{quote(key, safe=_PLAIN + '/')}" if key else "")
    pairs = sorted((quote(name, safe=_PLAIN), quote(value, safe=_PLAIN)) for name, value in query.items())
    asked = "&".join(f"{name}={value}" for name, value in pairs)
    place, stamp = urlsplit(address), at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": place.netloc, "x-amz-content-sha256": _NO_BODY, "x-amz-date": stamp}
    names = ";".join(headers)
    lines = [method, place.path, asked, *(f"{name}:{value}" for name, value in headers.items()), "", names, _NO_BODY]
    scope = f"{stamp[:8]}/{target.region}/s3/aws4_request"
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    proof = _proof(target, scope, f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}")
    word = f"AWS4-HMAC-SHA256 Credential={target.access}/{scope}, SignedHeaders={names}, Signature={proof}"
    return f"{address}?{asked}", {**headers, "authorization": word}


def _proof(target: S3Target, scope: str, text: str) -> str:
    key = f"AWS4{target.secret}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()
