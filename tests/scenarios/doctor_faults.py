"""What can be wrong with an account, a row a fault: the code of what the doctor is to find, how the fault is planted, and
what is to be said of it in both languages."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from alibabacloud_fc20230330 import models as fc
from alibabacloud_sls20201230 import models as sls
from oss2.models import (
    BucketLifecycle,
    BucketVersioningConfig,
    LifecycleExpiration,
    LifecycleRule,
    ServerSideEncryptionRule,
)

from console.change import carry_out
from console.checks.account import RESERVABLE, USUAL_INSTANCES
from console.doctor import ERRORS, NOTHING_LOOKED_AT, WELL
from console.functions import plan as functions
from console.roles.ram import call
from console.roles.rights import PREFIX, TRIGGER_ROLE
from tests.cloud.accounts import Accounts
from tests.cloud.well import BUCKET, Well
from tests.unit.console.function_faults import FAULTS as OF_FUNCTIONS

Plant = Callable[[Well], object]
GOODS = f"{PREFIX}goods"
PUT = "oss:ObjectCreated:PutObject"
LOG, LOGSTORE = "oss-cutout", "functions"
THEIRS = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["mns.aliyuncs.com"]}}


@dataclass(frozen=True)
class Fault:
    """`code` is that of the finding which says `en` and `zh`; `also`, those of other findings that come with it."""

    code: str
    plant: Plant
    en: str
    zh: str
    also: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    """With which everything is deployed."""
    ends: int = ERRORS
    """The exit code."""

    @property
    def id(self) -> str:
        return f"{self.code}: {self.en}"


def _nothing(well: Well) -> None:
    """The settings are the fault."""


def _say(**settings: str) -> Plant:
    """The settings say something else than what was deployed."""
    return lambda well: well.settings.update(settings)


def _deny(action: str) -> Plant:
    return lambda well: well.deny(action)


# ---------------------------------------------------------------- the account


def _as_root(well: Well) -> None:
    owner = well.accounts.owner
    key = (owner.access_key_id, owner.access_key_secret, "")
    names = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN")
    well.settings.update(zip(names, key, strict=True))


def _reserve_elsewhere(well: Well) -> None:
    """As much as there is, once one of ours has given up what it had."""
    _function(well, "thumbnails")
    well.account.fc.delete_concurrency_config(GOODS)
    left = round(USUAL_INSTANCES * RESERVABLE) - 22
    body = fc.PutConcurrencyInput(reserved_concurrency=left)
    well.account.fc.put_concurrency_config("thumbnails", fc.PutConcurrencyConfigRequest(body=body))


def _function(well: Well, name: str) -> None:
    """Somebody else's."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): pass")
    body = {
        "functionName": name,
        "runtime": "python3.10",
        "handler": "index.handler",
        "code": {"zipFile": base64.b64encode(code.getvalue()).decode()},
    }
    well.account.fc.create_function(fc.CreateFunctionRequest(body=fc.CreateFunctionInput().from_map(body)))


ACCOUNT = (
    Fault("RootKey", _as_root, "the key of the account itself", "主账号", ends=WELL),
    Fault("KeyRefused", _say(ALIBABA_CLOUD_ACCESS_KEY_ID="LTAI-EXAMPLE-gone"), "STS refuses", "STS 拒绝", ends=NOTHING_LOOKED_AT),
    Fault("ClockWrong", lambda well: setattr(well, "ahead", 1200.0), "more than 15 minutes", "超过 15 分钟", ends=NOTHING_LOOKED_AT),
    Fault("NotReached", lambda well: well.openapi.stop(), "STS was not reached", "无法连接 STS", ends=NOTHING_LOOKED_AT),
    Fault("NotActivated", lambda well: setattr(well.fc, "activated", False), "FC is not", "未开通 FC"),
    Fault("NotActivated", lambda well: setattr(well.sls, "status", "NotExist"), "SLS is not", "未开通 SLS"),
    Fault("PaymentOverdue", lambda well: setattr(well.sls, "status", "Closed"), "a bill is overdue", "欠费"),
    Fault(
        "InstancesShort",
        _reserve_elsewhere,
        "other functions reserve 68 instances",
        "其他函数已预留 68 个实例",
        ("ConcurrencyDiffers",),
    ),
    Fault("MayNotLook", _deny("ram:GetRole"), "`ram:GetRole`", "缺少 `ram:GetRole`", ends=WELL),
    Fault("MayNotLook", _deny("fc:ListTriggers"), "`fc:ListTriggers`", "缺少 `fc:ListTriggers`", ends=WELL),
)


