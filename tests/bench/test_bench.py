"""The benchmark measures what it says: its arithmetic, tables and plots, and a small run of everyone in the box."""

from __future__ import annotations

import math
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench import figures, plots, quota, side_by_side
from tests.bench.__main__ import MEASUREMENTS
from tests.bench.backlog import PHOTO, Case, Drained
from tests.bench.contenders import CONTENDERS, Contender
from tests.bench.memory import png
from tests.bench.overhead import Overhead
from tests.bench.poisoned import denied
from tests.bench.price import units, usd
from tests.bench.relay import Relay
from tests.bench.side_by_side import Run
from tests.bench.table import Table, percent
from tests.bench.usage import forget_peak, peak_mb, resident_mb
from tests.cloud.box import Cloud
from tests.cloud.fc_runner import Invocation
from tests.cloud.manifest import load
from tests.cloud.vendor_pictures import Limits, decode
from tests.scenarios.shop import Shop, photo, wait_for

FUNCTIONS = load().functions
OURS, USUAL, RETRYING = CONTENDERS


def drained(uploads: int = 10, *, stored: int = 10, seconds: float = 1.0) -> Drained:
    """Results one after the other, `seconds` apart, each in an invocation of 2 s."""
    ran = [Invocation("general", "id", 1, 0.0, 2.0, "ok")] * stored
    after = [seconds * (number + 1) for number in range(stored)]
    return Drained(uploads, stored, 0, 0, after, 0, stored, seconds * (stored - 1), seconds * stored, 0.0, ran)


def test_the_price_is_that_of_the_published_example() -> None:
    assert units(FUNCTIONS["general"], seconds=2) == pytest.approx(0.70 + 0.15 + 0.0075 + 0.05)


def test_being_turned_away_costs_nothing_and_time_that_went_slower_costs_what_it_stands_for() -> None:
    one = Invocation("general", "id", 1, 0.0, 2.0, "ok")
    away = Invocation("general", "id", 1, 0.0, 0.0, "429")
    slow = Invocation("general", "id", 1, 0.0, 10.0, "ok")
    assert usd(FUNCTIONS, [one, away]) == pytest.approx(0.9075 * 0.00002)
    assert usd(FUNCTIONS, [slow], slower=5) == pytest.approx(usd(FUNCTIONS, [one]))


def test_ten_calls_a_tenth_of_a_second_apart_use_all_of_ten_a_second() -> None:
    assert drained(seconds=0.1).share(10) == pytest.approx(1.0)
    assert drained(seconds=0.2).share(10) == pytest.approx(10 / 19)


def test_the_rate_is_of_the_first_nine_tenths_or_of_all_there_are() -> None:
    assert drained(10, seconds=0.5).rate() == pytest.approx(2.0)
    assert drained(10, stored=4, seconds=0.5).rate() == pytest.approx(2.0)
    assert drained(10, stored=0).rate() == 0


def test_figures_are_compared_with_the_first_contenders() -> None:
    runs = [Run(OURS, Case(10, 1.0, 10), drained()), Run(USUAL, Case(10, 1.0, 10), drained(10, stored=9))]
    of = Overhead(10.0, 7.0, 100, 10.0, 50.0, 60.0, 60.0, {})
    table = side_by_side.table(runs, [of, replace(of, cpu_ms=25.0)]).markdown("make it")
    assert "| CPU an image | 10 ms | 25 ms (2.5 ×) |" in table
    assert "| not done when it was cut off | 0 | 1 |" in table
    assert table.count("USD") == 1, "what was cut off has no cost"
    assert "nan" not in table


def test_what_was_cut_off_has_no_cost_yet() -> None:
    assert math.isnan(Run(OURS, Case(10, 1.0, 10), drained(10, stored=9)).cost)
    assert Run(OURS, Case(10, 1.0, 10), drained()).cost == pytest.approx(1000 * 0.9075 * 0.00002)


def test_time_goes_as_slow_as_lets_the_machine_do_four_times_as_much() -> None:
    assert [quota.slower(qps, 22.0) for qps in (2, 10, 50)] == [0.5, 2, 10]
    assert quota.slower(50, 200.0) == 1
    assert quota.slower(50, 0.1) == 50
    case = quota.affordable(50, 3.0, seconds=60, can=30.0)
    assert (case.box_qps, case.box_latency) == pytest.approx((7, 150 / 7))
    assert case.uploads == 420


def test_a_share_is_never_rounded_up_to_a_goal() -> None:
    assert [percent(share) for share in (0.96999, 0.97, 1.0, 0.0)] == ["96.9 %", "97.0 %", "100.0 %", "0.0 %"]


