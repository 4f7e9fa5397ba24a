"""What becomes of an invocation is what the platform makes of it: tried again, turned away, killed or dropped."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest

from tests.cloud import fc_runner
from tests.cloud.fc import Fc
from tests.cloud.snippets import NOTHING, event, outcomes, retrying, running, tweaked, until

Make = Callable[..., Fc]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Make]:
    with ExitStack() as stack:
        yield lambda *snippets, **options: stack.enter_context(running(tmp_path, *snippets, **options))


def test_a_failed_asynchronous_invocation_is_tried_again_with_the_same_request_id(run: Make) -> None:
    fc = run(
        """
        tries = 0
        def handler(event, context):
            global tries
            tries += 1
            if tries < 3:
                raise LookupError(f"try {tries}")
        """
    )
    fc.deliver(event())
    fc.quiet(10)
    assert outcomes(fc) == ["LookupError", "LookupError", "ok"]
    assert [done.attempt for done in fc.invocations] == [1, 2, 3]
    assert len({done.request_id for done in fc.invocations}) == 1
    pauses = [
        later.started - before.started - before.seconds
        for before, later in zip(fc.invocations, fc.invocations[1:], strict=False)
    ]
    assert pauses[0] >= 0.5
    assert pauses[1] >= 1.0
    assert any("LookupError: try 1" in line.text for line in fc.logs)
    assert fc.dropped == []


def test_after_the_last_retry_the_event_is_dropped_and_that_is_on_record(run: Make) -> None:
    fc = run("def handler(event, context): 1 / 0", manifest=tweaked(**retrying(1)))
    fc.deliver(event())
    fc.quiet(10)
    assert outcomes(fc) == ["ZeroDivisionError"] * 2
    [dropped] = fc.dropped
    assert dropped.reason == "ZeroDivisionError"
    assert json.loads(dropped.event) == event()


def test_a_failed_synchronous_invocation_is_not_tried_again(run: Make) -> None:
    fc = run("def handler(event, context): raise KeyError('k')")
    assert fc.invoke("general", b"").error == "KeyError"
    fc.quiet(5)
    assert outcomes(fc) == ["KeyError"]


def test_code_that_cannot_be_imported_is_an_error_of_each_invocation(run: Make) -> None:
    fc = run("import nothing_of_that_name")
    assert [fc.invoke("general", b"").error for _ in range(2)] == ["ModuleNotFoundError"] * 2
    assert any("nothing_of_that_name" in line.text for line in fc.logs)


def test_a_function_that_takes_too_long_is_killed_and_tried_again_in_a_new_instance(run: Make) -> None:
    fc = run(
        """
        import os, pathlib, time
        def handler(event, context):
            with open("pids", "a") as file:
                print(os.getpid(), file=file)
            print("began", context.function.timeout, end="")
            if len(pathlib.Path("pids").read_text().split()) == 1:
                time.sleep(60)
        """,
        timeouts={"general": 0.5},
    )
    fc.deliver(event())
    fc.quiet(10)
    assert outcomes(fc) == ["timeout", "ok"]
    assert 0.5 <= fc.invocations[0].seconds < 30
    assert [line.text for line in fc.logs] == ["began 0.5"] * 2


def test_more_at_once_than_is_reserved_is_turned_away_and_comes_again(run: Make) -> None:
    fc = run(
        """
        import os, time
        def handler(event, context):
            time.sleep(0.3)
            print(os.getpid())
        """,
        manifest=tweaked(concurrencyConfig={"reservedConcurrency": 2}, **retrying(0)),
    )
    for _ in range(4):
        fc.deliver(event())
    fc.quiet(10)
    assert outcomes(fc).count("429") >= 2
    assert outcomes(fc).count("ok") == 4
    assert {done.attempt for done in fc.invocations} == {1}
    assert len({line.text for line in fc.logs}) == 2, "as many instances as are reserved"
    assert fc.dropped == []


def test_an_event_that_grows_too_old_while_turned_away_is_dropped(run: Make) -> None:
    fc = run(
        "import time\ndef handler(event, context): time.sleep(3)",
        manifest=tweaked(timeout=1, concurrencyConfig={"reservedConcurrency": 1}, **retrying(0, age=2)),
        timeouts={"general": 10},
    )
    fc.deliver(event())
    until(fc.instance_pids)
    fc.deliver(event())
    fc.quiet(10)
    assert [dropped.reason for dropped in fc.dropped] == ["429"]
    assert outcomes(fc).count("ok") == 1
    assert outcomes(fc).count("429") == 3, "at about 0, 0.5 and 1.5 s; the next would come after its two seconds"


def test_who_is_turned_away_comes_again_after_pauses_that_double_for_five_hours(
    run: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fc_runner.MOST_SECONDS_TURNED_AWAY == 5 * 60 * 60
    monkeypatch.setattr(fc_runner, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(fc_runner, "MOST_SECONDS_TURNED_AWAY", 2.0)
    fc = run(
        "import time\ndef handler(event, context): time.sleep(60)",
        manifest=tweaked(concurrencyConfig={"reservedConcurrency": 1}),
    )
    fc.deliver(event())
    until(fc.instance_pids)
    fc.deliver(event())
    (dropped,) = until(lambda: fc.dropped)
    assert dropped.reason == "429", "the event itself would live for a day"
    moments = [done.started for done in fc.invocations if done.outcome == "429"]
    pauses = [later - before for before, later in pairwise(moments)]
    assert len(pauses) in (4, 5)
    for number, pause in enumerate(pauses):
        assert 0.05 * 2**number * 0.75 <= pause < 0.05 * 2**number * 1.25 + 0.3, pauses


def test_an_error_of_the_platforms_own_is_not_made_good(run: Make) -> None:
    fc = run(NOTHING, manifest=tweaked(**retrying(8)))
    fc.fail_internally("general")
    fc.deliver(event())
    fc.quiet(5)
    assert outcomes(fc) == ["InternalServerError"]
    assert [dropped.reason for dropped in fc.dropped] == ["InternalServerError"]
    fc.deliver(event())
    fc.quiet(5)
    assert outcomes(fc)[1:] == ["ok"]


def test_a_synchronous_invocation_is_turned_away_while_every_instance_is_busy(run: Make) -> None:
    fc = run(
        "import time\ndef handler(event, context): time.sleep(1)",
        manifest=tweaked(concurrencyConfig={"reservedConcurrency": 1}),
    )
    fc.deliver(event())
    until(fc.instance_pids)
    assert fc.invoke("general", b"").error == "429"


def test_the_instance_behind_a_connection_can_be_found_and_killed_and_its_event_comes_again(run: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        fc = run(
            """
            import os, socket
            def handler(event, context):
                print(os.getpid())
                with socket.create_connection(("127.0.0.1", int(os.environ["PORT"]))) as connection:
                    connection.recv(1)
            """,
            environment={"PORT": str(server.getsockname()[1])},
        )
        fc.deliver(event())
        fc.deliver(event())
        bystander, its_client = server.accept()
        victim, client = server.accept()
        with bystander, victim:
            pid = fc.instance_at(client)
            assert pid is not None
            assert fc.instance_at(its_client) not in (None, pid)
            fc.kill(pid)
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
            assert victim.recv(1) == b"", "what it held open is closed with it"
            assert fc.instance_at(client) is None
            bystander.sendall(b"!")
        again, _ = server.accept()
        with again:
            again.sendall(b"!")
        fc.quiet(10)
    assert sorted(outcomes(fc)) == ["killed", "ok", "ok"]
    [killed] = [done for done in fc.invocations if done.outcome == "killed"]
    first, second = (line.text for line in fc.logs if line.request_id == killed.request_id)
    assert first == str(pid) != second


def test_an_instance_that_dies_while_idle_fails_nobody(run: Make) -> None:
    fc = run("import os\ndef handler(event, context): return os.getpid()")
    first = int(fc.invoke("general", b"").body)
    fc.kill(first)
    again = fc.invoke("general", b"")
    assert again.error == ""
    assert int(again.body) != first


def test_an_instance_that_ends_itself_is_an_error(run: Make) -> None:
    fc = run("import os\ndef handler(event, context): os._exit(0)")
    assert fc.invoke("general", b"").error == "killed"
