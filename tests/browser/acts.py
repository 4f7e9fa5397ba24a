"""What the tests do on the desk's page, and put into the bucket beforehand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from shared.jobs.receipt import Receipt
from shared.jobs.upload import Upload
from tests.scenarios.shop import Shop, photo

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

COMMON = "uploads/general/common/"


def drop(page: Page, *files: tuple[str, bytes]) -> None:
    """As somebody drops files from a folder of this machine."""
    transfer = page.evaluate_handle(
        """files => {
            const all = new DataTransfer();
            for (const [name, bytes] of files) all.items.add(new File([new Uint8Array(bytes)], name));
            return all;
        }""",
        [[name, [*body]] for name, body in files],
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": transfer})


def card(page: Page, name: str) -> Locator:
    return page.locator(".card", has=page.get_by_text(name, exact=True))


def stage(page: Page, name: str, stage: str) -> None:
    card(page, name).locator(f".stage.{stage}").wait_for(timeout=120_000)


def has_focus(what: Locator) -> None:
    what.and_(what.page.locator(":focus")).wait_for()


def served(shop: Shop, name: str, body: bytes = b"") -> str:
    """Its key, once its receipt is there."""
    key = shop.upload(f"{COMMON}{name}", body or photo())
    shop.wait(key)
    return key


def forged(shop: Shop, names: Iterable[str], body: bytes = b"", **facts: Any) -> None:
    """Photos, each of which looks as if it had been served: its cutout has the same bytes, its receipt these facts."""
    told = Receipt.model_validate_json(shop.raw.get_object(Upload(served(shop, "model.jpg")).receipt_key).read())
    for name in names:
        upload = Upload(f"{COMMON}{name}")
        output = told.outputs[0].model_copy(update={"key": upload.output_key("", "png")})
        receipt = told.model_copy(update={"source": upload.key, "outputs": (output,), **facts})
        with shop.unheard():
            shop.upload(upload.key, body or photo())
        shop.upload(output.key, body or photo())
        shop.upload(upload.receipt_key, receipt.model_dump_json().encode())
