"""How checks are made one after the other, and what their findings come to; the checks here are made up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from console import doctor
from console.account import Account, ApiError
from console.doctor import CHECKS, ERRORS, NOTHING_LOOKED_AT, WELL, Diagnosis, examine, selected
from console.finding import IDENTITY, Check, Fact, Finding, Severity
from console.screen import Screen
from console.settings import Settings
from shared.messages.message import Message

ACCOUNT = Account(Settings({}), {})
SAYS = Message("it", "它")


def finding(severity: Severity = "error", code: str = "Wrong") -> Finding:
    return Finding(code, severity, SAYS, SAYS, SAYS)


def check(name: str, *seen: Finding | Fact | ApiError, needs: tuple[str, ...] = ()) -> Check:
    """One that sees these, in their order."""

    def look(account: Account) -> Iterator[Finding | Fact]:
        for each in seen:
            if isinstance(each, ApiError):
                raise each
            yield each

    return Check(name, SAYS, look, needs)


def diagnosis(*checks: Check) -> Diagnosis:
    return examine(ACCOUNT, checks)


def test_all_is_well() -> None:
    found = diagnosis(check("a"), check("b", Fact("Seen", SAYS)))
    assert (found.findings, found.exit_code) == ((), WELL)


def test_a_warning_is_no_error() -> None:
    assert diagnosis(check("a", finding("warning"))).exit_code == WELL


def test_an_error_is_one() -> None:
    assert diagnosis(check("a", finding("warning"), finding("error"))).exit_code == ERRORS


@pytest.mark.parametrize(
    "stands", [finding("error"), ApiError("FC", "GetFunction", 403, "AccessDenied", "no")], ids=["error", "refused"]
)
def test_what_needs_a_check_that_did_not_pass_is_skipped_and_what_needs_that_too(stands: Finding | ApiError) -> None:
    found = diagnosis(
        check("a", stands), check("b", finding(), needs=("a",)), check("c", finding(), needs=("b",)), check("d")
    )
    assert [(one.check.name, one.looked, one.waits_for) for one in found.outcomes[1:]] == [
        ("b", False, "a"),
        ("c", False, "b"),
        ("d", True, ""),
    ]
    assert len(found.findings) == 1


def test_warnings_stand_in_nobodys_way() -> None:
    found = diagnosis(check("a", finding("warning")), check("b", finding(), needs=("a",)))
    assert [one.waits_for for one in found.outcomes] == ["", ""]


def test_what_was_seen_before_a_refusal_counts() -> None:
    found = diagnosis(check("a", finding(code="Before"), ApiError("FC", "GetFunction", 0, "Timeout", "late")))
    assert [each.code for each in found.findings] == ["Before", "NotReached"]


def test_nothing_could_be_looked_at() -> None:
    refused = ApiError("STS", "GetCallerIdentity", 0, "Timeout", "late")
    assert diagnosis(check("a", refused), check("b", needs=("a",))).exit_code == NOTHING_LOOKED_AT


def test_the_same_finding_of_several_checks_is_told_once() -> None:
    document = diagnosis(check("a", finding()), check("b", finding(), finding(code="Other"))).document()
    assert document == {
        "findings": [
            {"code": code, "severity": "error", "what": SAYS, "leads_to": SAYS, "mend": SAYS, "check": name}
            for code, name in (("Wrong", "a"), ("Other", "b"))
        ],
        "facts": [],
        "skipped": [],
        "exit_code": ERRORS,
    }


def test_facts_and_what_was_skipped_are_for_machines_too() -> None:
    document = diagnosis(check("a", Fact("Seen", SAYS), finding()), check("b", needs=("a",))).document()
    assert document["facts"] == [{"code": "Seen", "what": SAYS, "check": "a"}]
    assert document["skipped"] == [{"check": "b", "because": "a"}]


def test_what_is_wrong_comes_before_what_was_not_looked_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (check("a", finding()), check("b", needs=("a",))))
    doctor.run(Screen(), Account(Settings({})))
    said = capsys.readouterr().out
    assert 0 < said.index("Wrong") < said.index("not looked at, since `a`")


def test_a_check_comes_with_those_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    table = (check("a"), check("b"), check("c", needs=("a",)), check("d", needs=("c",)))
    monkeypatch.setattr(doctor, "CHECKS", table)
    assert [each.name for each in selected(["d"])] == ["a", "c", "d"]
    assert selected([]) == table


def test_a_check_that_there_is_not_is_named_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=rf"no check is called nonsense; there are {IDENTITY}, "):
        selected(["nonsense"])


def test_every_check_needs_earlier_ones_only_and_has_a_name_of_its_own() -> None:
    seen = set[str]()
    for each in CHECKS:
        assert {*each.needs} <= seen, each.name
        assert each.name not in seen
        assert each.says.zh != each.says.en
        seen.add(each.name)
