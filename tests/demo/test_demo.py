"""The demo without its box: what it uploads, when it says that something has no result, and the page it leaves."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image

from shared.errors import Rejected
from shared.jobs import keys
from shared.jobs.job import Blocked, Job
from shared.jobs.listing import ListingPicture, listing, not_made
from shared.jobs.listing_order import order_for
from shared.jobs.output import Output
from shared.jobs.receipt import Receipt
from shared.jobs.upload import Upload
from shared.messages.message import Message
from shared.vendors.capabilities import CAPABILITIES
from tests.demo import folder, page
from tests.demo.__main__ import main
from tests.demo.journey import Shot, bring_home, receipts
from tests.demo.own import Found, in_folder
from tests.demo.photos import Photo, samples
from tests.demo.progress import Progress
from tests.demo.run import run
from tests.pictures import picture
from tests.unit.fakes import START

COMMON = "uploads/general/common/"


class Shelf:
    """A bucket in memory; `serve` says which objects appear when one is put."""

    def __init__(self, serve: Callable[[str], dict[str, bytes]] = lambda key: {}) -> None:
        self.things: dict[str, bytes] = {}
        self._serve = serve

    def put(self, key: str, content: bytes | Path) -> None:
        self.things[key] = content if isinstance(content, bytes) else content.read_bytes()
        self.things |= self._serve(key)

    def names(self, prefix: str) -> list[str]:
        return [key for key in self.things if key.startswith(prefix)]

    def read(self, key: str) -> bytes | None:
        return self.things.get(key)

    def save(self, key: str, path: Path) -> None:
        path.write_bytes(self.things[key])


def receipt(source: str, *labels: str, code: str = "", message: str = "", **facts: object) -> Receipt:
    row = CAPABILITIES[Upload(source).capability]
    return Receipt(
        source=source,
        etag="5D41402ABC4B2A76B9719D911017C592",
        status="rejected" if code else "done",
        capability=row.name,
        provider=row.provider,
        action=row.action,
        outputs=tuple(
            Output(key=Upload(source).output_key(label, "png"), label=label, content_type="image/png", bytes=9)
            for label in labels
        ),
        attempts=0 if code else 1,
        price_yuan=0.0 if code else row.price_yuan,
        code=code,
        message=message,
        uploaded_at=START,
        finished_at=START + timedelta(seconds=7),
    ).model_copy(update=facts)


def cutout(source: str) -> dict[str, bytes]:
    done = receipt(source, "")
    return {
        done.outputs[0].key: picture(64, 48, "PNG", mode="RGBA"),
        Upload(source).receipt_key: done.model_dump_json().encode(),
    }


def listed(source: str) -> dict[str, bytes]:
    """A cutout, and the listing pictures that its options ask for: one was made, and the other was not."""
    done = receipt(source, "", options={"listing": "original+jd-main"})
    order = order_for(done, "", START)
    assert order is not None
    made = ListingPicture(preset="original", key=Upload(source).listing_picture_key("original", "png"), scale=1.5)
    refused = not_made("jd-main", Rejected("NotPassed", "too small"))
    look = Message("cut off at the left", "左侧被裁切")
    document = listing(order, START, pictures=(made, refused), verdict="look", reasons=(look,))
    return {
        **cutout(source),
        Upload(source).receipt_key: done.model_dump_json().encode(),
        Upload(source).listing_key: document.model_dump_json().encode(),
        made.key: picture(96, 72, "PNG", mode="RGBA"),
    }


def refusal(source: str) -> dict[str, bytes]:
    refused = receipt(source, code="PictureTooSmall", message="it has 20 × 20 pixels")
    return {Upload(source).receipt_key: refused.model_dump_json().encode()}


class Page(HTMLParser):
    """What a browser would fetch for the page or offer to open, and what a reader would read."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.sides: list[tuple[str | None, str | None]] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.text += " " if tag in ("dt", "dd", "span") else ""  # what stands apart on the page
        given = dict(attrs)
        self.links += [link for name in ("href", "src") if (link := given.get(name)) and link != "data:,"]
        if tag == "img":
            self.sides.append((given["width"], given["height"]))

    def handle_data(self, data: str) -> None:
        self.text += data


