"""Writes the receipt's JSON schema, which is published, from the model: `python -m tools.receipt_schema`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shared.jobs.receipt import Receipt
from tools.receipt_codes import schema_of_codes

PATH = Path(__file__).parents[1] / "events" / "receipt.schema.json"


def schema() -> dict[str, Any]:
    """That of the model, with a name, and with every code of ours in its field `code`."""
    schema = Receipt.model_json_schema()
    schema |= {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:oss-cutout:receipt:1"}
    fields = schema["properties"]
    fields["code"] = dict(sorted((fields["code"] | schema_of_codes()).items()))
    return dict(sorted(schema.items()))


def text() -> str:
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
