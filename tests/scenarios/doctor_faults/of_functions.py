"""What can be wrong with the functions."""

from __future__ import annotations

from console.change import carry_out
from console.doctor import ERRORS, WELL
from console.functions import plan
from tests.cloud.well import Well
from tests.scenarios.doctor_faults.fault import Fault
from tests.unit.console.function_faults import FAULTS as PLANTS


def _undeploy(well: Well) -> None:
    carry_out(plan.removal(well.account), lambda said: None)


SAID = {
    "FunctionMissing": ("no function `oss-cutout-backfill`", "函数 `oss-cutout-backfill` 不存在"),
    "FunctionDiffers": ("`runtime`, `timeout` not as in s.yaml", "`runtime`、`timeout` 与 s.yaml 不一致"),
    "EnvironmentDiffers": ("the variables `LOG_LEVEL`, `VIAPI_QPS`", "环境变量 `LOG_LEVEL`、`VIAPI_QPS`"),
    "ReleaseDiffers": ("are of the release 0.0.9", "的版本是 0.0.9"),
    "ConcurrencyDiffers": ("reservedConcurrency is not as in", "reservedConcurrency 与"),
    "AsyncConfigDiffers": ("asyncInvokeConfig is not as in", "asyncInvokeConfig 与"),
    "TriggerMissing": ("has no trigger `wake`", "没有触发器 `wake`"),
    "TriggerElsewhere": ("is on `old-photos`", "位于 `old-photos`"),
    "TriggerDiffers": ("is not as in s.yaml: `events`", "与 s.yaml 不一致：`events`"),
    "TimerOff": ("timer `every-minute` of `oss-cutout-settle` is off", "`every-minute` 已停用"),
}


def _of_function(code: str) -> Fault:
    def plant(well: Well) -> None:
        well.oss.create_bucket("old-photos")
        PLANTS[code](well.account.fc)

    warns = code in ("FunctionDiffers", "ReleaseDiffers", "AsyncConfigDiffers")
    return Fault(code, plant, *SAID[code], ends=WELL if warns else ERRORS)


FAULTS = (
    Fault("NotDeployed", _undeploy, "nothing is deployed yet", "尚未部署"),
    *(_of_function(code) for code in PLANTS),
)
