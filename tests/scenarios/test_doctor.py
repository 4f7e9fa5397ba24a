"""The doctor is silent in an account where all is well, and finds each fault that is planted there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import oss2
import pytest

from console.doctor import CHECKS, WELL, Diagnosis, examine
from console.settings import ROOT
from shared.cloud import tls
from tests.cloud.well import DEPLOYER, Well
from tests.scenarios.doctor_faults import FAULTS
from tests.scenarios.doctor_faults.fault import Fault
from tests.unit.cloud import certificates

CODES = re.compile(r'\b(?:Finding|_finding|_blocked)\(\s*"(\w+)"')
UNPLANTED = {
    *("NoKey", "LookRefused", "Throttled"),  # tests/unit/console/test_refusals.py
    "TurnsOtherwise",  # which OSS does not, whatever is planted
}
"""Codes that have no row."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The only one that is trusted."""
    own = certificates.made(tmp_path_factory.mktemp("market") / "own.pem")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(own))
        tls.trusted.cache_clear()
        yield own
    tls.trusted.cache_clear()


def examined(well: Well) -> Diagnosis:
    return examine(well.account, CHECKS)


def test_the_doctor_is_silent_when_all_is_well(certificate: Path, tmp_path: Path) -> None:
    with Well(tmp_path, certificate, {}) as well:
        found = examined(well)
        assert found.findings == ()
        assert found.exit_code == WELL
        assert all(outcome.looked for outcome in found.outcomes)
        said = [fact.what.en for outcome in found.outcomes for fact in outcome.facts]
        assert f"assumed-role/{DEPLOYER}" in said[0]
        assert well.viapi.ledger == [], "VIAPI would have billed it"
        assert {*well.market.heard()} == {b""}, "something was sent to the vendors of the market"
        assert [*oss2.ObjectIteratorV2(well.bucket)] == [], "something was left in the bucket"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_a_fault_is_found_and_nothing_else(certificate: Path, tmp_path: Path, fault: Fault) -> None:
    with Well(tmp_path, certificate, fault.settings) as well:
        fault.plant(well)
        found = examined(well)
        assert sorted(each.code for each in found.findings) == sorted((fault.code, *fault.also))
        said = [each.what.zh for each in found.findings if each.code == fault.code and fault.en in each.what.en]
        assert said
        assert all(fault.zh in each for each in said)
        assert found.exit_code == fault.ends


def test_whatever_the_doctor_may_find_is_planted() -> None:
    sources = (*(ROOT / "console" / "checks").glob("*.py"), ROOT / "console" / "refusals.py")
    codes = {code for source in sources for code in CODES.findall(source.read_text("utf-8"))}
    planted = {code for fault in FAULTS for code in (fault.code, *fault.also)}
    assert codes - planted == UNPLANTED
