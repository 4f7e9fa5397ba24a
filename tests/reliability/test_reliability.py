"""The figures of `make reliability` are counted, and say when something is wrong."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import Phase

from tests.catalogue.pages import page
from tests.reliability import __main__ as reliability
from tests.reliability import burst, crash_points, planted, soak
from tests.reliability.__main__ import HOSTILE_INPUTS, measure
from tests.reliability.crash_points import Life
from tests.reliability.figures import Figures, crash_points_tried, table
from tests.reliability.ledger import WRONG, Counts
from tests.reliability.planted import PLANTED, Plant, forgets_tickets, logs_the_link_of_a_result
from tests.reliability.promises import Kind
from tests.reliability.shapes import SHAPES
from tests.reliability.soak import search
from tests.reliability.test_burst import KEPT

ASYNCHRONOUS = [shape for shape in SHAPES if shape.name == "asynchronous"]


def test_every_figure_is_counted() -> None:
    figures = measure(20, ASYNCHRONOUS, plants=PLANTED[:1], hostile=(lambda: 3, lambda: 4))
    assert figures.good
    told = dict(table(figures))
    assert told["crash points tried"] == "53, each 3 times: asynchronous 53"
    assert (told["hostile inputs tried"], told["planted bugs found"]) == ("7", "1 of 1")
    assert all(
        int(told[what].replace(",", "")) > 0
        for what in ("schedules run", "deaths", "duplicates delivered", "instances with a wrong clock")
    )
    for what in ("changes of the bucket that got no answer", "of them made again, after looking"):
        assert int(told[what].partition(":")[0].replace(",", "")) > 0
    assert told["the named points: crash points that cost a second call"] == "2: 1 after call; 1 before write job"


def test_faults_are_told_by_their_place_and_kind_whatever_they_are_called() -> None:
    faults = Counter({"call: silent": 1200, "call: refused": 2, "OSS: not reached": 3, "clock: behind": 4, "storm": 1})
    attempts = Counter({"as many as were charged": 8, WRONG: 1})
    told = dict(table(Figures(schedules=Counts(faults=faults, attempts=attempts))))
    assert told["faults and other events in the schedules"] == "1,210"
    assert told["… calls"] == "1,202: 1,200 no answer; 2 photo refused"
    assert told["… requests to OSS"] == "3: 3 not reached"
    assert (told["… clock"], told["… troubles"]) == ("4: 4 behind", "1: 1 storm")
    assert told["receipts whose `attempts` is right"] == "8 of 9: 8 as many as were charged; 1 wrong"


def test_processes_share_the_schedules_and_find_what_one_would() -> None:
    alone = soak.soak(20)
    with soak.processes() as pool:
        assert soak.soak(20, pool) == alone
    assert alone.counts.schedules >= 20


@pytest.mark.parametrize(("plant", "kind"), [(forgets_tickets, "paid twice"), (logs_the_link_of_a_result, "leaked")])
def test_what_is_wrong_is_told_by_its_kind(plant: Plant, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    monkeypatch.setattr(crash_points, "RETRIES", crash_points.RETRIES[:1])
    figures = measure(0, ASYNCHRONOUS, plants=(), hostile=())
    assert figures.wrong[kind] > 0
    assert not figures.good


def test_what_a_schedule_finds_is_told() -> None:
    with pytest.MonkeyPatch.context() as patch:
        forgets_tickets(patch)
        # Not reduced, which takes longer than to find it.
        patch.setattr(soak, "search", lambda schedules, number: search(schedules, number, Phase.generate))
        found = measure(250, shapes=(), plants=(), hostile=())
    assert found.wrong["paid twice"] > 0


def test_a_hostile_input_that_does_harm_is_told() -> None:
    def harmed() -> int:
        raise AssertionError("it did harm")

    assert measure(0, shapes=(), plants=(), hostile=(harmed,)).wrong["broken"] == 1


@pytest.mark.parametrize(
    ("amiss", "kind"), [({"lost": 1}, "lost"), ({"paid_twice": 1}, "paid twice"), ({"throttled": 99}, "broken")]
)
def test_a_promise_that_a_burst_breaks_is_told(
    amiss: dict[str, int], kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(burst, "measure", lambda asked: replace(KEPT, burst=asked, **amiss))
    figures = measure(0, shapes=(), plants=(), hostile=(), uploads=60)
    assert figures.wrong == Counter({kind: 1})
    assert not figures.good


def test_a_burst_that_keeps_its_promises_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(burst, "measure", lambda asked: KEPT)
    assert measure(0, shapes=(), plants=(), hostile=(), uploads=2_000).good


def test_a_planted_bug_that_is_not_found_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planted, "is_found_by_crash_points", lambda plant: False)
    assert not measure(0, shapes=(), plants=(logs_the_link_of_a_result,), hostile=()).good


@pytest.mark.parametrize(("wrong", "code"), [(Counter[Kind](), 0), (Counter[Kind](lost=1), 1)])
def test_the_exit_code_says_whether_anything_was_lost(
    wrong: Counter[Kind], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reliability, "measure", lambda schedules, uploads, pool: Figures(wrong=wrong))
    monkeypatch.setattr(sys, "argv", ["reliability"])
    assert reliability.main() == code


def test_the_page_of_figures_counts_every_shape_planted_bug_and_hostile_input() -> None:
    points = {shape.name: len(Life(shape).instances.crossed) for shape in SHAPES}
    for row in (
        f"| crash points tried | {crash_points_tried(points)} |",
        f"| planted bugs found | {len(PLANTED)} of {len(PLANTED)} |",
        f"| hostile inputs tried | {len(HOSTILE_INPUTS):,} |",
    ):
        assert row in page("docs/figures.md"), f"this is to stand in the last table of docs/figures.md:\n\n{row}\n"
