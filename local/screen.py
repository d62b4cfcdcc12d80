"""The output of the demo: for terminals of 80 columns or more, and for log files."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import plotext
from rich import box
from rich.console import Console
from rich.json import JSON
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from toolkit.waiting import wait_for

from .measurements import Datapoint

T = TypeVar("T")
LEVEL_COLORS = {"OK": "green", "WARNING": "yellow", "CRITICAL": "red", "EXHAUSTED": "bold red"}


class Screen:
    """Everything that the demo prints."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)

    def title(self, text: str, body: str) -> None:
        self.console.print(Panel(body, title=f"[bold]{text}[/]", padding=(1, 2), border_style="cyan"))

    def step(self, number: int, text: str) -> None:
        self.console.print()
        self.console.rule(f"[bold cyan]{number}. {text}[/]", align="left", style="cyan")

    def say(self, text: str) -> None:
        self.console.print(text)

    def text(self, title: str, text: str) -> None:
        """A text as it was sent: markup is not interpreted, and lines are not wrapped, so that links stay intact."""
        self.console.rule(f"[bold]{title}[/]", align="left", style="blue")
        self.console.print(Text(text.strip()), soft_wrap=True)
        self.console.rule(style="blue")

    def command(self, text: str) -> None:
        """A command, which is not wrapped."""
        self.console.print(Text(f"  {text}\n", style="bold"), soft_wrap=True)

    def document(self, title: str, document: dict[str, Any]) -> None:
        self.console.rule(f"[bold]{title}[/]", align="left", style="blue")
        self.console.print(JSON(json.dumps(document)), soft_wrap=True)
        self.console.rule(style="blue")

    def failure(self, what: str, advice: str) -> None:
        self.console.print()
        self.console.print(Panel(Text(f"{what}\n\n{advice}"), title="[bold]The demo failed[/]", border_style="red"))

    def waiting(self, what: str, condition: Callable[[], T], at_most: float, check: Callable[[], None]) -> T:
        """Waits for a condition, and shows what for and until when at most."""
        deadline = time.monotonic() + at_most
        until = datetime.fromtimestamp(time.time() + at_most).strftime("%H:%M:%S")
        line = f"Waiting for {what}, until {until} at most"
        if not self.console.is_terminal:
            self.say(f"[dim]{line}[/]")
            return wait_for(condition, what, at_most, interval=0.2, while_waiting=check)
        with self.console.status(line) as status:

            def refresh() -> None:
                check()
                status.update(f"{line} ({deadline - time.monotonic():.0f} s)")

            return wait_for(condition, what, at_most, interval=0.2, while_waiting=refresh)

    def table(self, columns: list[str], rows: list[list[str]], title: str | None = None) -> None:
        table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*row)
        self.console.print(table)

    def chart(self, title: str, points: list[Datapoint], lines: dict[str, float]) -> None:
        """A line through the datapoints, and a horizontal line at each of the named values."""
        plotext.clear_figure()
        plotext.theme("clear")
        plotext.plotsize(min(self.console.width, 80), 20)
        plotext.title(title)
        places = list(range(len(points)))
        plotext.plot(places, [point.value for point in points], marker="hd")
        for height in lines.values():
            plotext.hline(height)
        plotext.xticks(places, [f"{point.at:%H:%M:%S}" for point in points])
        plotext.yticks(list(lines.values()), [f"{name} {height:g}" for name, height in lines.items()])
        heights = [*lines.values(), *(point.value for point in points)]
        margin = (max(heights) - min(heights)) / 10
        plotext.ylim(min(heights) - margin, max(heights) + margin)
        self.console.print(Text.from_ansi(plotext.build()))


def colored(level: str) -> str:
    return f"[{LEVEL_COLORS.get(level, 'default')}]{level}[/]"
