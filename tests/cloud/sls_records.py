"""The records of the account in Simple Log Service that say who is told of an alert ("Data structure of alert resource
data"): a record's value is JSON in a string, whose first two fields are the record's own id and tag."""

from __future__ import annotations

import json
from typing import Any

from tests.cloud.openapi import Call, Refused
from tests.cloud.sls_alert_forms import RECORDS, Record
from tests.cloud.sls_forms import check
from tests.cloud.sls_project import Document


class Records:
    """By the name of the resource and their ids."""

    def __init__(self) -> None:
        self._records: dict[str, dict[str, Document]] = {name: {} for name in RECORDS}

    def put(self, kind: str, name: str, value: Document) -> None:
        """As Simple Log Service makes a record of its own."""
        self._records[kind][name] = {"id": name, "tag": name, "value": json.dumps(value)}

    def answer(self, call: Call, kind: str, name: str = "") -> Document | None:
        """Create, Get, Update and DeleteResourceRecord; raises `Refused`."""
        if kind not in self._records:
            raise Refused(404, "ResourceNotExist", f"resource {kind} does not exist")
        records = self._records[kind]
        match call.method:
            case "POST":
                return _create(records, call, kind)
            case "GET":
                return _found(records, name)  # as the SDK's model has it: alone
            case "PUT":
                _update(records, call, kind, name)
            case "DELETE":
                for each in call.query.get("ids", "").split(","):
                    _found(records, each)
                    del records[each]
        return None


def _create(records: dict[str, Document], call: Call, kind: str) -> Document:
    record = _checked(call.body, kind)
    if record.id in records:
        raise Refused(400, "ResourceRecordAlreadyExist", f"record {record.id} already exists")
    records[record.id] = call.body
    return {"id": record.id}


def _update(records: dict[str, Document], call: Call, kind: str, name: str) -> None:
    _found(records, name)
    if _checked(call.body, kind).id != name:
        raise Refused(400, "ParameterInvalid", "id is that of the record")
    records[name] = call.body


def _found(records: dict[str, Document], name: str) -> Document:
    if name not in records:
        raise Refused(404, "ResourceRecordNotExist", f"record {name} does not exist")
    return records[name]


def _checked(body: Any, kind: str) -> Record:
    record = check(Record, body)
    try:
        value = json.loads(record.value)
    except ValueError:
        raise Refused(400, "ParameterInvalid", "value is not JSON") from None
    check(RECORDS[kind], value)
    if [*value.values()][:2] != [record.id, record.tag]:
        raise Refused(400, "ParameterInvalid", "id and tag are those of the value")
    return record
