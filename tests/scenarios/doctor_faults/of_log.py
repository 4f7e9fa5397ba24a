"""What can be wrong with the log, and with who is told of what is in it."""

from __future__ import annotations

from alibabacloud_sls20201230 import models

from console.doctor import WELL
from tests.cloud.accounts import Accounts
from tests.cloud.well import Well
from tests.scenarios.doctor_faults.fault import Fault, Plant

LOG, LOGSTORE = f"oss-cutout-{Accounts.uid}", "functions"


def _sls(method: str, *arguments: object) -> Plant:
    return lambda well: getattr(well.account.sls, method)(*arguments)


def _as_query(well: Well) -> None:
    _sls("delete_log_store", LOG, LOGSTORE)(well)
    cheap = models.CreateLogStoreRequest(logstore_name=LOGSTORE, ttl=30, shard_count=1, mode="query")
    _sls("create_log_store", LOG, cheap)(well)


def _thin_index(well: Well) -> None:
    index = well.account.sls.get_index(LOG, LOGSTORE).body.to_map()
    index["keys"].pop("requestId")
    _sls("update_index", LOG, LOGSTORE, models.UpdateIndexRequest(body=models.Index().from_map(index)))(well)


def _silence(well: Well) -> None:
    alert = well.account.sls.list_alerts(LOG, models.ListAlertsRequest()).body.results[0]
    _sls("delete_alert", LOG, alert.name)(well)


FAULTS = (
    Fault(
        "LogProjectMissing",
        _sls("delete_project", LOG, models.DeleteProjectRequest()),
        f"no log project `{LOG}`",
        f"`{LOG}` 不存在",
        ("AlarmsNotSet",),
    ),
    Fault(
        "LogProjectElsewhere",
        lambda well: well.sls.elsewhere(LOG, "cn-hangzhou"),
        "is in cn-hangzhou",
        "位于 cn-hangzhou",
        ("AlarmsNotSet",),
    ),
    Fault("LogstoreMissing", _sls("delete_log_store", LOG, LOGSTORE), "no logstore `functions`", "`functions` 不存在"),
    Fault("LogstoreWithoutSql", _as_query, "of the type Query", "类型为查询型", ("IndexMissing",), ends=WELL),
    Fault("IndexMissing", _sls("delete_index", LOG, LOGSTORE), "has no index", "没有索引", ends=WELL),
    Fault("IndexLacksField", _thin_index, "lacks `requestId`", "缺少 `requestId`", ends=WELL),
    Fault("AlarmsNotSet", _silence, "not set, or switched off: `", "未设置或已停用的告警：`", ends=WELL),
)
