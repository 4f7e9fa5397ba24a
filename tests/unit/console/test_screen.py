"""What is printed: in the environment's language, without secrets, coloured on a terminal only."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from rich.console import Console

from console.finding import Finding
from console.screen import MASK, Screen, at_terminal, language, plain
from shared.messages.message import Message

VERSIONED = Finding(
    "BucketVersioned",
    "error",
    Message("the bucket shop-photos has versioning", "Bucket shop-photos 开启了版本控制"),
    Message("an upload may be paid for twice", "一次上传可能付费两次"),
    Message("set JOBS_BUCKET: `cutout init`", "设置 JOBS_BUCKET：`cutout init`"),
)
UNENCRYPTED = Finding(
    "NoLifecycle",
    "warning",
    Message("copies stay", "副本不会被清理"),
    Message("they cost a little", "产生少量费用"),
    Message("add a rule", "添加规则"),
)
SECRET = "EXAMPLE+hidden/0123456789=="


def on_terminal(width: int = 60) -> tuple[Screen, io.StringIO]:
    seen = io.StringIO()
    console = Console(
        file=seen, force_terminal=True, color_system="standard", width=width, highlight=False, markup=False
    )
    return Screen(out=console, err=console), seen


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "", "LANG": "zh"}, "zh"),
        ({"LC_ALL": "ZH_cn", "LC_MESSAGES": "de_DE", "LANG": "de_DE"}, "zh"),
    ],
)
def test_the_language_is_that_of_the_first_variable_that_is_set(environment: dict[str, str], expected: str) -> None:
    assert language(environment) == expected


def test_elsewhere_than_on_a_terminal_findings_are_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().findings([VERSIONED, UNENCRYPTED])
    assert capsys.readouterr().out.splitlines() == [
        "error     the bucket shop-photos has versioning  BucketVersioned",
        "leads to  an upload may be paid for twice",
        "do this   set JOBS_BUCKET: `cutout init`",
        "",
        "warning   copies stay  NoLifecycle",
        "leads to  they cost a little",
        "do this   add a rule",
        "",
        "errors: 1, warnings: 1",
    ]


def test_in_a_chinese_environment_they_are_chinese(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    Screen().findings([VERSIONED])
    assert capsys.readouterr().out.splitlines() == [
        "错误  Bucket shop-photos 开启了版本控制  BucketVersioned",
        "影响  一次上传可能付费两次",
        "处理  设置 JOBS_BUCKET：`cutout init`",
        "",
        "错误 1 个",
    ]


def test_when_nothing_is_wrong_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().findings([])
    assert capsys.readouterr().out == "Nothing is wrong.\n"


def test_a_long_line_is_broken_on_a_terminal_only(capsys: pytest.CaptureFixture[str]) -> None:
    long = "word " * 60 + "end"
    Screen().say(long)
    assert capsys.readouterr().out == f"{long}\n"
    screen, seen = on_terminal(40)
    screen.say(long)
    assert max(map(len, seen.getvalue().splitlines())) <= 40


def test_a_terminal_has_colours_and_no_backquotes() -> None:
    screen, seen = on_terminal()
    screen.findings([VERSIONED])
    assert "\x1b[1;31merror" in seen.getvalue()
    assert "\x1b[36mcutout init\x1b[0m" in seen.getvalue()


def test_no_color_leaves_out_the_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    screen, seen = on_terminal()
    screen.findings([VERSIONED])
    assert "\x1b[36m" not in seen.getvalue()
    assert "31m" not in seen.getvalue()


def test_square_brackets_are_text() -> None:
    screen, seen = on_terminal()
    screen.say("acs:oss:*:*:[bold]photos[/bold] :smile:")
    assert "[bold]photos[/bold] :smile:" in seen.getvalue()


def test_whatever_is_printed_secrets_are_masked(capsys: pytest.CaptureFixture[str]) -> None:
    told = f"the token {SECRET}, in a link &token={quote(SECRET, safe='')}"
    finding = Finding("Code", "error", Message(told, told), Message(told, told), Message(told, told))
    for machine in (False, True):
        screen = Screen(machine=machine)
        screen.hide(SECRET, "", "EXAMPLE")  # one of them begins the other
        screen.say(told)
        screen.table([told], [[told]])
        screen.findings([finding])
        screen.failed("Code", told, Message(told, told))
        screen.json({"finding": finding, told: [told]})
    said = "".join(capsys.readouterr())
    assert MASK in said
    assert "EXAMPLE" not in said
    assert "hidden" not in said


def test_nothing_is_masked_that_is_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.hide("")
    screen.say("all of it")
    assert capsys.readouterr().out == "all of it\n"


def test_a_table_is_aligned_and_has_no_blanks_at_the_ends_of_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().table(["setting", "becomes"], [["OSS_BUCKET", "shop-photos"], ["LOG_STORE", "log"]])
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert [line.split() for line in (lines[0], *lines[2:])] == [
        ["setting", "becomes"],
        ["OSS_BUCKET", "shop-photos"],
        ["LOG_STORE", "log"],
    ]
    assert lines[0].index("becomes") == lines[2].index("shop") == lines[3].index("log")
    assert not any(line.endswith(" ") for line in lines)


@dataclass(frozen=True)
class Inner:
    name: Message
    numbers: tuple[int, ...]


def test_for_machines_there_is_the_document_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(machine=True)
    screen.say("not this")
    screen.table(["nor"], [["this"]])
    screen.findings([VERSIONED])
    with screen.waiting("nor this"):
        assert list(screen.track([1, 2], str)) == [1, 2]
    screen.json({"inner": Inner(Message("name", "名称"), (1, 2)), "none": None})
    said = capsys.readouterr()
    assert json.loads(said.out) == {"inner": {"name": {"en": "name", "zh": "名称"}, "numbers": [1, 2]}, "none": None}
    assert said.err == ""


def test_a_failure_is_on_stderr_and_for_machines_in_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().failed("NoKey", "there is no key", "give one")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "error    there is no key\ndo this  give one\n\n")
    Screen(machine=True).failed("NoKey", "there is no key", "give one")
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["mend"]) == ("NoKey", {"en": "give one", "zh": "give one"})


def test_what_is_under_way_is_shown_on_a_terminal_and_gone_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    screen, seen = on_terminal()
    screen.hide(SECRET)
    for each in screen.track(["versioning", SECRET], lambda name: f"looking at {name}"):
        assert each
    shown = seen.getvalue()
    assert "1/2" in shown
    assert f"looking at {MASK}" in shown
    assert SECRET not in shown
    assert list(Screen().track([1], str)) == [1]
    assert "".join(capsys.readouterr()) == ""


def test_a_loop_that_is_left_ends_what_it_showed() -> None:
    screen, seen = on_terminal()

    def left() -> None:
        for each in screen.track([1, 2], str):
            assert not each

    with pytest.raises(AssertionError):
        left()
    length = len(seen.getvalue())
    screen.say("after it")
    assert seen.getvalue()[length:].strip().endswith("after it")


def test_a_console_that_is_no_terminal_breaks_no_line() -> None:
    assert plain().width > 10_000


def test_nobody_can_be_asked_when_there_is_no_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert not at_terminal()


def test_for_machines_that_read_ascii_the_document_is_json_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = io.TextIOWrapper(io.BytesIO(), "ascii", errors="backslashreplace")
    monkeypatch.setattr("sys.stdout", stdout)
    Screen(machine=True).json({"name": "é 照片 😀"})
    stdout.seek(0)
    assert json.loads(stdout.read()) == {"name": "é 照片 😀"}
