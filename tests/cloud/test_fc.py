"""The local Function Compute calls whom it should, with what it should, and tells what they said."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.accounts import Accounts
from tests.cloud.fc import Fc
from tests.cloud.manifest import load
from tests.cloud.snippets import NOTHING, event, outcomes, running, until
from tests.cloud.timers import moments

Make = Callable[..., Fc]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Make]:
    with ExitStack() as stack:
        yield lambda *snippets, **options: stack.enter_context(running(tmp_path, *snippets, **options))


def test_a_handler_sees_its_event_its_own_environment_and_a_context_like_python310s(
    run: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_SECRET", "not for functions")
    accounts = Accounts()
    fc = run(
        """
        import json, os, sys
        def handler(event, context):
            c = context
            return json.dumps({
                "event": event.decode(), "environment": dict(os.environ), "cwd": os.getcwd(), "path": sys.path[0],
                "credentials": vars(c.credentials), "function": vars(c.function), "region": c.region,
                "account": c.account_id, "request": c.request_id, "store": c.service.log_store,
            })
        """,
        accounts=accounts,
        environment={"OSS_ENDPOINT": "http://127.0.0.1:1", "VIAPI_QPS": "9"},
    )
    seen = json.loads(fc.invoke("general", "红".encode()).body)
    assert seen["event"] == "红"
    environment = seen["environment"]
    key = accounts.find(environment["ALIBABA_CLOUD_ACCESS_KEY_ID"])
    assert key is not None
    assert seen["credentials"] == {
        "access_key_id": key.access_key_id,
        "access_key_secret": environment["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        "security_token": environment["ALIBABA_CLOUD_SECURITY_TOKEN"],
    }
    assert environment["OSS_BUCKET"] == "shop-photos"
    assert (environment["OSS_ENDPOINT"], environment["VIAPI_QPS"]) == ("http://127.0.0.1:1", "9")
    assert "OUR_SECRET" not in environment
    of_the_platform = {name: value for name, value in environment.items() if name.startswith("FC_")}
    assert of_the_platform.pop("FC_INSTANCE_ID")
    assert of_the_platform == {
        "FC_ACCOUNT_ID": accounts.uid,
        "FC_CUSTOM_LISTEN_PORT": "9000",
        "FC_FUNCTION_HANDLER": "index.handler",
        "FC_FUNCTION_MEMORY_SIZE": "512",
        "FC_FUNCTION_NAME": "oss-cutout-general",
        "FC_FUNC_CODE_PATH": f"{seen['cwd']}/",
        "FC_REGION": "cn-shanghai",
        "FC_RUNTIME": "python3.10",
        "FC_TIMEOUT": "120",
        "FC_VER_ID": "LATEST",
    }
    assert seen["function"] == {"name": "oss-cutout-general", "handler": "index.handler", "memory": 512, "timeout": 120}
    assert (seen["region"], seen["account"], seen["store"]) == ("cn-shanghai", accounts.uid, "functions")
    assert seen["cwd"] == seen["path"]
    assert seen["request"] == fc.invocations[0].request_id


def test_an_instance_is_used_again_and_keeps_what_it_has_in_memory(run: Make) -> None:
    fc = run("count = 0\ndef handler(event, context):\n    global count\n    count += 1\n    return count")
    assert [fc.invoke("general", b"").body for _ in range(3)] == [b"1", b"2", b"3"]


def test_what_is_printed_and_each_request_comes_into_the_logstore(run: Make) -> None:
    shipped: list[tuple[str, str, Mapping[str, str]]] = []
    fc = run(
        """
        import time
        time.sleep(0.3)
        def handler(event, context):
            if event:
                raise LookupError
            context.logger.info("here")
        """,
        ship=lambda *entry: shipped.append(entry),
    )
    fc.invoke("general", b"")
    fc.invoke("general", b"!")
    assert {(project, logstore) for project, logstore, _ in shipped} == {("oss-cutout", "functions")}
    assert {each["functionName"] for _, _, each in shipped} == {"oss-cutout-general"}
    assert any(each.get("message", "").endswith("[INFO] here") for _, _, each in shipped)
    first, second = (each for _, _, each in shipped if each.get("operation") == "InvokeFunction")
    assert (first["isColdStart"], second["isColdStart"]) == ("true", "false")
    assert float(first["coldStartLatencyMs"]) >= 300 > float(first["durationMs"])
    assert int(first["invokeFunctionStartTimestamp"]) >= int(first["invocationStartTimestamp"]) + 300
    assert "coldStartLatencyMs" not in second
    assert (first["hasFunctionError"], second["errorType"]) == ("false", "FunctionUnhandledError")


def test_credentials_come_with_each_request_and_the_environments_are_of_the_instances_start(run: Make) -> None:
    accounts = Accounts()
    fc = run(
        """
        import json, os
        def handler(event, context):
            if event:
                os._exit(0)
            names = "ALIBABA_CLOUD_ACCESS_KEY_ID", "FC_INSTANCE_ID"
            return json.dumps([context.credentials.access_key_id, *map(os.environ.get, names)])
        """,
        accounts=accounts,
    )
    ours, first, instance = json.loads(fc.invoke("general", b"").body)
    assert ours == first
    fc.renew_credentials("general")
    ours, environments, same = json.loads(fc.invoke("general", b"").body)
    assert (environments, same) == (first, instance)
    assert ours != first
    assert accounts.find(ours) is not None
    assert accounts.find(first) is None, "its time is over"
    fc.invoke("general", b"end")
    ours_then, environments, other = json.loads(fc.invoke("general", b"").body)
    assert ours_then == environments == ours
    assert other != instance


@pytest.mark.parametrize(
    "other",
    [
        event(name="ObjectCreated:AppendObject"),
        event(name="ObjectRemoved:DeleteObject"),
        event(key="uploads/nobody/common/a.jpg"),
        event(key="cutouts/general/common/a.jpg.png"),
        event(bucket="another"),
    ],
)
def test_an_event_that_no_trigger_matches_calls_nobody(run: Make, other: dict[str, Any]) -> None:
    fc = run(NOTHING)
    fc.deliver(other)
    fc.quiet(5)
    assert fc.invocations == []


def test_an_event_reaches_the_function_whose_trigger_matches(run: Make) -> None:
    fc = run("def handler(event, context): print(event.decode())")
    fc.deliver(event("uploads/general/common/红 1+2%.jpg", "ObjectCreated:CompleteMultipartUpload"))
    fc.quiet(5)
    assert [(done.function, done.outcome) for done in fc.invocations] == [("general", "ok")]
    document = json.loads(fc.logs[0].text)
    assert document["events"][0]["oss"]["object"]["key"] == "uploads/general/common/红 1+2%.jpg"


def test_what_a_function_prints_and_logs_is_told_by_request(run: Make) -> None:
    told: list[str] = []
    fc = run(
        """
        import os, sys
        def handler(event, context):
            print("printed")
            context.logger.warning("logged")
            os.write(2, b"no line end")
        """,
        log=told.append,
    )
    fc.invoke("general", b"")
    first = fc.invocations[0].request_id
    assert {line.request_id for line in fc.logs} == {first}
    printed, logged, unfinished = (line.text for line in fc.logs)
    assert (printed, unfinished) == ("printed", "no line end")
    assert logged.endswith(f"Z {first} [WARNING] logged")
    assert told[0] == "general: printed"
    fc.invoke("general", b"")
    assert {line.request_id for line in fc.logs[3:]} == {fc.invocations[1].request_id}


def test_a_timer_fires_with_its_payload_and_not_while_the_last_tick_runs(run: Make) -> None:
    fc = run(
        NOTHING,
        "import time\ndef handler(event, context):\n    print(event.decode())\n    time.sleep(0.7)",
        timer_seconds=0.4,
    )
    until(lambda: outcomes(fc, "settle").count("ok") >= 2)
    assert "429" in outcomes(fc, "settle")
    tick = json.loads(fc.logs[0].text)
    assert (tick["triggerName"], tick["payload"]) == ("every-minute", "")
    datetime.strptime(tick["triggerTime"], "%Y-%m-%dT%H:%M:%S%z")


def test_a_tick_can_be_asked_for(run: Make) -> None:
    fc = run(NOTHING)
    fc.tick("settle")
    fc.quiet(5)
    assert outcomes(fc, "settle") == ["ok"]


@pytest.mark.parametrize(
    ("expression", "first_two"),
    [
        ("@every 5m", ["12:05:30", "12:10:30"]),
        ("0 30 * * * *", ["12:30:00", "13:30:00"]),
        ("CRON_TZ=Asia/Shanghai 15 0 21 * * *", ["13:00:15", "13:00:15"]),
    ],
)
def test_schedules_are_read_as_the_platform_reads_them(expression: str, first_two: list[str]) -> None:
    start = datetime(2026, 11, 21, 12, 0, 30, tzinfo=timezone.utc)
    moments_utc = [moment.astimezone(timezone.utc) for moment in islice(moments(expression, start), 2)]
    assert [f"{moment:%H:%M:%S}" for moment in moments_utc] == first_two
    assert start < moments_utc[0] < moments_utc[1]


def test_waiting_for_quiet_gives_up_and_says_what_is_under_way(run: Make) -> None:
    fc = run("import time\ndef handler(event, context): time.sleep(60)")
    fc.deliver(event())
    with pytest.raises(TimeoutError, match="'general': 1"):
        fc.quiet(0.2)


def test_stopping_leaves_no_process_behind_not_even_a_busy_one(run: Make) -> None:
    fc = run("import time\ndef handler(event, context): time.sleep(60)")
    fc.deliver(event())
    pids = until(fc.instance_pids)
    began = time.monotonic()
    fc.stop()
    assert time.monotonic() - began < 3
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    fc.deliver(event())
    fc.quiet(1)


def test_many_events_at_once_are_each_answered_once(run: Make) -> None:
    fc = run("def handler(event, context): print(event.decode())")
    keys = {f"uploads/general/common/{number}.jpg" for number in range(20)}
    threads = [threading.Thread(target=fc.deliver, args=[event(key)]) for key in keys]
    for thread in threads:
        thread.start()
    fc.quiet(60)
    seen = [json.loads(line.text)["events"][0]["oss"]["object"]["key"] for line in fc.logs]
    assert sorted(seen) == sorted(keys)


def test_code_that_is_not_there_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"handler index\.handler is not in the code"):
        Fc(load(), accounts=Accounts(), environment={}, code=tmp_path, python=sys.executable)


@pytest.mark.parametrize("name", ["FC_SERVICE", "topic", "1ST"])
def test_a_variable_that_the_platform_does_not_take_is_refused(run: Make, name: str) -> None:
    with pytest.raises(ValueError, match=f"environment variable name '{name}'"):
        run(NOTHING, environment={name: "x"})


def test_an_event_larger_than_the_platform_takes_is_refused(run: Make) -> None:
    fc = run(NOTHING)
    with pytest.raises(ValueError, match="131072"):
        fc.deliver(event("uploads/general/" + "x" * 131072))
