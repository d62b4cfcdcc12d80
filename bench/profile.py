"""Where the instructions of a later check go (`make profile`).

Profiles a build of the function with debugging symbols; otherwise it is the build that is deployed.
"""

import re
import subprocess
from collections import Counter
from pathlib import Path

from toolkit.paths import PROJECT

from .cloud import Situation
from .measure import LATER_CHECKS, Bench
from .results import Table
from .subjects import MONITOR, Subject
from .units import MILLIONS

BINARY = PROJECT / ".aws-sam" / "profiling" / "ses-quota-monitor" / "bootstrap"
FILE = PROJECT / "bench" / "PROFILE.md"
# A line of callgrind_annotate: instructions, their share, file:function [object].
LINE = re.compile(r"^\s*([\d,]+) \(.*?%\)\s+(\S+?):(.+?)(?: \[\S*\])?$", re.MULTILINE)
CRATE = re.compile(r"/registry/src/[^/]+/([^/]+?)-\d[^/]*/")
# Functions, by what they do; each is counted with everything that it calls.
PARTS = {
    "signing three requests (Signature Version 4)": r"SigV4Signer as .*sign_http_request",
    "- of which SHA-256": r"^sha2::sha256::compress256",
    "- of which the canonical request": r"^aws_sigv4::http_request::canonical_request::CanonicalRequest::from",
    "memory: malloc": r"^malloc$",
    "memory: free": r"^free$",
    "memory: realloc": r"^realloc$",
    "the SDK's user agent headers": r"UserAgentInterceptor as .*modify_before_signing",
    "the SDK's configuration of each call": r"orchestrator::apply_configuration",
    "HTTP and TLS, in the tasks of the connections": r"^tokio::runtime::task::raw::poll",
}


async def write(bench: Bench, directory: Path) -> list[Table]:
    """Profiles the function, writes PROFILE.md and returns its tables."""
    subject = Subject(MONITOR.name, [str(BINARY)], MONITOR.trusts, BINARY, MONITOR.own_environment)
    one, many = directory / "one", directory / "many"
    await bench.count(subject, Situation.STEADY, 1, one)
    await bench.count(subject, Situation.STEADY, 1 + LATER_CHECKS, many)
    own = _a_later_check(_costs(one), _costs(many))
    total = sum(own.values())
    crates: Counter[str] = Counter()
    for (file, _), cost in own.items():
        crates[_library(file)] += cost
    inclusive = _a_later_check(_costs(one, "--inclusive=yes"), _costs(many, "--inclusive=yes"))
    parts = {name: max((cost for (_, function), cost in inclusive.items() if re.search(pattern, function)), default=0)
             for name, pattern in PARTS.items()}
    columns = ["", "instructions", "share"]

    def rows(costs: list[tuple[str, float]]) -> list[list[str]]:
        return [[name, MILLIONS.show([cost]), f"{cost / total:.0%}"] for name, cost in costs]

    tables = [
        Table("Parts, with everything that they call", columns, rows([("all", total), *parts.items()])),
        Table("Code, by library", columns, rows(crates.most_common(15))),
    ]
    FILE.write_text("\n\n".join([
        "# Where the instructions of a later check go",
        "Written by `make profile`. Counted by callgrind, for a check that sends no alert.",
        *(table.markdown("##") for table in tables),
    ]) + "\n")
    return tables


def _costs(file: Path, *options: str) -> Counter[tuple[str, str]]:
    """Instructions by file and function."""
    command = ["callgrind_annotate", "--threshold=100", "--auto=no", *options, str(file)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    costs: Counter[tuple[str, str]] = Counter()
    for cost, source, function in LINE.findall(listed):
        place = (source, function)
        count = int(cost.replace(",", ""))
        # Inclusive costs of a function that is inlined in several places are listed several times.
        costs[place] = max(costs[place], count) if options else costs[place] + count
    return costs


def _a_later_check(one: Counter[tuple[str, str]], many: Counter[tuple[str, str]]) -> dict[tuple[str, str], float]:
    return {place: (cost - one[place]) / LATER_CHECKS for place, cost in many.items()}


def _library(file: str) -> str:
    if crate := CRATE.search(file):
        return crate.group(1)
    if "/rustc/" in file or file.startswith("library/"):
        return "Rust's standard library, inlined into the others"
    if file.endswith((".S", ".c", ".h")):
        return "glibc"
    return "ses-quota-monitor" if "src/" in file else "other"
