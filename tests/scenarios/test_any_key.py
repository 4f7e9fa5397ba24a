"""Any UTF-8 key of up to 980 bytes goes in and comes out, and its upload is found again from each result."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.cloud.oss import OssBucket
from shared.cloud.oss_clock import OssClock
from shared.cloud.ports import Credentials
from shared.jobs import keys
from shared.jobs.receipt import Receipt
from shared.jobs.upload import Kind, Upload
from shared.vendors.capabilities import LABELS
from tests.cloud import oss_world
from tests.cloud.oss_world import World
from tests.cloud.vendor_world import download
from tests.pictures import picture
from tests.unit.fakes import Shop
from tests.unit.viapi_line import LINK, ok

running, world = oss_world.running, oss_world.world

FOLDER = "uploads/goods/cloth/"
_NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)


def _is_picture(key: str) -> bool:
    """Neither passed over, nor refused for its name, which tests of their own are about."""
    suffix = Upload(key).suffix
    ambiguous = suffix.isdecimal() or suffix in LABELS
    return (
        Upload(key).kind is Kind.PICTURE
        and not ambiguous
        and "=" not in key
        and len(key.encode()) <= keys.MAX_UPLOAD_BYTES
    )


uploads = _NAMES.map(FOLDER.__add__).filter(_is_picture)


def upload_of(result: str) -> str:
    """What anyone can tell from a result's name alone: less what was stored, and the label it may have."""
    name = result.removeprefix(keys.CUTOUTS).rpartition(".")[0]
    head, _, label = name.rpartition(".")
    return keys.UPLOADS + (head if label.isdecimal() or label in LABELS else name)


@given(uploads)
@example(FOLDER + "鞋" * 320)
@example(FOLDER + "a\r\nb\t.jpg")
@example(FOLDER + "../../a b+c%2B%.png")
def test_a_photo_of_any_name_has_results_of_which_each_leads_back_to_it(upload: str) -> None:
    shop = Shop()
    shop.web.always = ok(Elements=[{"ImageURL": LINK, "ClassUrl": {"tops": LINK, "hat": LINK}}])
    shop.upload(upload, picture())
    receipt = shop.receipt(upload)
    assert receipt is not None
    assert (receipt.status, receipt.source, len(receipt.outputs)) == ("done", upload, 3)
    for output in receipt.outputs:
        assert output.key in shop.bucket.things
        assert len(output.key.encode()) <= 1023
        assert upload_of(output.key) == upload
    assert upload_of(Upload(upload).receipt_key) == upload
    assert Receipt.model_validate_json(receipt.model_dump_json()) == receipt


@given(_NAMES.map(FOLDER.__add__).filter(lambda key: _is_picture(key) and key.isprintable()))
@example(FOLDER + "红鞋 1+2%.jpg")
@example(FOLDER + "a/../b//c.jpg")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_key_reaches_oss_and_comes_back_and_a_link_to_it_leads_to_it(world: World, key: str) -> None:
    bucket = OssBucket(
        world.bucket,
        Credentials(**vars(world.accounts.owner)),
        endpoint=world.oss.url,
        public_endpoint=world.oss.url,
        region="cn-shanghai",
        clock=OssClock(),
    )
    body = key.encode()
    bucket.write(key, body)
    assert key in [entry.key for entry in bucket.list(FOLDER)]
    found = bucket.peek(key)
    assert found is not None
    assert found.head == body
    link = bucket.link(key, "", 60)
    assert link.isascii()
    assert download(link).content == body
    bucket.delete((key, f"{key}.other"))
    assert bucket.peek(key) is None
