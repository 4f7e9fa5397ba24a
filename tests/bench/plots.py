"""The plots of `docs/figures.md`, drawn from the runs of this `make bench`: the same figures give the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.contenders import CONTENDERS
from tests.bench.side_by_side import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FOLDER = Path(__file__).parents[2] / "docs" / "figures"
_COLOURS = dict(zip((each.name for each in CONTENDERS), ("#0b6e4f", "#c1440e", "#6a4c93"), strict=True))
_MARKS = dict(zip(_COLOURS, ("o", "s", "^"), strict=True))
_INK, _GREY = "#222222", "#999999"
_SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "oss-cutout",  # else the ids in the file are random
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": _GREY,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


def throughput(runs: Sequence[Run], path: Path = FOLDER / "throughput.svg") -> None:
    """Images a second against the quota, for runs of one latency."""
    latency = runs[0].case.latency
    quotas = sorted({run.case.qps for run in runs})

    def draw(axes: Axes) -> None:
        axes.plot(quotas, quotas, color=_GREY, linestyle=":", zorder=1)
        axes.annotate(
            "all that was bought",
            (quotas[-1], quotas[-1]),
            xytext=(-8, 4),
            textcoords="offset points",
            ha="right",
            color=_GREY,
        )
        _lines(axes, [(run.contender.name, run.case.qps, run.images_a_second) for run in runs])
        for run in runs:
            if lost := run.drained.given_up:
                axes.annotate(
                    f"{lost / run.drained.uploads:.0%} lost",
                    (run.case.qps, run.images_a_second),
                    # The two that lose any lie close to each other.
                    xytext=(8, -14) if run.contender == CONTENDERS[1] else (-8, 8),
                    ha="left" if run.contender == CONTENDERS[1] else "right",
                    textcoords="offset points",
                    color=_COLOURS[run.contender.name],
                    fontsize=9,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
                    zorder=4,
                )
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xticks(quotas, [f"{each:g}" for each in quotas])
        axes.set_yticks(quotas, [f"{each:g}" for each in quotas])
        axes.minorticks_off()
        axes.margins(0.16)
        axes.set_xlabel("QPS bought")
        axes.set_ylabel("images a second")
        axes.set_title(f"Throughput against quota: a call takes {latency:g} s", loc="left", fontsize=12)

    _save(path, draw)


def cost(runs: Sequence[Run], path: Path = FOLDER / "cost.svg") -> None:
    """What Function Compute costs against the vendor's latency, for runs of one quota."""
    qps = runs[0].case.qps
    latencies = sorted({run.case.latency for run in runs})

    def draw(axes: Axes) -> None:
        _lines(axes, [(run.contender.name, run.case.latency, run.cost) for run in runs])
        axes.set_xticks(latencies, [f"{each:g}" for each in latencies])
        axes.set_ylim(bottom=0)
        axes.set_xlabel("vendor's latency, seconds")
        axes.set_ylabel("Function Compute, USD for 1,000 images")
        axes.set_title(f"Cost against the vendor's latency: {qps} QPS", loc="left", fontsize=12)

    _save(path, draw)


def _lines(axes: Axes, points: Sequence[tuple[str, float, float]]) -> None:
    """A line for each name, through its points from left to right."""
    for name in dict.fromkeys(name for name, _, _ in points):
        xs, ys = zip(*sorted((x, y) for other, x, y in points if other == name), strict=True)
        axes.plot(xs, ys, color=_COLOURS[name], marker=_MARKS[name], linewidth=2, label=name, zorder=3)
    axes.grid(axis="y", color="#e5e5e5", zorder=0)


def _save(path: Path, draw: Callable[[Axes], None]) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=(7, 4.2), layout="constrained", facecolor="white")
        draw(figure.add_subplot())
        figure.legend(frameon=False, loc="outside lower center", ncols=len(_COLOURS))  # where no line can be
        figure.savefig(path, metadata={"Date": None, "Creator": None} if path.suffix == ".svg" else None)
