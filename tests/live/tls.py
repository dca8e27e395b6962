"""https in front of a plain server of a test: names of its own, so that a browser sees whole other sites."""

import datetime
import socket
import ssl
import threading
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificate(folder: Path, *, names: Sequence[str] = ()) -> Path:
    """A self-signed one, with its key, in one file; for hosts of these names."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start.replace(year=2100))
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(host) for host in names])
        made = made.add_extension(alternatives, critical=False)
    pem = serialization.Encoding.PEM
    path = folder / "tls.pem"
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.sign(key, hashes.SHA256()).public_bytes(pem)
    )
    return path


class Tls:
    """`with Tls(path) as front:` listens on `port` with the certificate, and passes all on to `target`."""

    def __init__(self, certificate: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._socket.getsockname()[1]
        self.target = 0

    def __enter__(self) -> "Tls":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                visitor, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(visitor,), daemon=True).start()

    def _serve(self, visitor: socket.socket) -> None:
        try:
            secure = self._context.wrap_socket(visitor, server_side=True)
            inside = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            return
        threading.Thread(target=_pass_on, args=(secure, inside), daemon=True).start()
        _pass_on(inside, secure)


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except (OSError, ValueError):
        pass
