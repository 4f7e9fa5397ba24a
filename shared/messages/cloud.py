"""What went wrong on the network: with a vendor, with a result's download, with OSS or with Function Compute."""

from __future__ import annotations

from shared.messages.message import Sentence

# ---------------------------------------------------------------- Settings, VendorCertificate, VendorUnreachable
NO_REQUEST = Sentence(
    "no request can be sent to {url} ({error}): check the vendor's address and AppCode in the settings",
    "无法向 {url} 发送请求（{error}）：请检查配置项中服务商的地址和 AppCode",
)
UNTRUSTED = Sentence(
    "the certificate of {host} is not to be trusted ({error}): check the vendor's address in the settings; if it is "
    "right, tell the vendor",
    "{host} 的证书不可信（{error}）：请检查配置项中服务商的地址；如果地址无误，请联系服务商",
)
NOT_REACHED = Sentence("{host} was not reached: {error}", "无法连接 {host}：{error}")

# ---------------------------------------------------------------- NoAnswer, ReplyTooSlow, ReplyTooLarge, QuotaTaken …
NO_ANSWER = Sentence("{host} did not answer: {error}", "{host} 没有应答：{error}")
TOO_SLOW = Sentence("the {what} took too long to arrive", "{what}传输超时")
TOO_MANY_BYTES = Sentence("the {what} has more than {most:,} bytes", "{what}超过 {most:,} 字节")
REPLY = Sentence("reply", "服务商的应答")
RESULT = Sentence("result", "结果文件")
PICTURE = Sentence("picture", "图片")
NEXT_SLOT = Sentence("{quota}'s next free turn is {wait:.0f} s away", "{quota} 的调用需再等待 {wait:.0f} 秒")
VENDOR_SLOW = Sentence(
    "the vendor has {in_flight} calls to answer first: this one waits",
    "服务商还有 {in_flight} 个调用尚未应答：本次调用等待中",
)
CALLS_PAUSED = Sentence(
    "the last calls failed: no more are made until one passes",
    "最近的调用均失败：在探测成功之前不再发起新的调用",
)

# ---------------------------------------------------------------- Result…: the result's link and its download
RESULT_REFUSED = Sentence("{host} answered {status} to the result's link", "访问结果链接时，{host} 返回状态码 {status}")
RESULT_NOT_HTTP = Sentence("the result's link is no http address: {scheme}", "结果链接不是 HTTP 地址：{scheme}")
RESULT_LINK = Sentence("the result's link cannot be read: {error}", "无法解析结果链接：{error}")
RESULT_HOST = Sentence(
    "the result lies at {host}: if that is right, add it to RESULT_HOSTS",
    "结果位于 {host}：如果这是正确的地址，请将它加入 RESULT_HOSTS",
)
RESULT_HOST_PRIVATE = Sentence(
    "the result's host {host} has a private address: see RESULT_HOSTS",
    "结果所在的主机 {host} 是内网地址：请参见 RESULT_HOSTS",
)
RESULT_HOST_UNKNOWN = Sentence("{host} has no address: {error}", "无法解析 {host} 的地址：{error}")
RESULT_BROKEN = Sentence("the result's download broke off: {error}", "下载结果时连接中断：{error}")

# ---------------------------------------------------------------- OSS
OSS_NOT_REACHED = Sentence("OSS was not reached: {error}", "无法连接 OSS：{error}")
OBJECT_GONE = Sentence(
    "it was deleted or replaced just as it was to be read or copied", "读取或复制图片时，图片已被删除或替换"
)
OBJECT_ARCHIVED = Sentence(
    "it is stored as Archive: restore it, or upload it as Standard",
    "图片的存储类型为归档存储：请先解冻，或以标准存储重新上传",
)
OSS_FORBIDS = Sentence(
    "OSS refuses what this function must do ({said}): check its role's rights on the bucket",
    "OSS 拒绝了函数必需的操作（{said}）：请检查函数的角色对该 Bucket 的权限",
)
OBJECT_FORBIDDEN = Sentence(
    "OSS refuses to let this function read or copy {key} ({said}): if other photos pass, look for a Deny on its folder "
    "in the bucket policy, and for a KMS key that the function's role may not use; else check the role's rights on the "
    "bucket",
    "OSS 拒绝函数读取或复制 {key}（{said}）：如果其他图片正常，请检查 Bucket Policy 是否对该目录设置了拒绝（Deny），"
    "以及函数的角色是否有权使用加密该文件的 KMS 密钥；否则请检查函数的角色对该 Bucket 的权限",
)
OSS_FAILED = Sentence("OSS failed: {said}", "OSS 服务异常：{said}")
OSS_CANNOT_PROCESS = Sentence(
    "the vendor could not fetch the picture, since OSS cannot process it ({said}): save it again as JPEG and upload "
    "that",
    "OSS 无法处理这张图片（{said}），因此服务商未能下载：请另存为 JPEG 后重新上传",
)
OSS_CANNOT_RESHAPE = Sentence(
    "OSS cannot process the picture ({said}): save it again as JPEG and upload that",
    "OSS 无法处理这张图片（{said}）：请另存为 JPEG 后重新上传",
)
PUBLIC_COPY_REFUSED = Sentence(
    "this vendor takes only short links, and signed ones are long. So the picture must be public while the vendor "
    "works on it, and OSS refuses that ({said}): switch off Block Public Access for this bucket, and give the "
    "function's role oss:PutObjectAcl on work/*",
    "该服务商只接受短链接，而签名链接较长。因此处理期间须使用图片的公共读副本，但 OSS 拒绝了该操作"
    "（{said}）：请为该 Bucket 关闭“阻止公共访问”，并为函数的角色授予 work/* 的 oss:PutObjectAcl 权限",
)

# ---------------------------------------------------------------- Function Compute
FC_REFUSES = Sentence("Function Compute refuses the invocation: {said}", "函数计算拒绝了调用：{said}")
NOT_FC = Sentence(
    "what refuses the invocation is not Function Compute: see INVOKE_ENDPOINT",
    "拒绝调用的不是函数计算：请检查 INVOKE_ENDPOINT",
)
FC_NOT_REACHED = Sentence("Function Compute was not reached: {error}", "无法连接函数计算：{error}")
