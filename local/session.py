"""Access to one account on the local AWS. Accounts, like Regions, are isolated from each other."""

import os
from typing import Any

import boto3
import botocore.config
import botocore.loaders
import botocore.session

# What describes the services. Each client of its own reads it for 0.1 s, and an organization has many accounts.
LOADER = botocore.loaders.create_loader()


class Session:
    """The credentials of an account, and the Region that clients use by default."""

    def __init__(self, url: str, account_id: str, region: str = "us-east-1") -> None:
        self.url = url
        self.id = account_id
        self.region = region
        self._clients: dict[tuple[str, str], Any] = {}
        nothing = (None, [], os.devnull, None)
        # The developer's own profiles and files must not change what happens here.
        session = botocore.session.Session(
            {"profile": (None, [], None, None), "config_file": nothing, "credentials_file": nothing}
        )
        session.register_component("data_loader", LOADER)
        self._boto3 = boto3.Session(
            aws_access_key_id=account_id, aws_secret_access_key="local", botocore_session=session
        )

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client, created once for each service and Region."""
        key = (service, region or self.region)
        if key not in self._clients:
            self._clients[key] = self._boto3.client(
                service, region_name=key[1], endpoint_url=self.url,
                config=botocore.config.Config(max_pool_connections=100, retries={"total_max_attempts": 1}, read_timeout=120),
            )
        return self._clients[key]

    def environment(self) -> dict[str, str]:
        """The environment for a command such as `sam` or `aws`: that of this process, with access to this account only."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return clean | {
            "AWS_ENDPOINT_URL": self.url, "AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.id, "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_PAGER": "", "SAM_CLI_TELEMETRY": "0",
        }