def lay_out(path: Path, *shots: Shot, things: dict[str, bytes] | None = None, more: tuple[Photo, ...] = ()) -> Page:
    """The page of `shots` when `path` holds `things`; every photo that is bytes is there as well."""
    contents = {shot.photo.key: shot.photo.content for shot in shots} | {photo.key: photo.content for photo in more}
    for key, content in {**contents, **(things or {})}.items():
        if isinstance(content, bytes):
            (path / key).parent.mkdir(parents=True, exist_ok=True)
            (path / key).write_bytes(content)
    page.write(path, list(shots), Found([*(shot.photo for shot in shots), *more], []), seconds=12.3)
    return Page(path / "index.html")


def quiet(out: io.StringIO | None = None) -> Progress:
    return Progress(out or io.StringIO())


def folder_of(path: Path, *names: str, content: bytes = b"x") -> Path:
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def sent(found: Found) -> list[str]:
    return [photo.key for photo in found.photos]


def test_a_folders_pictures_are_uploaded_under_their_own_names_and_nothing_else(tmp_path: Path) -> None:
    folder_of(tmp_path, "红鞋 1+2%.jpg", "sub folder/A.HEIC", "raw.NEF", "broken.png", ".git/config.jpg")
    folder_of(tmp_path, "IMG_1", content=picture())
    folder_of(tmp_path, "Thumbs.db", "notes.txt", "desktop.ini", ".DS_Store", "sub folder/.x.jpg", "_draft.jpg")
    folder_of(tmp_path, "empty.jpg", content=b"")
    found = in_folder(tmp_path)
    names = ["IMG_1", "broken.png", "raw.NEF", "sub folder/A.HEIC", "红鞋 1+2%.jpg"]
    assert sent(found) == [COMMON + name for name in names]
    hidden = "its name begins with a dot or an underscore"
    assert dict(found.passed_over) == {
        "Thumbs.db": "it is no picture",
        "notes.txt": "it is no picture",
        "desktop.ini": "it is no picture",
        ".DS_Store": hidden,
        "sub folder/.x.jpg": hidden,
        "_draft.jpg": hidden,
        "empty.jpg": "it is empty",
    }


def test_a_folder_laid_out_as_capabilities_is_sent_there_options_and_second_pictures_too(tmp_path: Path) -> None:
    names = [
        "goods/commodity/return-form=whiteBK/a.jpg",
        "other/body/a.jpg",
        "picwish/watermark/_mask.png",
        "picwish/watermark/a.jpg",
        "picwish/watermark/a.jpg.rectangles.json",
        "portrait/a.jpg",
        "portrait/body/a.jpg",
    ]
    found = in_folder(folder_of(tmp_path, *names))
    strays = ("other/body/a.jpg", "portrait/a.jpg")
    assert sent(found) == [(COMMON if name in strays else keys.UPLOADS) + name for name in names]
    assert found.passed_over == []


def test_a_capability_that_is_named_gets_all_of_it(tmp_path: Path) -> None:
    names = ["a.jpg", "a.jpg.mask.png", "portrait/body/b.jpg", "return-form=mask/c.jpg"]
    found = in_folder(folder_of(tmp_path, *names), "general/refine-mask")
    assert sent(found) == [f"uploads/general/refine-mask/{name}" for name in names]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (["--capability", "goods/comodity"], "Did you mean goods/commodity? There are: portrait/body, "),
        (["--capability", "bodies"], "There is no capability bodies. There are: portrait/body, "),
        (["--capability", "goods/commodity"], "add PHOTOS=<a folder>"),
    ],
)
def test_a_capability_that_cannot_be_meant_is_named_with_those_there_are(
    asked: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(asked, demo=tmp_path / "demo") == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "why"), [("a" * 960 + ".jpg", "987 bytes"), ("bad\udcff.jpg", "UTF-8"), ("a" * 950 + ".jpg", "")]
)
def test_a_name_that_no_receipt_could_be_given_for_is_refused_before_the_upload(name: str, why: str) -> None:
    refused = Photo(COMMON + name, b"x").refusal
    assert why in refused
    assert bool(refused) == bool(why)


