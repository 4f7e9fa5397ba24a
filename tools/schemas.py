"""Writes the JSON schemas that are published, of the receipt and of the listing: `python -m tools.schemas`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from shared.jobs.listing import Listing
from shared.jobs.receipt import Receipt
from tools.receipt_codes import schema_of_codes

_EVENTS = Path(__file__).parents[1] / "events"
PUBLISHED: dict[Path, type[BaseModel]] = {
    _EVENTS / "receipt.schema.json": Receipt,
    _EVENTS / "listing.schema.json": Listing,
}


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """That of the model, with a name, and with every code of ours in its field `code`."""
    schema = model.model_json_schema()
    name = f"urn:oss-cutout:{model.__name__.lower()}:1"
    schema |= {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": name}
    fields = schema["properties"]
    fields["code"] = dict(sorted((fields["code"] | schema_of_codes()).items()))
    return dict(sorted(schema.items()))


def text(model: type[BaseModel]) -> str:
    return json.dumps(schema(model), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for path, model in PUBLISHED.items():
        path.write_text(text(model), encoding="utf-8")
