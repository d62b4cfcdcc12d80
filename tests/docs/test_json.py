"""The JSON in the documentation: the fields that it shows are those that it explains."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from toolkit.paths import PROJECT

DOCS = PROJECT / "docs"
ALERTS, CONFIGURATION, HEADROOM = DOCS / "alerts.md", DOCS / "configuration.md", DOCS / "headroom.md"


def samples(page: Path) -> list[Any]:
    blocks = MarkdownIt("commonmark").parse(page.read_text())
    return [json.loads(each.content) for each in blocks if each.type == "fence" and each.info == "json"]


def explained(page: Path, heading: str) -> set[str]:
    """The fields in the first column of the tables under a heading."""
    [section] = re.findall(rf"^#+ {heading}\n(.*?)(?=^#|\Z)", page.read_text(), re.MULTILINE | re.DOTALL)
    rows = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    return {name for cell in rows for name in re.findall(r"`(\w+)`", cell)}


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_every_sample_is_valid_json(page: Path) -> None:
    samples(page)


def test_every_field_of_the_document_is_explained() -> None:
    [document] = [each for each in samples(ALERTS) if "alertId" in each]
    assert document.keys() <= explained(ALERTS, "The JSON document")
    assert document["forecast"].keys() <= explained(ALERTS, "Forecast in the document")


def test_the_counts_of_a_report_are_those_that_the_function_writes() -> None:
    source = (PROJECT / "src/check/report/shown.rs").read_text()
    [struct] = re.findall(r"struct Counts \{(.*?)\n\}", source, re.DOTALL)
    fields = {re.sub(r"_(\w)", lambda letter: letter[1].upper(), name) for name in re.findall(r"^ +(\w+):", struct, re.MULTILINE)}
    [counts] = [each["counts"] for each in samples(CONFIGURATION) if "counts" in each]
    assert counts.keys() == fields == explained(CONFIGURATION, "The report")
    each_once = ["ok", "unknown", "unread", "warning", "critical", "exhausted"]
    assert sum(counts[one] for one in each_once) == counts["targets"]


def test_a_forecast_has_the_fields_and_names_that_the_function_writes() -> None:
    source = (PROJECT / "src/forecast/json.rs").read_text()
    [struct] = re.findall(r"struct ForecastFields \{(.*?)\n\}", source, re.DOTALL)
    fields = [re.sub(r"_(\w)", lambda letter: letter[1].upper(), name) for name in re.findall(r"^ +(\w+):", struct, re.MULTILINE)]
    assert set(fields) == explained(ALERTS, "Forecast in the document")
    names = set(re.findall(r'=> "(\w+)"', source))
    # A quota that is unlimited or 0 has no forecast in the document.
    page = ALERTS.read_text()
    assert {name for name in names if f"`{name}`" not in page} == {"noQuota"}


def test_the_plan_is_the_sample_and_its_answer_is_explained() -> None:
    question, answer = samples(HEADROOM)
    assert question == json.loads((PROJECT / "events/plan.json").read_text())
    asked, answered = explained(HEADROOM, "What you can ask"), explained(HEADROOM, "What it answers")
    assert question["plan"].keys() <= asked and asked | answer["plan"].keys() <= answered
    plan = answer["plan"]
    assert plan["takesSeconds"] == -(-plan["recipients"] // plan["perSecond"])
    assert plan["fits"] == (plan["room"] >= plan["recipients"]) == (plan["fitsFrom"] == plan["startAt"])


def test_a_plan_can_ask_for_what_the_function_reads() -> None:
    [fields] = re.findall(r"const FIELDS: .*? = \[(.*?)\];", (PROJECT / "src/request/plan.rs").read_text())
    assert set(re.findall(r'"(\w+)"', fields)) == explained(HEADROOM, "What you can ask")


def test_what_the_doctor_says_is_explained() -> None:
    page = DOCS / "command-line.md"
    [sample] = [each for each in samples(page) if "examined" in each]
    fields = sample.keys() | sample["findings"][0].keys() | sample["examined"][0].keys()
    source = (PROJECT / "cli/src/doctor/finding.rs").read_text()
    [subjects] = re.findall(r"pub enum Subject \{(.*?)\n\}", source, re.DOTALL)
    names = [name[0].lower() + name[1:] for name in re.findall(r"^ +(\w+),", subjects, re.MULTILINE)]
    listed = explained(page, "doctor")
    assert fields | set(names) <= listed and {sample["findings"][0]["subject"], sample["examined"][0]["subject"]} <= set(names)