def test_the_samples_go_through_every_capability() -> None:
    without = set(CAPABILITIES) - {Upload(photo.key).capability for photo in samples()}
    assert not without, f"add a photo for {', '.join(sorted(without))} to tests/demo/photos.py"


def test_the_samples_masks_have_their_photos_size_and_come_before_and_after_them() -> None:
    sent = {photo.key: photo for photo in samples()}
    order = list(sent)
    masks = [photo for photo in sent.values() if photo.companion_of and ".mask." in photo.key]
    for mask in masks:
        sizes = {Image.open(io.BytesIO(_bytes(sent[key]))).size for key in (mask.key, mask.companion_of)}
        assert len(sizes) == 1
    assert {order.index(mask.key) < order.index(mask.companion_of) for mask in masks} == {False, True}


def _bytes(photo: Photo) -> bytes:
    assert isinstance(photo.content, bytes)
    return photo.content


def test_it_ends_with_0_when_every_photo_has_its_result(tmp_path: Path) -> None:
    photos = [Photo(COMMON + "红鞋 1+2%.jpg", picture()), Photo(COMMON + "b.jpg", picture())]
    assert run(Shelf(cutout), Found(photos, []), tmp_path, quiet()) == 0
    assert (tmp_path / COMMON / "红鞋 1+2%.jpg").is_file()
    assert (tmp_path / "cutouts/general/common/红鞋 1+2%.jpg.png").is_file()
    assert (tmp_path / "index.html").is_file()


def test_a_photo_that_was_rejected_has_its_answer_which_is_named_with_the_receipts_sentence(tmp_path: Path) -> None:
    out = io.StringIO()
    shelf = Shelf(lambda key: refusal(key) if "tiny" in key else cutout(key))
    photos = [Photo(COMMON + "a.jpg", picture()), Photo(COMMON + "tiny.jpg", picture(20, 20))]
    assert run(shelf, Found(photos, []), tmp_path, quiet(out)) == 0
    closing = out.getvalue().rpartition("1 of 2 photos have their cutouts, 1 rejected.")[2]
    assert f"Rejected: {COMMON}tiny.jpg: PictureTooSmall: it has 20 × 20 pixels" in closing
    assert "a.jpg" not in closing


def test_listing_pictures_are_shown_beside_the_cutout_with_what_is_said_of_them(tmp_path: Path) -> None:
    out = io.StringIO()
    assert run(Shelf(listed), Found([Photo(COMMON + "a.jpg", picture())], []), tmp_path, quiet(out)) == 0
    assert "1 of 1 have the listing pictures that they ask for." in out.getvalue()
    laid = Page(tmp_path / "index.html")
    assert ("96", "72") in laid.sides
    for fact in ("original · 96 × 72 RGBA PNG", "enlarged 1.5 ×", "jd-main · too small", "look; cut off at the left"):
        assert fact in " ".join(laid.text.split())


def test_it_ends_with_1_when_listing_pictures_never_come(tmp_path: Path) -> None:
    out = io.StringIO()
    shelf = Shelf(lambda key: {name: body for name, body in listed(key).items() if not name.startswith("listings/")})
    assert run(shelf, Found([Photo(COMMON + "a.jpg", picture())], []), tmp_path, quiet(out), patience=0.1) == 1
    assert "0 of 1 have the listing pictures" in out.getvalue()


