"""What the benchmark says of its figures, and what the documentation quotes of them."""

import json
from pathlib import Path

import pytest

from bench import baseline
from bench.results import DOCUMENTATION, FILE, QUOTE, README, Figure, Table
from bench.units import COUNT, MEBIBYTES, MILLIONS, MILLISECONDS


@pytest.fixture(autouse=True)
def committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "FILE", tmp_path / "results.json")
    baseline.write(tables([5.0e6], [0.010, 0.012, 0.020], [100.0]))


def tables(instructions: list[float], seconds: list[float], calls: list[float]) -> list[Table]:
    """A comparison with a peer, and a fleet."""
    compared = Table("A check", ["ours", "peer"], [
        Figure("instructions", [instructions, [1.0]], MILLIONS),
        Figure("time", [seconds, None], MILLISECONDS),
    ], compared=True)
    return [compared, Table("A fleet", ["100 targets", "1,000 targets"], [Figure("calls", [[10.0], calls], COUNT)])]


def test_what_is_the_same_or_better_is_not_named() -> None:
    assert baseline.worse(tables([5.0e6], [0.012], [100.0])) == []
    assert baseline.worse(tables([4.0e6], [0.001], [99.0])) == []


def test_what_is_worse_by_five_percent_is_named_with_both_figures() -> None:
    assert baseline.worse(tables([5.24e6], [0.012], [104.0])) == []
    assert baseline.worse(tables([5.5e6], [0.012], [110.0])) == [
        "A check, instructions: 5.50 M instead of 5.00 M, 10% more",
        "A fleet, calls, with 1,000 targets: 110 instead of 100, 10% more",
    ]


def test_what_may_be_chance_is_not_named() -> None:
    assert baseline.worse(tables([5.0e6], [0.0209], [100.0])) == []
    assert baseline.worse(tables([5.0e6], [0.019, 0.025, 0.030], [100.0])) == []
    assert baseline.worse(tables([5.0e6], [0.022, 0.024], [100.0])) == ["A check, time: 23 ms instead of 12 ms, 92% more"]


def test_what_was_nothing_is_worse_once_it_is_something() -> None:
    baseline.write(tables([5.0e6], [0.012], [0.0]))
    assert baseline.worse(tables([5.0e6], [0.012], [0.0])) == []
    assert baseline.worse(tables([5.0e6], [0.012], [3.0])) == ["A fleet, calls, with 1,000 targets: 3 instead of 0"]


def test_a_row_that_was_never_measured_is_not_worse() -> None:
    baseline.FILE.write_text("{}")
    assert baseline.worse(tables([9.0e6], [9.0], [900.0])) == []
    assert baseline.worse([]) == []


def test_a_figure_is_shown_with_its_spread_and_no_more_digits_than_it_supports() -> None:
    assert MILLIONS.show([5_734_112, 5_728_900, 5_741_000]) == "5.73 M (5.73-5.74)"
    assert MILLISECONDS.show([0.0091, 0.0056, 0.0324]) == "9.1 ms (5.6-32)"
    assert MEBIBYTES.show([11.2 * 2**20, 11.4 * 2**20]) == "11 MiB"
    assert (COUNT.show([7]), COUNT.show([25_457]), COUNT.show([0])) == ("7", "25,457", "0")


def quoted(file: Path) -> list[str]:
    """The rows of the tables between the marks."""
    found = QUOTE.search(file.read_text())
    assert found, file
    return [line for line in found[0].splitlines() if line.startswith("| ") and not line.startswith(("|  |", "| ---"))]


def test_the_documentation_quotes_the_results() -> None:
    results = FILE.read_text().splitlines()
    assert quoted(DOCUMENTATION) and set(quoted(DOCUMENTATION)) <= set(results)
    in_readme = [" | ".join(line.split(" | ")[:2]) for line in quoted(README)]
    assert in_readme[0].startswith("| thawed: ")
    assert all(any(line.startswith(f"{row} ") for line in results) for row in in_readme)
    titles = json.loads((FILE.parent / "results.json").read_text())
    assert titles and all(f"## {title}" in results for title in titles)
