"""A network of its own, in which every AWS host name leads to this machine.

The function resolves names, connects to a host for each service and Region, and pays for each TLS handshake, as it
does in Lambda; no endpoint is configured. Network and mount namespaces isolate all of it from the rest of the machine.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import certifi
from dnslib import QTYPE, RR, A, DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSServer

INSIDE = "BENCH_INSIDE"
# Which cipher suites the fake AWS prefers; no function has this in its environment.
SERVICES = Path(__file__).with_name("openssl.cnf")
FILES = {
    "/etc/resolv.conf": "nameserver 127.0.0.1\n",
    "/etc/nsswitch.conf": "hosts: files dns\n",
    "/etc/hosts": "127.0.0.1 localhost\n",
}
# Where OpenSSL and rustls look for the machine's CA certificates.
MACHINE_ROOTS = ["/etc/ssl", "/etc/pki/tls"]


class Names(BaseResolver):
    """Every name has the same IPv4 address, and no IPv6 address."""

    def __init__(self) -> None:
        self.address = "127.0.0.1"

    def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord:
        reply = request.reply()
        if request.q.qtype == QTYPE.A:
            reply.add_answer(RR(request.q.qname, QTYPE.A, rdata=A(self.address), ttl=60))
        return reply


def enter() -> Names:
    """Continues in the network of its own: replaces this process by one that runs the same command in it."""
    if INSIDE not in os.environ:
        as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        command = ["unshare", "--net", "--mount", *as_root, sys.executable, "-m", "bench", *sys.argv[1:]]
        os.execvpe("unshare", command, os.environ | {INSIDE: "1", "OPENSSL_CONF": str(SERVICES)})
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for place, text in FILES.items():
        file = tempfile.NamedTemporaryFile("w", prefix="bench-", delete=False)
        file.write(text)
        file.close()
        os.chmod(file.name, 0o644)
        subprocess.run(["mount", "--bind", file.name, os.path.realpath(place)], check=True)
        os.unlink(file.name)
    names = Names()
    DNSServer(names, address="127.0.0.1", port=53, logger=_Quiet()).start_thread()
    return names


def trust(bundle: Path) -> None:
    """Lets the CA certificates of the machine be those of `bundle`, in one file, as in Lambda."""
    for directory in filter(os.path.isdir, MACHINE_ROOTS):
        subprocess.run(["mount", "-t", "tmpfs", "bench", directory], check=True)
        (Path(directory) / "certs").mkdir()
        (Path(directory) / "certs" / "ca-bundle.crt").write_bytes(bundle.read_bytes())
    subprocess.run(["mount", "--bind", bundle, certifi.where()], check=True)


class _Quiet:
    def __getattr__(self, name: str) -> object:
        return lambda *_: None
