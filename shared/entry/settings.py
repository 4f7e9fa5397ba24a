"""The settings, read from the environment and checked once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from shared.errors import Misconfigured, Rejected
from shared.messages import jobs as messages
from shared.messages.message import SEMICOLON, Text, shortened
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability
from shared.vendors.listing import LISTING, with_listing

_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,9})?", re.ASCII)


def _hosts(text: object) -> object:
    return [host.strip() for host in text.split(",") if host.strip()] if isinstance(text, str) else text


Numbers = tuple[tuple[str, float], ...]
"""By the names of capabilities; pairs, so that settings can be hashed."""


T = TypeVar("T")


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError("is not <group>/<capability>=<number>")
    return float(text)


def _quota(row: Capability, text: str) -> float:
    number = _number(text)
    if not number > 0:
        raise ValueError("must be more than 0")
    if number > row.max_qps:
        raise ValueError(f"is over {row.max_qps:g}: the vendor sells no more calls a second of it")
    return number


def _price(row: Capability, text: str) -> float:  # noqa: ARG001 - as its neighbours
    number = _number(text)
    if number < 0:
        raise ValueError("must be 0 or more")
    return number


def _presets(row: Capability, text: str) -> str:
    try:
        with_listing(row, {LISTING: text}, "")
    except Rejected as error:
        raise ValueError(f"cannot be: {error.message}") from None
    return text


def _by_capability(value: Callable[[Capability, str], T]) -> Callable[[object], object]:
    """Reads `<group>/<capability>=<value>,…`; raises `ValueError` that names all that is wrong in it. `value` reads a
    single one, and raises `ValueError` that says what is wrong with it."""

    def read(text: object) -> object:
        if not isinstance(text, str):
            return text
        found, faults = dict[str, T](), []
        for item in filter(None, (part.strip() for part in text.split(","))):
            name, _, said = (part.strip() for part in item.partition("="))
            row = CAPABILITIES.get(name)
            if row is None:
                faults.append(f"there is no capability {shortened(name)}")
            elif name in found:
                faults.append(f"{name} is named twice")
            else:
                try:
                    found[name] = value(row, said)
                except ValueError as fault:
                    faults.append(f"{shortened(item)} {fault}")
        if faults:
            raise ValueError("; ".join(faults))
        return tuple(found.items())

    return read


class Settings(BaseModel):
    """One field for each variable, in its upper-case name."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    oss_endpoint: str = "https://oss-cn-shanghai-internal.aliyuncs.com"
    """How the function reaches the bucket."""
    oss_public_endpoint: str = "https://oss-cn-shanghai.aliyuncs.com"
    """In links that vendors fetch."""
    oss_bucket: str = ""
    """The bucket; a function that an upload triggers takes it from the event."""
    jobs_bucket: str = ""
    """Where `jobs/` and `queue/` lie, when not in the bucket itself: needed when that one has versioning."""
    region: str = "cn-shanghai"
    viapi_endpoint: str = "https://imageseg.cn-shanghai.aliyuncs.com"
    viapi_qps: float = Field(default=2.0, gt=0)
    """Calls a second that were bought for each capability that `capability_qps` does not name."""
    picwish_cutout_endpoint: str = "https://picwish.market.alicloudapi.com"
    picwish_watermark_endpoint: str = ""
    """No default: the manual's own copy of it is cut off."""
    picwish_appcode: str = Field(default="", repr=False)
    picwish_qps: float = Field(default=2.0, gt=0)
    damo_endpoint: str = ""
    """No default: it is shown in the buyer's console."""
    damo_appcode: str = Field(default="", repr=False)
    damo_qps: float = Field(default=2.0, gt=0)
    damo_matting_path: str = "/api/v1/inst-mat/submit"
    """Where inst-mat takes work. The manual prints `…/query` for it, and `…/submit` for its sister bg-remove."""
    capability_qps: Annotated[Numbers, BeforeValidator(_by_capability(_quota))] = ()
    """Calls a second of single capabilities, over the vendor's number."""
    prices: Annotated[Numbers, BeforeValidator(_by_capability(_price))] = ()
    """Yuan a call of single capabilities costs this account."""
    listings: Annotated[tuple[tuple[str, str], ...], BeforeValidator(_by_capability(_presets))] = ()
    """Listing pictures that are made of the cutouts of single capabilities, unless an upload asks for others."""
    daily_call_limit: int | None = Field(default=None, ge=0)
    """Calls of all vendors together, in a day of Shanghai; none: no limit."""
    invoke_endpoint: str = ""
    """Where functions are invoked; the account's own in Shanghai unless set."""
    invoke_service: str = ""
    """The service that the functions are in, for those of FC 2.0; functions of FC 3.0 are in none."""
    result_hosts: Annotated[frozenset[str], BeforeValidator(_hosts)] = frozenset()
    """Further hosts (`host` or `host:port`) that results may be fetched from."""
    alibaba_cloud_access_key_id: str = ""
    alibaba_cloud_access_key_secret: str = Field(default="", repr=False)
    alibaba_cloud_security_token: str = Field(default="", repr=False)


def read_settings(environment: Mapping[str, str], *, needs: tuple[str, ...] = ()) -> Settings:
    """Raises `Misconfigured` that names everything that is wrong or missing at once; `needs` are field names."""
    given = {name.lower(): value for name, value in environment.items() if value.strip()}
    faults: list[Text] = [messages.NOT_SET(name=name.upper()) for name in needs if name not in given]
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        said = ((str(fault["loc"][0]).upper(), fault["msg"].removeprefix("Value error, ")) for fault in error.errors())
        faults += [f"{name}: {message}" for name, message in said]
    if faults:
        raise Misconfigured("Settings", messages.SETTINGS_FAULTS(faults=SEMICOLON.join(faults)))
    return settings
