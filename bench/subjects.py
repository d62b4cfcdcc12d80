"""What is measured: the function, and two peers that watch the quota alone."""

import os
import sys
import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import certifi

from toolkit.paths import BOOTSTRAP, PROJECT
from toolkit.runtime_api import environment

PEERS = PROJECT / "bench" / "peers"
# The CA certificates to trust in Lambda: the function includes those of Amazon, and its peers load all of the machine's.
AMAZON_ROOTS = PROJECT / "src" / "aws" / "amazon-roots.pem"
MACHINE_ROOTS = Path(certifi.where())


@dataclass(frozen=True)
class Subject:
    """A function: the command that Lambda would run, and the binary, for those that have one."""

    name: str
    command: list[str]
    trusts: Path
    binary: Path | None = None
    own_environment: dict[str, str] = field(default_factory=dict)

    def environment(self, trusted: Path) -> dict[str, str]:
        """The environment of a deployment, with a file of the CA certificates to trust."""
        settings = {
            "ALERT_TOPIC_ARN": "arn:aws:sns:us-east-1:111122223333:ses-quota-monitor-AlertTopic-1ABCDEFGHIJKL",
            "STATE_TABLE": "ses-quota-monitor-StateTable-1ABCDEFGHIJKL",
            "SSL_CERT_FILE": str(trusted), "AWS_CA_BUNDLE": str(trusted),
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


def _rust(name: str, binary: Path, trusts: Path) -> Subject:
    return Subject(name, [str(binary)], trusts, binary, {"_HANDLER": "bootstrap", "LAMBDA_TASK_ROOT": str(binary.parent)})


MONITOR = _rust("ses-quota-monitor", BOOTSTRAP, AMAZON_ROOTS)
SDK_DEFAULTS = _rust("Rust, SDK defaults", PROJECT / ".aws-sam" / "peer" / "sdk-defaults" / "bootstrap", MACHINE_ROOTS)
BOTO3 = Subject(
    "Python 3.11, boto3", [sys.executable, "-m", "awslambdaric", "boto3_handler.handler"], MACHINE_ROOTS,
    own_environment={
        "_HANDLER": "boto3_handler.handler", "LAMBDA_TASK_ROOT": str(PEERS), "PYTHONPATH": str(PEERS),
        "PATH": os.environ["PATH"],
    },
)
SUBJECTS = [MONITOR, SDK_DEFAULTS, BOTO3]
