"""The handlers of how people log in to systems. Secrets come in and never go out."""

from starlette.responses import Response

from dragoman.core.errors import Denied, Invalid, Unsupported
from dragoman.core.things import Credential
from dragoman.dialects.tapis3.door import DOOR, Call, Route
from dragoman.dialects.tapis3.envelope import answer
from dragoman.dialects.tapis3.job_fields import Faults, read_shape
from dragoman.dialects.tapis3.read_credential import METHODS, read_credential
from dragoman.dialects.tapis3.sound import faults_in
from dragoman.dialects.tapis3.system_fields import CREDENTIAL
from dragoman.dialects.tapis3.systems import named


async def create(call: Call) -> Response:
    """Keep how somebody logs in."""
    if call.flag("createTmsKeys"):
        raise Unsupported("There is no trust manager; send a password or a key.")
    view = await call.desk.systems.find(*named(call))
    new = _read(await call.json(), METHODS.get(view.system.facets[DOOR].get("defaultAuthnMethod", ""), ""))
    skip = call.flag("skipCredentialCheck")
    await call.desk.credentials.set(*named(call), user=call.param("userName"), new=new, skip_check=skip)
    return answer(None, f"SYSAPI_CRED_UPDATED Credential for {call.param('userName')} stored.", status=201)


def _read(body: dict[str, object], preferred: str) -> Credential:
    faults = Faults()
    given = read_shape(body, CREDENTIAL, (), faults)
    new = None if faults_in(faults) else read_credential(given, preferred, faults)
    faults.tell()
    if new is None:
        raise Invalid.field("credential", why="There is none.")
    return new


async def find(call: Call) -> Response:
    """Nobody gets a credential back."""
    await call.desk.systems.find(*named(call))
    raise Denied("Credentials are not given back: only services of the platform may ask for them.")


async def remove(call: Call) -> Response:
    """Forget how somebody logs in."""
    await call.desk.credentials.remove(*named(call), call.param("userName"))
    return answer(None, f"SYSAPI_CRED_DELETED Credential for {call.param('userName')} removed.", status=201)


async def check(call: Call) -> Response:
    """Try what is stored."""
    await call.desk.credentials.check(*named(call), call.param("userName"))
    return answer(None, "SYSAPI_CRED_VALID The system accepts the credential.")


async def globus(_: Call) -> Response:
    """Systems of Globus are not reached from here."""
    raise Unsupported("Globus.")


_USER = "systems/credential/{systemId}/user/{userName}"

ROUTES: tuple[Route, ...] = (
    Route(method="GET", path=_USER, handler=find),
    Route(method="POST", path=_USER, handler=create),
    Route(method="DELETE", path=_USER, handler=remove),
    Route(method="POST", path=f"{_USER}/check", handler=check),
    Route(method="GET", path="systems/credential/{systemId}/globus/authUrl", handler=globus),
    Route(method="POST", path=f"{_USER}/globus/tokens/{{authCode}}/{{sessionId}}", handler=globus),
)
