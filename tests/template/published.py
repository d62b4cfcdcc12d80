"""What the function publishes, by its source: each metric with its unit."""

import re

from toolkit.paths import PROJECT

SOURCE = "".join(file.read_text().split("#[cfg(test)]")[0] for file in (PROJECT / "src" / "metrics").glob("*.rs"))
_UNITS = {"CountPerSecond": "Count/Second"}
# `metric("QuotaUtilization", Unit::Percent, ...)`: of a target.
OF_A_TARGET = {name: _UNITS.get(unit, unit) for name, unit in re.findall(r'\bmetric\("(\w+)", Unit::(\w+)', SOURCE)}
# `Metric { name: "Subscribers", unit: Unit::Count, ... }` and `count("TargetsChecked", ...)`: without dimensions.
ALONE = {name: _UNITS.get(unit, unit) for name, unit in re.findall(r'\bname: "(\w+)",\s*unit: Unit::(\w+)', SOURCE)}
ALONE |= dict.fromkeys(re.findall(r'\bcount\("(\w+)"', SOURCE), "Count")
assert OF_A_TARGET and ALONE
