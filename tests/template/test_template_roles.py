"""The roles that the template makes."""

import copy
from typing import Any

import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from rendering import RenderedStack, template

BOUNDARY = "arn:aws:iam::111122223333:policy/boundary"


@pytest.fixture
def roles(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Every role, including the one that the SAM transform makes for the schedule."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    function_as_packaged = copy.deepcopy(template())
    function_as_packaged["Resources"]["Monitor"]["Properties"]["CodeUri"] = "s3://bucket/key"
    transformed = Translator({}, Parser()).translate(function_as_packaged, {})
    found = {name: one["Properties"] for name, one in transformed["Resources"].items() if one["Type"] == "AWS::IAM::Role"}
    assert set(found) == {"MonitorRole", "MonitorScheduleRole"}
    return found


@pytest.mark.parametrize("parameters, expected", [({}, None), ({"PermissionsBoundaryArn": BOUNDARY}, BOUNDARY)])
def test_every_role_has_the_permissions_boundary(
    roles: dict[str, dict[str, Any]], parameters: dict[str, str], expected: str | None
) -> None:
    for name, properties in roles.items():
        boundary = RenderedStack(parameters=parameters).render({"at": properties["PermissionsBoundary"]}).get("at")
        assert boundary == expected, name
