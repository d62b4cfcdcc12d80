"""What is measured: the function, and two peers that watch the quota alone."""

import os
import sys
import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from toolkit.paths import BOOTSTRAP, PROJECT
from toolkit.runtime_api import environment

PEERS = PROJECT / "bench" / "peers"
PEER = PROJECT / ".aws-sam" / "peer" / "sdk-defaults" / "bootstrap"
# The CA certificates that are built into the function.
AMAZON_ROOTS = PROJECT / "src" / "aws" / "amazon-roots.pem"
END = b"-----END CERTIFICATE-----"


@dataclass(frozen=True)
class Subject:
    """A function: the command that Lambda would run, and the binary, for those that have one."""

    name: str
    command: list[str]
    binary: Path | None = None
    own_environment: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """The environment of a deployment."""
        settings = {
            "ALERT_TOPIC_ARN": "arn:aws:sns:us-east-1:111122223333:ses-quota-monitor-AlertTopic-1ABCDEFGHIJKL",
            "STATE_TABLE": "ses-quota-monitor-StateTable-1ABCDEFGHIJKL",
        }
        return environment() | settings | self.own_environment

    def sizes(self) -> tuple[int, int] | None:
        """The bytes of the binary, and of the zip file to upload."""
        if self.binary is None:
            return None
        zipped = BytesIO()
        with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(self.binary, "bootstrap")
        return self.binary.stat().st_size, len(zipped.getvalue())


def _rust(name: str, binary: Path) -> Subject:
    return Subject(name, [str(binary)], binary, {"_HANDLER": "bootstrap", "LAMBDA_TASK_ROOT": str(binary.parent)})


def monitor(root: bytes, directory: Path, built: Path = BOOTSTRAP) -> Subject:
    """The function as it is deployed, except that one of its built-in CA certificates is `root`, in `directory`."""
    roots, code = AMAZON_ROOTS.read_bytes(), built.read_bytes()
    size = roots.index(END) + len(END)
    if len(root.strip()) > size or code.count(roots) != 1:
        raise ValueError(f"{built} does not contain {AMAZON_ROOTS}, or its first certificate is too short: build it again")
    binary = directory / "bootstrap"
    binary.write_bytes(code.replace(roots, root.strip().ljust(size, b"\n") + roots[size:]))
    binary.chmod(0o755)
    return _rust("ses-quota-monitor", binary)


SDK_DEFAULTS = _rust("Rust, SDK defaults", PEER)
BOTO3 = Subject(
    "Python 3.11, boto3", [sys.executable, "-m", "awslambdaric", "boto3_handler.handler"],
    own_environment={
        "_HANDLER": "boto3_handler.handler", "LAMBDA_TASK_ROOT": str(PEERS), "PYTHONPATH": str(PEERS),
        "PATH": os.environ["PATH"],
    },
)
