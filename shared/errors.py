"""What can go wrong, named by who must act.

    CutoutError
    ├── Rejected          the uploader: this picture cannot be served, a receipt says why
    │   └── BadLink       … or the vendor cannot read the address we gave: a copy with a plain name may pass
    ├── Misconfigured     the operator: photos wait until a key, a purchase or a right is mended
    │   ├── Unstorable       … results or receipts cannot be stored: nothing more is bought meanwhile
    │   └── ObjectForbidden  … OSS refuses us this one object: only its upload waits
    └── Unavailable       nobody: asked again later, a bounded number of times
        ├── VendorDown    … the vendor is out of order, whatever the picture: the number is not bounded, but the time is
        ├── NotAccepted   … throttled, or the vendor was not reached: nothing was bought, so the number is not bounded
        │   ├── KeptBack  … by us, since the vendor could not serve it now
        │   └── DailyLimitReached  … by our own limit of the day
        ├── Uncertain     … OSS's answer was lost, or is a 5xx: it may have done what it was asked
        ├── NotFetched    … the vendor could not fetch the picture: our own link is read before the next call
        └── Incomplete    … the second picture of a pair has not arrived yet: for an hour

Anything else that is raised is a bug of ours: it is not caught, and Function Compute tries again.
"""

from __future__ import annotations

from datetime import datetime

from shared.messages.message import Message, Text


class CutoutError(Exception):
    """`code` is the vendor's word, or ours where no vendor was asked; `text` is a sentence for a person."""

    def __init__(self, code: str, text: Text, *, request_id: str = "") -> None:
        self.code = code
        self.text = Message.of(text)
        self.request_id = request_id
        super().__init__(f"{code}: {self.message}")

    @property
    def message(self) -> str:
        """In English, as in logs."""
        return self.text.en


class Rejected(CutoutError):
    """This picture cannot be served; another one can."""


class BadLink(Rejected):
    """The vendor could not read the link's address, not the picture behind it."""


class Misconfigured(CutoutError):
    """Nothing can be served until a person acts; the message says what to do."""


class Unstorable(Misconfigured):
    """What the picture came to, its results or its receipt, cannot be stored until a person acts."""


class ObjectForbidden(Misconfigured):
    """OSS refuses to let us read or copy this one object; others can be served."""


class Unavailable(CutoutError):
    """It may pass by itself; whether the vendor has billed the call is not known."""


class VendorDown(Unavailable):
    """The vendor fails whatever the picture is; whether it has billed the call is not known."""


class NotAccepted(Unavailable):
    """The vendor throttled the call, or was not reached: nothing was bought."""


class KeptBack(NotAccepted):
    """The call was not sent, since the vendor could not serve it now."""


class DailyLimitReached(NotAccepted):
    """The calls of the day have been made; `until` is when there are new ones."""

    def __init__(self, code: str, text: Text, *, until: datetime) -> None:
        super().__init__(code, text)
        self.until = until


class Uncertain(Unavailable):
    """OSS's answer was lost, or is a 5xx: whether it did what it was asked is not known."""


class NotFetched(Unavailable):
    """The vendor could not fetch a picture at the link it was given; reading the link may tell why."""


class Incomplete(Unavailable):
    """One picture of a pair is there and the other is not; the vendor was not called."""
