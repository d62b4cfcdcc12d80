"""What is measured: the monitor, and two peers that make the same calls."""

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
# What is trusted in Lambda: the monitor brings Amazon's roots along, its peers read all that the machine trusts.
AMAZON_ROOTS = PROJECT / "src" / "aws" / "amazon-roots.pem"
MACHINE_ROOTS = Path(certifi.where())


@dataclass(frozen=True)
class Subject:
    """A function: how Lambda would start it, and the binary that is deployed, where there is one."""

    name: str
    command: list[str]
    trusts: Path
    binary: Path | None = None
    own_environment: dict[str, str] = field(default_factory=dict)

    def environment(self, trusted: Path) -> dict[str, str]:
        """The whole environment, with the certificates that it is to trust, and the settings of a deployment."""
        settings = {
            "ALERT_TOPIC_ARN": "arn:aws:sns:us-east-1:111122223333:ses-quota-monitor-AlertTopic-1ABCDEFGHIJKL",
            "STATE_TABLE": "ses-quota-monitor-StateTable-1ABCDEFGHIJKL",
            "SSL_CERT_FILE": str(trusted), "AWS_CA_BUNDLE": str(trusted),
        }
        return environment() | settings | self.own_environment

    def sizes(self) -> tuple[int, int] | None:
        """Bytes of the binary, and of the zip that is uploaded."""
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
