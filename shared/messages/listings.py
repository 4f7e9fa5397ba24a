"""What is said about listing pictures: which can be asked for, and why one was not made."""

from __future__ import annotations

from shared.messages.message import Sentence

# ---------------------------------------------------------------- InvalidOption
UNKNOWN_PRESET = Sentence(
    "listing is {value}; it takes one or several of {known}, each once and joined by +",
    "listing 的值为 {value}；可填写以下一个或多个值，以 + 连接且不得重复：{known}",
)

# ---------------------------------------------------------------- PhotoUnreadable, CutoutUnreadable, AnotherFrame
PHOTO_UNREADABLE = Sentence(
    "the photo is damaged or cut off ({why}): save it again as JPEG or PNG, and upload that",
    "照片已损坏或不完整（{why}）：请另存为 JPEG 或 PNG 后重新上传",
)
CUTOUT_UNREADABLE = Sentence(
    "the vendor's picture is damaged or cut off ({why}): upload the photo again, which buys a new one",
    "服务商返回的图片已损坏或不完整（{why}）：请重新上传照片，系统会重新购买一次",
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
