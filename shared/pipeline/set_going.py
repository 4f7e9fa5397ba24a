"""Sets one upload going for a backfill: by the function of its group, by a job in settle's queue, or by an order of its
listing pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from shared import log
from shared.cloud.ports import Bucket, Invoker, ListedObject
from shared.errors import CutoutError, Misconfigured
from shared.jobs.store import JobStore
from shared.messages import jobs as messages
from shared.messages.message import Message
from shared.pipeline.unserved import ListedUpload, Standing

Start = Literal["invoked", "queued", "ordered", "not set going"]


@dataclass(eq=False, repr=False)
class Starter:
    """`event` makes OSS's event about an upload. `start` may be called in any thread."""

    pictures: Bucket
    jobs: JobStore
    invoker: Invoker
    event: Callable[[ListedObject], bytes]
    reasons: dict[Start, Message] = field(default_factory=lambda: {"queued": messages.HAD_FAILED()}, init=False)
    """Why the last upload with that outcome has it."""
    _refused: bool = field(default=False, init=False)
    """Whether Function Compute refuses to invoke: what it refuses once, it refuses for all."""

    def start(self, found: ListedUpload) -> Start:
        """What became of it. One whose receipt asks for a backfill is queued: an event could not say that this no
        longer counts."""
        if found.standing is Standing.NO_RECEIPT and self._invoke(found):
            return "invoked"
        try:
            if found.listing_order:
                self.pictures.write(found.listing_order.key, found.listing_order.to_json())
                return "ordered"
            self.jobs.leave_to_settle(found.upload, found.listed.etag, supersedes=found.supersedes)
        except CutoutError as error:
            self._explain("not set going", found, error)
            return "not set going"
        return "queued"

    def _invoke(self, found: ListedUpload) -> bool:
        """Invoke its function; False when that is refused, or fails."""
        if self._refused:
            return False
        try:
            self.invoker.invoke(found.upload.group, self.event(found.listed))
        except CutoutError as error:
            self._explain("queued", found, error)
            if isinstance(error, Misconfigured):
                self._refused = True
            return False
        return True

    def _explain(self, outcome: Start, found: ListedUpload, error: CutoutError) -> None:
        log.warning("backfill", key=found.upload.key, message=f"{outcome}: {error.message}", code=error.code)
        self.reasons[outcome] = error.text
