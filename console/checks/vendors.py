"""Are the vendors of the market set up: their AppCodes and addresses, and the other settings that functions read.

Nothing is bought, and no AppCode is sent: an address gets a TLS handshake, and no request.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import urlsplit

from console.account import Account
from console.finding import IDENTITY, Check, Fact, Finding
from shared.cloud import tls
from shared.cloud.ports import Credentials
from shared.entry.settings import Settings, read_settings
from shared.entry.wiring import providers
from shared.errors import Misconfigured
from shared.messages.message import COMMA, Message, Sentence
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability

_SECONDS = 5.0
"""That an address has to be reached."""
_NOBODY = Credentials("", "")
_APPCODE = re.compile(r"[!#-&(-~]+")
"""What may stand in a header, without quotation marks. No document says more of AppCodes."""
_MARKET = "https://market.console.aliyun.com"


def read(account: Account) -> Settings:
    """The functions' settings, as they would be deployed. Raises `Misconfigured`."""
    return read_settings({**account.environment, **account.settings.given})


def _settings(account: Account) -> Iterator[Finding]:
    try:
        read(account)
    except Misconfigured as error:
        yield Finding(
            "SettingsWrong",
            "error",
            error.text,
            Message(
                "the functions end at their cold start, and no photo is served", "函数在冷启动时退出，照片不会被处理"
            ),
            Message("correct it in `oss-cutout.env`, and deploy again", "修改 `oss-cutout.env` 后重新部署"),
        )


def _needs() -> dict[str, dict[str, tuple[Capability, ...]]]:
    """By vendor, the settings that it has no use without, each with the capabilities that need it."""
    found = dict[str, dict[str, tuple[Capability, ...]]]()
    nothing_set = providers(Settings(), _NOBODY)
    for row in CAPABILITIES.values():
        for name in nothing_set[row.provider].missing(row):
            of_vendor = found.setdefault(row.provider, {})
            of_vendor[name] = (*of_vendor.get(name, ()), row)
    return found


def _value(settings: Settings, name: str) -> str:
    return str(getattr(settings, name.lower()))


def _vendors(account: Account) -> Iterator[Finding | Fact]:
    settings = read(account)
    for vendor, needs in _needs().items():
        lacking = [name for name in needs if not _value(settings, name)]
        if len(lacking) == len(needs):
            what = Sentence("{vendor} is not set up: its uploads wait", "未配置 {vendor}：相应的上传会一直等待")
            yield Fact("VendorNotSetUp", what(vendor=vendor))
        elif lacking:
            yield _incomplete(needs, lacking)
        else:
            yield Fact("VendorSetUp", Sentence("{vendor} is set up", "已配置 {vendor}")(vendor=vendor))
        yield from _malformed(settings, needs)


def _incomplete(needs: Mapping[str, tuple[Capability, ...]], lacking: list[str]) -> Finding:
    what = Sentence("{given} is set, and {lacking} is not", "已设置 {given}，但未设置 {lacking}")
    leads_to = Sentence("uploads of {waiting} wait", "{waiting} 的上传会一直等待")
    mend = Sentence(
        "set it in `oss-cutout.env`, as the market's console shows it (已购买的服务): {page}",
        "按云市场控制台（已购买的服务）显示的内容，在 `oss-cutout.env` 中设置：{page}",
    )
    waiting = dict.fromkeys(row.name for name in lacking for row in needs[name])
    served = {row.name for rows in needs.values() for row in rows} - {*waiting}
    given = [name for name in needs if name not in lacking]
    return Finding(
        "VendorIncomplete",
        "warning" if served else "error",  # one of PicWish's two can be bought without the other
        what(given=_named(given), lacking=_named(lacking)),
        leads_to(waiting=_named(waiting)),
        mend(page=_MARKET),
    )


def _named(names: Collection[str]) -> Message:
    return COMMA.join(f"`{name}`" for name in names)


