"""What the environment says, read and checked once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from shared.errors import Misconfigured


def _hosts(text: object) -> object:
    return [host.strip() for host in text.split(",") if host.strip()] if isinstance(text, str) else text


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
    """Calls a second that were bought, a capability."""
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
    daily_call_limit: int | None = Field(default=None, ge=0)
    """Calls of all vendors together, in a day of Shanghai; none: no limit."""
    fc_endpoint: str = ""
    """Where functions are invoked; the account's own in Shanghai unless set."""
    fc_service: str = ""
    """The service that the functions are in, for those of FC 2.0; functions of FC 3.0 are in none."""
    result_hosts: Annotated[frozenset[str], BeforeValidator(_hosts)] = frozenset()
    """Further hosts (`host` or `host:port`) that results may be fetched from."""
    alibaba_cloud_access_key_id: str = ""
    alibaba_cloud_access_key_secret: str = Field(default="", repr=False)
    alibaba_cloud_security_token: str = Field(default="", repr=False)


def read_settings(environment: Mapping[str, str], *, needs: tuple[str, ...] = ()) -> Settings:
    """Raises `Misconfigured` that names everything that is wrong or missing at once; `needs` are field names."""
    given = {name.lower(): value for name, value in environment.items() if value.strip()}
    faults = [f"{name.upper()} is not set" for name in needs if name not in given]
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        faults += [f"{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors()]
    if faults:
        raise Misconfigured("Settings", "; ".join(faults))
    return settings
