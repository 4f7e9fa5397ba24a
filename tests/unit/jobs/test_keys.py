"""Names in the bucket: no two uploads share one, and every name leads back to its upload."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from shared.errors import Rejected
from shared.jobs import keys
from shared.jobs.job import Blocked, Claimed, Fetching, Job, Stage, Submitted, Unstored, Waiting
from shared.jobs.keys import MAX_UPLOAD_BYTES, UPLOADS
from shared.jobs.queue import QueueEntry
from shared.jobs.upload import Kind, Upload
from tests.unit.fakes import START

OSS_KEY_BYTES = 1023
ETAG = "0123456789ABCDEF0123456789ABCDEF"
"""A job is written in one request, so its ETag is always the MD5 of its content."""
LABELS = ("", "0", "1", "12", "skin", "l_brow", "mask")
EXTENSIONS = ("png", "jpg", "webp", "bmp")


def _fits(path: str) -> bool:
    return len((UPLOADS + path).encode()) <= MAX_UPLOAD_BYTES


_WORDS = st.sampled_from(
    ["a", ".jpg", ".png", ".json", ".next", ".lease", ".0", ".1", ".mask", "/", ETAG, ".", "红 +%"]
)
_NASTY = st.lists(_WORDS, min_size=1, max_size=6).map("".join)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
uploads = st.one_of(_NASTY, _TEXT).filter(_fits).map(UPLOADS.__add__)

STAGES: dict[str, Stage] = {
    stage.name: stage
    for stage in (Claimed(), Waiting(), Blocked(), Submitted("T-1", START), Fetching((), START), Unstored(None))
}
_ZONES = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2099, 1, 1), timezones=_ZONES)  # noqa: DTZ001 - hypothesis's way
_FOLDERS = st.sampled_from(["", "general/", "general/common/", "-/", "-/-/", "/", "//", "20261121T080000.000000Z/"])
jobs = st.builds("{}{}".format, _FOLDERS, st.one_of(_NASTY, _TEXT)).filter(_fits).map(UPLOADS.__add__)
"""Those that may be pictures, so that there may be a job for them."""
jobs = jobs.filter(lambda key: Upload(key).kind in (Kind.PICTURE, Kind.COMPANION))


def entry_of(stage: str, due: datetime, upload: str) -> QueueEntry:
    return QueueEntry.of(Job("1", upload, due, due, stage=STAGES[stage]))


def documents(upload: str) -> set[str]:
    """Every name made for an upload but its pictures'."""
    return {
        Upload(upload).receipt_key,
        Upload(upload).job_key,
        Upload(upload).recheck_key,
        *(Upload(upload).lease_key(ETAG, generation) for generation in (0, 1, 19)),
    }


def pictures(upload: str, labels: tuple[str, ...]) -> set[str]:
    return {Upload(upload).output_key(label, extension) for label in labels for extension in EXTENSIONS}


@given(uploads, uploads)
@example("uploads/a.jpg", "uploads/a.jpg.json")
@example("uploads/a", "uploads/a.json")
@example("uploads/a.next", "uploads/a")
@example("uploads/a.1.lease", "uploads/a")
@example("uploads/a", f"uploads/a.{ETAG}.0")
@example("uploads/a.jpg", "uploads/a.jpg.png")
@example("uploads/a.jpg", "uploads/a.png")
def test_no_two_uploads_share_a_document_or_a_picture(one: str, other: str) -> None:
    assume(one != other)
    assert not documents(one) & documents(other)
    assert not (documents(one) | pictures(one, ("",))) & (documents(other) | pictures(other, ("",)))
    assert not documents(one) & pictures(other, LABELS)


@given(uploads, uploads)
@example("uploads/a.jpg", "uploads/a.jpg.png")
def test_labelled_pictures_are_shared_only_with_an_upload_named_like_the_label(one: str, other: str) -> None:
    assume(one != other)
    shared = pictures(one, LABELS) & pictures(other, LABELS)
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    assert not shared or longer.removeprefix(f"{shorter}.") in LABELS


def test_a_name_that_ends_in_a_label_would_take_anothers_and_is_told_by_its_suffix() -> None:
    assert Upload("uploads/a.jpg").output_key("0", "png") == Upload("uploads/a.jpg.0").output_key("", "png")
    assert [Upload(key).suffix for key in ("uploads/a.jpg.0", "uploads/a.0/b", "uploads/b.0/c.jpg")] == ["0", "", "jpg"]


@given(uploads)
def test_the_documents_of_one_upload_and_all_its_pictures_have_names_of_their_own(upload: str) -> None:
    assert len(documents(upload)) == 6
    assert len(pictures(upload, LABELS)) == len(LABELS) * len(EXTENSIONS)
    assert not documents(upload) & pictures(upload, LABELS)


@given(uploads)
@example("uploads/general/common/a.next")
@example("uploads/general/common/a.json")
@example("uploads/general/common/a.jpg")
def test_a_job_and_a_sequel_lead_back_to_their_upload(upload: str) -> None:
    assert Upload.of_job(Upload(upload).job_key).key == upload
    assert Upload.of_job(Upload(upload).recheck_key).key == upload