def test_it_ends_with_1_and_says_what_the_job_waits_for_when_a_receipt_never_comes(tmp_path: Path) -> None:
    job = Job(
        id="1",
        source=COMMON + "a.jpg",
        uploaded_at=START,
        due=START,
        stage=Blocked(),
        code="InvalidApi.NotPurchase",
        message="open it in the console",
    )
    out = io.StringIO()
    shelf = Shelf(lambda key: {Upload(key).job_key: job.to_json()})
    assert run(shelf, Found([Photo(job.source, picture())], []), tmp_path, quiet(out), patience=0) == 1
    assert "its job is blocked: InvalidApi.NotPurchase, open it in the console" in out.getvalue()


def test_it_ends_with_1_when_a_photo_cannot_be_read(tmp_path: Path) -> None:
    out = io.StringIO()
    assert run(Shelf(cutout), Found([Photo(COMMON + "gone.jpg", tmp_path)], []), tmp_path, quiet(out)) == 1
    assert "could not be uploaded" in out.getvalue()


def test_second_pictures_are_uploaded_but_not_waited_for_and_what_is_passed_over_is_told(tmp_path: Path) -> None:
    refine = "uploads/general/refine-mask/a.jpg"
    names = (refine, f"{refine}.mask.png", "uploads/general/refine-mask/_mask.png")
    over = [(f"{number}.txt", "it is no picture") for number in range(12)]
    shelf, out = Shelf(lambda key: cutout(key) if key == refine else {}), io.StringIO()
    found = Found([Photo(name, picture()) for name in names], over)
    assert run(shelf, found, tmp_path, quiet(out), patience=0.1) == 0
    assert {*names} <= set(shelf.things)
    assert "Passed over: 0.txt: it is no picture\n" in out.getvalue()
    assert "Passed over: 2 more" in out.getvalue()
    assert "11.txt: it is no picture" in Page(tmp_path / "index.html").text


def test_a_photo_that_failed_ends_it_with_1(tmp_path: Path) -> None:
    failed = receipt(COMMON + "a.jpg", code="VendorFailed", message="five calls came to nothing", status="failed")
    shelf = Shelf(lambda key: {Upload(key).receipt_key: failed.model_dump_json().encode()})
    out = io.StringIO()
    assert run(shelf, Found([Photo(COMMON + "a.jpg", picture())], []), tmp_path, quiet(out)) == 1
    assert f"Failed: {COMMON}a.jpg: VendorFailed" in out.getvalue()


def test_every_line_says_how_many_have_come_and_how_long_the_others_take(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("tests.demo.progress.time.monotonic", lambda: now[0])
    out = io.StringIO()
    progress = Progress(out)
    progress.expect(20)
    for _ in range(5):
        now[0] += 2
        progress.shot(Shot(Photo(COMMON + "a.jpg", b"x"), receipt(COMMON + "a.jpg", "")))
    assert out.getvalue().endswith("(1 picture)  5 of 20, 30 s to go\n")
    assert "1 of 20\n" in out.getvalue()


def test_receipts_are_told_as_they_come_and_no_longer_waited_for_when_patience_is_over() -> None:
    shelf = Shelf()
    shelf.things |= cutout(COMMON + "a.jpg")
    left: list[int] = []
    arriving = receipts(shelf, [COMMON + "a.jpg", COMMON + "b.jpg"], patience=0.1, waiting=left.append)
    assert [each.source for each in arriving] == [COMMON + "a.jpg"]
    assert set(left) == {1}


def test_a_result_whose_name_this_file_system_cannot_hold_is_no_result(tmp_path: Path) -> None:
    source = COMMON + "x" * 252
    shelf = Shelf()
    shelf.things |= cutout(source)
    [shot] = bring_home(shelf, tmp_path, [Shot(Photo(source, b"x"), receipt(source, ""))])
    assert not shot.served
    assert "could not be saved here" in shot.trouble


def test_nothing_to_begin_with_ends_with_2_and_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / ".hidden.jpg").write_bytes(b"x")
    (tmp_path / "bare" / "_note.jpg").write_bytes(b"x")
    (tmp_path / "demo" / "uploads").mkdir(parents=True)
    advice = {"gone": "PHOTOS=", "bare": "put some there", "demo/uploads": "copy the photos elsewhere"}
    for name, sentence in advice.items():
        assert main([str(tmp_path / name)], demo=tmp_path / "demo") == 2
        assert sentence in capsys.readouterr().err


