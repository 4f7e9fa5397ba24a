"""Every code of ours that a receipt, a job or a log line may have: who must act, and what it means.

Any other code is the vendor's own, or OSS's. `<…>` stands for a number. The published schema of the receipt lists them;
the functions have no use for this table.
"""

from __future__ import annotations

import re
from typing import Any, Literal, NamedTuple

Who = Literal["uploader", "operator", "nobody"]


class Meaning(NamedTuple):
    who: Who
    """Must act; nobody: it is tried again by itself, and a receipt that says `failed` tells that this did not help."""
    what: str


CODES: dict[str, Meaning] = {
    # ---------------------------------------------------------------- the upload, before anything was called
    "InvalidPath": Meaning("uploader", "the upload does not lie in uploads/<group>/<capability>/"),
    "UnknownCapability": Meaning("uploader", "there is no such capability"),
    "AmbiguousName": Meaning("uploader", "the name would be that of another upload's result"),
    "UnknownOption": Meaning("uploader", "the capability has no such option"),
    "InvalidOption": Meaning("uploader", "the option does not take this value"),
    "UselessOption": Meaning("uploader", "the option counts only together with another one"),
    "NoListing": Meaning(
        "uploader", "listing pictures cannot be made of what the capability returns, or with an option"
    ),
    "InvalidAreas": Meaning("uploader", "the rectangles are not what the capability takes"),
    "NotAnImage": Meaning("uploader", "it is in none of the formats that can be read, whatever its name"),
    "Symlink": Meaning("uploader", "it is a symbolic link, through which nothing is read"),
    "BrokenImage": Meaning("uploader", "the picture's header is cut off or damaged"),
    "CameraRaw": Meaning("uploader", "the picture is camera raw, which nobody here can read"),
    "AnimatedPicture": Meaning("uploader", "the picture moves, and OSS would have to reshape it"),
    "CannotBeTurned": Meaning("uploader", "the picture is stored turned or mirrored, and OSS cannot undo that"),
    "PictureTooSmall": Meaning("uploader", "the picture has fewer pixels than the vendor takes"),
    "PictureTooLarge": Meaning("uploader", "the picture is too large for the vendor, and for OSS to shrink it"),
    "PictureTooNarrow": Meaning("uploader", "the picture is longer for its width than the vendor takes"),
    "MaskSize": Meaning("uploader", "the second picture has not the size of the first"),
    "CompanionMissing": Meaning("uploader", "the second picture has not come within an hour"),
    "PictureMissing": Meaning("uploader", "this is a second picture, and the first has not come within an hour"),
    "CompanionOfCompanion": Meaning("uploader", "this is named as the second picture of a second picture"),
    "NotConfirmed": Meaning("uploader", "over 1,000 photos would be processed again with this folder's second picture"),
    "InvalidObjectState": Meaning("uploader", "the picture is stored as Archive, where nobody can read it"),
    "OssRefused": Meaning("uploader", "OSS cannot process the picture, and gave no code of its own"),
    # ---------------------------------------------------------------- the answer
    "EmptyResult": Meaning("uploader", "the vendor found nothing; when done, nothing shows in its picture"),
    "CmykColours": Meaning("nobody", "the photo has the colours of print, which may have shifted"),
    "NoTicket": Meaning("nobody", "the vendor took the work and named nothing to ask for it with"),
    "NoStatus": Meaning("nobody", "the vendor was asked what became of the work, and did not say"),
    "NoState": Meaning("nobody", "the vendor did not say what became of the picture"),
    "NoData": Meaning("nobody", "the vendor's answer is empty"),
    "NoResult": Meaning("nobody", "the vendor's answer holds no picture"),
    "OtherTask": Meaning("nobody", "the vendor answered for other pictures"),
    "TicketLost": Meaning("nobody", "the vendor took the work and never finished it"),
    "TooManyPictures": Meaning("nobody", "the vendor's answer has more pictures than any answer has"),
    "Unknown": Meaning("nobody", "the vendor's code cannot be shown: it is no word, or has no end"),
    "HTTP<status>": Meaning("nobody", "the vendor answered with this status and no code; 402: the operator must pay"),
    "Gateway<status>": Meaning("operator", "the market's gateway refused the call with this status and no code"),
    "Status<status>": Meaning("nobody", "the status that PicWish or DAMO gave: their manuals say who must act"),
    "State<state>": Meaning("uploader", "the state that PicWish gave: its manual says what would pass"),
    "NoAnswer": Meaning("nobody", "the vendor was reached and did not answer: the call may have been billed"),
    "ReplyTooSlow": Meaning("nobody", "the vendor's answer took too long to arrive"),
    "ReplyTooLarge": Meaning("nobody", "the vendor's answer has more bytes than any answer has"),
    "NoRecord": Meaning("nobody", "of five calls not one answer could be recorded"),
    # ---------------------------------------------------------------- the result
    "ResultLink": Meaning("nobody", "the result's link is none that could be fetched"),
    "ResultHostUnknown": Meaning("nobody", "the host of the result's link has no address"),
    "ResultRefused": Meaning("nobody", "the result's link was refused"),
    "ResultBroken": Meaning("nobody", "the result's download broke off"),
    "ResultTooSlow": Meaning("nobody", "the result took too long to arrive"),
    "ResultTooLarge": Meaning("nobody", "the result has more bytes than any cutout has"),
    "ResultNotAnImage": Meaning("nobody", "what came as the result is not an image"),
    "ResultExpired": Meaning("nobody", "the result's link died before the result could be stored"),
    # ---------------------------------------------------------------- the listing pictures
    "PhotoUnreadable": Meaning("uploader", "the photo is damaged, or ends too early"),
    "CutoutUnreadable": Meaning("uploader", "the vendor's picture is damaged, or ends too early"),
    "NotListed": Meaning(
        "nobody", "every try to make the listing pictures failed, for hours: a backfill orders them again"
    ),
    "NoTransparency": Meaning("uploader", "the vendor's picture has colours and no transparency: it is no cutout"),
    "InstanceTooSmall": Meaning("uploader", "the picture takes more memory than the function has"),
    "AnotherFrame": Meaning("uploader", "the vendor's picture does not show the same as the photo at the same place"),
    "NotPassed": Meaning("uploader", "a listing picture was made, and did not pass its checks"),
    # ---------------------------------------------------------------- what a job waits for
    "QuotaTaken": Meaning("nobody", "others came first: it waits for its turn"),
    "VendorSlow": Meaning("nobody", "the vendor has as many calls as it answers in good time: it waits for its turn"),
    "CallsPaused": Meaning("nobody", "the last calls failed: it waits until one passes"),
    "VendorUnreachable": Meaning("nobody", "the vendor was not reached: nothing was bought"),
    "DailyCallLimit": Meaning("nobody", "the calls of the day have been made: it waits until the day ends"),
    "NoSuchKey": Meaning("nobody", "the picture was deleted or replaced just as it was to be read"),
    "OssUnreachable": Meaning("nobody", "OSS was not reached"),
    "OssFailed": Meaning("nobody", "OSS failed, and gave no code"),
    # ---------------------------------------------------------------- what a job is blocked by
    "Settings": Meaning("operator", "a setting is missing or wrong"),
    "VendorCertificate": Meaning("operator", "the vendor's certificate is not to be trusted: nothing was bought"),
    "ResultHost": Meaning("operator", "the result lies where RESULT_HOSTS does not allow it to be fetched from"),
    "AccessDenied": Meaning("operator", "OSS refuses what the function must do: its role lacks a right"),
    "ObjectForbidden": Meaning("operator", "OSS refuses to let the function read this object, or copy it"),
    "PublicCopyRefused": Meaning("operator", "OSS refuses the public copy that PicWish must be shown"),
    # ---------------------------------------------------------------- backfill
    "NotJson": Meaning("operator", "what refuses an invocation is not Function Compute"),
    "FcUnreachable": Meaning("nobody", "Function Compute was not reached"),
}


def schema_of_codes() -> dict[str, Any]:
    """The JSON schema of a code: these, each with who must act, or any other."""
    none = {"const": "", "description": "there is nothing to say"}
    others = {"description": "any other: the vendor's own code, or that of OSS"}
    return {"anyOf": [none, *(_listed(code, meaning) for code, meaning in CODES.items()), others]}


def _listed(code: str, meaning: Meaning) -> dict[str, str]:
    said = f"{meaning.who}: {meaning.what}"
    if "<" not in code:
        return {"const": code, "description": said}
    return {"description": said, "pattern": f"^{re.sub('<.*>', '-?[0-9]+', code)}$"}
