"""What a trial says of the cloud: what pictures show, and what the log tells."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from console.account import BOX, Account
from console.change import carry_out
from console.logs import plan as logs
from console.settings import KEY, Settings
from console.verify import log_beliefs
from console.verify.belief import Answer, Evidence
from console.verify.pictures import is_partial, subject_share
from shared.vendors.capabilities import CAPABILITIES
from tests.cloud.accounts import Accounts
from tests.cloud.openapi import OpenApi
from tests.cloud.oss import Oss
from tests.cloud.sls_api import Sls
from tests.cloud.sts import Sts

CUTOUT, WHOLE = CAPABILITIES["general/common"], CAPABILITIES["scenery/change-sky"]


Colour = float | tuple[float, ...]


def png(mode: str, colour: Colour, part: Colour | None = None) -> bytes:
    """10 × 10 px of one colour, perhaps with another on its upper four tenths."""
    picture = Image.new(mode, (10, 10), colour)
    if part is not None:
        picture.paste(part, (0, 0, 10, 4))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "share"),
    [
        (png("RGBA", (9, 9, 9, 0), (9, 9, 9, 255)), 0.4),
        (png("RGBA", (9, 9, 9, 0)), 0),
        (png("RGBA", (9, 9, 9, 255)), 1),
        (png("L", 0, 255), 0.4),
        (png("L", 0), 0),
        (png("RGB", (255, 255, 255)), 1),
        (b"no picture", None),
        (png("RGBA", (9, 9, 9, 0), (9, 9, 9, 255))[:60], None),
    ],
)
def test_of_a_cutout_it_is_the_share_that_is_left(content: bytes, share: float | None) -> None:
    assert subject_share(CUTOUT, [content]) == (share if share is None else pytest.approx(share))


def test_a_whole_photo_need_not_be_transparent() -> None:
    opaque = png("RGBA", (90, 90, 90, 255), (200, 0, 0, 255))
    assert is_partial(subject_share(WHOLE, [opaque]))
    assert not is_partial(subject_share(CUTOUT, [opaque]))


def test_of_several_pictures_one_must_show_something() -> None:
    empty, half = png("L", 0), png("L", 0, 255)
    assert subject_share(CUTOUT, [empty, half]) == pytest.approx(0.4)
    assert subject_share(CUTOUT, [empty, empty]) == 0
    assert subject_share(CUTOUT, []) is None


class Trial:
    """An account with a bucket and a log, in which `settle` begins so many seconds after it is woken, each time the
    next; where there are no more, it does not come."""

    def __init__(self) -> None:
        accounts = Accounts()
        self.delays: list[float] = []
        self.sls = Sls()
        self.oss = Oss(accounts, on_event=self._woken)
        self.oss.create_bucket("shop-photos")
        self.openapi = OpenApi(accounts, Sts(accounts), self.sls)
        owner = accounts.owner
        given = {"OSS_BUCKET": "shop-photos", KEY[0]: owner.access_key_id, KEY[1]: owner.access_key_secret}
        self.account = Account(Settings(given), {BOX: self.openapi.url, "OSS_PUBLIC_ENDPOINT": self.oss.url})
        carry_out(logs.plan(self.account), lambda said: None)

    def wrote(self, **fields: str) -> None:
        """The entry of a request, as Function Compute writes it."""
        entry = {"functionName": "oss-cutout-settle", "operation": "InvokeFunction", "requestId": str(uuid4())}
        self.sls.write(self.account.log_project, "functions", {**entry, "isColdStart": "false", **fields})

    def answer(self, belief: Any) -> Answer:
        answer: Answer = belief(Evidence(self.account, datetime.now(timezone.utc), []))
        return answer

    def _woken(self, event: dict[str, Any]) -> None:
        if self.delays:
            self.wrote(invokeFunctionStartTimestamp=f"{(time.time() + self.delays.pop(0)) * 1000:.0f}")


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trial]:
    monkeypatch.setattr(log_beliefs, "_PAUSE", 0.01)
    monkeypatch.setattr(log_beliefs, "_PATIENCE", 0.3)
    trial = Trial()
    yield trial
    trial.openapi.stop()
    trial.oss.stop()


@pytest.mark.parametrize(
    ("delays", "said"),
    [([0.2, 0.3, 0.1], "yes"), ([0.2, 0.3], "yes"), ([0.2, 9.0, 8.0], "no"), ([0.2], "no"), ([], "no")],
)
def test_settle_comes_at_once_if_it_does_so_two_times_of_three(trial: Trial, delays: list[float], said: str) -> None:
    trial.delays = [*delays]
    answer = trial.answer(log_beliefs.wakes_at_once)
    assert answer.said == said
    assert answer.evidence.en.count("more than 90") == 3 - len(delays)


def test_a_request_that_began_before_settle_was_woken_is_no_answer(trial: Trial) -> None:
    trial.wrote(invokeFunctionStartTimestamp=f"{(time.time() - 5) * 1000:.0f}")
    assert trial.answer(log_beliefs.wakes_at_once).said == "no"


@pytest.mark.parametrize("fields", [{}, {"invokeFunctionStartTimestamp": "-"}])
def test_a_log_without_the_moment_of_a_request_leaves_it_open(trial: Trial, fields: dict[str, str]) -> None:
    trial.wrote(**fields)
    answer = trial.answer(log_beliefs.wakes_at_once)
    assert answer.said == "unknown"
    assert "the log has no number in `invokeFunctionStartTimestamp`" in answer.evidence.en


def test_a_log_without_the_length_of_a_cold_start_leaves_it_open(trial: Trial) -> None:
    trial.wrote(isColdStart="true")
    answer = trial.answer(log_beliefs.short_cold_starts)
    assert (answer.said, "`coldStartLatencyMs`" in answer.evidence.zh) == ("unknown", True)


@pytest.mark.parametrize(
    ("starts", "said", "evidence"),
    [
        ([900, 2100], "yes", "cold starts: 2, of 0.9 to 2.1 s"),
        ([900, 4100], "no", "cold starts: 2, of 0.9 to 4.1 s"),
        ([], "unknown", "no instance was started"),
    ],
)
def test_cold_starts_are_those_that_the_log_calls_so(trial: Trial, starts: list[int], said: str, evidence: str) -> None:
    trial.wrote(durationMs="3.00")
    for each in starts:
        trial.wrote(isColdStart="true", coldStartLatencyMs=f"{each:.2f}")
    trial.wrote(isColdStart="true", coldStartLatencyMs="99000.00", functionName="somebody-elses")
    answer = trial.answer(log_beliefs.short_cold_starts)
    assert (answer.said, answer.evidence.en) == (said, evidence)
