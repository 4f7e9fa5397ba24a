"""What a person orders of `backfill`, and what it reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, field_validator

from shared.errors import Rejected
from shared.jobs import keys
from shared.listings.presets import read_presets
from shared.messages import jobs as messages
from shared.messages.message import COMMA, Message
from shared.pipeline.folders import MOST_UNASKED
from shared.pipeline.set_going import Start
from shared.pipeline.unserved import TO_BE_SERVED, Standing

_REASONS = {
    Standing.UNDER_WAY: messages.UNDER_WAY(),
    Standing.KEY_TOO_LONG: messages.KEY_TOO_LONG(),
    Standing.NO_FUNCTION: messages.NO_FUNCTION(),
    Standing.UNREADABLE_RECEIPT: messages.UNREADABLE_RECEIPT(),
    Standing.NOT_LISTABLE: messages.NOT_LISTABLE(),
    Standing.NO_CUTOUT: messages.NO_CUTOUT(),
}
"""Why an upload that lacks what was ordered is passed over."""


class Order(BaseModel):
    """What a person asks for: `cutout backfill '{"prefix": "uploads/goods/"}'`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prefix: str = Field(default=keys.UPLOADS, pattern=f"^{keys.UPLOADS}")
    failed: bool = False
    """Also what has a receipt that says `failed`: every receipt is read for that."""
    listing: str = ""
    """`<preset>[+<preset>…]`: these listing pictures, of the cutouts that are there. Nothing is bought then."""
    dry_run: bool = False
    """Count and price, and change nothing."""
    confirm: bool = False
    """Do it although there are more than `confirm_over`."""
    confirm_over: int = MOST_UNASKED

    @field_validator("listing")
    @classmethod
    def _are_presets(cls, listing: str) -> str:
        try:
            read_presets(listing or "original")
        except Rejected as error:
            raise ValueError(error.message) from None
        return listing

    @property
    def wanted(self) -> tuple[Standing, ...]:
        """The uploads that it is about."""
        return (Standing.LISTABLE,) if self.listing else TO_BE_SERVED


class Report(BaseModel):
    """The answer to an `Order`. `left` uploads are still to be set going: order it again."""

    model_config = ConfigDict(frozen=True)

    prefix: str
    found: int
    price_yuan: float | None
    """What a call for each of those costs whose price is known; None when it is known of none."""
    unpriced: int
    """Of how many it is not known."""
    passed_over: Mapping[str, int]
    """How many lack what was ordered and are not among those found, by the reason."""
    set_going: int = 0
    queued: int = 0
    """Of those set going, how many settle was left: those whose receipts ask for it, and all when Function Compute
    refused to invoke their functions."""
    not_set_going: int = 0
    """How many could not be queued either."""
    left: int = 0
    message: str = ""
    message_zh: str = ""
    """The same in Chinese."""

    def after(self, outcomes: Counter[Start], left: int, reasons: Mapping[Start, Message]) -> Report:
        """The report when so many have been set going, and so many are `left`; `reasons`: why some were not invoked."""
        queued, refused = outcomes["queued"], outcomes["not set going"]
        count = outcomes.total() - refused
        report = self.model_copy(update={"set_going": count, "queued": queued, "not_set_going": refused, "left": left})
        of_them = messages.QUEUED(count=queued, reason=reasons["queued"]) if queued else ""
        others = messages.NOT_SET_GOING(count=refused, reason=reasons["not set going"]) if refused else ""
        if left:
            return report.saying(messages.OUT_OF_TIME(queued=of_them, others=others))
        return report.saying(messages.SET_GOING(count=count, queued=of_them, others=others))

    def saying(self, text: Message) -> Report:
        """The report with `text`, and with what it counted, as its message."""
        if self.unpriced:
            text = messages.UNPRICED(said=text, count=self.unpriced)
        if self.passed_over:
            reasons = (
                messages.PASSED_OVER_FOR(count=count, reason=_REASONS[Standing(standing)])
                for standing, count in self.passed_over.items()
            )
            text = messages.PASSED_OVER(said=text, reasons=COMMA.join(reasons))
        text = messages.REPORT(found=self.found, said=text)
        return self.model_copy(update={"message": text.en, "message_zh": text.zh})


def passed_over(standings: Counter[Standing]) -> dict[str, int]:
    """How many of those uploads lack a receipt and cannot be set going, by the reason."""
    return {standing.value: standings[standing] for standing in _REASONS if standings[standing]}
