"""The template that names a built function, instead of the source to build it from.

The text is edited, not written anew, so that its comments stay. The result is then parsed, and compared with what it has to be.
"""

import re
from collections.abc import Callable
from typing import Any

from samcli.yamlhelper import yaml_parse

from ..stacks import CommandFailed

FUNCTION = "AWS::Serverless::Function"
# What `sam build` reads in the metadata of a function.
BUILD_METADATA = {"BuildMethod", "BuildProperties"}


def released(text: str, architecture: str, archive: str, others: list[str]) -> str:
    """The template for one architecture, whose functions are in `archive` beside it; `others` are the templates of the others."""
    original = yaml_parse(text)
    functions = [name for name, one in original["Resources"].items() if one["Type"] == FUNCTION]
    result = _replace_block(text, "Parameters", "Architecture", lambda _: _architecture(architecture, archive, others))
    for name in functions:
        result = _replace_block(result, "Resources", name, lambda block: _function(block, archive))
    _check(original, yaml_parse(result), architecture, archive)
    return result


def _architecture(architecture: str, archive: str, others: list[str]) -> str:
    other = f", or deploy {' or '.join(others)}" if others else ""
    return (
        "  Architecture:\n"
        "    Type: String\n"
        f"    Default: {architecture}\n"
        f"    AllowedValues: [{architecture}]\n"
        f"    ConstraintDescription: This template is for {architecture} alone. Set Architecture={architecture}{other}.\n"
        "    Description: >-\n"
        f"      Instruction set that the function in {archive} is built for.\n"
    )


def _function(block: str, archive: str) -> str:
    without_build = re.sub(r"^    Metadata:\n(?:(?:      .*)?\n)+?(?=    \S)", "", block, flags=re.MULTILINE)
    return re.sub(r"^(      CodeUri:) .*$", rf"\1 {archive}", without_build, flags=re.MULTILINE)


def _replace_block(text: str, section: str, name: str, edit: Callable[[str], str]) -> str:
    """Edits what is under a name in a section of the template, as it is indented there."""
    pattern = rf"(^{section}:\n(?:(?: .*)?\n)*?)(^  {name}:\n(?:   .*\n|\n(?=   ))*)"
    return re.sub(pattern, lambda found: found[1] + edit(found[2]), text, count=1, flags=re.MULTILINE)


def _check(original: dict[str, Any], result: dict[str, Any], architecture: str, archive: str) -> None:
    """Raises `CommandFailed` unless the templates are equal in everything that had not to change."""
    changed = result["Parameters"]["Architecture"]
    if (changed["Default"], changed["AllowedValues"]) != (architecture, [architecture]):
        raise CommandFailed("template.yaml: the parameter Architecture could not be limited. Is it written as before?")
    original["Parameters"]["Architecture"] = changed
    for name, one in original["Resources"].items():
        if one["Type"] == FUNCTION:
            if set(one.pop("Metadata", {})) - BUILD_METADATA:
                raise CommandFailed(f"template.yaml: {name} has metadata other than {' and '.join(sorted(BUILD_METADATA))}.")
            one["Properties"]["CodeUri"] = archive
    if result != original:
        raise CommandFailed("template.yaml: the function could not be replaced by its archive. Is it written as before?")
