"""Where the instructions of a check go (`make profile`).

Profiles a build of the function with debugging symbols; otherwise it is the build that is deployed.
"""

import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from toolkit.paths import PROJECT

from .certificates import Tls
from .cloud import Situation
from .measure import Bench, Start, total
from .results import Figure, Table
from .subjects import Subject
from .units import MILLIONS

BINARY = PROJECT / ".aws-sam" / "profiling" / "ses-quota-monitor" / "bootstrap"
FILE = PROJECT / "bench" / "PROFILE.md"
# A line of callgrind_annotate: instructions, their share, file:function [object].
LINE = re.compile(r"^\s*([\d,]+) \(.*?%\)\s+(\S+?):(.+?)(?: \[\S*\])?$", re.MULTILINE)
CRATE = re.compile(r"/registry/src/[^/]+/([^/]+?)-\d[^/]*/")
CHECKS = {"thawed": Start.THAWED, "kept alive": Start.KEPT, "cold": Start.COLD}
# The share of all instructions from which no function has them for itself.
OUTERMOST = 0.9
# The rows of a table.
MOST = 25
# Functions, by what they do; each is counted with everything that it calls.
PARTS = {
    "reading the quota (GetSendQuota)": r"GetSendQuotaFluentBuilder as .*CustomizableSend",
    "reading the account status (GetAccount)": r"GetAccountFluentBuilder as .*CustomizableSend",
    "reading the states (BatchGetItem)": r"^ses_quota_monitor::aws::dynamodb::StateStore::read::\{\{closure\}\}$",
    "signing requests (Signature Version 4)": r"SigV4Signer as .*sign_http_request",
    "- of which SHA-256": r"^sha2::sha256::compress256",
    "- of which the canonical request": r"^aws_sigv4::http_request::canonical_request::CanonicalRequest::from",
    "TLS: X25519": r"^ring::ec::curve25519::x25519::x25519_(ecdh|public_from_private)$",
    "TLS: SHA-256": r"^ring_core_\w+_sha256_block_data_order",
    "TLS: checking certificates (RSA)": r"^ring::rsa::verification::verify_rsa_$",
    "the SDK's lists of partitions, one for each client": r"PartitionResolver::new_from_json",
    "loading the program": r"^_dl_start$",
    "memory: malloc": r"^malloc$",
    "memory: free": r"^free$",
    "memory: realloc": r"^realloc$",
    "the SDK's user agent headers": r"UserAgentInterceptor as .*modify_before_signing",
    "the SDK's configuration of each call": r"orchestrator::apply_configuration",
    "HTTP and TLS, in the tasks of the connections": r"^tokio::runtime::task::raw::poll",
}


async def write(bench: Bench, subject: Subject) -> list[Table]:
    """Profiles the function, writes PROFILE.md and returns its tables."""
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        files: dict[Start, Path] = {}
        async for start, file in bench.profiles(subject, Situation.STEADY, Tls.RESUMED, Path(temporary)):
            files.setdefault(start, file)
        tables = [
            Table(title, list(CHECKS), _figures([costs(files[start]) for start in CHECKS.values()]))
            for title, costs in {"Parts, with everything that they call": _parts, "Code, by library": _libraries}.items()
        ]
    FILE.write_text("\n\n".join([
        "# Where the instructions of a check go",
        "Written by `make profile`. Counted by callgrind, for a check that sends no alert. A thawed check makes new connections "
        "and resumes TLS 1.3 sessions; a cold one includes the start of the process. A call that needs a connection includes it.",
        *(table.markdown("##") for table in tables),
    ]) + "\n")
    return tables


def _figures(costs: list[Counter[str]]) -> list[Figure]:
    """What costs most first, and no more than so much."""
    names = [name for name, _ in costs[0].most_common(MOST)]
    return [Figure(name, [[each[name]] for each in costs], MILLIONS) for name in names]


def _parts(file: Path) -> Counter[str]:
    inclusive: Counter[str] = Counter()
    for (_, function), cost in _costs(file, "--inclusive=yes").items():
        # Where it is inlined, it is listed several times.
        inclusive[function] = max(inclusive[function], cost)
    parts = Counter({name: sum(cost for function, cost in inclusive.items() if re.search(pattern, function))
                     for name, pattern in PARTS.items()})
    parts["all"] = total(file)
    return parts


def _libraries(file: Path) -> Counter[str]:
    libraries: Counter[str] = Counter()
    for (source, _), cost in _costs(file).items():
        libraries[_library(source)] += cost
    return libraries


def _costs(file: Path, *options: str) -> Counter[tuple[str, str]]:
    """Instructions by file and function."""
    command = ["callgrind_annotate", "--threshold=100", "--auto=no", *options, str(file)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    most = OUTERMOST * total(file)
    costs: Counter[tuple[str, str]] = Counter()
    for cost, source, function in LINE.findall(listed):
        place = (source, function)
        count = int(cost.replace(",", ""))
        # Callgrind counts as own what is called by the functions that are active when it writes: main, and those around it.
        if not options and count > most:
            continue
        # Inclusive costs of a function that is inlined in several places are listed several times.
        costs[place] = max(costs[place], count) if options else costs[place] + count
    return costs


def _library(file: str) -> str:
    if crate := CRATE.search(file):
        return crate.group(1)
    if "/rustc/" in file or file.startswith("library/"):
        return "Rust's standard library, inlined into the others"
    if file.endswith((".S", ".c", ".h")):
        return "glibc"
    return "ses-quota-monitor" if "src/" in file else "other"
