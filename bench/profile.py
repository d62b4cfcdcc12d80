"""Where the instructions of a later check go (`make profile`): what it cannot get below, and why.

Needs the monitor with its symbols: the same build, but not stripped.
"""

import re
import subprocess
from collections import Counter
from pathlib import Path

from toolkit.paths import PROJECT

from .cloud import Situation
from .measure import WARM_CHECKS, Bench
from .results import Table, millions
from .subjects import MONITOR, Subject

BINARY = PROJECT / ".aws-sam" / "profiling" / "ses-quota-monitor" / "bootstrap"
FILE = PROJECT / "bench" / "PROFILE.md"
# A line of callgrind_annotate: instructions, their share, file:function [object].
LINE = re.compile(r"^\s*([\d,]+) \(.*?%\)\s+(\S+?):(.+?)(?: \[\S*\])?$", re.MULTILINE)
CRATE = re.compile(r"/registry/src/[^/]+/([^/]+?)-\d[^/]*/")
# What these functions do, with all that they call.
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
    """Profiles the monitor and writes PROFILE.md."""
    subject = Subject(MONITOR.name, [str(BINARY)], MONITOR.trusts, BINARY, MONITOR.own_environment)
    one, many = directory / "one", directory / "many"
    await bench.count(subject, Situation.STEADY, 1, one)
    await bench.count(subject, Situation.STEADY, 1 + WARM_CHECKS, many)
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
        return [[name, millions(cost), f"{cost / total:.0%}"] for name, cost in costs]

    tables = [
        Table("Some parts, with all that they call", columns, rows([("all", total), *parts.items()])),
        Table("The code that runs, by library", columns, rows(crates.most_common(15))),
    ]
    texts = [f"## {table.title}\n\n{table.markdown()}" for table in tables]
    FILE.write_text("# Where the instructions of a later check go\n\n"
                    "Written by `make profile`, by callgrind, for a check with nothing to say.\n\n" + "\n".join(texts))
    return tables


def _costs(file: Path, *options: str) -> Counter[tuple[str, str]]:
    """Instructions by file and function."""
    command = ["callgrind_annotate", "--threshold=100", "--auto=no", *options, str(file)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    costs: Counter[tuple[str, str]] = Counter()
    for cost, source, function in LINE.findall(listed):
        place = (source, function)
        count = int(cost.replace(",", ""))
        # With what they call, the lines of a function that was inlined elsewhere count the same again.
        costs[place] = max(costs[place], count) if options else costs[place] + count
    return costs


def _a_later_check(one: Counter[tuple[str, str]], many: Counter[tuple[str, str]]) -> dict[tuple[str, str], float]:
    return {place: (cost - one[place]) / WARM_CHECKS for place, cost in many.items()}


def _library(file: str) -> str:
    if crate := CRATE.search(file):
        return crate.group(1)
    if "/rustc/" in file or file.startswith("library/"):
        return "Rust's standard library, inlined into all of them"
    if file.endswith((".S", ".c", ".h")):
        return "glibc"
    return "ses-quota-monitor" if "src/" in file else "other"
