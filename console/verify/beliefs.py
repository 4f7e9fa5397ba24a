"""What oss-cutout takes for granted of the real cloud, and what a trial says of it: yes, no, or nothing.

The questions are those of docs/not-verified.md, as far as a trial can answer them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from console.account import ApiError
from console.checks import bucket_trials
from console.roles.rights import PREFIX
from console.verify import log_beliefs
from console.verify.belief import Answer, Answered, Belief, Evidence, Said
from console.verify.photos import ANY_NAME
from console.verify.trial import Outcome
from shared.cloud.functions import FcInvoker
from shared.cloud.ports import Credentials
from shared.errors import Misconfigured, Unavailable
from shared.jobs.backlog import COLD_START, WAKING
from shared.messages.message import COMMA, Message, Sentence


def answers(found: Evidence) -> Iterator[Answered]:
    """One for each belief: what a service refuses to tell is unknown."""
    for belief in BELIEFS:
        try:
            yield Answered(belief, belief.answer(found))
        except ApiError as error:
            yield Answered(belief, Answer("unknown", Message.of(f"{error.product} {error.action}: {error.code}")))


_OF = Sentence("{done} of {count}", "{count} 个中的 {done} 个")
_BUT = Sentence("{done} of {count}; not {names}", "{count} 个中的 {done} 个；以下不是：{names}")
_NONE_TRIED = Message("none was tried", "未尝试")


def _share(outcomes: Sequence[Outcome], is_so: Callable[[Outcome], bool], otherwise: Said = "unknown") -> Answer:
    """Yes if it is so of all of them; else `otherwise`, and of which capabilities it is not so."""
    missing = [each.photo.capability.name for each in outcomes if not is_so(each)]
    count = len(outcomes)
    if not count:
        return Answer("unknown", _NONE_TRIED)
    if not missing:
        return Answer("yes", _OF(done=count, count=count))
    names = COMMA.join(f"`{name}`" for name in dict.fromkeys(missing))
    return Answer(otherwise, _BUT(done=count - len(missing), count=count, names=names))


def _is_done(outcome: Outcome) -> bool:
    return outcome.receipt is not None and outcome.receipt.status == "done"


def _links(found: Evidence) -> Answer:
    """A function signs links with its STS key. A photo that was not served proves nothing: its capability may not be
    activated; the table of capabilities has the code."""
    return _share([each for each in found.outcomes if each.photo.capability.provider == "viapi"], _is_done)


def _retired(found: Evidence) -> Answer:
    return _share([each for each in found.outcomes if each.photo.capability.substitute], _is_done)


def _keys(found: Evidence) -> Answer:
    """A job counts as well: the photo was found, and waits for something else."""
    named_so = [each for each in found.outcomes if ANY_NAME in each.photo.key]
    return _share(named_so, lambda each: each.receipt is not None or bool(each.stuck), otherwise="no")


def _create_once(found: Evidence) -> Answer:
    refusals = [*bucket_trials.create_once(found.account.bucket(found.account.settings.jobs_bucket))]
    if refusals:
        return Answer("no", refusals[0].what)
    return Answer(
        "yes", Message("the second PutObject was refused with FileAlreadyExists", "第二次写入被拒绝：FileAlreadyExists")
    )


def _turning(found: Evidence) -> Answer:
    said: dict[str, Said] = {"TurnsFirst": "yes", "TurnsAsWritten": "no"}
    (fact,) = bucket_trials.turning(found.account.bucket())
    return Answer(said.get(fact.code, "unknown"), fact.what)


def _signature(found: Evidence) -> Answer:
    """`backfill` is told to count what lies where nothing lies."""
    endpoint = (
        found.account.environment.get("INVOKE_ENDPOINT")
        or f"https://{found.account.identity.uid}.{found.account.region}.fc.aliyuncs.com"
    )
    try:
        FcInvoker(endpoint, Credentials(*found.account.key), prefix=PREFIX).invoke(
            "backfill", b'{"prefix": "uploads/none/", "dry_run": true}'
        )
    except Misconfigured as refused:
        return Answer("no", refused.text)
    except Unavailable as error:
        return Answer("unknown", error.text)
    return Answer("yes", Message("it was answered with 202", "应答为 202"))


BELIEFS = (
    Belief(
        "sts-links",
        Message(
            "Does every action take a link signed with an STS token?", "各能力是否都接受用 STS 临时凭证签名的链接？"
        ),
        _links,
    ),
    Belief("retired-actions", Message("Do retired actions still answer?", "已下线的能力是否仍可调用？"), _retired),
    Belief(
        "any-key",
        Message(f"Is a photo found whose key holds `{ANY_NAME}`?", f"文件名含有 `{ANY_NAME}` 的照片是否能被处理？"),
        _keys,
    ),
    Belief(
        "create-once",
        Message("Does OSS refuse to create a name twice?", "OSS 是否拒绝重复创建同名文件？"),
        _create_once,
    ),
    Belief(
        "turns-first",
        Message(
            "Does OSS turn a picture before it scales it, whatever the order written?",
            "OSS 是否总是先旋转再缩放，无论书写顺序？",
        ),
        _turning,
    ),
    Belief(
        "wakes-at-once",
        Message(
            f"Does `settle` begin within {WAKING.total_seconds():.0f} s when `wake/settle` is written?",
            f"写入 `wake/settle` 后，`settle` 是否在 {WAKING.total_seconds():.0f} 秒内开始运行？",
        ),
        log_beliefs.wakes_at_once,
    ),
    Belief(
        "short-cold-starts",
        Message(
            f"Do instances start within {COLD_START.total_seconds():.0f} s?",
            f"实例的冷启动是否不超过 {COLD_START.total_seconds():.0f} 秒？",
        ),
        log_beliefs.short_cold_starts,
    ),
    Belief(
        "old-signature",
        Message(
            "Does the gateway of FC 3.0 take the signature of aliyun-fc2?", "FC 3.0 的网关是否接受 aliyun-fc2 的签名？"
        ),
        _signature,
    ),
)
