r"""Queries on our own log lines ("Search syntax", "SQL functions" of Simple Log Service).

A line is `<time> <request id> [<LEVEL>] {json}` in the field `message`. The search before `|` finds few lines by their
words, and SQL takes the JSON out of them: `try`, since one line that cannot be parsed would end the query.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.messages.message import Message

OLDEST_SECONDS = 3600
"""How old the queue may be."""
_BY = "date_format(from_unixtime(moment - moment % {seconds}), '%m-%d %H:%i') as time"
_FIVE_MINUTES, _HOUR = _BY.format(seconds=300), _BY.format(seconds=3600)


def _said(name: str, alias: str = "") -> str:
    """A field of the line's JSON, as a column; null where there is none."""
    return f"try(json_extract_scalar(regexp_extract(message, '\\{{.*'), '$.{name}')) as {alias or name}"


def _of(event: str, columns: str, fields: tuple[str, ...] = (), *, where: str = "", then: str = "") -> str:
    """`columns` over the lines of an event, made of these fields of their JSON and of `moment`, seconds since 1970."""
    inner = ", ".join(("__time__ as moment", *map(_said, ("event", *fields))))
    condition = f"event = '{event}'" + (f" and {where}" if where else "")
    query = f"message: {event} | select {columns} from (select {inner} from log) where {condition} {then}"  # noqa: S608 - ours
    return query.rstrip()


ERRORS = (
    "message: ERROR | select name, event, code, sentence, count(*) as lines from (select functionName as name, "  # noqa: S608 - ours
    f"{_said('event')}, {_said('code')}, {_said('message', 'sentence')} "
    r"from log where regexp_like(message, '\[ERROR\]')) "
    "group by name, event, code, sentence order by lines desc limit 100"
)
"""A Python error that nobody caught is one too, with nothing but a name."""
FAILED = _of(
    "concluded",
    "capability, code, count(*) as photos",
    ("status", "capability", "code"),
    where="status = 'failed'",
    then="group by capability, code order by photos desc limit 100",
)
QUEUE = _of("queue", "coalesce(max(cast(age_seconds as bigint)), 0) as oldest, count(*) as lines", ("age_seconds",))
"""One row, also when `settle` has logged nothing."""

SPENT = _of(
    "concluded",
    "capability, price_yuan as price, sum(cast(attempts as bigint)) as calls",
    ("capability", "price_yuan", "attempts"),
    where="attempts <> '0'",
    then="group by capability, price_yuan order by capability limit 1000",
)
"""Calls that may have been billed, by what a call costs; null where that is not known."""


@dataclass(frozen=True)
class Alert:
    """What is looked for every five minutes, in the log of the last ones."""

    name: str
    title: Message
    query: str
    minutes: int
    severity: int
    """8 is high, 6 medium ("Alert severities")."""
    tells: str
    """The text of the alert, with `${column}` of the first row."""
    condition: str = ""
    """On the columns of a row; empty: that there is a row."""


ALERTS = (
    Alert(
        "oss-cutout-error",
        Message("errors that need you", "有错误需要处理"),
        ERRORS,
        5,
        8,
        "${name} ${event} ${code}: ${sentence}",
    ),
    Alert(
        "oss-cutout-failed",
        Message("photos that failed", "有照片处理失败"),
        FAILED,
        5,
        6,
        "${capability} ${code}: ${photos}",
    ),
    Alert(
        "oss-cutout-queue",
        Message("an old queue, or no settle", "队列积压过久，或 settle 未运行"),
        QUEUE,
        15,
        8,
        "oldest: ${oldest} s, lines of settle: ${lines}",
        condition=f"oldest > {OLDEST_SECONDS} || lines < 1",
    ),
)


@dataclass(frozen=True)
class Chart:
    title: Message
    kind: str
    query: str
    x: tuple[str, ...]
    y: tuple[str, ...]


CHARTS = (
    Chart(
        Message("calls", "调用次数"),
        "line",
        _of(
            "vendor_call",
            f"{_FIVE_MINUTES}, count(*) as calls, count_if(code <> '') as refused",
            ("code",),
            then="group by time order by time limit 1000",
        ),
        ("time",),
        ("calls", "refused"),
    ),
    Chart(
        Message("results", "结果"),
        "column",
        _of(
            "concluded",
            f"{_FIVE_MINUTES}, "
            + ", ".join(f"count_if(status = '{status}') as {status}" for status in ("done", "rejected", "failed")),
            ("status",),
            then="group by time order by time limit 1000",
        ),
        ("time",),
        ("done", "rejected", "failed"),
    ),
    Chart(
        Message("latency of calls, ms", "调用延迟（毫秒）"),
        "line",
        _of(
            "vendor_call",
            f"{_FIVE_MINUTES}, approx_percentile(cast(milliseconds as double), 0.5) as p50, "
            "approx_percentile(cast(milliseconds as double), 0.95) as p95",
            ("milliseconds",),
            then="group by time order by time limit 1000",
        ),
        ("time",),
        ("p50", "p95"),
    ),
    Chart(
        Message("yuan an hour", "每小时费用（元）"),
        "column",
        _of(
            "concluded",
            f"{_HOUR}, capability, sum(cast(price_yuan as double)) as yuan",
            ("capability", "price_yuan"),
            then="group by time, capability order by time limit 1000",
        ),
        ("time", "capability"),
        ("yuan",),
    ),
    Chart(
        Message("queue", "队列"),
        "line",
        _of(
            "queue",
            f"{_FIVE_MINUTES}, max(cast(waiting as bigint)) as waiting, "
            "max(cast(age_seconds as bigint)) as age_seconds",
            ("waiting", "age_seconds"),
            then="group by time order by time limit 1000",
        ),
        ("time",),
        ("waiting", "age_seconds"),
    ),
    Chart(Message("errors", "错误"), "table", ERRORS, (), ()),
)


def both(title: Message) -> str:
    """In both languages: the readers of an alert or a dashboard are not known when it is made."""
    return f"{title.zh} / {title.en}"
