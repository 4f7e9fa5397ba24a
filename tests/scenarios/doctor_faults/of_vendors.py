"""What can be wrong with the vendors: settings, addresses, and whether VIAPI is activated."""

from __future__ import annotations

from console.doctor import WELL
from tests.cloud.well import Well
from tests.scenarios.doctor_faults.fault import Fault, deny, nothing


def _misname_damo(well: Well) -> None:
    """Its certificate is for 127.0.0.1."""
    well.settings["DAMO_ENDPOINT"] = well.market.url.replace("127.0.0.1", "localhost")


FAULTS = (
    Fault(
        "SettingsWrong",
        nothing,
        "there is no capability goods/shoes",
        "配置项有误：PRICES: there is no capability goods/shoes",
        settings={"PRICES": "goods/shoes=1"},
    ),
    Fault(
        "VendorIncomplete", nothing, "`DAMO_ENDPOINT` is not", "未设置 `DAMO_ENDPOINT`", settings={"DAMO_ENDPOINT": ""}
    ),
    Fault(
        "VendorIncomplete",
        nothing,
        "`PICWISH_WATERMARK_ENDPOINT` is not",
        "未设置 `PICWISH_WATERMARK_ENDPOINT`",
        settings={"PICWISH_WATERMARK_ENDPOINT": ""},
        ends=WELL,
    ),
    Fault(
        "SettingMalformed",
        nothing,
        "`DAMO_APPCODE` cannot be right: it has a blank",
        "`DAMO_APPCODE` 的格式有误：含有空格",
        settings={"DAMO_APPCODE": "EXAMPLE 0123"},
    ),
    Fault(
        "SettingMalformed",
        nothing,
        "`DAMO_ENDPOINT` cannot be right: an address is https://<host>",
        "`DAMO_ENDPOINT` 的格式有误：地址应为 https://<主机名>",
        settings={"DAMO_ENDPOINT": "damo.example"},
    ),
    Fault(
        "VendorCertificate",
        _misname_damo,
        "the certificate of localhost is not to be trusted",
        "localhost 的证书不可信",
        ("EnvironmentDiffers",),
    ),
    Fault(
        "VendorUnreachable",
        lambda well: well.market.stop(),
        "127.0.0.1 was not reached from this machine",
        "本机无法连接 127.0.0.1",
        ("VendorUnreachable",) * 2,
        ends=WELL,
    ),
    Fault(
        "VendorUnencrypted",
        lambda well: well.settings.update(DAMO_ENDPOINT=well.market.url.replace("https:", "http:")),
        "`DAMO_ENDPOINT` is not encrypted",
        "`DAMO_ENDPOINT` 未加密",
        ("EnvironmentDiffers",),
    ),
    Fault(
        "NotActivated",
        lambda well: well.viapi.fault("code:InvalidApi.NotPurchase"),
        "VIAPI is not activated",
        "未开通 VIAPI",
    ),
    Fault("MayNotLook", deny("viapi-imageseg:*"), "`AliyunVIAPIFullAccess`", "缺少 `AliyunVIAPIFullAccess`", ends=WELL),
    Fault("NotReached", lambda well: well.viapi.stop(), "VIAPI was not reached", "无法连接 VIAPI"),
)
