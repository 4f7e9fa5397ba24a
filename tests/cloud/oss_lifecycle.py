"""Which objects OSS deletes or moves of its own accord: the lifecycle rules of buckets, kept and told again.

Nothing is done by them here: OSS looks at them once a day. As documented on the PutBucketLifecycle, GetBucketLifecycle
and DeleteBucketLifecycle pages and the error pages 0014-…. Those name no code: here a document that is none is
MalformedXML, and one that says what cannot be is InvalidArgument. Nor do they say how rules with tags get along with
others: those are not compared.
"""

from __future__ import annotations

import copy
import re
import secrets
from collections.abc import Callable, Iterator
from itertools import combinations
from xml.etree import ElementTree

from tests.cloud.oss_documents import BOOLEANS, check_children, child, malformed, parse
from tests.cloud.oss_replies import Refused, Reply
from tests.cloud.oss_request import Asked

OVERLAP = "x-oss-allow-same-action-overlap"
"""The header with which prefixes may overlap. That the same prefix may come twice, it does not say."""
_ROOT = "LifecycleConfiguration"
_MOST = 1000
_LONGEST_ID = 255
_ONCE = ("ID", "Prefix", "Status", "Expiration", "AbortMultipartUpload", "Filter", "NoncurrentVersionExpiration")
_OFTEN = ("Transition", "NoncurrentVersionTransition", "Tag")
_DELETIONS = ("Expiration", "NoncurrentVersionExpiration", "AbortMultipartUpload")
_COLDER = ("IA", "Archive", "ColdArchive", "DeepColdArchive")
"""Storage classes, each to be entered later than the one before."""
_ACCESS = ("IsAccessTime", "ReturnToStdWhenVisit", "AllowSmallFile")
_NEVER = 1 << 31
_DATE = re.compile(r"\d{4}-\d\d-\d\dT00:00:00\.000Z")


class Lifecycle:
    """By bucket. All raise `Refused`."""

    def __init__(self) -> None:
        self._kept: dict[str, list[ElementTree.Element]] = {}
        self.by_name: dict[str, Callable[[Asked], Reply]] = {
            "PutBucketLifecycle": self._put,
            "GetBucketLifecycle": self._get,
            "DeleteBucketLifecycle": self._delete,
        }

    def forget(self, bucket: str) -> None:
        """The bucket is gone."""
        self._kept.pop(bucket, None)

    def _put(self, asked: Asked) -> Reply:
        """All rules that were there are replaced."""
        root = parse(asked.body, _ROOT, "0014-00000011")
        check_children(root, often=("Rule",), unknown="0014-00000015")
        rules = list(root)
        if not rules:
            raise malformed("there is no Rule", "0014-00000013")
        if len(rules) > _MOST:
            raise _invalid(f"there are more than {_MOST} rules", "0014-00000014")
        for rule in rules:
            _check(rule)
        _check_together(rules, may_overlap=asked.headers.get(OVERLAP) == "true")
        self._kept[asked.bucket] = [_as_told(rule) for rule in rules]
        return Reply()

    def _get(self, asked: Asked) -> Reply:
        if asked.bucket not in self._kept:
            raise Refused(404, "NoSuchLifecycle", "No Row found in Lifecycle Table.")
        root = ElementTree.Element(_ROOT)
        root.extend(self._kept[asked.bucket])
        body = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
        return Reply(200, {"content-type": "application/xml"}, body)

    def _delete(self, asked: Asked) -> Reply:
        self.forget(asked.bucket)
        return Reply(204)


def _check(rule: ElementTree.Element) -> None:
    check_children(rule, once=_ONCE, often=_OFTEN, ec="0014-00000089")
    if len(rule.findtext("ID", "").encode()) > _LONGEST_ID:
        raise _invalid(f"an ID has {_LONGEST_ID} bytes at most")
    if child(rule, "Status", "0014-00000088").text not in ("Enabled", "Disabled"):
        raise _invalid("Status must be Enabled or Disabled", "0014-00000024")
    if not any(_actions(rule)):
        raise malformed("a rule does something")
    for each in (*rule.findall("Expiration"), *rule.findall("AbortMultipartUpload")):
        _check_when(each, "0014-00000060", "0014-00000061")
    for each in rule.findall("Transition"):
        check_children(each, once=("Days", "CreatedBeforeDate", "StorageClass", *_ACCESS))
        _check_when(each, "0014-00000050", "0014-00000050", beside=("StorageClass", *_ACCESS))
        _check_class(each)
    for each in (*rule.findall("NoncurrentVersionExpiration"), *rule.findall("NoncurrentVersionTransition")):
        check_children(each, once=("NoncurrentDays", "StorageClass", *_ACCESS))
        _check_positive(child(each, "NoncurrentDays", "0014-00000088"))
    for each in rule.findall("NoncurrentVersionTransition"):
        _check_class(each)
    for each in rule.findall("Tag"):
        _check_tag(each)
    for each in rule.findall("Filter"):
        _check_filter(each, rule.findtext("Prefix") or "")
    _check_order(_days(rule))


