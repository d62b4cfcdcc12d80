"""Where this project keeps what it builds."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# What `make build` makes: the function for this machine, and the template that refers to it.
BUILT_TEMPLATE = PROJECT / ".aws-sam" / "local" / "template.yaml"
BOOTSTRAP = BUILT_TEMPLATE.parent / "Monitor" / "bootstrap"
# What `cargo build --package ses-quota` makes: the command line.
COMMAND_LINE = PROJECT / os.environ.get("CARGO_TARGET_DIR", "target") / "debug" / "ses-quota"
