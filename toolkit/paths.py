"""Where this project keeps what it builds."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# What `make build` makes: the function for this machine, and the template that refers to it.
BUILT_TEMPLATE = PROJECT / ".aws-sam" / "local" / "template.yaml"
BOOTSTRAP = BUILT_TEMPLATE.parent / "Monitor" / "bootstrap"
