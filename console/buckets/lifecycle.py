"""The lifecycle rules of a bucket: which of them are ours, and how they are added to those of others.

PutBucketLifecycle replaces all rules at once. So those that are there are written again as OSS told them, with what
oss2 does not know of them, and ours beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from console.account import ApiError, speaking
from console.settings import Settings
from shared.jobs import keys

if TYPE_CHECKING:
    import oss2

_OVERLAP = "x-oss-allow-same-action-overlap"
"""Without this header OSS refuses rules whose prefixes overlap (PutBucketLifecycle, and error page 0014-00000084)."""
_TOLD_ONLY = "AtimeBase"
"""GetBucketLifecycle tells it of rules that go by the last access, and PutBucketLifecycle does not know it."""

_SIZES = ("Filter/ObjectSizeGreaterThan", "Filter/ObjectSizeLessThan")


@dataclass(frozen=True)
class Rule:
    """A rule as OSS tells it."""

    element: ElementTree.Element

    @property
    def name(self) -> str:
        return self.element.findtext("ID", "")

    @property
    def prefix(self) -> str:
        return self.element.findtext("Prefix") or ""

    @property
    def days(self) -> int:
        """After how many days it deletes; 0 if it does not, or goes by a date."""
        return int(self.element.findtext("Expiration/Days") or 0)

    @property
    def deletes(self) -> bool:
        """Whether it deletes objects, of all that begin with its prefix: not only those with a tag or of some size."""
        when = ("Expiration/Days", "Expiration/CreatedBeforeDate")
        return (
            self.element.findtext("Status") == "Enabled"
            and any(self.element.find(each) is not None for each in when)
            and all(self.element.find(each) is None for each in ("Tag", "Filter/Not/Tag", *_SIZES))
        )

    def touches(self, folder: str) -> bool:
        """Whether something below `folder` may be meant by it."""
        excepted = self.element.findtext("Filter/Not/Prefix")
        if excepted and self.element.find("Filter/Not/Tag") is None and folder.startswith(excepted):
            return False
        return folder.startswith(self.prefix) or self.prefix.startswith(folder)


@dataclass(frozen=True)
class Expiry:
    """A rule of ours: what lies below `folder` is deleted `days` after it was written."""

    folder: str
    days: int

    @property
    def name(self) -> str:
        return f"oss-cutout-{self.folder.rstrip('/')}"

    def is_kept_by(self, rule: Rule) -> bool:
        """Whether `rule` has the same effect, under any name."""
        exact = rule.element.find("Filter/*") is None
        return exact and rule.deletes and (rule.prefix, rule.days) == (self.folder, self.days)

    def gives_way(self, rule: Rule) -> bool:
        """Whether `rule` goes when this one is written: nobody else has anything below the folder, and OSS takes
        neither a name nor a prefix twice."""
        return rule.prefix.startswith(self.folder) or rule.name == self.name

    @property
    def rule(self) -> Rule:
        element = ElementTree.Element("Rule")
        for tag, text in (("ID", self.name), ("Prefix", self.folder), ("Status", "Enabled")):
            ElementTree.SubElement(element, tag).text = text
        ElementTree.SubElement(ElementTree.SubElement(element, "Expiration"), "Days").text = str(self.days)
        return Rule(element)


_WORK, _CALLS = Expiry(keys.WORK, 1), Expiry(keys.CALLS, 2)


def expiries(settings: Settings) -> dict[str, list[Expiry]]:
    """The rules that a deployment needs, by bucket."""
    needed = {settings.bucket: [_WORK]}
    if settings["DAILY_CALL_LIMIT"]:
        needed.setdefault(settings.jobs_bucket, []).append(_CALLS)
    return needed


def lacking(rules: Iterable[Rule], needed: Iterable[Expiry]) -> list[Expiry]:
    """Those of `needed` that no rule says."""
    rules = tuple(rules)
    return [each for each in needed if not any(map(each.is_kept_by, rules))]


def read(bucket: oss2.Bucket) -> list[Rule]:
    """Nothing for a bucket without rules. Raises `ApiError`."""
    try:
        with speaking("OSS", "GetBucketLifecycle"):
            # Not get_bucket_lifecycle(): what oss2 does not know of a rule would be lost.
            told = bucket._get_bucket_config("lifecycle").read()
            return [Rule(each) for each in ElementTree.fromstring(told).findall("Rule")]  # noqa: S314 - OSS wrote it
    except ApiError as refused:
        if refused.code == "NoSuchLifecycle":
            return []
        raise


def ours(rules: Iterable[Rule]) -> list[Rule]:
    """Those that were written here, by their names."""
    return [rule for rule in rules if rule.name in (_WORK.name, _CALLS.name)]


def add(bucket: oss2.Bucket, needed: Iterable[Expiry]) -> None:
    """Those of `needed` that are lacking. Raises `ApiError`, also when a rule is not there afterwards."""
    there = read(bucket)
    missing = lacking(there, needed)
    kept = [rule for rule in there if not any(each.gives_way(rule) for each in missing)]
    wanted = [*kept, *(each.rule for each in missing)]
    _write(bucket, wanted)
    if lost := {rule.name for rule in wanted} - {rule.name for rule in read(bucket)}:
        message = f"these rules are not there afterwards: {', '.join(sorted(lost))}"
        raise ApiError("OSS", "PutBucketLifecycle", 0, "RulesLost", message)


def take_away(bucket: oss2.Bucket) -> None:
    """Ours. Raises `ApiError`."""
    there = read(bucket)
    gone = ours(there)
    _write(bucket, [rule for rule in there if rule not in gone])


def _write(bucket: oss2.Bucket, rules: Sequence[Rule]) -> None:
    if not rules:  # a document without rules is refused
        with speaking("OSS", "DeleteBucketLifecycle"):
            bucket.delete_bucket_lifecycle()
        return
    root = ElementTree.Element("LifecycleConfiguration")
    for rule in rules:
        for told_only in rule.element.findall(_TOLD_ONLY):
            rule.element.remove(told_only)
        root.append(rule.element)
    headers = {_OVERLAP: "true"} if _overlap(rules) else {}
    with speaking("OSS", "PutBucketLifecycle"):
        bucket.put_bucket_lifecycle(ElementTree.tostring(root), headers)


def _overlap(rules: Iterable[Rule]) -> bool:
    prefixes = sorted(rule.prefix for rule in rules)
    return any(second.startswith(first) for first, second in combinations(prefixes, 2))
