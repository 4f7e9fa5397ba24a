"""Whatever people, Function Compute and the vendor do, in whatever order: nothing is lost, nothing is paid twice."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from shared.jobs import keys
from shared.jobs.receipt import Receipt
from shared.jobs.upload import Upload
from shared.pipeline.scheduler import Scheduler
from tests.reliability.people import CHINESE, COMMON, FOLDER_MASK, HD, HEAD, OWN_MASK, PAIR, PAIR_TOO
from tests.reliability.planted import (
    FOUND_BY_CRASH_POINTS,
    FOUND_BY_SCHEDULES,
    Plant,
    buys_more_than_it_can_store,
    forgets_the_note_that_something_newer_came,
    gives_each_result_all_the_time_that_there_is,
    is_found_by_schedules,
)
from tests.reliability.planted_strangers import polls_for_a_capability_that_is_gone
from tests.reliability.promises import unconfirmed
from tests.reliability.schedules import TO_THE_END, Schedule, Walk
from tests.reliability.soak import search
from tests.reliability.troubles import Trouble


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "oss_cutout")  # thousands of faults, each with its line


@pytest.fixture
def schedule() -> Iterator[Schedule]:
    """One that is written by hand. What it changes for all is undone afterwards, also if it never came to its end."""
    schedule = Schedule()
    yield schedule
    schedule.undo()


def test_whoever_goes_next_and_whoever_dies_nothing_is_lost_and_nothing_is_paid_twice() -> None:
    search(75, 4)  # a thousand in `make reliability`


# ---------------------------------------------------------------- planted bugs: those that the crash points miss


@pytest.mark.parametrize(
    "plant",
    [each for each in FOUND_BY_SCHEDULES if each not in FOUND_BY_CRASH_POINTS],
    ids=lambda plant: plant.__name__,
)
def test_a_planted_bug_is_found(plant: Plant) -> None:
    assert is_found_by_schedules(plant)


# ---------------------------------------------------------------- what was found


def test_what_was_stored_for_an_upload_that_is_deleted_before_its_receipt_does_not_stay(schedule: Schedule) -> None:
    schedule.open((COMMON,), walk=Walk(8, then="answer lost"))  # the result is stored, its receipt is not
    schedule.go()
    schedule.delete(0)
    schedule.pass_(1_900)  # its link is dead: the job begins anew and finds no upload
    schedule.teardown()
    assert schedule.shop.keys(keys.CUTOUTS) == []


def test_whoever_takes_up_a_job_whose_receipt_is_written_does_not_withdraw_it(schedule: Schedule) -> None:
    schedule.open((COMMON,), walk=TO_THE_END)
    schedule.pass_(1)
    schedule.put(0, version=1, walk=Walk(12, then="die"))  # over the removal of the job, all else being done
    assert schedule.shop.receipt(COMMON) is not None
    schedule.pass_(340)
    schedule.tick(Walk(9, ("fine", "refused")))  # the result's host falters
    withdrawn = schedule.shop.receipt(COMMON) is None
    schedule.pass_(1_900)  # the result's link is dead, so the photo is paid for again
    schedule.teardown()
    assert not withdrawn
    receipt = schedule.shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.attempts == 1


def test_a_call_for_a_new_version_that_died_with_its_caller_is_counted(schedule: Schedule) -> None:
    schedule.open((COMMON,), walk=Walk(10_000, ("throttled",)))
    schedule.pass_(4)  # until then it would join the queue
    schedule.put(0, version=1, walk=Walk(14, then="die"))  # bought, and not yet recorded
    schedule.teardown()
    receipt = schedule.shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.attempts == 2


def test_a_receipt_that_does_not_tell_what_the_version_before_it_cost_is_found(
    schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.pipeline.snapshot._with_calls", lambda job, earlier: job)
    schedule.open((COMMON,), walk=TO_THE_END)
    schedule.pass_(1)
    schedule.put(0, version=1, walk=TO_THE_END)
    assert schedule.ledger.wrong == [("lost", f"{COMMON} was billed 2 times in all, and is told 1")]


def test_a_masks_complaint_ends_when_its_picture_comes_back_to_its_own_receipt(schedule: Schedule) -> None:
    schedule.open((PAIR, OWN_MASK), walk=TO_THE_END)
    schedule.put(1, walk=TO_THE_END)  # the pair is served
    schedule.delete(0)
    schedule.put(1, walk=TO_THE_END)
    schedule.pass_(4_000)
    schedule.tick()  # the mask is told that its picture is missing
    assert schedule.shop.receipt(OWN_MASK) is not None
    schedule.put(0, walk=TO_THE_END)
    schedule.teardown()
    assert schedule.shop.receipt(OWN_MASK) is None


def test_a_job_whose_removal_got_no_answer_is_not_removed_again_when_the_next_versions_lies_there(
    schedule: Schedule,
) -> None:
    schedule.open((COMMON,), walk=Walk(10, then="answer lost"))  # of the job's removal, all else being done
    schedule.put(0, version=1, walk=Walk(10_000, ("throttled",)))
    schedule.go()
    assert schedule.shop.job(COMMON) is not None
    schedule.teardown()
    assert not schedule.ledger.wrong


def test_a_job_whose_saving_got_no_answer_is_not_saved_again_when_another_instance_has_bought_it(
    schedule: Schedule,
) -> None:
    schedule.open((HD,), walk=Walk(5, ("throttled",), then="answer lost"))  # it waits
    schedule.tick(Walk(13))  # settle has called for it, and saved the ticket
    schedule.go()
    job = schedule.shop.job(HD)
    assert job is not None
    assert job.stage.name == "submitted"
    schedule.teardown()
    receipt = schedule.shop.receipt(HD)
    assert receipt is not None
    assert receipt.attempts == 1


def _replace_the_mask_during_the_call(schedule: Schedule, unasked: int) -> None:
    """A photo's function has looked at the folder's mask, and writes its receipt after another one came."""
    schedule.open((PAIR, FOLDER_MASK), unasked=unasked)
    schedule.put(1)
    schedule.deliver(0, walk=Walk(1))
    while schedule.cast.actors[0].at[0] != "call":
        schedule.go(walk=Walk(1))
    schedule.put(1, version=1)
    schedule.pass_(1)
    schedule.go()


@pytest.mark.parametrize("unasked", [0, 9])
def test_a_photo_whose_folders_mask_is_replaced_while_it_is_called_for_gets_the_new_one(
    schedule: Schedule, unasked: int
) -> None:
    _replace_the_mask_during_the_call(schedule, unasked)
    schedule.teardown()
    assert schedule.bucket.things[Upload(PAIR).receipt_key].inputs_etag == schedule.people.mark(PAIR)


def test_that_photo_would_be_lost_if_it_did_not_look_whether_another_mask_came(
    schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.pipeline.conclude.has_new_companion", lambda bucket, job: False)
    _replace_the_mask_during_the_call(schedule, 9)
    with pytest.raises(AssertionError, match="is lost"):
        schedule.teardown()


def test_a_folder_that_waits_for_a_backfill_keeps_its_results_until_then(schedule: Schedule) -> None:
    schedule.open((PAIR, PAIR_TOO, FOLDER_MASK), unasked=1)
    for which in (2, 1, 0):
        schedule.put(which, walk=TO_THE_END)
    schedule.pass_(10)
    schedule.tick()
    served = len(schedule.vendor.results)
    schedule.pass_(10)
    schedule.put(2, version=1, walk=TO_THE_END)
    schedule.tick()
    assert len(schedule.vendor.results) == served
    assert unconfirmed(schedule.bucket)
    schedule.teardown()
    for photo in (PAIR, PAIR_TOO):
        assert schedule.bucket.things[Upload(photo).receipt_key].inputs_etag == schedule.people.mark(photo)


def without_the_capability_of_a_ticket(schedule: Schedule) -> Receipt | None:
    """What an upload is told whose ticket is there when a release comes that lacks its capability."""
    schedule.open((HD,), walk=TO_THE_END)
    schedule.strangers.do("release without a capability, or with it again", HD)
    schedule.teardown()
    return schedule.shop.receipt(HD)


def test_a_ticket_of_a_capability_that_is_gone_ends_in_a_receipt(schedule: Schedule) -> None:
    receipt = without_the_capability_of_a_ticket(schedule)
    assert receipt is not None
    assert (receipt.code, receipt.attempts) == ("UnknownCapability", 1)


def test_a_ticket_that_is_polled_for_a_capability_that_is_gone_is_found(
    schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    polls_for_a_capability_that_is_gone(monkeypatch)
    with pytest.raises(AssertionError, match="a bug"):
        without_the_capability_of_a_ticket(schedule)


def serve_several_results_that_are_slow(schedule: Schedule) -> None:
    schedule.open((HEAD,), trouble=Trouble.SLOW)
    schedule.put(0, version=1, walk=TO_THE_END)  # of which there are two
    schedule.nothing_is_wrong()


def test_slow_results_share_the_time_that_there_is(schedule: Schedule) -> None:
    serve_several_results_that_are_slow(schedule)
    schedule.teardown()
    receipt = schedule.shop.receipt(HEAD)
    assert receipt is not None
    assert (receipt.status, len(receipt.outputs) > 1, receipt.attempts) == ("done", True, 1)


def test_all_the_time_that_there_is_for_each_result_is_found(
    schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    gives_each_result_all_the_time_that_there_is(monkeypatch)
    with pytest.raises(AssertionError, match="spent on results"):
        serve_several_results_that_are_slow(schedule)


def upload_another_when_a_result_cannot_be_stored(schedule: Schedule) -> None:
    schedule.open((COMMON, CHINESE), walk=TO_THE_END, trouble=Trouble.UNWRITABLE)
    schedule.put(1, walk=TO_THE_END)
    schedule.pass_(10)
    schedule.tick()
    schedule.nothing_is_wrong()


def test_none_is_bought_while_one_that_was_bought_cannot_be_stored(schedule: Schedule) -> None:
    upload_another_when_a_result_cannot_be_stored(schedule)
    job = schedule.shop.job(CHINESE)
    assert job is not None
    assert job.stage.name == "waiting"
    schedule.teardown()
    assert schedule.shop.receipt(CHINESE) is not None


def test_one_that_is_bought_nevertheless_is_found(schedule: Schedule, monkeypatch: pytest.MonkeyPatch) -> None:
    buys_more_than_it_can_store(monkeypatch)
    with pytest.raises(AssertionError, match="while another one of its capability could not be stored"):
        upload_another_when_a_result_cannot_be_stored(schedule)


def overwrite_one_that_is_being_called_for(schedule: Schedule) -> None:
    schedule.open((COMMON,), walk=Walk(7))
    schedule.put(0, version=1, walk=TO_THE_END)  # its function meets the lease of the first version's
    schedule.go()


def test_a_version_that_comes_during_the_call_for_an_earlier_one_is_served(schedule: Schedule) -> None:
    overwrite_one_that_is_being_called_for(schedule)
    schedule.teardown()
    receipt = schedule.shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.etag == schedule.bucket.things[COMMON].etag


def test_one_whose_note_is_forgotten_is_found(schedule: Schedule, monkeypatch: pytest.MonkeyPatch) -> None:
    forgets_the_note_that_something_newer_came(monkeypatch)
    overwrite_one_that_is_being_called_for(schedule)
    with pytest.raises(AssertionError, match="is lost"):
        schedule.teardown()


def overwrite_two_whose_results_cannot_be_stored(schedule: Schedule) -> None:
    """Both are called for before either is found not to be storable."""
    schedule.open((COMMON, CHINESE), walk=Walk(2), trouble=Trouble.UNWRITABLE)
    schedule.put(1, walk=Walk(2))
    while {actor.at[0] for actor in schedule.cast.actors} != {"call"}:
        schedule.go(walk=Walk(1))
        schedule.go(1, walk=Walk(1))
    while schedule.cast.actors:
        schedule.go()
    for which in (0, 1):
        schedule.put(which, version=1, walk=TO_THE_END)


def test_overwritten_photos_are_bought_one_by_one_while_it_is_not_known_whether_results_can_be_stored(
    schedule: Schedule,
) -> None:
    overwrite_two_whose_results_cannot_be_stored(schedule)
    schedule.teardown()


def test_calling_for_both_at_once_is_found(schedule: Schedule, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = Scheduler.ended
    monkeypatch.setattr(Scheduler, "ended", lambda self, entries, **told: ended(self, entries, stored=True))
    overwrite_two_whose_results_cannot_be_stored(schedule)
    with pytest.raises(AssertionError, match="could not be stored"):
        schedule.teardown()


def test_a_folders_mask_whose_receipt_cannot_be_written_at_first_is_not_forgotten(schedule: Schedule) -> None:
    """Its job came to the receipt that asks for a person's word, which OSS refused until the right was there again."""
    schedule.open((PAIR, PAIR_TOO, FOLDER_MASK), unasked=1)
    for which in (2, 1, 0):
        schedule.put(which, walk=TO_THE_END)
    schedule.pass_(10)
    schedule.tick()
    schedule.pass_(10)
    schedule.put(2, version=1, walk=TO_THE_END)
    schedule.trouble = Trouble.UNWRITABLE
    schedule.change()
    schedule.tick()
    schedule.teardown()
