"""XML documents that clients send to set up a bucket, read strictly: what OSS does not know in them is refused."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

from tests.cloud.oss_replies import Refused

BOOLEANS = {"true": True, "false": False}
"""In lower case; oss2 writes them with a capital letter."""


def malformed(why: str, ec: str = "") -> Refused:
    return Refused(400, "MalformedXML", f"The XML you provided was not well-formed: {why}.", ec)


def parse(body: bytes, root: str, ec: str = "") -> ElementTree.Element:
    """The document, whose outermost element must be called `root`. Raises `Refused`, with `ec`."""
    try:
        document = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        raise malformed("it is no XML", ec) from None
    if document.tag != root:
        raise malformed(f"the root must be {root}", ec)
    return document


def check_children(
    element: ElementTree.Element,
    *,
    once: Iterable[str] = (),
    often: Iterable[str] = (),
    unknown: str = "",
    ec: str = "",
) -> None:
    """Raises `Refused` unless `element` holds nothing but `once` and `often`, and none of `once` twice.

    `ec` goes with what is there twice, `unknown` with what nobody knows.
    """
    once, often = set(once), set(often)
    seen = [child.tag for child in element]
    for name in seen:
        if name not in once | often:
            raise malformed(f"{element.tag} has no {name}", unknown)
        if name in once and seen.count(name) > 1:
            raise malformed(f"{element.tag} has one {name} at most", ec)


def child(element: ElementTree.Element, name: str, ec: str = "") -> ElementTree.Element:
    """Raises `Refused` when there is none."""
    found = element.find(name)
    if found is None:
        raise malformed(f"{element.tag} lacks {name}", ec)
    return found


def boolean(text: str, name: str) -> bool:
    """Raises `Refused` for what is neither true nor false."""
    if text.lower() not in BOOLEANS:
        raise malformed(f"{name} must be true or false")
    return BOOLEANS[text.lower()]
