"""The commands that a page of the documentation tells its reader to run."""

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.model import OperationModel, Shape
from markdown_it import MarkdownIt

from .paths import PROJECT

# Options of every command, which say how to call and what to print, not what to ask for.
GLOBAL_OPTIONS = {"--region", "--profile", "--query", "--output", "--cli-binary-format"}
# The only parameter in these pages that the AWS CLI calls by another name than the API.
RENAMED = {("sns", "subscribe", "notification-endpoint"): "endpoint"}

_models = botocore.session.Session()


@dataclass(frozen=True)
class AwsCall:
    """A call to AWS, as a command of the AWS CLI makes it."""

    service: str
    operation: OperationModel
    parameters: dict[str, Any]

    @property
    def method(self) -> str:
        """What the operation is called by a boto3 client."""
        return xform_name(self.operation.name)


class InvalidCommand(ValueError):
    """AWS has no such operation or parameter, or a value is not what it takes."""


def commands(page: Path, heading: str | None = None) -> list[str]:
    """The commands in the code blocks of a page, or of one section of it, one string each."""
    found, inside, title = [], heading is None, False
    for token in MarkdownIt("commonmark").parse(page.read_text()):
        if token.type == "heading_open":
            title = True
        elif title and token.type == "inline":
            title, inside = False, heading in (None, token.content)
        elif token.type == "fence" and not token.info and inside:
            found += [line for line in token.content.replace("\\\n", " ").splitlines() if line]
    return found


def aws_call(command: str, **values: str) -> AwsCall:
    """What `aws SERVICE OPERATION --option value` asks for; `values` are put where the documentation has TOPIC and the like."""
    words = [re.sub(r"[A-Z][A-Z_]+", lambda name: values.get(name[0], name[0]), word) for word in shlex.split(command)]
    _, service, name, *rest = words
    if service not in _models.get_available_services():
        raise InvalidCommand(f"{command}: AWS has no service {service}")
    model = _models.get_service_model(service)
    operations = {xform_name(each, "-"): model.operation_model(each) for each in model.operation_names}
    if name not in operations:
        raise InvalidCommand(f"{command}: {service} has no operation {name}")
    operation = operations[name]
    members = operation.input_shape.members if operation.input_shape else {}
    by_option = {xform_name(each, "-"): each for each in members}
    parameters = {}
    # The last word is the file for what the operation streams.
    for option, given in _options(rest[:-1] if operation.has_streaming_output else rest):
        if option in GLOBAL_OPTIONS:
            continue
        key = option.removeprefix("--")
        if key.startswith("no-") and key.removeprefix("no-") in by_option:
            parameters[by_option[key.removeprefix("no-")]] = False
            continue
        member = by_option.get(RENAMED.get((service, name, key), key))
        if member is None:
            raise InvalidCommand(f"{command}: {service} {name} has no {option}")
        try:
            parameters[member] = _value(members[member], given)
        except ValueError as error:
            raise InvalidCommand(f"{command}: {option} has no valid value: {error}") from None
    return AwsCall(service, operation, parameters)


def _options(words: list[str]) -> list[tuple[str, list[str]]]:
    """Each option with the words after it."""
    found: list[tuple[str, list[str]]] = []
    for word in words:
        if word.startswith("--"):
            found.append((word, []))
        elif found:
            found[-1][1].append(word)
        else:
            raise InvalidCommand(f"{word} belongs to no option")
    return found


def _value(shape: Shape, words: list[str]) -> Any:
    if shape.type_name == "boolean" and not words:
        return True
    if shape.type_name == "list" and not words[0].startswith("["):
        return [_value(shape.member, [word]) for word in words]
    [text] = words
    if text.startswith("file://"):
        text = (PROJECT / text.removeprefix("file://")).read_text()
    if shape.type_name in ("structure", "map", "list"):
        return json.loads(text) if text[0] in "{[" else dict(pair.split("=", 1) for pair in text.split(","))
    return int(text) if shape.type_name in ("integer", "long") else text
