"""A person who orders a backfill, and the functions that it invokes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.jobs.upload import Upload
from shared.pipeline import backfill
from shared.pipeline.backfill_order import Order
from shared.pipeline.dispatch import Dispatcher
from shared.vendors.prices import Prices
from tests.unit.fakes import Clock


class _Functions:
    def __init__(self) -> None:
        self.events: list[bytes] = []

    def invoke(self, group: str, event: bytes) -> None:
        self.events.append(event)


def order_backfill(dispatcher: Dispatcher, clock: Clock) -> None:
    """Of everything, confirmed; each function begins when it is through."""
    functions = _Functions()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backfill, "AT_ONCE", 1)  # so that it does the same each time
        backfill.Backfill(
            dispatcher.pictures,
            dispatcher.jobs,
            dispatcher.backlog_owner,
            functions,
            prices=Prices({}),
            event=lambda listed: f"{listed.key}\n{listed.etag}".encode(),
            clock=clock,
            lasts=timedelta(hours=1),
        ).run(Order(confirm=True))
    for event in functions.events:
        key, etag = event.decode().split("\n")
        dispatcher.dispatch(Upload(key), etag)