# ---------------------------------------------------------------- the vendors


def _misname_damo(well: Well) -> None:
    """Its certificate is for 127.0.0.1."""
    well.settings["DAMO_ENDPOINT"] = well.market.url.replace("127.0.0.1", "localhost")


VENDORS = (
    Fault(
        "SettingsWrong",
        _nothing,
        "there is no capability goods/shoes",
        "配置项有误：PRICES: there is no capability goods/shoes",
        settings={"PRICES": "goods/shoes=1"},
    ),
    Fault("VendorIncomplete", _nothing, "`DAMO_ENDPOINT` is not", "未设置 `DAMO_ENDPOINT`", settings={"DAMO_ENDPOINT": ""}),
    Fault(
        "VendorIncomplete",
        _nothing,
        "`PICWISH_WATERMARK_ENDPOINT` is not",
        "未设置 `PICWISH_WATERMARK_ENDPOINT`",
        settings={"PICWISH_WATERMARK_ENDPOINT": ""},
        ends=WELL,
    ),
    Fault(
        "SettingMalformed",
        _nothing,
        "`DAMO_APPCODE` cannot be right: it has a blank",
        "`DAMO_APPCODE` 的格式有误：含有空格",
        settings={"DAMO_APPCODE": "EXAMPLE 0123"},
    ),
    Fault(
        "SettingMalformed",
        _nothing,
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
    Fault("MayNotLook", _deny("viapi-imageseg:*"), "`AliyunVIAPIFullAccess`", "缺少 `AliyunVIAPIFullAccess`", ends=WELL),
    Fault("NotReached", lambda well: well.viapi.stop(), "VIAPI was not reached", "无法连接 VIAPI"),
)


# ---------------------------------------------------------------- the bucket


def _elsewhere(well: Well) -> None:
    well.bucket.delete_bucket()
    well.oss.create_bucket(BUCKET, region="cn-beijing")


def _expire_cutouts(well: Well) -> None:
    theirs = LifecycleRule("tidy", "cutouts/", expiration=LifecycleExpiration(days=30))
    well.bucket.put_bucket_lifecycle(BucketLifecycle([*well.bucket.get_bucket_lifecycle().rules, theirs]))


def _wait(well: Well) -> None:
    moment = datetime.now(timezone.utc) - timedelta(hours=3)
    well.bucket.put_object(f"queue/waiting/goods/commodity/{moment:%Y%m%dT%H%M%S.%fZ}/a.jpg", b"")


def _trigger(well: Well, function: str, prefix: str) -> None:
    """Of somebody else's function, for uploads."""
    config = {"events": [PUT], "filter": {"key": {"prefix": prefix, "suffix": ""}}}
    body = fc.CreateTriggerInput(
        trigger_name="theirs",
        trigger_type="oss",
        source_arn=f"acs:oss:cn-shanghai:{Accounts.uid}:{BUCKET}",
        invocation_role=f"acs:ram::{Accounts.uid}:role/{TRIGGER_ROLE}",
        trigger_config=json.dumps(config),
    )
    _function(well, function)
    well.account.fc.create_trigger(function, fc.CreateTriggerRequest(body=body))


def _overlap(well: Well) -> None:
    well.account.fc.delete_trigger(GOODS, "uploads")
    _trigger(well, "thumbnails", "uploads/goods/red/")


def _fill(well: Well) -> None:
    """The places of the triggers, once one of ours is gone."""
    well.account.fc.delete_trigger(GOODS, "uploads")
    for number in range(4):
        _trigger(well, f"theirs-{number}", f"other/{number}/")


def _encrypt(well: Well) -> None:
    well.bucket.put_bucket_encryption(ServerSideEncryptionRule("KMS", "key-1"))


BUCKETS = (
    Fault("BucketNotNamed", _say(OSS_BUCKET=""), "OSS_BUCKET is not set", "未设置 OSS_BUCKET"),
    Fault("BucketMissing", lambda well: well.bucket.delete_bucket(), f"no bucket {BUCKET}", f"{BUCKET} 不存在"),
    Fault("BucketElsewhere", _elsewhere, "lies in cn-beijing", "位于 cn-beijing"),
    Fault("BucketForeign", _deny("oss:GetBucketInfo"), "is another account's", "属于其他账号"),
    Fault(
        "BucketVersioned",
        lambda well: well.bucket.put_bucket_versioning(BucketVersioningConfig("Enabled")),
        "its versioning is Enabled",
        "版本控制状态为 Enabled",
        ("OverwriteNotRefused",),
    ),
    Fault(
        "OverwriteNotRefused",
        lambda well: well.bucket.put_bucket_versioning(BucketVersioningConfig("Suspended")),
        "OSS has overwritten an object",
        "文件被覆盖",
        ("BucketVersioned",),
    ),
    Fault(
        "NotExpired",
        lambda well: well.bucket.delete_bucket_lifecycle(),
        "deletes work/ after 24 hours",
        "24 小时后删除 work/",
        ("NotExpired",),
        ends=WELL,
    ),
    Fault("DeletedByRule", _expire_cutouts, "rule tidy of the bucket", "生命周期规则 tidy"),
    Fault(
        "PublicAccessBlocked",
        lambda well: well.bucket.put_bucket_public_access_block(True),
        f"on for the bucket {BUCKET}",
        f"{BUCKET} 开启了阻止公共访问",
    ),
    Fault(
        "PublicAccessBlockedForAll",
        lambda well: well.account.buckets.put_public_access_block(True),
        "on for all buckets of the account",
        "账号下的所有 Bucket开启了阻止公共访问",
    ),
    Fault("KmsRightsNeeded", _encrypt, "the KMS key key-1", "KMS 密钥 key-1", ("PublicCopiesEncrypted",)),
    Fault("QueueStands", _wait, "1 jobs wait", "1 个任务在排队"),
    Fault("TriggersOverlap", _overlap, "theirs of the function thumbnails", "函数 thumbnails", ("TriggerMissing",)),
    Fault("TriggersTooMany", _fill, "has 4 of others", "已有其他触发器 4 个", ("TriggerMissing",)),
)


# ---------------------------------------------------------------- the roles


def _ram(action: str, **parameters: object) -> Plant:
    return lambda well: call(well.account, action, parameters)


def _attach(how: str, role: str, policy: str, kind: str = "System") -> Plant:
    return _ram(f"{how}_role", role_name=role, policy_name=policy, policy_type=kind)


def _lose_role(well: Well) -> None:
    for kind, policy in (("Custom", GOODS), ("System", "AliyunVIAPIFullAccess")):
        _attach("detach_policy_from", GOODS, policy, kind)(well)
    _ram("delete_role", role_name=GOODS)(well)


def _rewrite(change: Callable[[list[Any]], list[Any]]) -> Plant:
    """The policy of `goods` gets other statements."""

    def plant(well: Well) -> None:
        asked = {"policy_name": GOODS, "policy_type": "Custom"}
        document = json.loads(call(well.account, "get_policy", asked).default_policy_version.policy_document)
        document["Statement"] = change(document["Statement"])
        new = {"policy_name": GOODS, "policy_document": json.dumps(document), "set_as_default": True}
        call(well.account, "create_policy_version", new)

    return plant


def _trust(*statements: object) -> Plant:
    document = json.dumps({"Version": "1", "Statement": statements})
    return _ram("update_role", role_name=GOODS, new_assume_role_policy_document=document)


OURS = {**THEIRS, "Principal": {"Service": ["fc.aliyuncs.com"]}}
EXTRA = {"Effect": "Allow", "Action": "oss:PutBucketAcl", "Resource": "acs:oss:*:*:*"}
ROLES = (
    Fault("MissingRole", _lose_role, f"no role `{GOODS}`", f"没有角色 `{GOODS}`"),
    Fault("MissingTrust", _trust(THEIRS), "does not name `Service fc", "缺少 `Service fc", ("ExtraTrust",)),
    Fault("ExtraTrust", _trust(OURS, THEIRS), "`Service mns.aliyuncs.com`", "扮演：`Service mns.aliyuncs.com`", ends=WELL),
    Fault(
        "MissingRight",
        _rewrite(lambda before: [each for each in before if "log:PostLogStoreLogs" not in each["Action"]]),
        "lacks `log:PostLogStoreLogs`",
        "缺少权限：`log:PostLogStoreLogs`",
    ),
    Fault(
        "ExtraRight",
        _rewrite(lambda before: [*before, EXTRA]),
        "allows too much: `oss:PutBucketAcl`",
        "权限过多：`oss:PutBucketAcl`",
        ends=WELL,
    ),
    Fault(
        "MissingPolicy",
        _attach("detach_policy_from", GOODS, "AliyunVIAPIFullAccess"),
        "lacks the policies `AliyunVIAPIFullAccess`",
        "缺少权限策略 `AliyunVIAPIFullAccess`",
    ),
    Fault(
        "ExtraPolicy",
        _attach("attach_policy_to", GOODS, "AliyunOSSFullAccess"),
        "policies too many: `AliyunOSSFullAccess`",
        "权限策略过多：`AliyunOSSFullAccess`",
        ends=WELL,
    ),
)


# ---------------------------------------------------------------- the log


def _sls(method: str, *arguments: object) -> Plant:
    return lambda well: getattr(well.account.sls, method)(*arguments)


def _as_query(well: Well) -> None:
    _sls("delete_log_store", LOG, LOGSTORE)(well)
    cheap = sls.CreateLogStoreRequest(logstore_name=LOGSTORE, ttl=30, shard_count=1, mode="query")
    _sls("create_log_store", LOG, cheap)(well)


def _thin_index(well: Well) -> None:
    index = well.account.sls.get_index(LOG, LOGSTORE).body.to_map()
    index["keys"].pop("requestId")
    _sls("update_index", LOG, LOGSTORE, sls.UpdateIndexRequest(body=sls.Index().from_map(index)))(well)


def _silence(well: Well) -> None:
    alert = well.account.sls.list_alerts(LOG, sls.ListAlertsRequest()).body.results[0]
    _sls("delete_alert", LOG, alert.name)(well)


LOGS = (
    Fault("LogProjectMissing", _sls("delete_project", LOG), f"no log project `{LOG}`", f"`{LOG}` 不存在", ("AlarmsNotSet",)),
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


# ---------------------------------------------------------------- the functions


def _undeploy(well: Well) -> None:
    carry_out(functions.removal(well.account), lambda said: None)


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
        OF_FUNCTIONS[code](well.account.fc)

    warns = code in ("FunctionDiffers", "ReleaseDiffers", "AsyncConfigDiffers")
    return Fault(code, plant, *SAID[code], ends=WELL if warns else ERRORS)


FUNCTIONS = (
    Fault("NotDeployed", _undeploy, "nothing is deployed yet", "尚未部署"),
    *(_of_function(code) for code in OF_FUNCTIONS),
)

FAULTS = (*ACCOUNT, *VENDORS, *BUCKETS, *ROLES, *LOGS, *FUNCTIONS)
