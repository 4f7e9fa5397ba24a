"""The estimator in use finds results about as soon as the best of those that it was chosen from, whatever jobs take."""

from __future__ import annotations

import pytest

from tests.unit.pipeline.poll_model import CASES, ESTIMATORS, IN_USE, POLLS_PER_SECOND, Case, measured

_SEEDS = 6


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.pending}-{case.calls_per_second:g}-{case.times}")
def test_results_are_found_within_one_and_a_half_times_the_best_estimators_time(case: Case) -> None:
    found = {name: measured(case, estimator, _SEEDS) for name, estimator in ESTIMATORS.items()}
    one_poll = 1 / POLLS_PER_SECOND  # seconds: below that, the moments at which the quota has a slot decide
    assert found[IN_USE].median <= 1.5 * min(each.median for each in found.values()) + one_poll
    assert found[IN_USE].ninth_decile <= 1.5 * min(each.ninth_decile for each in found.values()) + one_poll