def _check_when(element: ElementTree.Element, none: str, several: str, beside: tuple[str, ...] = ()) -> None:
    """Days, or a date, or (of an Expiration) that markers go; `none` and `several` are the ECs for as many."""
    check_children(element, once=("Days", "CreatedBeforeDate", "ExpiredObjectDeleteMarker", *beside))
    marker = element.findtext("ExpiredObjectDeleteMarker", "false").lower()
    if marker not in BOOLEANS or (BOOLEANS[marker] and element.tag != "Expiration"):
        raise malformed(f"ExpiredObjectDeleteMarker in {element.tag}: {marker}")
    given = element.findall("Days") + element.findall("CreatedBeforeDate")
    if len(given) + BOOLEANS[marker] != 1:
        raise malformed(f"{element.tag} takes one of Days and CreatedBeforeDate", several if given else none)
    for each in given:
        if each.tag == "Days":
            _check_positive(each)
        elif not _DATE.fullmatch(each.text or ""):
            raise _invalid("CreatedBeforeDate is the beginning of a day in UTC")


def _check_class(element: ElementTree.Element) -> None:
    if child(element, "StorageClass", "0014-00000088").text not in _COLDER:
        raise _invalid(f"StorageClass must be one of {', '.join(_COLDER)}")
    by_access = element.findtext("IsAccessTime", "false").lower() == "true"
    if by_access != (element.find("ReturnToStdWhenVisit") is not None):
        raise malformed("ReturnToStdWhenVisit goes with IsAccessTime", "0014-00000052")


def _check_tag(element: ElementTree.Element) -> None:
    check_children(element, once=("Key", "Value"))
    for name in ("Key", "Value"):
        child(element, name, "0014-00000088")


def _check_filter(element: ElementTree.Element, prefix: str) -> None:
    sizes = ("ObjectSizeGreaterThan", "ObjectSizeLessThan")
    check_children(element, once=("Not", *sizes), ec="0014-00000089")
    for each in element:
        if each.tag in sizes:
            _check_positive(each)
    for excepted in element.findall("Not"):
        check_children(excepted, once=("Prefix", "Tag"), ec="0014-00000089")
        tags = excepted.findall("Tag")
        for tag in tags:
            _check_tag(tag)
        other = child(excepted, "Prefix", "0014-00000088").text or ""
        if not other or not other.startswith(prefix) or (other == prefix and not tags):
            raise _invalid("what is excepted must lie below the rule's own Prefix")


def _check_positive(element: ElementTree.Element) -> None:
    if not re.fullmatch(r"[1-9]\d*", element.text or "", re.ASCII):
        raise _invalid(f"{element.tag} must be a whole number above 0", "0014-00000086")


def _check_together(rules: list[ElementTree.Element], *, may_overlap: bool) -> None:
    ids = [rule.findtext("ID") for rule in rules if rule.findtext("ID")]
    if len(ids) > len(set(ids)):
        raise _invalid("two rules have the same ID", "0014-00000020")
    untagged = [(rule.findtext("Prefix") or "", rule) for rule in rules if rule.find("Tag") is None]
    for (first, one), (second, other) in combinations(untagged, 2):
        if first == second:
            raise _invalid(f"two rules have the Prefix {first!r}", "0014-00000085")
        if may_overlap or not (first.startswith(second) or second.startswith(first)):
            continue
        if same := {*_actions(one)} & {*_actions(other)}:
            ec = "0014-00000084" if same & {*_DELETIONS} else "0014-00000079"
            raise _invalid(f"the Prefixes {first!r} and {second!r} overlap", ec)
        _check_order([min(pair) for pair in zip(_days(one), _days(other), strict=True)])


def _days(rule: ElementTree.Element) -> list[int]:
    """After how many days it does what: enter each of `_COLDER`, and delete; `_NEVER` for what it does not do."""
    by_class = {each.findtext("StorageClass"): each.findtext("Days") for each in rule.findall("Transition")}
    texts = [*(by_class.get(name) for name in _COLDER), rule.findtext("Expiration/Days")]
    return [int(text) if text else _NEVER for text in texts]


def _check_order(days: list[int]) -> None:
    done = [each for each in days if each != _NEVER]
    if done != sorted(set(done)):
        raise _invalid("what is colder comes later, and deletion last", "0014-00000082")


def _actions(rule: ElementTree.Element) -> Iterator[str]:
    """What it does, told apart as the error pages do: two transitions to one class are the same action."""
    yield from (name for name in _DELETIONS if rule.find(name) is not None)
    for each in (*rule.findall("Transition"), *rule.findall("NoncurrentVersionTransition")):
        yield f"{each.tag} to {each.findtext('StorageClass')}"


def _as_told(rule: ElementTree.Element) -> ElementTree.Element:
    """With an ID, OSS's own if it came without; and if it goes by accesses, with the moment since which they count,
    which PutBucketLifecycle does not know."""
    told = copy.deepcopy(rule)
    name = told.find("ID")
    if name is None:
        name = ElementTree.Element("ID")
        told.insert(0, name)
    name.text = name.text or secrets.token_hex(16)
    if any((each.text or "").lower() == "true" for each in told.iter("IsAccessTime")):
        ElementTree.SubElement(told, "AtimeBase").text = "1767225600"
    return told


def _invalid(why: str, ec: str = "") -> Refused:
    return Refused(400, "InvalidArgument", f"The lifecycle configuration is not valid: {why}.", ec)