@given(uploads, st.integers(0, 19))
def test_a_lease_leads_back_to_the_job_and_the_state_it_is_about(upload: str, generation: int) -> None:
    assert keys.state_of(Upload(upload).lease_key(ETAG, generation)) == (Upload(upload).job_key, ETAG)


@pytest.mark.parametrize("letter", ["a", "é", "红", "😀"])
def test_every_name_made_from_the_longest_upload_fits_oss(letter: str) -> None:
    room = MAX_UPLOAD_BYTES - len(UPLOADS)
    upload = UPLOADS + letter * (room // len(letter.encode())) + "a" * (room % len(letter.encode()))
    assert len(upload.encode()) == MAX_UPLOAD_BYTES
    longest = max((documents(upload) | pictures(upload, (*LABELS, "l_brow"))), key=lambda key: len(key.encode()))
    assert len(longest.encode()) <= OSS_KEY_BYTES


@given(uploads)
def test_jobs_of_a_folder_are_found_below_its_prefix(upload: str) -> None:
    folder = Upload(upload).folder
    assert upload.startswith(folder)
    assert Upload(upload).job_key.startswith(keys.jobs_below(folder))
    assert Upload(upload).job_key.startswith(keys.jobs_below(""))


def test_names_are_those_the_design_promises() -> None:
    upload = "uploads/goods/commodity/return-form=whiteBK/2026/红鞋 1.jpg"
    stem = "goods/commodity/return-form=whiteBK/2026/红鞋 1.jpg"
    assert Upload(upload).output_key("", "png") == f"cutouts/{stem}.png"
    assert Upload(upload).output_key("l_eye", "jpg") == f"cutouts/{stem}.l_eye.jpg"
    assert Upload(upload).receipt_key == f"cutouts/{stem}.json"
    assert Upload(upload).job_key == f"jobs/{stem}.json"
    assert Upload(upload).lease_key(ETAG, 3) == f"jobs/{stem}.{ETAG}.3.lease"
    assert re.fullmatch(r"work/[0-9a-f]{32}\.jpg", keys.copy("job", 0, "jpg"))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("uploads/general/common/a.jpg", True),
        ("uploads/general/common/a", True),
        ("uploads/a.jpg", True),  # in the wrong place, and told so on a receipt
        ("uploads/general/_private/.x/a.jpg", True),  # only the last name counts
        ("uploads/general/common/", False),
        ("uploads/general/common/.DS_Store", False),
        ("uploads/general/refine-mask/_mask.png", False),
        ("cutouts/general/common/a.jpg", False),
        ("Uploads/general/common/a.jpg", False),
    ],
)
def test_folders_and_names_with_a_dot_or_underscore_first_are_no_pictures(key: str, expected: bool) -> None:
    assert (Upload(key).kind is Kind.PICTURE) is expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("uploads/general/common/a.jpg", "general/common"),
        ("uploads/general/common/deep/er/a.jpg", "general/common"),
        ("uploads/general/a.jpg", ""),
        ("uploads/a.jpg", ""),
    ],
)
def test_the_first_two_folders_name_the_capability(key: str, expected: str) -> None:
    assert Upload(key).capability == expected


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        ("", {}),
        ("2026/spring/", {}),
        ("return-form=mask/", {"return-form": "mask"}),
        ("2026/return-form=mask/spring/", {"return-form": "mask"}),
        ("type=person,crop=1/", {"type": "person", "crop": "1"}),
        ("return-form=mask/return-form=crop/", {"return-form": "crop"}),
        ("return-form=/", {"return-form": ""}),
        ("Berlin, Köln/", {}),
        ("name=值/", {"name": "值"}),
    ],
)
def test_a_folder_called_option_equals_value_sets_an_option_below_it(folders: str, expected: dict[str, str]) -> None:
    assert Upload(f"uploads/general/common/{folders}a.jpg").options == expected


def test_neither_the_capability_nor_the_pictures_own_name_sets_options() -> None:
    assert Upload("uploads/a=b/c=d/e=f.jpg").options == {}


def test_a_folder_that_mixes_options_with_other_words_is_refused_with_its_name() -> None:
    with pytest.raises(Rejected, match="'type=person,oops', 'oops' is no <option>=<value>") as refused:
        assert Upload("uploads/general/common/type=person,oops/a.jpg").options
    assert refused.value.code == "InvalidOption"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("uploads/general/refine-mask/a.jpg.mask.png", "uploads/general/refine-mask/a.jpg"),
        ("uploads/general/refine-mask/two\nlines.jpg.mask.png", "uploads/general/refine-mask/two\nlines.jpg"),
        ("uploads/general/refine-mask/a.jpg.sky.png", ""),
        ("uploads/general/refine-mask/a.jpg.mask", ""),
        ("uploads/general/refine-mask/mask.png", ""),
        ("uploads/general/refine-mask.mask.d/a", ""),
    ],
)
def test_a_second_picture_is_named_after_the_first(key: str, expected: str) -> None:
    assert Upload(key).picture == Upload(key).named_after == (Upload(expected) if expected else None)
    assert (Upload(key).kind is Kind.COMPANION) is bool(expected)


