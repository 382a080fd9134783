"""Leads unmodified clients of a foreign service to ours: a CONNECT proxy that answers TLS for some hosts by itself.

Clients need only HTTPS_PROXY and the certificate of the tunnel's own authority. Not a general proxy.
"""

import datetime as dt
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

OWN_BUSINESS = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})
"""Headers of an answer that concern one connection only."""


class Tunnel(ThreadingHTTPServer):
    """Takes CONNECT for the hosts it has a certificate for, and passes every request inside on to one address."""

    daemon_threads = True

    def __init__(self, place: Path, hosts: tuple[str, ...], target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = urlsplit(target).netloc
        self.authority = place / "authority.pem"
        """The certificate to trust."""
        self.seen: list[tuple[str, str, str]] = []
        """Host, method and path of every request, in order."""
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certify(self.authority, place / "leaf.pem", hosts))

    @property
    def environment(self) -> dict[str, str]:
        """What makes a client of python-requests or curl go through the tunnel."""
        proxy, authority = f"http://127.0.0.1:{self.server_port}", str(self.authority)
        trusted = dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"), authority)
        return {"HTTPS_PROXY": proxy, "https_proxy": proxy, "NO_PROXY": "", "no_proxy": "", **trusted}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Tunnel

    def log_message(self, *args: object) -> None:
        """Keep quiet."""

    def do_CONNECT(self) -> None:
        """Answer for the host, with TLS from here on."""
        self.send_response(200, "Connection established")
        self.end_headers()
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
        self.close_connection = False

    def _pass_on(self) -> None:
        self.server.seen.append((self.headers["Host"], self.command, self.path))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        onward = HTTPConnection(self.server.target, timeout=120)
        onward.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            onward.putheader(name, value)
        onward.putheader("X-Forwarded-Proto", "https")
        onward.endheaders(body)
        answer = onward.getresponse()
        content = answer.read()
        onward.close()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in OWN_BUSINESS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass_on  # noqa: N815 - the library's names


def certify(authority: Path, leaf: Path, hosts: tuple[str, ...]) -> Path:
    """Write an authority's certificate, and a leaf for the hosts with its key; the leaf's file."""
    own_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of a test")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    root = _draft(issuer, issuer, own_key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    server = _draft(subject, issuer, key).add_extension(names, critical=False)
    authority.write_bytes(_pem(root.sign(own_key, hashes.SHA256())))
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    leaf.write_bytes(_pem(server.sign(own_key, hashes.SHA256())) + secret)
    return leaf


def _draft(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now, hour = dt.datetime.now(dt.UTC), dt.timedelta(hours=1)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - hour).not_valid_after(now + 24 * hour)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


@contextmanager
def tunnel(place: Path, hosts: tuple[str, ...], target: str) -> Iterator[Tunnel]:
    """A tunnel from these hosts to ``target`` (``http://host:port``) that ends with the context."""
    opened = Tunnel(place, hosts, target)
    thread = threading.Thread(target=opened.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield opened
    finally:
        opened.shutdown()
        opened.server_close()
        thread.join()