def _malformed(settings: Settings, needs: Mapping[str, tuple[Capability, ...]]) -> Iterator[Finding]:
    for name, rows in needs.items():
        value = _value(settings, name)
        why = _why_no_appcode(value) if name.endswith("_APPCODE") else _why_no_address(value, rows)
        if value and why:
            yield Finding(
                "SettingMalformed",
                "error",
                Sentence("{name} cannot be right: {why}", "{name} 的格式有误：{why}")(name=f"`{name}`", why=why),
                Message(
                    "every call of the vendor fails, and its uploads wait", "对该服务商的调用都会失败，上传会一直等待"
                ),
                Sentence("copy it again from the market's console: {page}", "从云市场控制台重新复制：{page}")(
                    page=_MARKET
                ),
            )


def _why_no_appcode(value: str) -> Message | None:
    if value.upper().startswith("APPCODE"):
        return Message("the word APPCODE does not belong to it", "不应包含 APPCODE 字样")
    if not value.isascii():
        return Message("it has characters that are not ASCII, such as full-width ones", "含有全角等非 ASCII 字符")
    return None if _APPCODE.fullmatch(value) else Message("it has a blank or a quotation mark in it", "含有空格或引号")


def _why_no_address(value: str, rows: tuple[Capability, ...]) -> Message | None:
    try:
        parts = urlsplit(value)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or not value.isascii() or re.search(r"[\s\"']", value):
        return Message("an address is https://<host>", "地址应为 https://<主机名>")
    if any(row.action.strip("/") in parts.path for row in rows):
        return Message(
            "it ends with the path of an API, which the functions add", "末尾带有 API 的路径，该路径由函数自行添加"
        )
    return None


def _addresses(account: Account) -> Iterator[Finding]:
    """Those of the vendors that are set up, at least in part."""
    settings = read(account)
    for vendor, needs in _needs().items():
        if not all(_value(settings, name) for name in needs if name.endswith("_APPCODE")):
            continue
        for field in Settings.model_fields:
            if field.startswith(f"{vendor}_") and field.endswith("_endpoint"):
                value = _value(settings, field)
                if value and not _why_no_address(value, ()):
                    yield from _reached(field.upper(), value)


def _reached(name: str, address: str) -> Iterator[Finding]:
    parts = urlsplit(address)
    host, is_secure = parts.hostname or "", parts.scheme == "https"
    mend = Sentence(
        "compare `{name}` with the address that the market's console shows: {page}",
        "将 `{name}` 与云市场控制台显示的地址核对：{page}",
    )(name=name, page=_MARKET)
    wait = Message("its uploads wait, and nothing is sent", "相应的上传会一直等待，不会发送任何数据")
    try:
        with socket.create_connection((host, parts.port or (443 if is_secure else 80)), _SECONDS) as connection:
            if is_secure:
                tls.trusted().wrap_socket(connection, server_hostname=host).close()
    except ssl.SSLError as error:
        what = Sentence("the certificate of {host} is not to be trusted: {error}", "{host} 的证书不可信：{error}")
        said = getattr(error, "verify_message", "") or error.reason or type(error).__name__
        yield Finding("VendorCertificate", "error", what(host=host, error=said), wait, mend)
    except (OSError, UnicodeError) as error:
        what = Sentence("{host} was not reached from this machine: {error}", "本机无法连接 {host}：{error}")
        said = error.strerror if isinstance(error, OSError) else ""
        yield Finding("VendorUnreachable", "warning", what(host=host, error=said or type(error).__name__), wait, mend)
    else:
        if not is_secure:
            what = Sentence("`{name}` is not encrypted", "`{name}` 未加密")
            leads_to = Message("whoever listens on the way reads the AppCode", "AppCode 可能在传输途中被窃听")
            yield Finding("VendorUnencrypted", "warning", what(name=name), leads_to, mend)


_SAYS_SETTINGS = Message("the settings of the functions", "函数的配置项")
_SAYS_VENDORS = Message("which vendors of the market are set up", "已配置的云市场服务商")
_SAYS_ADDRESSES = Message("the vendors' addresses and certificates", "服务商的地址和证书")

CHECKS = (
    Check("settings", _SAYS_SETTINGS, _settings),
    Check("vendors", _SAYS_VENDORS, _vendors, needs=(IDENTITY, "settings")),
    Check("addresses", _SAYS_ADDRESSES, _addresses, needs=(IDENTITY, "settings")),
)
