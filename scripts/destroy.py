"""`make destroy`: removes the stack, after confirmation."""

import subprocess
import sys
from pathlib import Path

from . import stacks
from .stacks import CommandFailed


def run(stack: str, region: str) -> None:
    installed = stacks.require(stack, region)
    table = installed.outputs.get("StateTableName", "the state table")
    if installed.parameters.get("ProtectStateTable") == "true":
        raise CommandFailed(
            f"Stack {stack} cannot be removed, because table {table} has deletion protection.\n"
            f"To turn it off: make deploy STACK={stack} REGION={region} PARAMETERS='ProtectStateTable=false'"
        )
    print(f"This removes stack {stack} in {region} ({stacks.credentials(region)}):")
    print("the function, its schedule, the topic and its subscriptions, the dashboard, the alarms and the log group.")
    print(f"It also removes table {table}: after a new installation, an active alert is sent again.")
    print("What stays: published metrics, until they expire; and the stack aws-sam-cli-managed-default with its S3 bucket,")
    print("which `sam deploy` made for all SAM applications in the Region, with the code that was uploaded to it.")
    if stacks.ask("To confirm, type the name of the stack: ") != stack:
        raise CommandFailed("Nothing was removed.")
    sam = str(Path(sys.executable).with_name("sam"))
    command = [sam, "delete", "--stack-name", stack, "--region", region, "--no-prompts"]
    if subprocess.run(command).returncode != 0:
        raise CommandFailed("The stack could not be removed: see above. You can run the command again without any cleanup.")
