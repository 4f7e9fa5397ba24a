"""Writes the receipt's JSON schema, which is published, from the model: `python -m tests.receipt_schema`."""

from __future__ import annotations

import json

from shared.documents import Receipt
from tests.cloud.manifest import ROOT

PATH = ROOT / "events" / "receipt.schema.json"


def text() -> str:
    return json.dumps(Receipt.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
