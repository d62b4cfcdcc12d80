"""The templates of a release: those of the project, with built functions."""

import re
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse

from scripts.release.template import FUNCTION, released
from scripts.stacks import CommandFailed
from toolkit.paths import PROJECT

TEXT = (PROJECT / "template.yaml").read_text()
# A second function with the same code, right after the first one's properties begin to be indented as usual.
SECOND = """
  # The page of the dashboard.
  Second:
    Type: AWS::Serverless::Function
    Metadata:
      # How it is built.
      BuildMethod: rust-cargolambda

      BuildProperties:
        Binary: ses-quota-monitor
    Properties:
      CodeUri: .
      Handler: bootstrap
      Runtime: provided.al2023

Outputs:
"""


def release(text: str, architecture: str = "arm64") -> str:
    return released(text, architecture, f"function-{architecture}.zip", ["other.yaml"])


def functions(template: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in template["Resources"].items() if one["Type"] == FUNCTION}


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
@pytest.mark.parametrize("text", [TEXT, TEXT.replace("\nOutputs:\n", SECOND)], ids=["the template", "with one function more"])
def test_the_functions_are_built_and_the_rest_is_as_before(text: str, architecture: str) -> None:
    original, result = yaml_parse(text), yaml_parse(release(text, architecture))
    assert functions(result) and functions(result).keys() == functions(original).keys()
    for name, one in functions(result).items():
        assert "Metadata" not in one and one["Properties"].pop("CodeUri") == f"function-{architecture}.zip"
        before = original["Resources"][name]
        assert before.pop("Metadata") and before["Properties"].pop("CodeUri") == "."
    limited = result["Parameters"].pop("Architecture")
    assert (limited["Default"], limited["AllowedValues"]) == (architecture, [architecture])
    assert limited.keys() == original["Parameters"].pop("Architecture").keys()
    assert limited["ConstraintDescription"] == f"This template is for {architecture} alone. Set Architecture={architecture}, or deploy other.yaml."
    assert result == original


def test_comments_stay() -> None:
    comments = re.findall(r"^ *#.*", TEXT, re.MULTILINE)
    assert comments and re.findall(r"^ *#.*", release(TEXT), re.MULTILINE) == comments


@pytest.mark.parametrize("find, replacement, named", [
    ("  Architecture:\n    Type: String", "  Architecture: # the processor\n    Type: String", "the parameter Architecture could not be limited"),
    ("      CodeUri: .\n", "      CodeUri:\n        .\n", "could not be replaced by its archive"),
    ("    Metadata:\n      BuildMethod", "    Metadata:\n      Other: 1\n      BuildMethod", "Monitor has metadata other than"),
])
def test_a_template_that_is_written_in_another_way_is_noticed(find: str, replacement: str, named: str) -> None:
    assert find in TEXT
    with pytest.raises(CommandFailed, match=named):
        release(TEXT.replace(find, replacement, 1))
