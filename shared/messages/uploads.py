"""What is wrong with an upload's name, its kind, its options or what lies beside it."""

from __future__ import annotations

from shared.messages.message import Sentence

# ---------------------------------------------------------------- InvalidPath, AmbiguousName, UnknownCapability
INVALID_PATH = Sentence(
    "a picture belongs into {uploads}<group>/<capability>/", "图片应上传到 {uploads}<group>/<capability>/ 下"
)
AMBIGUOUS_NAME = Sentence(
    "a name that ends in .{suffix} is another upload's result's: add its suffix",
    "以 .{suffix} 结尾的文件名会与其他图片的结果重名：请补上图片的扩展名后重新上传",
)
UNKNOWN_CAPABILITY = Sentence(
    "there is no capability {name}; there are {known}", "没有名为 {name} 的能力；可用的能力有：{known}"
)

# ---------------------------------------------------------------- Symlink
SYMLINK = Sentence(
    "this is a symbolic link, and nothing is read through one: upload the file itself",
    "这是软链接，系统不会读取它指向的文件：请直接上传文件本身",
)

# ---------------------------------------------------------------- UnknownOption, InvalidOption, UselessOption
UNKNOWN_OPTION = Sentence(
    "{capability} has no option {name}; it has {known}", "{capability} 没有选项 {name}；可用的选项：{known}"
)
NONE = Sentence("none", "无")
INVALID_OPTION = Sentence(
    "{name} is {value}; {capability} takes {accepted}", "{name} 的值为 {value}；{capability} 支持的值：{accepted}"
)
INVALID_FOLDER = Sentence(
    "in the folder {folder!r}, {text!r} is no <option>=<value> (lower case)",
    "文件夹 {folder!r} 中的 {text!r} 不符合 <option>=<value> 的格式（小写）",
)
OPTIONS_TOO_LONG = Sentence(
    "{key} has {size:,} bytes: too long for options", "{key} 为 {size:,} 字节：作为选项文件过大"
)
USELESS_OPTION = Sentence("{name} counts only with {other}", "{name} 只有与 {other} 一起使用才有效")
COLOUR = Sentence("RRGGBB in hexadecimal, only with {other}", "十六进制 RRGGBB，仅与 {other} 同用")
AREAS = Sentence(
    'a JSON list of up to {most} {{"x", "y", "width", "height"}}',
    'JSON 列表，最多 {most} 个 {{"x", "y", "width", "height"}}',
)

# ---------------------------------------------------------------- NoListing
NOT_LISTABLE = Sentence(
    "listing pictures cannot be made of what {capability} returns: it is no cutout in the photo's own frame",
    "{capability} 返回的不是与原图同尺寸画面的抠图，无法制作商品图（listing）",
)
NOT_LISTABLE_WITH = Sentence(
    "listing pictures cannot be made with {option}: the result is no cutout in the photo's own frame",
    "选项 {option} 的结果不是与原图同尺寸画面的抠图，无法制作商品图（listing）：两者不能同时使用",
)

# ---------------------------------------------------------------- InvalidAreas
NOT_AREAS = Sentence(
    "{field} must be {accepted}, all whole numbers; {fault}", "{field} 的取值须为：{accepted}，且均为整数；{fault}"
)
NUMBER_OF_AREAS = Sentence(
    "there are {count} {field}; taken are 1 to {most}", "{field} 有 {count} 个；须为 1 至 {most} 个"
)
AREA_OUTSIDE = Sentence(
    "{area} is not within the picture's {width:,} × {height:,} pixels",
    "{area} 超出了图片的范围（{width:,} × {height:,} 像素）",
)
AREAS_TOO_LARGE = Sentence(
    "the {field} cover {covered:,} of {pixels:,} pixels, {share:.1%}, as the vendor is shown the picture; up to "
    "{most:.0%} pass",
    "{field} 在提交给服务商的图片中覆盖了 {pixels:,} 像素中的 {covered:,} 像素，即 {share:.1%}；最多为 {most:.0%}",
)

# ---------------------------------------------------------------- PictureMissing, CompanionMissing, NotConfirmed …
PICTURE_MISSING = Sentence(
    "this belongs to {picture}, which has not been uploaded", "该文件属于 {picture}，而后者尚未上传"
)
COMPANION_MISSING = Sentence(
    "the {role} has not been uploaded, neither {own}<ext> nor {folder}<ext>{instead}",
    "尚未上传 {role}：{own}<ext> 和 {folder}<ext> 都不存在{instead}",
)
NOR_INSTEAD = Sentence(
    "; nor are there {option}, in metadata or in {document}", "；元数据和 {document} 中也没有 {option}"
)
IN_COMPANION = Sentence("the {role}: {said}", "配套图（{role}）：{said}")
COMPANION_OF_COMPANION = Sentence(
    "by its name this is the {role} of {beside}, which is not a photo but a second picture itself: upload it under the "
    "photo's name",
    "按文件名，这是 {beside} 的配套图（{role}），而后者本身就是配套图，不是照片：请以照片的文件名命名后重新上传",
)
NOT_CONFIRMED = Sentence(
    "{count:,} photos in this folder were processed before this file came. As they are more than {limit:,}, they keep "
    "their results until you order a backfill with {order}; photos that come from now on use this file",
    "该目录中有 {count:,} 张照片在此文件上传之前已处理。由于超过 {limit:,} 张，在使用参数 {order} 执行"
    "补跑（backfill）之前，它们的结果保持不变；之后上传的照片会使用此文件",
)