def test_a_folder_that_no_demo_has_made_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("ten years")
    assert main([], demo=tmp_path) == 2
    assert "no demo has made" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").read_text() == "ten years"


def test_a_link_in_the_place_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder.empty(tmp_path / "elsewhere")
    (tmp_path / "demo").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(folder.NotOurs):
        folder.empty(tmp_path / "demo")


def test_the_folder_of_an_earlier_demo_is_emptied_even_an_interrupted_one(tmp_path: Path) -> None:
    folder.empty(tmp_path / "demo")
    (tmp_path / "demo" / "uploads").mkdir()
    (tmp_path / "demo" / "uploads" / "old.jpg").write_bytes(b"x")
    (tmp_path / "kept.jpg").write_bytes(b"x")
    (tmp_path / "demo" / "link").symlink_to(tmp_path)
    folder.empty(tmp_path / "demo")
    assert not (tmp_path / "demo" / "uploads").exists()
    assert not (tmp_path / "demo" / "link").is_symlink()
    assert (tmp_path / "kept.jpg").is_file()
    folder.empty(tmp_path / "demo")


def test_every_link_of_the_page_leads_to_a_file_beside_it_whatever_the_names(tmp_path: Path) -> None:
    shelf = Shelf(cutout)
    names = ["红鞋 1+2%.jpg", "a#b?c&d.jpg", "100%25.jpg", "x:y\\z 'q'.jpg", "return-form=mask/k.jpg"]
    assert run(shelf, Found([Photo(COMMON + name, picture()) for name in names], []), tmp_path, quiet()) == 0
    links = Page(tmp_path / "index.html").links
    files = [link for link in links if not link.startswith("#")]
    assert len({*files}) == 3 * len(names)  # photo, result, receipt
    for link in files:
        assert link.startswith(("uploads/", "cutouts/"))
        assert not set(link) & set(" ?#:'\\")
        assert (tmp_path / unquote(link)).is_file()


def test_names_and_messages_are_text_on_the_page_and_never_markup(tmp_path: Path) -> None:
    key = COMMON + "<script>alert(1)<b>.jpg"
    refused = receipt(key, code="Odd", message='<img src=x onerror="alert(2)">', options={"return-form": "<i>mask"})
    laid = lay_out(tmp_path, Shot(Photo(key, picture()), refused))
    assert not laid.tags & {"script", "b", "i"}
    assert all(link.startswith(("uploads/", "cutouts/", "#")) for link in laid.links)
    for text in ("<script>alert(1)<b>.jpg", 'Odd: <img src=x onerror="alert(2)">', "<i>mask"):
        assert text in laid.text


def test_the_page_says_what_the_receipt_says(tmp_path: Path) -> None:
    key = "uploads/general/hd-common/a.jpg"
    shown = receipt(key, "", options={"bg": "red"}, reshaped="image/auto-orient,1/format,jpg", attempts=3)
    laid = lay_out(tmp_path, Shot(Photo(key, picture(), credit="By somebody; CC0."), shown))
    words = " ".join(laid.text.split())
    for fact in (
        "general/hd-common/a.jpg done",
        "general/hd-common 通用高清分割 → SegmentHDCommonImage",
        "options bg = red",
        "reshaped by OSS image/auto-orient,1/format,jpg",
        "calls 3",
        "list price ¥0.007",
        "upload to receipt 7 s",
        "By somebody; CC0.",
        "A stand-in drew these cutouts, not Alibaba, PicWish or DAMO.",
        "photos with a result 1 of 1",
    ):
        assert fact in words
    assert "No result" not in words


