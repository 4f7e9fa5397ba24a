"""`cutout doctor`: looks at all that a deployment rests on; says what is wrong, what it leads to, and what mends it.

Nothing is changed and nothing is bought; what a check writes to try something out, it takes away again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from console.account import Account, ApiError
from console.checks import account as of_account
from console.checks import bucket, functions, logs, roles, vendors, viapi
from console.finding import Check, Fact, Finding
from console.refusals import explain
from shared.messages.message import COMMA, Message, Sentence

if TYPE_CHECKING:
    from console.screen import Language, Screen

CHECKS: tuple[Check, ...] = tuple(
    check for module in (of_account, vendors, viapi, bucket, roles, logs, functions) for check in module.CHECKS
)
"""In the order in which they are made: what others need comes first."""
WELL, ERRORS, NOTHING_LOOKED_AT = 0, 1, 3
"""Exit codes; 2 is a command that was called wrongly."""

_SKIPPED = Sentence(
    "not looked at, since `{needed}` did not pass: {names}", "由于 `{needed}` 未通过，以下各项未检查：{names}"
)


@dataclass(frozen=True)
class Outcome:
    """What came of one check."""

    check: Check
    findings: tuple[Finding, ...] = ()
    facts: tuple[Fact, ...] = ()
    looked: bool = True
    """Whether it could be looked at."""
    waits_for: str = ""
    """The check that has to pass first, if it was skipped."""

    @property
    def passed(self) -> bool:
        """Whether what needs it may be looked at: warnings stand in nobody's way."""
        return self.looked and all(each.severity == "warning" for each in self.findings)


@dataclass(frozen=True)
class Diagnosis:
    outcomes: tuple[Outcome, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Each once, in the order of the checks: what is wrong with a key or an account, many of them find."""
        return tuple(dict.fromkeys(each for outcome in self.outcomes for each in outcome.findings))

    def without(self, codes: Collection[str]) -> Diagnosis:
        """Without these findings."""
        kept = (tuple(each for each in outcome.findings if each.code not in codes) for outcome in self.outcomes)
        return Diagnosis(tuple(replace(one, findings=found) for one, found in zip(self.outcomes, kept, strict=True)))

    @property
    def exit_code(self) -> int:
        if not any(outcome.looked for outcome in self.outcomes):
            return NOTHING_LOOKED_AT
        return ERRORS if any(each.severity == "error" for each in self.findings) else WELL

    def document(self) -> dict[str, object]:
        """For machines; `console.screen.Screen.json` writes its messages in both languages."""
        found = {each: outcome.check.name for outcome in reversed(self.outcomes) for each in outcome.findings}
        return {
            "findings": [{**vars(each), "check": found[each]} for each in self.findings],
            "facts": [{**vars(each), "check": one.check.name} for one in self.outcomes for each in one.facts],
            "skipped": [{"check": one.check.name, "because": one.waits_for} for one in self.outcomes if one.waits_for],
            "exit_code": self.exit_code,
        }


def selected(names: Collection[str]) -> tuple[Check, ...]:
    """The checks called so, and those that they need; without a name, all. Raises `ValueError` for one there is not."""
    if unknown := sorted({*names} - {check.name for check in CHECKS}):
        known = ", ".join(check.name for check in CHECKS)
        raise ValueError(f"no check is called {', '.join(unknown)}; there are {known}")
    wanted = {*names} or {check.name for check in CHECKS}
    for check in reversed(CHECKS):
        wanted |= {*check.needs} if check.name in wanted else set()
    return tuple(check for check in CHECKS if check.name in wanted)


def examine(account: Account, chosen: Iterable[Check]) -> Diagnosis:
    """Makes the checks one after the other."""
    outcomes = dict[str, Outcome]()
    for check in chosen:
        stopped = next((name for name in check.needs if not outcomes[name].passed), "")
        outcomes[check.name] = Outcome(check, looked=False, waits_for=stopped) if stopped else _look(account, check)
    return Diagnosis(tuple(outcomes.values()))


def _look(account: Account, check: Check) -> Outcome:
    seen, looked = list[Finding | Fact](), True
    try:
        for each in check.look(account):
            seen.append(each)
    except ApiError as error:
        seen.append(explain(error))
        looked = False
    findings = tuple(each for each in seen if isinstance(each, Finding))
    return Outcome(check, findings, tuple(each for each in seen if isinstance(each, Fact)), looked)


def run(screen: Screen, account: Account, names: Collection[str] = ()) -> int:
    """The command; what it returns is the exit code. Raises `ValueError` for a name that no check has."""
    chosen = selected(names)
    diagnosis = examine(account, screen.track(chosen, lambda check: check.says))
    if screen.machine:
        screen.json(diagnosis.document())
        return diagnosis.exit_code
    for fact in (each.what for outcome in diagnosis.outcomes for each in outcome.facts):
        screen.say(fact, "dim")
    screen.findings(diagnosis.findings)
    for line in _skipped(diagnosis):
        screen.say(line, "dim")
    return diagnosis.exit_code


def _skipped(diagnosis: Diagnosis) -> Iterator[Message]:
    """What was not looked at, by what stands in its way."""
    skipped = dict[str, list[Message]]()
    for outcome in diagnosis.outcomes:
        if outcome.waits_for:
            skipped.setdefault(outcome.waits_for, []).append(outcome.check.says)
    for needed, names in skipped.items():
        yield _SKIPPED(needed=needed, names=COMMA.join(names))


_HEAD = Message("| check | what is looked at |", "| 检查项 | 检查内容 |")


def table(language: Language) -> str:
    """The documents' table of checks, in Markdown."""
    rows = (f"| `{check.name}` | {getattr(check.says, language)} |" for check in CHECKS)
    return "\n".join([getattr(_HEAD, language), "|---|---|", *rows])
