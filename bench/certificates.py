"""The certificates of the AWS hosts."""

import ssl
from datetime import datetime, timedelta, timezone
from enum import Enum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


class Tls(Enum):
    """What a server does when a client comes again."""

    RESUMED = "TLS 1.3, resumed"
    FULL = "TLS 1.3, not resumed"
    """It hands out no tickets."""
    OLD = "TLS 1.2, resumed"


class Authority:
    """A certificate authority like Amazon's: 2,048-bit RSA keys, an intermediate, and a leaf for each host."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._root_key, self._intermediate_key, self._leaf_key = (rsa.generate_private_key(65537, 2048) for _ in range(3))
        self._root = self._certificate("Root", self._root_key, "Root", self._root_key, path_length=1)
        self._intermediate = self._certificate("Intermediate", self._intermediate_key, "Root", self._root_key, path_length=0)
        self._contexts: dict[str, ssl.SSLContext] = {}

    @property
    def root(self) -> bytes:
        """The root certificate, as PEM."""
        return _pem(self._root)

    def issue(self, host: str) -> ssl.SSLContext:
        """The TLS context of a host, created once: creating it during a handshake would be measured."""
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

    def context(self, tls: Tls) -> ssl.SSLContext:
        """A context that presents the certificate of the host that a client names (SNI)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if tls is Tls.FULL:
            context.num_tickets = 0
        if tls is Tls.OLD:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384")

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
