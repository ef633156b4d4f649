"""The JSON report keeps to the schema that is published with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jwtaudit.output.json import SCHEMA_VERSION

from .samples import CLEAN, EMPTY, render, report

SCHEMA = json.loads(
    Path(__file__).parents[2].joinpath("docs/jwtaudit-report.schema.json").read_text()
)
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def faults(value: Any, schema: dict[str, Any], at: str = "$") -> list[str]:
    """What a value breaks of the part of JSON Schema that ours uses; all keywords are known."""
    if "$ref" in schema:
        return faults(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")], at)
    found = []
    for keyword, wanted in schema.items():
        if keyword == "type":
            names = [wanted] if isinstance(wanted, str) else wanted
            if type(value) not in [TYPES[name] for name in names]:
                return [f"{at} is no {wanted}"]
        elif keyword == "const" and value != wanted:
            found.append(f"{at} is not {wanted}")
        elif keyword == "enum" and value not in wanted:
            found.append(f"{at} is none of {wanted}")
        elif keyword == "required" and value is not None:
            found += [f"{at}.{key} is missing" for key in wanted if key not in value]
        elif keyword == "properties" and value is not None:
            for key, below in wanted.items():
                if key in value:
                    found += faults(value[key], below, f"{at}.{key}")
        elif keyword == "additionalProperties" and value is not None:
            for key in value.keys() - schema.get("properties", {}).keys():
                if wanted is False:
                    found.append(f"{at}.{key} is unknown")
                else:
                    found += faults(value[key], wanted, f"{at}.{key}")
        elif keyword == "items":
            for index, item in enumerate(value):
                found += faults(item, wanted, f"{at}[{index}]")
        else:
            known = ("$schema", "$id", "$defs", "title", "description", "const", "enum")
            assert keyword in (*known, "required", "properties", "additionalProperties"), keyword
    return found


@pytest.mark.parametrize("given", [report(), CLEAN, EMPTY], ids=["full", "clean", "empty"])
def test_report_keeps_to_the_schema(given) -> None:
    document = json.loads(render("json", given))
    assert faults(document, SCHEMA) == []
    assert document["schema_version"] == SCHEMA_VERSION


def test_the_check_can_fail() -> None:
    document = json.loads(render("json", report()))
    document["findings"][0]["severity"] = "urgent"
    document["findings"][0]["location"]["start_line"] = "1"
    del document["findings"][1]["trace"]
    document["extra"] = 1
    assert sorted(faults(document, SCHEMA)) == [
        "$.extra is unknown",
        "$.findings[0].location.start_line is no integer",
        "$.findings[0].severity is none of ['info', 'low', 'medium', 'high', 'critical']",
        "$.findings[1].trace is missing",
    ]
