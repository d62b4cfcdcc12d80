"""The template as an application of the Serverless Application Repository."""

import re

import pytest
from samcli.yamlhelper import yaml_parse

from scripts.release.version import current
from toolkit.paths import PROJECT

APPLICATION = yaml_parse((PROJECT / "template.yaml").read_text())["Metadata"]["AWS::ServerlessRepo::Application"]
# AWS Serverless Application Repository API, "Applications" (CreateApplicationInput).
LIMITS = {
    "Name": (140, r"[a-zA-Z0-9\-]+"), "Description": (256, r"(?s).+"), "Author": (127, r"[a-z0-9](([a-z0-9]|-(?!-))*[a-z0-9])?"),
}
LABEL = (127, r"[a-zA-Z0-9+\-_:\/@]+")


@pytest.mark.parametrize("name", LIMITS)
def test_a_text_is_within_its_limits(name: str) -> None:
    length, pattern = LIMITS[name]
    assert len(APPLICATION[name]) <= length and re.fullmatch(pattern, APPLICATION[name])


def test_labels_are_within_their_limits() -> None:
    length, pattern = LABEL
    assert 0 < len(APPLICATION["Labels"]) <= 10
    assert all(len(each) <= length and re.fullmatch(pattern, each) for each in APPLICATION["Labels"])


def test_the_version_is_that_of_the_project() -> None:
    assert APPLICATION["SemanticVersion"] == current()


def test_the_license_is_that_of_the_project() -> None:
    assert f'license = "{APPLICATION["SpdxLicenseId"]}"' in (PROJECT / "Cargo.toml").read_text()
    assert (PROJECT / APPLICATION["LicenseUrl"]).exists() and (PROJECT / APPLICATION["ReadmeUrl"]).exists()


def test_it_has_no_functions_of_cloudformation() -> None:
    """The metadata is read as it is (AWS SAM Developer Guide, "Metadata section properties")."""
    assert all(isinstance(each, str) for value in APPLICATION.values() for each in ([value] if isinstance(value, str) else value))
