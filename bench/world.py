"""A network of its own, in which every AWS host name leads to this machine.

So the function resolves names, connects to a host for each service and Region, and pays for each handshake, as it does in
Lambda, without an endpoint being set anywhere. Network and mount namespaces keep all of it from the rest of the machine.
"""

import os
import ssl
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from dnslib import QTYPE, RR, A, DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSServer

INSIDE = "BENCH_INSIDE"
FILES = {
    "/etc/resolv.conf": "nameserver 127.0.0.1\n",
    "/etc/nsswitch.conf": "hosts: files dns\n",
    "/etc/hosts": "127.0.0.1 localhost\n",
}


def enter() -> None:
    """Goes on in the network of its own: this module's process is started again in it."""
    if INSIDE not in os.environ:
        as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        command = ["unshare", "--net", "--mount", *as_root, sys.executable, "-m", "bench", *sys.argv[1:]]
        os.execvpe("unshare", command, os.environ | {INSIDE: "1"})
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for place, text in FILES.items():
        file = tempfile.NamedTemporaryFile("w", prefix="bench-", delete=False)
        file.write(text)
        file.close()
        os.chmod(file.name, 0o644)
        subprocess.run(["mount", "--bind", file.name, os.path.realpath(place)], check=True)
        os.unlink(file.name)
    DNSServer(_Here(), address="127.0.0.1", port=53, logger=_Quiet()).start_thread()


class _Here(BaseResolver):
    """Every name has the address 127.0.0.1, and none in IPv6."""

    def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord:
        reply = request.reply()
        if request.q.qtype == QTYPE.A:
            reply.add_answer(RR(request.q.qname, QTYPE.A, rdata=A("127.0.0.1"), ttl=60))
        return reply


class _Quiet:
    def __getattr__(self, name: str) -> object:
        return lambda *_: None


class Authority:
    """A certificate authority like Amazon's: RSA keys of 2,048 bits, an intermediate, a leaf for each host."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._root_key, self._intermediate_key, self._leaf_key = (rsa.generate_private_key(65537, 2048) for _ in range(3))
        self._root = self._certificate("Root", self._root_key, "Root", self._root_key, path_length=1)
        self._intermediate = self._certificate("Intermediate", self._intermediate_key, "Root", self._root_key, path_length=0)
        self._contexts: dict[str, ssl.SSLContext] = {}

    def added_to(self, roots: Path) -> Path:
        """A file with the roots that a function trusts in Lambda, and this authority's."""
        file = self._directory / "trusted.pem"
        file.write_bytes(roots.read_bytes() + _pem(self._root))
        return file

    def issue(self, host: str) -> ssl.SSLContext:
        """The TLS context of a host, made once: a server that had to make it during a handshake would be measured."""
        if host not in self._contexts:
            leaf = self._certificate(host, self._leaf_key, "Intermediate", self._intermediate_key, host=host)
            key = self._leaf_key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            file = self._directory / "host.pem"
            file.write_bytes(_pem(leaf) + _pem(self._intermediate) + key)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(file)
            context.set_alpn_protocols(["http/1.1"])
            self._contexts[host] = context
        return self._contexts[host]

    def context(self) -> ssl.SSLContext:
        """A context that takes on the certificate of the host that a client asks for."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

        def choose(socket: ssl.SSLObject, host: str | None, _: ssl.SSLContext) -> None:
            socket.context = self.issue(host or "localhost")

        context.sni_callback = choose
        return context

    @staticmethod
    def _certificate(
        subject: str, key: rsa.RSAPrivateKey, issuer: str, issuer_key: rsa.RSAPrivateKey,
        path_length: int | None = None, host: str | None = None,
    ) -> x509.Certificate:
        name = {each: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in (subject, issuer)}
        now = datetime.now(timezone.utc)
        builder = (
            x509.CertificateBuilder().subject_name(name[subject]).issuer_name(name[issuer])
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=host is None, path_length=path_length), critical=True)
        )
        if host:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        return builder.sign(issuer_key, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