@pytest.mark.parametrize(
    ("folder", "beside", "suffix"),
    [
        ("uploads/general/refine-mask/", "a.jpg.mask.png", ".mask.png"),
        ("uploads/general/refine-mask/", "a.mask.jpg", ".mask.png"),
        ("uploads/general/refine-mask/", "a.jpg.mask.png.mask.png", ".mask.png"),
        ("uploads/picwish/watermark/", "a.jpg.rectangles.json", ".mask.png"),
    ],
)
def test_a_second_picture_of_a_second_picture_has_no_picture(folder: str, beside: str, suffix: str) -> None:
    key = folder + beside + suffix
    assert Upload(key).kind is Kind.COMPANION
    assert (Upload(key).named_after, Upload(key).picture) == (Upload(folder + beside), None)


@given(uploads, st.sampled_from(["general/refine-mask", "scenery/change-sky"]), st.sampled_from(["png", "JPG"]))
def test_a_companions_name_leads_back_to_its_picture(name: str, capability: str, extension: str) -> None:
    upload = Upload(f"uploads/{capability}/{name.removeprefix('uploads/')}")
    assume(upload.kind is Kind.PICTURE)
    (role,) = upload.roles
    own, of_folder = upload.companion_prefixes(role)
    assert (Upload(own + extension).picture, Upload(own + extension).role) == (upload, role)
    assert Upload(of_folder + extension).kind is Kind.FOLDER_COMPANION
    assert Upload(of_folder + extension).folder == upload.folder


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("uploads/general/refine-mask/_mask.png", True),
        ("uploads/general/refine-mask/_sky.png", False),
        ("uploads/general/refine-mask/a_mask.png", False),
        ("uploads/general/refine-mask/_mask", False),
        ("uploads/general/_mask.d/a", False),
    ],
)
def test_a_folders_second_picture_begins_with_an_underscore(key: str, expected: bool) -> None:
    assert (Upload(key).kind is Kind.FOLDER_COMPANION) is expected


def test_no_name_is_a_second_picture_where_none_is_needed() -> None:
    assert Upload("uploads/general/common/a.jpg.mask.png").kind is Kind.PICTURE
    assert Upload("uploads/general/common/_mask.png").kind is Kind.OTHER


@given(st.sampled_from([*STAGES]), moments, jobs)
@example("waiting", datetime(2026, 11, 21, tzinfo=timezone.utc), "uploads/-/-/a.jpg")
@example("waiting", datetime(2026, 11, 21, tzinfo=timezone.utc), "uploads/general/common/general/common/a.jpg")
@example("waiting", datetime(2026, 11, 21, tzinfo=timezone.utc), "uploads//a.jpg")
@example("waiting", datetime(2026, 11, 21, tzinfo=timezone.utc), "uploads///two\nlines.jpg")
def test_a_turn_leads_back_to_its_upload_and_lies_in_its_lane(stage: str, due: datetime, upload: str) -> None:
    entry = entry_of(stage, due, upload)
    assert QueueEntry.read(entry.key) == QueueEntry(entry.key, stage, due, Upload(upload))
    assert entry.key.startswith(f"queue/{stage}/{entry.capability or '-/-'}/")


@given(moments, moments, jobs, jobs)
def test_turns_of_a_lane_sort_by_their_moments(one: datetime, other: datetime, first: str, second: str) -> None:
    assume(one != other)
    assume(Upload(first).capability == Upload(second).capability)
    turns = [entry_of("waiting", due, upload).key.encode() for due, upload in ((one, first), (other, second))]
    assert (turns[0] < turns[1]) == (one < other)


@pytest.mark.parametrize("stage", [*STAGES])
@pytest.mark.parametrize("folders", ["", "general/", "general/common/", "-/-/", "/" * 900])
@pytest.mark.parametrize("letter", ["a", "红", "😀"])
def test_the_turn_of_the_longest_upload_fits_oss(stage: str, folders: str, letter: str) -> None:
    room = MAX_UPLOAD_BYTES - len(UPLOADS + folders)
    upload = UPLOADS + folders + letter * (room // len(letter.encode())) + "a" * (room % len(letter.encode()))
    assert len(upload.encode()) == MAX_UPLOAD_BYTES
    key = entry_of(stage, datetime(2026, 11, 21, tzinfo=timezone.utc), upload).key
    assert len(key.encode()) <= OSS_KEY_BYTES


@pytest.mark.parametrize(
    "name",
    [
        keys.OWNER,
        "queue/",
        "queue/waiting/general/common/20261121T080000.000000Z/",
        "queue/waiting/general/common/20261321T080000.000000Z/a.jpg",
        "queue/waiting/20261121T080000.000000Z/a.jpg",
        "jobs/waiting/general/common/20261121T080000.000000Z/a.jpg",
    ],
)
def test_a_name_that_is_no_turn_is_read_as_none(name: str) -> None:
    assert QueueEntry.read(name) is None
