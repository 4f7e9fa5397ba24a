"""Who paid for what, and whether anyone could have known better: kept beside production, from what it does outside."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta

from shared.jobs import keys
from shared.jobs.receipt import Receipt
from shared.jobs.upload import Upload
from shared.pipeline.pipeline import MAX_ATTEMPTS
from tests.reliability.actors import Actor, Cast
from tests.reliability.model_vendor import Bill
from tests.reliability.people import People
from tests.reliability.promises import Kind, Wrong, held
from tests.unit.fakes import Clock, MemoryBucket

WRONG = "wrong"
"""Of `Counts.attempts`: fewer than were charged, or more although that can be known."""
_LONGEST_OUTAGE = timedelta(days=3)
"""For which tries that met one are not counted."""

Life = tuple[str, int]
"""A mark, and which life of the upload."""


@dataclass
class Counts:
    """What the schedules of this process did."""

    schedules: int = 0
    events: int = 0
    duplicates: int = 0
    deaths: int = 0
    skewed: int = 0
    """Instances whose own clock was wrong."""
    faults: Counter[str] = field(default_factory=Counter)
    uncertain: Counter[str] = field(default_factory=Counter)
    """Uncertain answers, by what OSS was to do."""
    made_again: Counter[str] = field(default_factory=Counter)
    """What it was asked to do once more, after looking."""
    billed: int = 0
    billed_again: Counter[str] = field(default_factory=Counter)
    """By the reason why nobody can have known better."""
    attempts: Counter[str] = field(default_factory=Counter)
    """Receipts, by how their `attempts` compares with the vendor's bills."""
    wrong: Counter[Kind] = field(default_factory=Counter)
    """Promises that were not kept; hypothesis tries again what went wrong, and each time counts."""
    excluded: int = 0
    """Uploads that were not made: see `People.put`. The schedules are more than asked for: hypothesis repeats some."""

    def __add__(self, other: Counts) -> Counts:
        return Counts(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)})


