"""The words of the report."""

from __future__ import annotations

from collections.abc import Mapping

from shared.messages.message import Message

WORDS: Mapping[str, Message] = {
    "title": Message("Photos and what came of them", "照片与处理结果"),
    "photos": Message("photos", "照片"),
    "done": Message("done", "成功"),
    "rejected": Message("rejected", "未受理"),
    "failed": Message("failed", "失败"),
    "look": Message("to be looked at", "待查看"),
    "calls": Message("calls that may be billed", "可能计费的调用"),
    "yuan": Message("yuan, by the receipts", "费用（元，按回执）"),
    "photo": Message("photo", "原图"),
    "result": Message("result", "结果"),
    "gone": Message("not in the bucket any more", "已不在 Bucket 中"),
    "not_shown": Message("cannot be shown", "无法预览"),
    "page": Message("page", "页"),
    "table": Message("as a table (CSV)", "表格（CSV）"),
    "finished": Message("finished", "完成时间"),
    "request": Message("request id", "请求 ID"),
    "none": Message("There is no receipt in this time and folder.", "该时间和目录内没有回执。"),
    "first": Message("failures and what is to be looked at come first", "失败和待查看的排在最前"),
}
