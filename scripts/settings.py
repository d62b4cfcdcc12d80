"""The template parameters that a deployment leads to, and whether they contradict each other.

CloudFormation checks each parameter on its own, and some against each other by the template's rules, which compare for
equality only. The function checks the thresholds against each other, but it is installed by that time, and does not
start.
"""

import shlex
from dataclasses import dataclass

from .stacks import CommandFailed


@dataclass(frozen=True)
class Parameter:
    """A template parameter as it will be after the deployment, and where its value comes from."""

    name: str
    value: str
    source: str

    def __str__(self) -> str:
        return f"{self.name}={self.value} ({self.source})"

    @property
    def number(self) -> float:
        try:
            return float(self.value)
        except ValueError:
            raise CommandFailed(f"{self.name}={self.value}: expected a number") from None


def parse(text: str) -> dict[str, str]:
    """Parameters as make gets them: Name=value, separated by spaces; a value with spaces in quotation marks."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise CommandFailed(f"PARAMETERS={text}: {error}") from None
    if wrong := [word for word in words if not word.partition("=")[1]]:
        raise CommandFailed(f"PARAMETERS: expected Name=value, separated by spaces, but found {wrong[0]}")
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def resolve(named: dict[str, str], installed: dict[str, str], defaults: dict[str, str]) -> dict[str, Parameter]:
    """Every parameter of the template: as named, else as installed, else its default."""
    if unknown := sorted(set(named) - set(defaults)):
        raise CommandFailed(
            f"The template has no parameter {', '.join(unknown)}.\nIts parameters are: {', '.join(sorted(defaults))}"
        )
    sources = [(named, "as given"), (installed, "as installed"), (defaults, "the default")]
    return {
        name: next(Parameter(name, values[name], source) for values, source in sources if name in values) for name in defaults
    }


def check_values(parameters: dict[str, Parameter]) -> None:
    """Raises `CommandFailed` where the function would not start, or CloudFormation would refuse the template by one of its
    rules, although each parameter is allowed by itself."""
    warning, critical = parameters["WarningPercent"], parameters["CriticalPercent"]
    margin, rate, reminder = (parameters[name] for name in ("ClearMarginPercent", "RateWarningPercent", "ReminderHours"))
    wrong = _exceptions(parameters["Thresholds"], margin)
    if not 0 < warning.number:
        wrong.append(f"{warning} must be above 0")
    if not critical.number <= 100:
        wrong.append(f"{critical} must be at most 100")
    if not warning.number < critical.number:
        wrong.append(f"{warning} must be below {critical}")
    if not 0 <= margin.number < warning.number:
        wrong.append(f"{margin} must be at least 0 and below {warning}")
    if rate.number != 0 and not margin.number < rate.number <= 100:
        wrong.append(f"{rate} must be 0, or above {margin} and at most 100")
    if 0 < reminder.number < 1 / 60:
        wrong.append(f"{reminder} must be 0 or at least 0.0167, a minute")
    level, topic = parameters["AlarmLevel"], parameters["OperatorTopicArn"]
    if level.value != "NONE" and not topic.value:
        wrong.append(f"{level} needs {topic.name}, the topic that the alarm goes to")
    workspace, channel = parameters["SlackWorkspaceId"], parameters["SlackChannelId"]
    for one, other in [(workspace, channel), (channel, workspace)]:
        if one.value and not other.value:
            wrong.append(f"{one} needs {other.name}; set both, or leave both empty")
    accounts, excluded = parameters["Accounts"], parameters["ExcludeAccounts"]
    if excluded.value and not accounts.value:
        wrong.append(f"{excluded} needs {accounts.name}; set both, or leave both empty")
    timeout, interval = parameters["Timeout"], parameters["CheckIntervalMinutes"]
    if interval.value == "1" and timeout.value != "30":
        wrong.append(f"{timeout} must be 30 with {interval}, so that a check ends before the next one begins")
    if wrong:
        raise CommandFailed(
            "Nothing was deployed, because the parameters do not fit together:\n"
            + "".join(f"  {each}\n" for each in wrong)
            + "Name the parameters that are to change, such as PARAMETERS='WarningPercent=80 CriticalPercent=95'"
        )


def _exceptions(thresholds: Parameter, margin: Parameter) -> list[str]:
    """What is wrong with the thresholds of single accounts and Regions."""
    wrong = []
    for each in filter(None, thresholds.value.split(";")):
        try:
            warning, critical = map(float, each.partition("=")[2].split("/"))
        except ValueError:
            wrong.append(f"Thresholds: {each}: expected TARGET=WARNING/CRITICAL, such as eu-west-1=60/80 ({thresholds.source})")
            continue
        if not 0 < warning < critical <= 100:
            wrong.append(f"Thresholds: {each}: expected 0 < WARNING < CRITICAL <= 100 ({thresholds.source})")
        elif not margin.number < warning:
            wrong.append(f"Thresholds: {each}: {margin} must be below {warning:g} ({thresholds.source})")
    return wrong
