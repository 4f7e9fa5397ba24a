"""Function Compute's API takes what its documents take, asked by Alibaba's own SDK, and what it takes runs."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pydantic
import pytest
from alibabacloud_fc20230330 import models
from alibabacloud_tea_openapi.exceptions import ClientException
from darabonba.runtime import RuntimeOptions

from tests.cloud.accounts import Accounts
from tests.cloud.fc_world import World, running
from tests.cloud.snippets import event, until
from tests.cloud.triggers import OssTrigger

NAME = "oss-cutout-goods"
ECHO = "import os\ndef handler(event, context): return os.environ.get('WORD', '') + event.decode()"
TRIGGER_ROLE = f"acs:ram::{Accounts.uid}:role/aliyunosseventnotificationrole"
UPLOADED = {"events": ["oss:ObjectCreated:PutObject"], "filter": {"key": {"prefix": "uploads/goods/", "suffix": ""}}}
LOG = {
    "project": "oss-cutout",
    "logstore": "functions",
    "enableRequestMetrics": True,
    "enableInstanceMetrics": False,
    "logBeginRule": "DefaultRegex",
}
TICK = {"cronExpression": "@every 1m", "enable": True, "payload": ""}


def zipped(source: str = ECHO, **more: str) -> str:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("index.py", source)
        for package, text in more.items():
            archive.writestr(f"{package}/__init__.py", text)
    return base64.b64encode(out.getvalue()).decode()


class Deployer:
    """Asks for what the tests ask for, as the owner of the account."""

    def __init__(self, world: World) -> None:
        self.fc: Any = world.account().fc

    def create(self, name: str = NAME, /, **changes: object) -> Any:
        body = models.CreateFunctionInput().from_map(function(name, **changes))
        return self.fc.create_function(models.CreateFunctionRequest(body=body)).body

    def update(self, name: str = NAME, /, **changes: object) -> Any:
        body = models.UpdateFunctionInput().from_map(changes)
        return self.fc.update_function(name, models.UpdateFunctionRequest(body=body)).body

    def trigger(self, function: str = NAME, /, **changes: object) -> Any:
        body = models.CreateTriggerInput().from_map(trigger(**changes))
        return self.fc.create_trigger(function, models.CreateTriggerRequest(body=body)).body

    def reserve(self, instances: int, function: str = NAME) -> Any:
        request = models.PutConcurrencyConfigRequest(body=models.PutConcurrencyInput(instances))
        return self.fc.put_concurrency_config(function, request).body

    def invoke(self, payload: bytes, invocation_type: str = "Sync") -> Any:
        headers = models.InvokeFunctionHeaders(x_fc_invocation_type=invocation_type)
        request = models.InvokeFunctionRequest(body=io.BytesIO(payload))
        return self.fc.invoke_function_with_options(NAME, request, headers, RuntimeOptions())


def function(name: str = NAME, **changes: object) -> dict[str, object]:
    return {
        "functionName": name,
        "runtime": "python3.10",
        "handler": "index.handler",
        "role": f"acs:ram::{Accounts.uid}:role/oss-cutout-goods",
        "code": {"zipFile": zipped()},
        "environmentVariables": {"WORD": "hello "},
        "logConfig": LOG,
    } | changes


def trigger(**changes: object) -> dict[str, object]:
    said: dict[str, object] = {
        "triggerName": "uploads",
        "triggerType": "oss",
        "sourceArn": f"acs:oss:cn-shanghai:{Accounts.uid}:shop-photos",
        "invocationRole": TRIGGER_ROLE,
        "triggerConfig": UPLOADED,
    } | changes
    return {name: json.dumps(value) if isinstance(value, dict) else value for name, value in said.items() if value}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running(tmp_path, environment={"WORD": "never "}) as world:
        yield world


@pytest.fixture
def deployer(world: World) -> Deployer:
    return Deployer(world)


def refused(call: Callable[[], object]) -> tuple[int, str, str]:
    with pytest.raises(ClientException) as caught:
        call()
    return caught.value.status_code, caught.value.code, caught.value.message


# ---------------------------------------------------------------- functions


def test_a_function_runs_as_it_was_created(deployer: Deployer) -> None:
    created = deployer.create()
    assert (created.timeout, created.memory_size, created.cpu, created.internet_access) == (3, 512, 0.35, True)
    found = deployer.fc.get_function(NAME, models.GetFunctionRequest()).body
    assert found.to_map() == created.to_map()
    assert found.function_arn == f"acs:fc:cn-shanghai:{Accounts.uid}:functions/{NAME}"
    assert found.environment_variables == {"WORD": "hello "}
    answer = deployer.invoke(b"you")
    assert (answer.status_code, answer.body.read()) == (200, b"hello you")


def test_what_is_updated_runs_next_and_the_rest_stays(deployer: Deployer) -> None:
    before = deployer.create(description="as it was")
    assert deployer.invoke(b"").body.read() == b"hello "
    after = deployer.update(environmentVariables={"WORD": "goodbye "}, timeout=60)
    assert (after.timeout, after.description, after.code_checksum) == (60, "as it was", before.code_checksum)
    assert deployer.invoke(b"").body.read() == b"goodbye "
    changed = deployer.update(code={"zipFile": zipped("def handler(event, context): return 'other code'")})
    assert changed.code_checksum != before.code_checksum
    assert deployer.invoke(b"").body.read() == b"other code"


def test_where_this_machines_python_runs_it_a_function_has_this_machines_packages(deployer: Deployer) -> None:
    imports = "import pydantic, shared\ndef handler(event, context): return shared.WORD + pydantic.VERSION"
    deployer.create(code={"zipFile": zipped(imports, pydantic="for another Python", shared="WORD = 'ours, '")})
    assert deployer.invoke(b"").body.read().decode() == f"ours, {pydantic.VERSION}"


def test_code_may_lie_in_oss(world: World, deployer: Deployer) -> None:
    world.objects["code", "goods.zip"] = base64.b64decode(zipped("def handler(event, context): return 'from a bucket'"))
    deployer.create(code={"ossBucketName": "code", "ossObjectName": "goods.zip"})
    assert deployer.invoke(b"").body.read() == b"from a bucket"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"functionName": "1st"}, "functionName"),
        ({"runtime": "python3.11"}, "runtime"),
        ({"handler": "handler"}, "handler"),
        ({"cpu": 0.33}, "0.05"),
        ({"cpu": 0.1}, "between 1:1 and 1:4"),
        ({"memorySize": 500}, "memorySize"),
        ({"diskSize": 1024}, "diskSize"),
        ({"timeout": 86_401}, "timeout"),
        ({"environmentVariables": {"FC_SERVICE": "x"}}, "'FC_SERVICE' is reserved by Function Compute"),
        ({"environmentVariables": {"LONG": "x" * 4093}}, "4096 is the most"),
        ({"environmentVariables": {"NUMBER": 7}}, "environmentVariables.NUMBER"),
        ({"role": f"acs:ram::{Accounts.uid}:role/nobody"}, "does not exist"),
        ({"role": "acs:ram::6543210987654321:role/oss-cutout-goods"}, "does not exist"),
        ({"role": TRIGGER_ROLE}, "fc.aliyuncs.com is not authorized to assume role"),
        ({"logConfig": LOG | {"project": "none"}}, "project 'none' does not exist"),
        ({"code": None}, "InputCodeLocation"),
        ({"code": {"zipFile": "bm8gemlw"}}, "no zip"),
        ({"code": {"zipFile": "!"}}, "Base64"),
        ({"code": {"zipFile": zipped(), "checksum": "1"}}, "checksum"),
        ({"vpcConfig": {"vpcId": "vpc-example"}}, "vpcConfig is not known"),
    ],
)
def test_what_function_compute_does_not_take_is_an_invalid_argument(
    world: World, deployer: Deployer, changes: Mapping[str, object], words: str
) -> None:
    status, code, message = refused(lambda: deployer.create(**changes))
    assert (status, code) == (400, "InvalidArgument")
    assert words in message
    assert world.api.registry.deployed == {}


def test_an_object_that_is_not_there_is_no_code(deployer: Deployer) -> None:
    code_elsewhere = {"ossBucketName": "code", "ossObjectName": "none.zip"}
    status, code, message = refused(lambda: deployer.create(code=code_elsewhere))
    assert (status, code) == (403, "AccessDenied")
    assert "unable to access object none.zip in bucket code" in message


def test_a_refusal_shows_no_value_which_may_be_a_secret(deployer: Deployer) -> None:
    assert "EXAMPLE-secret" not in refused(lambda: deployer.create(environmentVariables={"topic": "EXAMPLE-secret"}))[2]


def test_names_are_taken_once_and_found_while_they_are_there(deployer: Deployer) -> None:
    fc = deployer.fc
    assert refused(lambda: fc.get_function(NAME, models.GetFunctionRequest()))[:2] == (404, "FunctionNotFound")
    deployer.create()
    assert refused(deployer.create)[:2] == (409, "FunctionAlreadyExists")
    fc.delete_function(NAME)
    assert refused(lambda: fc.delete_function(NAME))[:2] == (404, "FunctionNotFound")
    assert refused(lambda: deployer.invoke(b""))[:2] == (404, "FunctionNotFound")


def test_functions_are_listed_a_page_at_a_time(deployer: Deployer) -> None:
    for name in ("a-1", "b-1", "b-2", "b-3"):
        deployer.create(name)
    first = deployer.fc.list_functions(models.ListFunctionsRequest(prefix="b-", limit=2)).body
    assert [each.function_name for each in first.functions] == ["b-1", "b-2"]
    request = models.ListFunctionsRequest(prefix="b-", limit=2, next_token=first.next_token)
    last = deployer.fc.list_functions(request).body
    assert ([each.function_name for each in last.functions], last.next_token) == (["b-3"], None)
    too_many = models.ListFunctionsRequest(limit=101)
    assert refused(lambda: deployer.fc.list_functions(too_many))[:2] == (400, "InvalidArgument")


def test_a_key_does_what_its_role_allows(world: World, deployer: Deployer) -> None:
    deployer.create()
    fc = world.account(world.accounts.assume_role("oss-cutout-goods")).fc
    status, code, message = refused(lambda: fc.get_function(NAME, models.GetFunctionRequest()))
    assert (status, code) == (403, "AccessDenied")
    assert "not authorized to perform 'fc:GetFunction'" in message


def test_nothing_is_answered_as_long_as_the_service_is_not_activated(world: World, deployer: Deployer) -> None:
    world.api.activated = False
    status, code, message = refused(deployer.create)
    assert (status, code) == (403, "AccessDenied")
    assert "FC service is not enabled for current user" in message


# ---------------------------------------------------------------- invocations


def test_an_asynchronous_invocation_is_accepted_and_runs(world: World, deployer: Deployer) -> None:
    deployer.create()
    assert deployer.invoke(b"you", "Async").status_code == 202
    world.fc.quiet(10)
    assert [done.outcome for done in world.fc.invocations] == ["ok"]


def test_an_error_of_the_functions_own_is_an_answer(deployer: Deployer) -> None:
    deployer.create(code={"zipFile": zipped("def handler(event, context): raise LookupError('nothing')")})
    answer = deployer.invoke(b"")
    assert answer.headers["x-fc-error-type"] == "UnhandledInvocationError"
    assert json.loads(answer.body.read()) == {"errorMessage": "nothing", "errorType": "LookupError"}


def test_where_no_instance_may_run_an_invocation_is_turned_away(deployer: Deployer) -> None:
    deployer.create()
    deployer.reserve(0)
    assert refused(lambda: deployer.invoke(b""))[:2] == (429, "ResourceExhausted")


# ---------------------------------------------------------------- triggers


def test_a_trigger_fires_as_long_as_it_is_there(world: World, deployer: Deployer) -> None:
    deployer.create()
    created = deployer.trigger(description="photos")
    assert (created.trigger_type, created.qualifier, created.description) == ("oss", "LATEST", "photos")
    assert json.loads(created.trigger_config) == UPLOADED
    photo = event("uploads/goods/commodity/a.jpg")
    world.fc.deliver(photo)
    world.fc.quiet(10)
    deployer.fc.delete_trigger(NAME, "uploads")
    world.fc.deliver(photo)
    world.fc.quiet(10)
    assert len(world.fc.invocations) == 1


def test_an_update_changes_what_a_trigger_hears_but_not_where(world: World, deployer: Deployer) -> None:
    deployer.create()
    deployer.trigger()
    moved = UPLOADED | {"filter": {"key": {"prefix": "uploads/other/", "suffix": ""}}}
    body = models.UpdateTriggerInput(trigger_config=json.dumps(moved))
    deployer.fc.update_trigger(NAME, "uploads", models.UpdateTriggerRequest(body=body))
    found = deployer.fc.get_trigger(NAME, "uploads").body
    assert json.loads(found.trigger_config) == moved
    assert found.source_arn == trigger()["sourceArn"]
    world.fc.deliver(event("uploads/goods/commodity/a.jpg"))
    world.fc.deliver(event("uploads/other/a.jpg"))
    world.fc.quiet(10)
    assert len(world.fc.invocations) == 1


def test_a_timer_ticks_as_long_as_it_is_on(tmp_path: Path) -> None:
    with running(tmp_path, timer_seconds=0.1) as world:
        deployer, done = Deployer(world), world.fc.invocations
        deployer.create()
        deployer.trigger(triggerName="tick", triggerType="timer", triggerConfig=TICK, sourceArn="", invocationRole="")
        until(lambda: len(done) >= 2)
        body = models.UpdateTriggerInput(trigger_config=json.dumps(TICK | {"enable": False}))
        deployer.fc.update_trigger(NAME, "tick", models.UpdateTriggerRequest(body=body))
        world.fc.quiet(10)
        ticks = len(done)
        with pytest.raises(AssertionError, match="never happened"):
            until(lambda: len(done) > ticks, patience=0.5)


def test_a_function_with_triggers_is_not_deleted(deployer: Deployer) -> None:
    deployer.create()
    deployer.trigger()
    status, code, message = refused(lambda: deployer.fc.delete_function(NAME))
    assert (status, code) == (409, "FunctionNotEmpty")
    assert f"function '{NAME}' has active triggers" in message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"triggerName": "1st"}, "triggerName"),
        ({"triggerConfig": "uploads/"}, "JSON"),
        ({"triggerConfig": UPLOADED | {"events": ["oss:ObjectCreated:Put"]}}, "events"),
        ({"triggerConfig": UPLOADED | {"bucketName": "shop-photos"}}, "bucketName"),
        ({"sourceArn": f"acs:oss:cn-beijing:{Accounts.uid}:shop-photos"}, "account and region"),
        ({"sourceArn": "acs:oss:cn-shanghai:6543210987654321:shop-photos"}, "account and region"),
        ({"invocationRole": f"acs:ram::{Accounts.uid}:role/nobody"}, "does not exist"),
        ({"invocationRole": f"acs:ram::{Accounts.uid}:role/oss-cutout-goods"}, "oss.aliyuncs.com is not authorized"),
        ({"qualifier": "live"}, "qualifier"),
        ({"triggerType": "timer", "triggerConfig": TICK}, "invocationRole: Extra inputs"),
    ],
)
def test_a_trigger_that_is_none_is_an_invalid_argument(
    deployer: Deployer, changes: Mapping[str, object], words: str
) -> None:
    deployer.create()
    status, code, message = refused(lambda: deployer.trigger(**changes))
    assert (status, code) == (400, "InvalidArgument")
    assert words in message


def test_oss_takes_no_trigger_that_overlaps_anothers(deployer: Deployer) -> None:
    deployer.create()
    deployer.create("shop-own")
    deployer.trigger("shop-own", triggerConfig=UPLOADED | {"filter": {"key": {"prefix": "uploads/", "suffix": ".jpg"}}})
    status, code, message = refused(deployer.trigger)
    assert (status, code) == (400, "OSSInvalidRequest")
    assert "event source 'oss' returned error: Cannot specify overlapping prefix and suffix" in message
    deployer.trigger(triggerConfig=UPLOADED | {"events": ["oss:ObjectCreated:CopyObject"]})
    assert refused(deployer.trigger)[:2] == (409, "TriggerAlreadyExists")


def test_nor_one_that_overlaps_a_rule_made_by_hand(world: World, deployer: Deployer) -> None:
    deployer.create()
    rule = trigger() | {"triggerConfig": UPLOADED}
    world.api.registry.rules.append(OssTrigger.model_validate(rule))
    assert refused(deployer.trigger)[:2] == (400, "OSSInvalidRequest")


def test_nor_an_eleventh_on_a_bucket_nor_one_on_a_bucket_that_is_not_there(deployer: Deployer) -> None:
    deployer.create()
    for number in range(11):
        config = UPLOADED | {"filter": {"key": {"prefix": f"folder-{number:02}/", "suffix": ""}}}
        one = {"triggerName": f"t-{number}", "triggerConfig": config}
        if number < 10:
            deployer.trigger(**one)
    assert refused(lambda: deployer.trigger(**one))[:2] == (400, "OSSInvalidRequest")
    source = f"acs:oss:cn-shanghai:{Accounts.uid}:nobodys"
    assert "bucket does not exist" in refused(lambda: deployer.trigger(triggerName="u", sourceArn=source))[2]
    listed = deployer.fc.list_triggers(NAME, models.ListTriggersRequest(limit=100)).body
    assert len(listed.triggers) == 10


# ---------------------------------------------------------------- concurrency and asynchronous invocations


def test_of_the_accounts_instances_nine_in_ten_can_be_reserved(deployer: Deployer) -> None:
    fc = deployer.fc
    deployer.create()
    deployer.create("another")
    assert refused(lambda: fc.get_concurrency_config(NAME))[:2] == (404, "OnDemandConfigNotFound")
    reserved = {NAME: 50, "another": 40}
    for name, instances in reserved.items():
        deployer.reserve(instances, name)
    status, code, message = refused(lambda: deployer.reserve(51))
    assert (status, code) == (400, "InvalidArgument")
    assert "91 of 100" in message
    assert fc.get_concurrency_config(NAME).body.reserved_concurrency == 50
    listed = fc.list_concurrency_configs(models.ListConcurrencyConfigsRequest()).body.configs
    assert {each.function_arn.rpartition("/")[2]: each.reserved_concurrency for each in listed} == reserved
    fc.delete_concurrency_config("another")
    deployer.reserve(51)


def test_what_becomes_of_asynchronous_invocations_can_be_said_and_unsaid(world: World, deployer: Deployer) -> None:
    fc, latest = deployer.fc, {"qualifier": "LATEST"}
    deployer.create(code={"zipFile": zipped("def handler(event, context): 1 / 0")})
    get = models.GetAsyncInvokeConfigRequest(**latest)
    assert refused(lambda: fc.get_async_invoke_config(NAME, get))[:2] == (404, "AsyncConfigNotExists")

    def put(**said: int) -> Any:
        body = models.PutAsyncInvokeConfigInput(**said)
        return fc.put_async_invoke_config(NAME, models.PutAsyncInvokeConfigRequest(body=body, **latest)).body

    assert put(max_async_retry_attempts=0).max_async_event_age_in_seconds == 86_400
    assert fc.get_async_invoke_config(NAME, get).body.max_async_retry_attempts == 0
    assert refused(lambda: put(max_async_retry_attempts=9))[:2] == (400, "InvalidArgument")
    assert refused(lambda: put(max_async_event_age_in_seconds=604_801))[:2] == (400, "InvalidArgument")
    deployer.invoke(b"", "Async")
    world.fc.quiet(10)
    assert len(world.fc.invocations) == 1, "it is not tried again"
    fc.delete_async_invoke_config(NAME, models.DeleteAsyncInvokeConfigRequest(**latest))
    assert refused(lambda: fc.get_async_invoke_config(NAME, get))[:2] == (404, "AsyncConfigNotExists")