class Ledger:
    """The bills of one schedule; `wrong` is what may not be."""

    def __init__(self, people: People, bucket: MemoryBucket, clock: Clock, cast: Cast, counts: Counts) -> None:
        self.wrong: list[Wrong] = []
        self.stuck: set[tuple[str, int]] = set()
        """Mark and life of uploads for which a call was paid, and what it came to may not be stored just now."""
        self._people, self._bucket, self._clock, self._cast, self._counts = people, bucket, clock, cast, counts
        self._bills: dict[Life, list[Bill]] = defaultdict(list)
        self._last: dict[str, Life] = {}
        """By upload, what was paid for last, if it is known to have been."""
        self._concluded: set[Life] = set()
        self._in_outage: Counter[Life] = Counter()
        """Calls that met the outage, as far as they are recorded."""
        self._first_page: dict[Life, datetime] = {}
        self._unrecorded_pages: dict[Actor | None, list[Life]] = defaultdict(list)
        self._unrecorded: dict[Actor | None, list[Bill]] = defaultdict(list)
        """Of which nothing in the bucket speaks yet."""
        self._calls: Counter[str] = Counter()
        """Since the upload's job began: calls for it that the vendor may have charged."""
        self._holders: dict[str, set[Actor]] = defaultdict(set)
        """By job, who has written it."""

    def accuse(self, kind: Kind, sentence: str) -> None:
        self.wrong.append((kind, sentence))
        self._counts.wrong[kind] += 1

    def called(self, key: str) -> None:
        """The vendor was called for the picture at `key`, and may charge for it."""
        thing = self._bucket.things.get(key)
        self._calls[self._people.owner.get(thing.etag, key) if thing else key] += 1

    def billed(self, bill: Bill) -> None:
        """The vendor has charged for a call."""
        shown, actor = bill.mark.split(","), self._cast.moving
        image = self._people.owner[shown[0]]
        life = bill.mark, self._people.lives[image]
        if self._people.missed(shown, actor.seen if actor else {}):
            bill.forgiven = "overwritten while it was called"
        elif not self._people.links.isdisjoint(shown):
            self.accuse("leaked", f"{image} is a symbolic link, and the vendor was shown what it names")
        excuses = [earlier.excuse(self._clock()) for earlier in self._bills[life]]
        if bill.forgiven.startswith("overwritten"):
            self._counts.billed_again[bill.forgiven] += 1
        elif life in self._concluded:
            self.accuse("paid twice", f"{image} was paid for although it had been concluded")
        elif not all(excuses):
            self.accuse("paid twice", f"{image} was paid for twice")
        elif excuses:
            self._counts.billed_again[excuses[-1]] += 1
        if life in self.stuck:
            self.accuse("paid twice", f"{image} was paid for again while it could not be stored")
        kind = Upload(image).capability
        if actor and kind in {Upload(key).capability for key in actor.held & held(self._bucket)}:
            self.accuse("broken", f"{image} was paid for while another one of its capability could not be stored")
        self._counts.billed += 1
        self._bills[life].append(bill)
        self._last.pop(image, None)
        if not bill.forgiven:  # else its caller stores it as of other pictures
            self._last[image] = life
        self._unrecorded[actor].append(bill)

    def refused_to_store(self, image: str, *, receipt: bool = False) -> None:
        """What the last call for this upload came to may not be stored: a result, or the `receipt` alone."""
        if image not in self._last:
            return
        self.stuck.add(life := self._last[image])
        bills = self._bills[life]
        if receipt and bills[-1].empty:  # there is nothing else to remember of it
            bills[-1].forgiven = "what the vendor said of it could not be written"

    def met_page(self, shown: list[str], is_outage: bool) -> None:
        """A gateway answered a call in the vendor's place."""
        if not shown:
            return
        actor = self._cast.moving
        seen = actor.seen if actor else {}
        life = self._life(",".join(seen.get(self._people.owner[etag], etag) for etag in shown))
        self._first_page.setdefault(life, self._clock())
        if is_outage:
            self._in_outage[life] += 1
            self._unrecorded_pages[actor].append(life)

    def changed(self, name: str, key: str) -> None:
        """Whoever moves has changed the object `key`."""
        actor = self._cast.moving
        if name == "publish_copy" and actor:
            self._people.missed([self._bucket.things[key].etag], actor.seen)
        self._note_holder(name, key)
        if name == "write" and key.endswith(".json"):
            bills, pages = self._unrecorded[actor], self._unrecorded_pages[actor]
            bills[:] = [bill for bill in bills if key not in self._documents(bill.mark)]
            pages[:] = [life for life in pages if key not in self._documents(life[0])]
            if key.startswith(keys.CUTOUTS):
                self._told(key)

    def _note_holder(self, name: str, key: str) -> None:
        for each in key.split(","):
            if not (each.startswith(keys.JOBS) and each.endswith(".json")):
                continue
            if name == "delete":
                self._holders.pop(each, None)
                self._calls.pop(Upload.of_job(each).key, None)
            elif name in ("create", "write") and self._cast.moving:
                self._holders[each].add(self._cast.moving)

    def ended(self, actor: Actor, *, lost: bool) -> None:
        """An actor is over: `lost` if it died, or could not reach OSS any more."""
        for bill in self._unrecorded.pop(actor, []):
            if lost:
                bill.forgiven = bill.forgiven or "the instance was lost between the call and its record"
                self.stuck = {life for life in self.stuck if life[0] != bill.mark}
        self._in_outage.subtract(self._unrecorded_pages.pop(actor, []))  # which are counted as any try

    def _life(self, mark: str) -> Life:
        return mark, self._people.lives[self._image(mark).key]

    def _image(self, mark: str) -> Upload:
        return Upload(self._people.owner[mark.split(",", maxsplit=1)[0]])

    def _documents(self, mark: str) -> tuple[str, str]:
        return self._image(mark).job_key, self._image(mark).receipt_key

    def _told(self, key: str) -> None:
        """A receipt was written."""
        thing = self._bucket.things[key]
        receipt = Receipt.model_validate_json(thing.body)
        life = thing.inputs_etag, self._people.lives[receipt.source]
        # A bill for what came in between is counted by whoever looked at that.
        counted = [bill for bill in self._bills[life] if not bill.forgiven.startswith("overwritten")]
        self._compare(receipt, len(counted))
        self._compare_with_all(receipt)
        if receipt.status == "failed":
            self._check_tries(receipt, life)
        if receipt.status == "done":
            self._concluded.add(life)
        else:
            self._people.lives[receipt.source] += 1  # uploading it again asks for another try

    def _compare(self, receipt: Receipt, billed: int) -> None:
        """Hold a receipt's `attempts` against the bills: there may be no fewer, and no more than nobody can know of.

        That is a call that was answered by an error, or not at all, or was for what lay there before; and an instance
        that did not finish with the upload, as it may have been lost before its call or after it.
        """
        mine, holders = self._cast.moving, self._holders[Upload(receipt.source).job_key]
        lost = sum(each is not mine and not (each.over and each.error is None) for each in holders)
        most = max(billed, self._calls[receipt.source] + lost)
        self._counts.attempts[_comparison(receipt.attempts, billed, most)] += 1
        if receipt.attempts < billed:
            self.accuse("paid twice", f"{receipt.source} was billed {billed} times, and is told {receipt.attempts}")
        elif receipt.attempts > most:
            self.accuse("broken", f"{receipt.source} may have cost {most} calls, and is told {receipt.attempts}")

    def _compare_with_all(self, receipt: Receipt) -> None:
        """Hold what a receipt and those before it say against all bills of its upload, whichever version they were for:
        none may be forgotten while the upload was there."""
        billed = sum(len(bills) for (mark, _), bills in self._bills.items() if self._image(mark).key == receipt.source)
        told = sum(receipt.calls_by_month.values())
        if told < billed and receipt.source not in self._people.forgotten:
            self.accuse("lost", f"{receipt.source} was billed {billed} times in all, and is told {told}")

    def _check_tries(self, receipt: Receipt, life: Life) -> None:
        """An upload may not be given up for calls that met the outage, but for one: the first may be taken for its own
        fault, if it met a gateway's page before and others were served since."""
        tries = receipt.attempts - max(0, self._in_outage[life] - 1)
        now = self._clock()
        if tries < MAX_ATTEMPTS and now - self._first_page.get(life, now) < _LONGEST_OUTAGE:
            self.accuse("broken", f"{receipt.source} was given up after {tries} tries, the others met an outage")


def _comparison(attempts: int, billed: int, most: int) -> str:
    if attempts == billed:
        return "as many as were charged"
    return "more, where nobody can know" if billed < attempts <= most else WRONG