def test_a_table_is_markdown_and_says_how_to_make_it_again() -> None:
    table = Table("Figures", ["what", "how much"], [["a", 1234], ["b", 0.12345]], "Read it so.")
    assert table.markdown("make it") == (
        "**Figures** (`make it`)\n\n| what | how much |\n|---|---|\n| a | 1,234 |\n| b | 0.1235 |\n\nRead it so."
    )
    with pytest.raises(ValueError, match="1 cells under 2 heads"):
        Table("Figures", ["what", "how much"], [["a"]]).markdown("make it")


def test_figures_are_written_between_their_comments_and_the_rest_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "figures.md"
    (begin, end), others = figures.place("idle"), "\n".join(figures.place("queue"))
    path.write_text(f"before\n{others}\n{begin}\nold\n{end}\nafter\n", "utf-8")
    figures.write("idle", "**Figures**", path)
    assert path.read_text("utf-8") == f"before\n{others}\n{begin}\n\n**Figures**\n\n{end}\nafter\n"
    with pytest.raises(ValueError, match=r"figures\.md has no"):
        figures.write("latency", "**Figures**", path)


@pytest.mark.parametrize("name", ["machine", *MEASUREMENTS])
def test_the_page_of_figures_has_a_place_for_each_measurement(name: str) -> None:
    begin, end = map(figures.PAGE.read_text("utf-8").find, figures.place(name))
    assert 0 <= begin < end


def test_the_same_figures_give_the_same_plots_without_a_date(tmp_path: Path) -> None:
    runs = [Run(who, Case(qps, latency, 10), drained()) for who in CONTENDERS for qps in (2, 10) for latency in (1, 3)]
    for draw in (plots.throughput, plots.cost):
        for name in ("one.svg", "two.svg"):
            draw(runs, tmp_path / name)
        first = (tmp_path / "one.svg").read_bytes()
        assert first == (tmp_path / "two.svg").read_bytes()
        assert b"<dc:date>" not in first
        assert all(who.name.encode() in first for who in CONTENDERS)


def test_a_relay_passes_everything_on_and_counts_both_ways() -> None:
    server = socket.create_server(("127.0.0.1", 0))

    def echo() -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(connection.recv(100) * 3)

    threading.Thread(target=echo, daemon=True).start()
    with server, Relay() as relay:
        relay.to = f"127.0.0.1:{server.getsockname()[1]}"
        host, _, port = relay.host.partition(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(b"hello")
            assert client.makefile("rb").read() == b"hello" * 3
        assert (relay.out, relay.into) == (5, 15)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is measured on Linux only")
def test_a_peak_is_seen_when_it_is_over_and_forgotten_when_told_to() -> None:
    program = "input(); held = bytearray(60_000_000); del held; print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-I", "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(b"\n")
        child.stdin.flush()
        child.stdout.readline()
        assert 55 < peak_mb(child.pid) - resident_mb(child.pid) < 65, "the kernel counts in batches of pages"
        forget_peak(child.pid)
        assert peak_mb(child.pid) - resident_mb(child.pid) < 5
        child.stdin.write(b"\n")


def test_the_large_result_is_a_picture() -> None:
    picture = decode("", png(64), Limits(frozenset({"PNG"}), math.inf, 64))
    assert picture.pixels.shape == (64, 64, 3)


@pytest.mark.parametrize(
    "contender",
    [
        pytest.param(OURS, id="ours", marks=pytest.mark.slow),  # the scenarios serve uploads in the box throughout
        pytest.param(USUAL, id="usual", marks=pytest.mark.slow),  # the next test runs it
        pytest.param(RETRYING, id="retrying"),
    ],
)
def test_everyone_serves_a_few_uploads_in_the_box(contender: Contender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.bench.contenders.INSTANCES", 3)
    found = side_by_side.run(contender, Case(50, 0.1, 20))
    assert (found.drained.stored, found.drained.given_up, found.drained.unfinished) == (20, 0, 0)
    assert found.drained.served == 20
    assert 0 < found.cost < 1
    assert found.images_a_second > 0


def test_who_has_no_pace_loses_uploads_where_calls_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.bench.contenders.INSTANCES", 6)
    found = side_by_side.run(USUAL, Case(1, 0.1, 30)).drained
    assert found.throttled > 0
    assert found.given_up > 0
    assert found.stored + found.given_up == 30


def test_a_photo_that_is_denied_is_refused_to_functions_until_it_no_longer_is() -> None:
    key = "uploads/general/common/denied.jpg"
    with Cloud(timer_seconds=math.inf) as cloud:
        shop = Shop(cloud)
        with denied(cloud, [key]):
            shop.upload(key, PHOTO)
            wait_for(lambda: cloud.accounts.refused, "a refusal")
            cloud.fc.quiet(60)
            assert {right[0] for _, right in cloud.accounts.refused} == {"oss:GetObject"}
            assert shop.receipt(key) is None
        shop.upload(key, photo(size=(182, 120)))
        assert shop.wait(key).status == "done"
