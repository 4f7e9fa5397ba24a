"""What vendors answered, and what to do about it."""

from __future__ import annotations

from shared.messages.message import Sentence

# ---------------------------------------------------------------- the vendor's own code
VENDOR_SAYS = Sentence("{said}", "服务商返回：{said}")
NO_REASON = Sentence("the vendor gives no reason", "服务商未说明原因")
WITH_ADVICE = Sentence("{said}; {advice}", "{said}；{advice}")
GATEWAY_SAYS = Sentence("the market's gateway says: {said}", "云市场 API 网关返回：{said}")
NO_LONGER_OFFERED = Sentence(
    "the vendor no longer offers {action}: use {substitute} instead ({said})",
    "服务商已下线 {action}：请改用 {substitute}（{said}）",
)
GIVEN_UP = Sentence("the vendor gave the job up; it may be submitted again", "服务商放弃了该任务；可以重新提交")

# ---------------------------------------------------------------- advice that follows what the vendor said
MOVE_BUCKET = Sentence(
    "VIAPI takes pictures only from a bucket in cn-shanghai: move the bucket",
    "VIAPI 只支持上海地域（cn-shanghai）的 Bucket：请将图片迁移到上海地域的 Bucket",
)
GIVE_RIGHTS = Sentence(
    "give the function's role the policy AliyunVIAPIFullAccess", "请为函数的角色授予权限策略 AliyunVIAPIFullAccess"
)
CHECK_KEY = Sentence("check the function's role or access key", "请检查函数的角色或 AccessKey")
OPEN_OR_PAY = Sentence(
    "open this capability, or pay what is owed (欠费), in the Alibaba Cloud vision console (分割抠图)",
    "请在阿里云视觉智能开放平台控制台（分割抠图）开通该能力，或结清欠费",
)
CHECK_VIAPI_ENDPOINT = Sentence("check VIAPI_ENDPOINT", "请检查 VIAPI_ENDPOINT")
CAPABILITY_UNKNOWN = Sentence("the vendor no longer knows this capability", "服务商已不再支持该能力")
CAPABILITY_NOT_OFFERED = Sentence("the vendor does not offer this capability", "服务商不提供该能力")
CHECK_APPCODE = Sentence(
    "check the AppCode, and the purchase, in the Alibaba Cloud market's console (已购买的服务)",
    "请在阿里云云市场控制台（已购买的服务）检查 AppCode 和购买情况",
)
BUY_OR_PAY = Sentence(
    "buy more calls, or pay what is owed, in the Alibaba Cloud market's console (已购买的服务)",
    "请在阿里云云市场控制台（已购买的服务）购买更多调用次数，或结清欠费",
)
CHECK_PURCHASE = Sentence(
    "check the AppCode, the purchase and the address in the market's console (已购买的服务)",
    "请在云市场控制台（已购买的服务）检查 AppCode、购买情况和接口地址",
)
CHECK_PICWISH_ENDPOINTS = Sentence(
    "check PICWISH_CUTOUT_ENDPOINT and PICWISH_WATERMARK_ENDPOINT",
    "请检查 PICWISH_CUTOUT_ENDPOINT 和 PICWISH_WATERMARK_ENDPOINT",
)
PICWISH_CANNOT_PROCESS = Sentence("it could not process the picture", "服务商无法处理这张图片")
PICWISH_RESULT_LOST = Sentence("it could not keep its result", "服务商未能保存结果")
PICWISH_NOT_FETCHED = Sentence("it could not fetch the picture", "服务商未能下载图片")
PICWISH_TOO_MANY_BYTES = Sentence("the picture has more bytes than it takes", "图片文件超出服务商的大小上限")
PICWISH_WRONG_PICTURE = Sentence(
    "the picture's format or size is none that it takes", "服务商不支持这张图片的格式或分辨率"
)
PICWISH_TOO_LONG = Sentence("it took longer than its 30 seconds", "服务商处理超时（最长 30 秒）")
CHECK_DAMO_ADDRESS = Sentence(
    "this is no address of the service: check DAMO_ENDPOINT and DAMO_MATTING_PATH",
    "该地址不是此服务的接口地址：请检查 DAMO_ENDPOINT 和 DAMO_MATTING_PATH",
)

# ---------------------------------------------------------------- HTTP<status>, NoTicket, NoStatus, NoState, NoData
NOT_JSON = Sentence("the vendor's answer is not JSON: {came}", "服务商的应答不是 JSON：{came}")
LACKING = Sentence("the vendor's answer holds no {what}: {came}", "服务商的应答中没有{what}：{came}")
NOTHING = Sentence("nothing", "（空）")
# What it lacks.
REQUEST_ID = Sentence("RequestId to ask for the result with", "用于查询结果的 RequestId")
TASK_ID = Sentence("task_id to ask for the result with", "用于查询结果的 task_id")
RESULT_KEY = Sentence("result_key to ask with", "用于查询的 result_key")
DATA = Sentence("data", " data")
STATUS = Sentence("status", "任务状态")
TASK = Sentence("task {index}", "任务 {index}")
PICTURE = Sentence("picture", "图片")
FIELD = Sentence("{field}", " {field}")
TASK_RESULTS = Sentence("results of task {index}", "任务 {index} 的结果")

# ---------------------------------------------------------------- EmptyResult, TooManyPictures, OtherTask, TicketLost
NOTHING_FOUND = Sentence("the vendor found nothing of the kind in the picture", "服务商在图片中没有识别到该类内容")
TOO_MANY_PICTURES = Sentence(
    "the vendor's answer has {count:,}; taken are {most}", "服务商返回了 {count:,} 张图片；最多接受 {most} 张"
)
OTHER_PICTURES = Sentence("the vendor answers for other pictures", "服务商返回的是其他图片的结果")
TICKET_REFUSED = Sentence("the ticket {ticket} is worth nothing any more: {said}", "任务 {ticket} 已失效：{said}")
NOT_FINISHED = Sentence("the vendor has not finished {ticket} in time", "服务商未能按时完成任务 {ticket}")
NOTHING_SAID = Sentence("the vendor says nothing of {ticket}: {said}", "无法从服务商查询到任务 {ticket}：{said}")
NOT_POLLED = Sentence("{provider} cannot be polled for {ticket}", "{provider} 不支持查询任务 {ticket}")
