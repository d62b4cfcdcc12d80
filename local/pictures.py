"""The pictures of the documentation, from a real installation on a local AWS: `make pictures`.

What SES says is set here, as in the demos. The alert, the output of the command line and the fleet page are what the monitor
made of it.
"""

import html
import io
import re
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI, TerminalTheme
from rich.text import Text

from toolkit.paths import PROJECT

from . import traffic
from .account import Account
from .browser import screenshot
from .organization import Organization
from .server import LocalAws
from .stack import Stack
from .terminal import on_terminal

FOLDER = PROJECT / "docs" / "pictures"
AMERICA, EUROPE = "us-east-1", "eu-west-1"
PAYMENTS, MARKETING, SHOP = "Payments", "Marketing", "Shop"
COLUMNS = 118
# The width of a picture, in pixels: what fits the column of a repository's page.
WIDTH = 1_040

STYLE = """
body { margin: 0; background: #fff; font: 15px "DejaVu Sans", sans-serif; }
.window { border: 1px solid #c8ccd0; border-radius: 8px; overflow: hidden; }
.bar { background: #e9ebee; color: #444; padding: 7px 14px; font-size: 13px; }
pre { margin: 0; padding: 14px; font: 14px/1.35 "DejaVu Sans Mono", monospace; white-space: pre; }
.terminal pre { background: #16191f; color: #e8e8e8; }
.terminal i { display: inline-block; width: 8.43px; font: 11.5px/1 "DejaVu Sans"; transform: scaleY(1.35); }
.mail dl { margin: 0; padding: 12px 14px; border-bottom: 1px solid #e0e3e6; display: grid; grid-template-columns: 5em 1fr; gap: 4px; }
.mail dt { color: #667; } .mail dd { margin: 0; } .mail .subject { font-weight: bold; }
"""


class Pictures:
    """A company with one monitor. One account is near its quota, one may not send from a Region, one cannot be read."""

    def __init__(self, aws: LocalAws, folder: Path) -> None:
        self.folder = folder
        organization: Organization = aws.organization()
        self.hub: Account = organization.management
        unit = organization.add_unit("Mail")
        self.members = {name: organization.add(name, unit) for name in (PAYMENTS, MARKETING, SHOP)}
        now = time.time()
        sent = {
            (PAYMENTS, AMERICA): traffic.filling(now), (PAYMENTS, EUROPE): traffic.peaking(now),
            (MARKETING, AMERICA): traffic.steady(now, 26_000), (MARKETING, EUROPE): traffic.steady(now, 14_000),
        }
        for (name, region), numbers in sent.items():
            self.members[name].set_ses(region, **numbers.numbers())
        self.members[MARKETING].set_ses(EUROPE, sending_enabled=False)
        self.stack: Stack = self.hub.install({
            "Accounts": unit, "Regions": f"{AMERICA},{EUROPE}", "FleetPage": "true", "CheckIntervalMinutes": "60",
        })
        for name in (PAYMENTS, MARKETING):
            self.members[name].install_reader_role(self.stack.outputs["FunctionRoleArn"], OrganizationId=organization.id)
        if (done := self.stack.invoke()).error:
            raise RuntimeError(f"the check failed: {done.payload['errorMessage']}")

    def take(self) -> list[Path]:
        """Takes all of them, and returns the files."""
        self.folder.mkdir(parents=True, exist_ok=True)
        payments = self.members[PAYMENTS]
        return [
            self.save("alert.png", self.alert()),
            self.save("status.png", terminal(self.hub, "status", "--from", columns=COLUMNS)),
            self.save("forecast.png", terminal(payments, "forecast", columns=COLUMNS)),
            *(self.save(f"page-{theme}.png", self.page(theme)) for theme in ("light", "dark")),
        ]

    def alert(self) -> bytes:
        """The email about the quota that fills."""
        sent = next(each for each in self.hub.publications() if each.attributes["subject"] == "QUOTA"
                    and each.attributes["region"] == AMERICA)
        head = {"From": "AWS Notifications", "To": "ops@example.com", "Subject": sent.subject}
        rows = "".join(f'<dt>{name}</dt><dd class="{name.lower()}">{html.escape(value)}</dd>' for name, value in head.items())
        return picture(f'<div class="window mail"><dl>{rows}</dl><pre>{html.escape(sent.text("email").strip())}</pre></div>')

    def page(self, theme: str) -> bytes:
        """The fleet page, as CloudWatch shows it."""
        return screenshot(self.stack.look(theme).payload, (1_400, 900), theme)

    def save(self, name: str, image: bytes) -> Path:
        file = self.folder / name
        file.write_bytes(image)
        return file


def terminal(account: Account, *arguments: str, columns: int) -> bytes:
    """What `ses-quota` shows on a terminal of this width."""
    shown = on_terminal(*arguments, account=account, columns=columns).output
    console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(shown.rstrip()), soft_wrap=True)
    colors: TerminalTheme = MONOKAI
    body = console.export_html(theme=colors, inline_styles=True, code_format="<pre>{code}</pre>")
    # The font has the dots of a chart in another width than its letters.
    body = re.sub("[\u2800-\u28ff]", r"<i>\g<0></i>", body)
    return picture(f'<div class="window terminal"><div class="bar">$ ses-quota {html.escape(" ".join(arguments))}</div>{body}</div>')


def picture(body: str) -> bytes:
    return screenshot(f"<style>{STYLE}</style>{body}", (WIDTH, 2_000))


def main() -> None:
    with LocalAws(enforce_iam=True) as aws:
        for file in Pictures(aws, FOLDER).take():
            print(file.relative_to(PROJECT), f"{file.stat().st_size / 1_000:.0f} kB")


if __name__ == "__main__":
    sys.exit(main())
