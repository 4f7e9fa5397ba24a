"""This project against what a user would do instead: the same uploads, quota and vendor, in the same box."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isnan, nan

from tests.bench import overhead
from tests.bench.backlog import Case, Drained, drain, seed
from tests.bench.contenders import CONTENDERS, Contender
from tests.bench.overhead import Overhead
from tests.bench.price import usd
from tests.bench.progress import say
from tests.bench.quota import TICK
from tests.bench.table import Table, percent
from tests.cloud.manifest import load

QPS, LATENCY = 10, 1.0
"""Of the case whose figures are all told."""
_PATIENCE = 2.0


@dataclass(frozen=True)
class Run:
    contender: Contender
    case: Case
    drained: Drained

    @property
    def images_a_second(self) -> float:
        """In the time that the case stands for, over nine tenths of the uploads: stragglers are told apart."""
        return self.drained.rate() * self.case.slower

    @property
    def cost(self) -> float:
        """USD for 1,000 results; nan when it was cut off, for what was running then is not charged yet."""
        if self.drained.unfinished or not self.drained.stored:
            return nan
        paid = usd(load().functions, self.drained.invocations, slower=self.case.slower)
        return paid / self.drained.stored * 1000


def runs(cases: Sequence[Case], contenders: Sequence[Contender] = CONTENDERS) -> Iterator[Run]:
    for case in cases:
        for contender in contenders:
            say(f"{contender.name}: {case.uploads} uploads at {case.qps} QPS, a call takes {case.latency:g} s")
            found = run(contender, case)
            say(
                f"    {found.images_a_second:.2f} images/s, {found.drained.throttled} throttled, "
                f"{found.drained.given_up} lost, {found.cost:.3f} USD for 1,000"
            )
            yield found


def run(contender: Contender, case: Case) -> Run:
    with contender.cloud(case, TICK) as cloud:
        events = seed(cloud, case.uploads)
        patience = _PATIENCE * case.uploads / case.box_qps + TICK * case.slower
        return Run(
            contender,
            case,
            drain(cloud, events, seconds=patience, latency=case.box_latency, until_quiet=bool(contender.peer)),
        )


def table(found: Sequence[Run], overheads: Sequence[Overhead]) -> Table:
    """`found` are the runs of one case, by contender; the others are of the same contenders."""
    case = found[0].case

    def row(what: str, tell: Callable[[Run], str]) -> list[str]:
        return [what, *map(tell, found)]

    return Table(
        f"Side by side: {case.uploads} uploads at once, {case.qps} QPS, a call takes {case.latency:g} s",
        ["", *(each.contender.name for each in found)],
        [
            row("images a second, of the first nine tenths", lambda each: f"{each.images_a_second:.2f}"),
            row(
                "the last result, of those that came, after", lambda each: f"{each.drained.seconds / case.slower:.0f} s"
            ),
            row("calls that used the quota", lambda each: percent(each.drained.share(case.box_qps))),
            row("calls throttled", lambda each: f"{each.drained.throttled:,}"),
            row("uploads lost", lambda each: f"{each.drained.given_up:,}"),
            row("not done when it was cut off", lambda each: f"{each.drained.unfinished:,}"),
            row("paid twice", lambda each: f"{each.drained.paid_twice:,}"),
            ["CPU an image", *_compared([each.cpu_ms for each in overheads], "{:.0f} ms")],
            ["into and out of the function, an image", *(f"{_kb(each.into)}, {_kb(each.out)}" for each in overheads)],
            ["Function Compute, 1,000 images", *_compared([each.cost for each in found], "{:.3f} USD")],
        ],
        "The usual function signs a link, calls with Alibaba's SDK and stores the answer; with retries it waits and "
        "calls again. Cost by the published formula: waiting inside a function counts, being turned away does not. A "
        f"result has {_kb(overheads[0].result_bytes)}.",
    )


def overheads(uploads: int, contenders: Sequence[Contender] = CONTENDERS) -> list[Overhead]:
    found = []
    for contender in contenders:
        with contender.code() as code:
            found.append(overhead.measure(uploads, code))
    return found


def _compared(figures: Sequence[float], form: str) -> list[str]:
    """Each as it is, and all but the first as so many times that one."""
    first, *others = figures

    def told(figure: float) -> str:
        return "not done" if isnan(figure) else form.format(figure)

    ratios = [each / first for each in others]
    return [
        told(first),
        *(told(each) if isnan(by) else f"{told(each)} ({by:.1f} ×)" for each, by in zip(others, ratios, strict=True)),
    ]


def _kb(size: float) -> str:
    return f"{size / 1000:,.0f} kB"
