"""What a job waits for or ended by, and what a backfill reports."""

from __future__ import annotations

from shared.messages.message import Sentence

# ---------------------------------------------------------------- QuotaTaken, DailyCallLimit, NoRecord, ResultExpired
QUOTA_TAKEN = Sentence(
    "the vendor's quota is taken by those that came before: it waits for its turn",
    "服务商的调用额度正由先到的图片使用：排队等待中",
)
DAILY_CALL_LIMIT = Sentence(
    "the {limit:,} calls that DAILY_CALL_LIMIT allows have been made; uploads wait until the day ends",
    "已用完 DAILY_CALL_LIMIT 允许的 {limit:,} 次调用；图片将等待到当天结束",
)
NO_RECORD = Sentence("of {calls} calls not one answer could be recorded", "{calls} 次调用的应答均未能记录")
RESULT_EXPIRED = Sentence(
    "the result's link died before it could be stored ({code})", "结果链接在结果保存之前已失效（{code}）"
)

# ---------------------------------------------------------------- NotListed
NOT_LISTED = Sentence(
    "the listing pictures were not made, although settle has rung for them {rings} times: the log of the function "
    "`listing` says why; a backfill orders them again",
    "settle 已重新通知 {rings} 次，商品图（listing）仍未生成：原因见函数 `listing` 的日志；"
    "可通过补跑（backfill）重新生成",
)

# ---------------------------------------------------------------- Settings
SETTINGS_MISSING = Sentence("{capability} cannot be called: set {names}", "无法调用 {capability}：请设置 {names}")
SETTINGS_FAULTS = Sentence("{faults}", "配置项有误：{faults}")
NOT_SET = Sentence("{name} is not set", "未设置 {name}")

# ---------------------------------------------------------------- the report of a backfill
REPORT = Sentence("{found:,} found; {said}", "找到 {found:,} 个；{said}")
NOTHING_CHANGED = Sentence("nothing was changed", "未做任何更改")
CONFIRM = Sentence(
    'more than {limit:,}: add "confirm": true to do it', '超过 {limit:,} 个：如需执行，请加上 "confirm": true'
)
OUT_OF_TIME = Sentence(
    "out of time: order it again, and it goes on from here{queued}{others}",
    "时间已到：请再次执行，将从此处继续{queued}{others}",
)
SET_GOING = Sentence("set going: {count:,}{queued}{others}", "已开始处理：{count:,} 个{queued}{others}")
QUEUED = Sentence(
    "; queued for settle: {count:,}, since {reason}", "；其中 {count:,} 个已排队等待 settle 处理，原因：{reason}"
)
HAD_FAILED = Sentence("their receipts say failed or NotConfirmed", "原回执的状态为 failed，或者错误码为 NotConfirmed")
NOT_SET_GOING = Sentence("; not set going: {count:,}, since {reason}", "；未能开始处理：{count:,} 个，原因：{reason}")
PASSED_OVER = Sentence("{said}; passed over: {reasons}", "{said}；已跳过：{reasons}")
PASSED_OVER_FOR = Sentence("{count:,} ({reason})", "{count:,} 个（{reason}）")
UNDER_WAY = Sentence("has a job already", "正在处理")
KEY_TOO_LONG = Sentence("the name is too long for a receipt", "文件名过长，无法写入回执")
NO_FUNCTION = Sentence("no function serves its folder", "所在文件夹没有对应的函数")
UNREADABLE_RECEIPT = Sentence("the receipt could not be read", "回执无法读取")
NOT_LISTABLE = Sentence("no listing pictures can be made of such a result", "此类结果无法制作商品图")
NO_CUTOUT = Sentence("has no cutout of its newest version", "最新版本没有可用的抠图")
UNPRICED = Sentence(
    "{said}; the price of {count:,} is not known: PRICES can say what your account pays",
    "{said}；其中 {count:,} 个价格未知：可在 PRICES 中设置实际单价",
)
NO_ORDER = Sentence("this is no order: {error}", "参数有误：{error}")