def test_several_pictures_and_the_mask_are_all_shown(tmp_path: Path) -> None:
    vehicle, refine = "uploads/general/vehicle/a.jpg", "uploads/general/refine-mask/a.jpg"
    shots = [
        Shot(Photo(vehicle, picture()), receipt(vehicle, "0", "1")),
        Shot(Photo(refine, picture()), receipt(refine, "")),
    ]
    results = [output.key for shot in shots if shot.receipt for output in shot.receipt.outputs]
    mask = Photo(f"{refine}.mask.png", picture(64, 48, "PNG"))
    laid = lay_out(tmp_path, *shots, things={key: picture(64, 48, "PNG") for key in results}, more=(mask,))
    assert {vehicle, refine, mask.key, *results} <= set(laid.links)
    assert len(laid.sides) == 6
    assert "result 0 · 64 × 48" in laid.text
    assert "mask · 64 × 48" in laid.text


def test_a_failure_stands_at_the_top_and_leads_to_its_photo(tmp_path: Path) -> None:
    good, bad, lost = (COMMON + name for name in ("good.jpg", "bad.jpg", "lost.jpg"))
    laid = lay_out(
        tmp_path,
        Shot(Photo(good, picture()), receipt(good, "")),
        Shot(Photo(bad, b"no picture"), receipt(bad, code="NotAnImage", message="whatever its name")),
        Shot(Photo(lost, picture()), trouble="There is neither a receipt nor a job."),
    )
    top = " ".join(laid.text.partition("A stand-in")[0].split())
    assert "2 without a result" in top
    assert "general/common/bad.jpg: NotAnImage: whatever its name" in top
    assert "general/common/lost.jpg: There is neither a receipt nor a job." in top
    assert "good.jpg" not in top
    html = (tmp_path / "index.html").read_text("utf-8")
    assert [link for link in laid.links if link.startswith("#")] == ["#photo-2", "#photo-3"]
    assert html.count('class="bad"') == 2
    assert '<article id="photo-2" class="bad">' in html


def test_a_photo_that_exif_turns_is_laid_out_as_browsers_show_it(tmp_path: Path) -> None:
    key = COMMON + "turned.jpg"
    laid = lay_out(tmp_path, Shot(Photo(key, picture(640, 480, orientation=6)), receipt(key)))
    assert laid.sides == [("480", "640")]


def test_a_file_no_browser_can_show_is_a_link_and_not_a_broken_picture(tmp_path: Path) -> None:
    text, tiff = COMMON + "text.jpg", COMMON + "scan.tif"
    laid = lay_out(
        tmp_path,
        Shot(Photo(text, b"I am no picture"), receipt(text, code="NotAnImage", message="…")),
        Shot(Photo(tiff, picture(64, 48, "TIFF")), receipt(tiff)),
    )
    assert laid.sides == []
    assert {text, tiff} <= set(laid.links)
    assert "15 bytes, no picture" in laid.text
    assert "64 × 48 RGB TIFF" in laid.text


def test_the_counter_lives_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe, terminal = io.StringIO(), io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    for out in (pipe, terminal):
        progress = Progress(out)
        progress.counter("1 of 2 receipts")
        progress.line("A line")
    assert pipe.getvalue() == "A line\n"
    assert "1 of 2 receipts" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[KA line\n")


def test_a_name_that_is_no_text_is_told_apart_and_does_not_break_the_page(tmp_path: Path) -> None:
    photo = Photo(COMMON + "bad\udcff.jpg", b"x")
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", errors="backslashreplace")
    assert run(Shelf(), Found([photo], []), tmp_path, Progress(out)) == 1
    assert "bad\\udcff.jpg" in (tmp_path / "index.html").read_text("utf-8")
