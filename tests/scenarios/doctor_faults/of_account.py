"""What can be wrong with the account: the key, the services, the instances."""

from __future__ import annotations

from alibabacloud_fc20230330 import models

from console.checks.account import RESERVABLE, USUAL_INSTANCES
from console.doctor import NOTHING_LOOKED_AT, WELL
from console.settings import KEY
from tests.cloud.fc_others import add_function
from tests.cloud.well import Well
from tests.scenarios.doctor_faults.fault import Fault, deny, say
from tests.unit.console.function_faults import GOODS


def _as_root(well: Well) -> None:
    owner = well.accounts.owner
    key = (owner.access_key_id, owner.access_key_secret, "")
    well.settings.update(zip(KEY, key, strict=True))


def _reserve_elsewhere(well: Well) -> None:
    """As much as there is, once one of ours has given up what it had."""
    add_function(well.account.fc, "thumbnails")
    well.account.fc.delete_concurrency_config(GOODS)
    left = round(USUAL_INSTANCES * RESERVABLE) - 26
    body = models.PutConcurrencyInput(reserved_concurrency=left)
    well.account.fc.put_concurrency_config("thumbnails", models.PutConcurrencyConfigRequest(body=body))


FAULTS = (
    Fault("RootKey", _as_root, "the key of the account itself", "主账号", ends=WELL),
    Fault(
        "KeyRefused",
        say(ALIBABA_CLOUD_ACCESS_KEY_ID="LTAI-EXAMPLE-gone"),
        "STS refuses",
        "STS 拒绝",
        ends=NOTHING_LOOKED_AT,
    ),
    Fault(
        "ClockWrong",
        lambda well: setattr(well, "ahead", 1200.0),
        "more than 15 minutes",
        "超过 15 分钟",
        ends=NOTHING_LOOKED_AT,
    ),
    Fault(
        "NotReached", lambda well: well.openapi.stop(), "STS was not reached", "无法连接 STS", ends=NOTHING_LOOKED_AT
    ),
    Fault("NotActivated", lambda well: setattr(well.fc, "activated", False), "FC is not", "未开通 FC"),
    Fault("NotActivated", lambda well: setattr(well.sls, "status", "NotExist"), "SLS is not", "未开通 SLS"),
    Fault("PaymentOverdue", lambda well: setattr(well.sls, "status", "Closed"), "a bill is overdue", "欠费"),
    Fault(
        "InstancesShort",
        _reserve_elsewhere,
        "other functions reserve 64 instances",
        "其他函数已预留 64 个实例",
        ("ConcurrencyDiffers",),
    ),
    Fault("MayNotLook", deny("ram:GetRole"), "`ram:GetRole`", "缺少 `ram:GetRole`", ends=WELL),
    Fault("MayNotLook", deny("fc:ListTriggers"), "`fc:ListTriggers`", "缺少 `fc:ListTriggers`", ends=WELL),
)
