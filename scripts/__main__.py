"""The command line of the package, as make calls it."""

import argparse
import sys

from botocore.exceptions import BotoCoreError, ClientError

from . import check, deploy, deploy_readers, destroy
from .stacks import CommandFailed, resolve_region


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts")
    parser.add_argument("command", choices=["deploy", "deploy-readers", "check", "destroy"])
    parser.add_argument("--stack", default="ses-quota-monitor")
    parser.add_argument("--region", default="", help="empty for that of the environment or the profile")
    parser.add_argument("--parameters", default="", help="for deploy: 'Name=value ...'")
    parser.add_argument("--units", default="", help="for deploy-readers: IDs of organizational units, separated by commas")
    arguments = parser.parse_args()
    try:
        region = resolve_region(arguments.region)
        if arguments.command == "deploy":
            deploy.run(arguments.stack, region, arguments.parameters)
        elif arguments.command == "deploy-readers":
            deploy_readers.run(arguments.stack, region, arguments.units)
        elif arguments.command == "check":
            check.run(arguments.stack, region)
        else:
            destroy.run(arguments.stack, region)
    except CommandFailed as error:
        sys.exit(str(error))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The call to AWS failed: {error}\nTo see whether the credentials are still valid: aws sts get-caller-identity")


if __name__ == "__main__":
    main()
