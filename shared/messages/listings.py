"""What is said about listing pictures: which can be asked for, and why one was not made."""

from __future__ import annotations

from shared.messages.message import Sentence

# ---------------------------------------------------------------- InvalidOption
UNKNOWN_PRESET = Sentence(
    "listing is {value}; it takes one or several of {known}, each once and joined by +",
    "listing 的值为 {value}；可填写以下一个或多个值，以 + 连接且不得重复：{known}",
)

# ---------------------------------------------------------------- of the photo and of the vendor's picture
PHOTO_UNREADABLE = Sentence(
    "the photo is damaged or cut off ({why}): save it again as JPEG or PNG, and upload that",
    "照片已损坏或不完整（{why}）：请另存为 JPEG 或 PNG 后重新上传",
)
CUTOUT_UNREADABLE = Sentence(
    "the vendor's picture is damaged or cut off ({why}): upload the photo again, which buys a new one",
    "服务商返回的图片已损坏或不完整（{why}）：请重新上传照片，系统会重新购买一次",
)
NO_TRANSPARENCY = Sentence(
    "the vendor's picture has colours and no transparency, so it does not say what belongs to the subject: choose a "
    "capability whose result is a cutout or a mask",
    "服务商返回的图片是不含透明通道的彩色图片，无法判断哪些像素属于主体：请改用返回抠图或蒙版的能力",
)
ANOTHER_ASPECT = Sentence(
    "the vendor's picture has {cutout_width:,} × {cutout_height:,} pixels, which is not the frame of the photo of "
    "{width:,} × {height:,}: it was cropped or turned",
    "服务商返回的图片为 {cutout_width:,} × {cutout_height:,} 像素，与照片（{width:,} × {height:,} 像素）的画面不一致："
    "图片经过裁剪或旋转",
)
ANOTHER_FRAME = Sentence(
    "the vendor's picture does not show what the photo shows at the same place: it is of another photo, or was "
    "cropped, shifted or turned",
    "服务商返回的图片与照片同一位置的内容不一致：它属于另一张照片，或经过裁剪、移位或旋转",
)

# ---------------------------------------------------------------- NotPassed: a picture was made, and is not kept
NOT_PASSED = Sentence(
    "the picture {preset} was made, and did not pass its checks: {fault}",
    "图片 {preset} 已生成，但未通过检查：{fault}",
)
UNDECODABLE = Sentence("it cannot be decoded ({said})", "无法解码（{said}）")
WRONG_BYTES = Sentence(
    "it has {bytes:,} bytes, and must have {least:,} to {most:,}",
    "文件为 {bytes:,} 字节，须为 {least:,} 至 {most:,} 字节",
)
WRONG_TYPE = Sentence("it is a {found}, and must be a {form}", "文件格式为 {found}，须为 {form}")
WRONG_SIZE = Sentence(
    "it has {found_width:,} × {found_height:,} pixels of {found_bands} bands, and must have {width:,} × {height:,} of "
    "{bands}",
    "图片为 {found_width:,} × {found_height:,} 像素、{found_bands} 个通道，"
    "须为 {width:,} × {height:,} 像素、{bands} 个通道",
)
NOT_WHITE = Sentence(
    "the {frame} pixels along its sides must be white, 255, and one of them is {least}",
    "四边 {frame} 像素内须为纯白（255），而其中最小值为 {least}",
)
COLOURED = Sentence("a pixel that is clear has a colour", "有全透明的像素仍带有颜色")
OTHER_PIXELS = Sentence(
    "the file shows something else than was composed, by {off} of 255",
    "文件内容与合成的图片不符，相差 {off}（满值 255）",
)
WRONG_SHARE = Sentence(
    "the subject fills {share:.0%} of it, and must fill {fill:.0%}", "主体占画面的 {share:.0%}，须为 {fill:.0%}"
)

# ---------------------------------------------------------------- the quality verdict `look`: where to look
NEARLY_NOTHING = Sentence("nearly nothing of the photo was kept", "照片几乎没有内容被保留")
NEARLY_EVERYTHING = Sentence(
    "nearly the whole photo was kept ({coverage:.0%}), perhaps with the background",
    "照片几乎全部被保留（{coverage:.0%}），背景可能未去除",
)
ALL_AROUND = Sentence(
    "the subject touches {sides:.0f} sides of the photo: it may be the background",
    "主体接触画面的 {sides:.0f} 条边：保留下来的可能是背景",
)
CUT_OFF_LEFT = Sentence("cut off at the left", "主体左侧被画面裁切")
CUT_OFF_TOP = Sentence("cut off at the top", "主体上方被画面裁切")
CUT_OFF_RIGHT = Sentence("cut off at the right", "主体右侧被画面裁切")
CUT_OFF_BOTTOM = Sentence("cut off at the bottom", "主体下方被画面裁切")
HALF_TRANSPARENT = Sentence("half-transparent all over", "主体整体呈半透明")
HALF_TRANSPARENT_INSIDE = Sentence(
    "half-transparent inside: {deep_soft:.0%} of the subject", "主体内部有半透明区域，占主体的 {deep_soft:.0%}"
)
BLURRED = Sentence("the outline is blurred", "轮廓模糊")
OFF_THE_EDGES = Sentence(
    "the outline does not follow the edges in the photo: a rim of background, or a rim missing",
    "轮廓与照片中的边缘不吻合：可能带有背景边，或缺了一圈",
)
SPECKS = Sentence("{specks:.0f} specks", "有 {specks:.0f} 个零星碎块")
IN_PARTS = Sentence(
    "{outside_main:.0%} of the subject lies apart from its largest part", "主体的 {outside_main:.0%} 与最大的部分不相连"
)
HOLES = Sentence("{holes:.0f} holes", "主体内有 {holes:.0f} 个孔洞")
# ---------------------------------------------------------------- PictureTooLarge, InstanceTooSmall
TOO_MUCH_MEMORY = Sentence(
    "decoding it takes {needed:,} MB of memory, and {room:,} MB are free",
    "解码图片需要 {needed:,} MB 内存，可用 {room:,} MB",
)
INSTANCE_TOO_SMALL = Sentence(
    "the picture takes {needed:,} MB of memory, and the function `listing` has {memory:,}: upload a smaller photo, or "
    "give the function more memory",
    "制作该图片需要 {needed:,} MB 内存，而函数 `listing` 只有 {memory:,} MB：请上传更小的照片，或为该函数配置更多内存",
)
