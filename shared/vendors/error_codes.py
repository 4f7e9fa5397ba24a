"""The vendors' error codes: for each, who must act, and advice.

A code is looked up by dotted prefix: `InvalidImage.Region`, else `InvalidImage`. An unknown code is `Unavailable`, and
`VendorDown` if it is the status of a gateway that got no answer from the vendor.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from shared.errors import (
    BadLink,
    CutoutError,
    Misconfigured,
    NotAccepted,
    NotFetched,
    Rejected,
    Unavailable,
    VendorDown,
)
from shared.messages import vendors as messages
from shared.messages.message import Message, Text

_LONGEST, _READ = 300, 3000
"""Characters of a message that are quoted, and that are read."""
_CODE = re.compile(r"[\w.-]{1,100}", re.ASCII)
_LINK = re.compile(r"https?(:(?:\\?/|\\u002f){2}|%3A%2F%2F|%253A%252F%252F)\S+", re.IGNORECASE)
"""Slashes also as JSON may spell them, since replies are quoted as they came."""
_AUTHORIZATION = re.compile(r"(appcode\W{1,3})[\w-]{16,}", re.IGNORECASE)
_SIGNED = re.compile(r"string ?to ?sign.*", re.IGNORECASE | re.DOTALL)
_PARAMETER = re.compile(
    r"""((?:token|signature|credential|accesskeyid|secret)(?:=|%3D|%253D|\\u003d|\\?["']\s*:\s*\\?["']))[^\s&"'<>\\]+""",
    re.IGNORECASE,
)
_USED_UP = re.compile(
    r"(?:quota|subscription|authorization|credit points?|credits) (?:is |are |has |been )*(?:exhausted|expired|used up)"
    r"|(?:insufficient|not enough) (?:account )?(?:balance|credits?|quota)|arrears|account overdue|overdue payment"
    r"|欠费|余额不足|(?:次数|额度|积分|资源包)[^，。,.]{0,6}(?:用完|耗尽|不足|过期)",
    re.IGNORECASE,
)
"""Messages of vendors and gateways that what was bought is used up or not paid, whatever the code is: "Quota
Exhausted", "Quota Expired", "User Arrears" (table of the API gateway's client errors, developer.aliyun.com/ask/278260),
"Api Market Subscription quota exhausted" (the market's own examples of calls), "User credit points are exhausted"
(DAMO's manuals); the rest are other ways to say it."""
_WORD = r"""[^\s，。；：,;:"'<>()]"""
_NAME = re.compile(rf"(?<!{_WORD}){_WORD}*(?:uploads\W|\w\.[a-z]{{3,4}}\b){_WORD}*", re.IGNORECASE)
"""What may be a picture's name, also in a link: those are the uploader's words, and not the vendor's."""
UNPAID = "HTTP402"
"""Payment Required: the key under which each table has this status."""


class ErrorKind(NamedTuple):
    """Who must act on a code (`error`), and the `advice` that is added to the vendor's own message."""

    error: type[CutoutError]
    advice: Text = ""


_SHANGHAI = ErrorKind(Misconfigured, messages.MOVE_BUCKET())
_RIGHTS = ErrorKind(Misconfigured, messages.GIVE_RIGHTS())
_KEY = ErrorKind(Misconfigured, messages.CHECK_KEY())
_PURCHASE = ErrorKind(Misconfigured, messages.OPEN_OR_PAY())
_PICTURE = ErrorKind(Rejected)
_OURS = ErrorKind(Unavailable)
"""Passes by itself: the call is repeated later, with a new signature."""
_GATEWAY = ErrorKind(VendorDown)
DOWN = (502, 503, 504)
"""Statuses of a gateway that cannot reach the vendor, or got no answer from it in time."""
_DOWN_CODES = {f"{name}{status}" for name in ("HTTP", "Status") for status in DOWN}
_LINK_FAILED = ErrorKind(NotFetched)

# Manual of 2022-05, chapter 9 and 8.3; document 146751 as of 2025, where InvalidApi.ForbiddenInvoke is also what an
# account in arrears gets; codes its users report. A package that is used up has none: calls go on at the price of
# pay-as-you-go (chapter 2).
VIAPI: dict[str, ErrorKind] = {
    "Throttling": ErrorKind(NotAccepted),
    "ServiceUnavailable": ErrorKind(NotAccepted),
    "Timeout": _OURS,
    "InternalError": _OURS,
    "SignatureNonceUsed": _OURS,
    "InvalidTimeStamp": _OURS,
    "InvalidParameter": _PICTURE,
    "InvalidParameter.Transfer": _LINK_FAILED,  # the vendor's own download or upload failed
    "InvalidImage": _PICTURE,
    "InvalidImage.Download": _LINK_FAILED,
    "InvalidImage.Timeout": _LINK_FAILED,
    "InvalidImage.Region": _SHANGHAI,
    "InvalidImage.REGION": _SHANGHAI,
    "InvalidImage.RegionRecommend": _SHANGHAI,
    "InvalidImage.URL": ErrorKind(BadLink),
    "InvalidFile": _PICTURE,
    "InvalidFile.Download": _LINK_FAILED,
    "InvalidFile.Timeout": _LINK_FAILED,
    "InvalidFile.Region": _SHANGHAI,
    "InvalidFile.RegionRecommend": _SHANGHAI,
    "InvalidFile.URL": ErrorKind(BadLink),
    "IllegalUrlParameter": ErrorKind(BadLink),
    "MissingParameter": _PICTURE,
    "MissingImageURL": _PICTURE,
    "ParameterError": _PICTURE,
    "ClientError": _PICTURE,
    "InvalidApi": _PURCHASE,
    "InvalidApi.NotFound": ErrorKind(Misconfigured, messages.CHECK_VIAPI_ENDPOINT()),  # document 260307
    "InsufficientBalance": _PURCHASE,  # error codes of all of Alibaba's APIs, document 51132
    "NotEnoughBalance": _PURCHASE,  # with the next one, of VIAPI's older sister IVPD, document 140480
    "NeedOpen": _PURCHASE,
    UNPAID: _PURCHASE,
    "InvalidAction": ErrorKind(Misconfigured, messages.CAPABILITY_UNKNOWN()),
    "UnsupportedOperation": ErrorKind(Misconfigured, messages.CAPABILITY_NOT_OFFERED()),
    "AuthFailed": _RIGHTS,
    "Unauthorized": _RIGHTS,
    "NoPermission": _RIGHTS,
    "Forbidden": _RIGHTS,
    "EntityNotExist": _RIGHTS,
    "SignatureDoesNotMatch": _KEY,
    "IncompleteSignature": _KEY,
    "InvalidAccessKeyId": _KEY,
    "InvalidAccessKeySecret": _KEY,
    "InvalidSecurityToken": _KEY,
    "MissingSecurityToken": _KEY,
}

_APPCODE = ErrorKind(Misconfigured, messages.CHECK_APPCODE())
CREDITS = ErrorKind(Misconfigured, messages.BUY_OR_PAY())
_UNPAID_MARKET = {UNPAID: CREDITS, "Status402": CREDITS}  # a reply that is JSON says "Status"

# Manuals of cutout and watermark removal: "Http响应状态码", which may be the JSON's `status` as well, and `data.state`.
PICWISH: dict[str, ErrorKind] = {
    **_UNPAID_MARKET,
    "Status400": _PICTURE,
    "Status401": _APPCODE,
    "Status404": ErrorKind(Misconfigured, messages.CHECK_PICWISH_ENDPOINTS()),
    "Status413": _PICTURE,
    "Status429": ErrorKind(NotAccepted),
    "Status500": ErrorKind(Unavailable),
    # The causes that pass have states of their own; this one comes back, as with a mask that is white all over.
    "State-1": ErrorKind(Rejected, messages.PICWISH_CANNOT_PROCESS()),
    "State-2": ErrorKind(Unavailable, messages.PICWISH_RESULT_LOST()),
    "State-3": ErrorKind(NotFetched, messages.PICWISH_NOT_FETCHED()),
    "State-5": ErrorKind(Rejected, messages.PICWISH_TOO_MANY_BYTES()),
    "State-7": ErrorKind(Rejected, messages.PICWISH_WRONG_PICTURE()),
    "State-8": ErrorKind(Unavailable, messages.PICWISH_TOO_LONG()),
}

_ADDRESS = ErrorKind(Misconfigured, messages.CHECK_DAMO_ADDRESS())

# Manuals of inst-mat and bg-remove: "状态码说明".
DAMO: dict[str, ErrorKind] = {
    **_UNPAID_MARKET,
    "23500000": ErrorKind(Unavailable),
    "23500001": _APPCODE,
    "23500002": _ADDRESS,
    "23500003": CREDITS,
    "23500004": ErrorKind(NotAccepted),  # with status 403
    "23500005": _PICTURE,
    "23500006": ErrorKind(BadLink),
    "23500007": _PICTURE,
    "23500008": ErrorKind(Unavailable),  # a ticket it does not know
    "23500009": _ADDRESS,  # what `…/query` says to work: the result_key is missing
    "23500011": ErrorKind(Unavailable),
    "23500012": _ADDRESS,
    "23500013": _PICTURE,
    "23500014": _ADDRESS,
}


def error_for(kinds: dict[str, ErrorKind], code: str, message: Text, request_id: str) -> CutoutError:
    """The error that `code` means, to be raised; `message` is the vendor's own, or a sentence about its answer, to
    which the advice is added.

    A code that would pass by itself means `UNPAID` when the message says that the purchase is used up.
    """
    prefix = code
    while prefix not in kinds and "." in prefix:
        prefix = prefix.rpartition(".")[0]
    kind = kinds.get(prefix, _GATEWAY if code in _DOWN_CODES else _OURS)
    if kind.error in (Unavailable, VendorDown) and is_used_up(Message.of(message).en):
        kind = kinds.get(UNPAID, _OURS)
    said = _shown(message)
    if kind.advice:
        ended = Message(said.en.rstrip(". "), said.zh.rstrip(". 。"))
        said = messages.WITH_ADVICE(said=ended, advice=kind.advice)
    return kind.error(code if _CODE.fullmatch(code) else "Unknown", said, request_id=request_id)


def is_used_up(message: str) -> bool:
    """Whether a message of a vendor or a gateway says that what was bought is used up, or not paid: in its own words,
    not in the name of a picture that it quotes."""
    return _USED_UP.search(_NAME.sub("", message[:_READ])) is not None


def quotation(message: str) -> Text:
    """A vendor's message as it may be shown, or that there is none."""
    return quotable(message) or messages.NO_REASON()


def _shown(message: Text) -> Message:
    """A sentence about a reply, or a vendor's own words as what they are."""
    if isinstance(message, Message):
        return message.map(quotable)
    said = quotation(message)
    return said if isinstance(said, Message) else messages.VENDOR_SAYS(said=said)


def quotable(message: str, most: int = _LONGEST) -> str:
    """A vendor's message without links and secrets, in at most `most` characters: some messages quote the string that
    was signed, with token and link in it."""
    said = _AUTHORIZATION.sub(r"\1…", _LINK.sub("<link>", message[:_READ]))
    return _PARAMETER.sub(r"\1…", _SIGNED.sub("…", said))[:most].strip()
