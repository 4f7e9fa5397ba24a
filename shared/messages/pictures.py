"""What is wrong with a picture, and what to do about it."""

from __future__ import annotations

from shared.messages.message import Sentence

# ---------------------------------------------------------------- PictureTooSmall, PictureTooNarrow, MaskSize
TOO_SMALL = Sentence(
    "it has {width:,} × {height:,} pixels, and both sides must have at least {least}: upload a larger one",
    "图片为 {width:,} × {height:,} 像素，而每边至少须有 {least} 像素：请上传更大的图片",
)
TOO_NARROW = Sentence(
    "it has {width:,} × {height:,} pixels, and the longer side may be {most:g} times the shorter one at the most: "
    "crop it, and upload that",
    "图片为 {width:,} × {height:,} 像素，而长边最多为短边的 {most:g} 倍：请裁剪后重新上传",
)
TOO_NARROW_SCALED = Sentence(
    "at {width:,} × {height:,} pixels it is too long for its width: brought to {side:,} pixels it would be "
    "{scaled_width:,} × {scaled_height:,}, and both sides must have at least {least}: crop it, and upload that",
    "图片为 {width:,} × {height:,} 像素，过于狭长：长边缩小到 {side:,} 像素后将是 "
    "{scaled_width:,} × {scaled_height:,} 像素，而每边至少须有 {least} 像素：请裁剪后重新上传",
)
MASK_SIZE = Sentence(
    "it is {width} × {height} pixels and the picture {image_width} × {image_height}: they must be the same, so scale "
    "or crop one of them to the other's size, and upload that",
    "它为 {width} × {height} 像素，而原图为 {image_width} × {image_height} 像素：两者的尺寸必须一致，"
    "请将其中一张缩放或裁剪成另一张的尺寸后重新上传",
)

# ---------------------------------------------------------------- why a picture does not pass as it is
FORMAT = Sentence("it is a {format}, taken are {taken}", "图片格式为 {format}，仅支持 {taken}")
PNG_BITS = Sentence(
    "it is a PNG of {bits} bits a pixel, taken are {taken}", "图片是每像素 {bits} 位的 PNG，仅支持 {taken} 位"
)
BYTES = Sentence("it has {size:,} bytes, taken are up to {most:,}", "文件为 {size:,} 字节，上限为 {most:,} 字节")
SIDES = Sentence(
    "it has {width:,} × {height:,} pixels, taken are {least:,} to {most:,} a side",
    "图片为 {width:,} × {height:,} 像素，每边须为 {least:,} 至 {most:,} 像素",
)
ASPECT = Sentence("its longer side is more than {most:g} times the shorter one", "长边超过短边的 {most:g} 倍")
ORIENTATION = Sentence(
    "it lies on its side and says so only in its EXIF, which the vendor does not read",
    "图片的方向只记录在 EXIF 中，而服务商不读取 EXIF",
)
IMAGE_RESIZED = Sentence("the picture itself had to be resized", "原图已被缩放，配套图须随之缩放")

# ---------------------------------------------------------------- AnimatedPicture, PictureTooLarge, CannotBeTurned
ANIMATED = Sentence(
    "{why}; and OSS reshapes no animated WebP: save one of its frames as JPEG, and upload that",
    "{why}；而 OSS 无法转换 WebP 动图：请将其中一帧另存为 JPEG 后重新上传",
)
TOO_LARGE = Sentence(
    "{why}; and OSS can reshape only pictures of up to {most_bytes:,} bytes, {most_side:,} pixels a side and "
    "{most_pixels:,} in all: this one has {size:,} bytes and {width:,} × {height:,} pixels{frames}. To have it served, "
    "{advice}, and upload that",
    "{why}；而 OSS 只能转换不超过 {most_bytes:,} 字节、每边不超过 {most_side:,} 像素、"
    "总像素不超过 {most_pixels:,} 的图片：这张图片为 {size:,} 字节、{width:,} × {height:,} 像素{frames}。"
    "请{advice}，再重新上传",
)
FRAMES = Sentence(" in {frames:,} frames", "（共 {frames:,} 帧）")
FEWER_BYTES = Sentence("make it smaller than {megabytes} MB", "将文件压缩到 {megabytes} MB 以下")
SMALLER_SIDES = Sentence("scale it down to {side:,} pixels a side", "将图片缩小到每边不超过 {side:,} 像素")
FEWER_PIXELS = Sentence("scale it down to {millions} million pixels", "将图片缩小到不超过 {millions} 百万像素")
ONE_FRAME = Sentence("save one frame of it as JPEG", "将其中一帧另存为 JPEG")
CANNOT_BE_TURNED = Sentence(
    "it is stored {how} (EXIF orientation {orientation}), as a {format} of {width:,} × {height:,} pixels, and OSS can "
    "undo that only in a JPEG with less than 4,096 pixels a side: save it again upright, and upload that",
    "图片以{how}的方向存储（EXIF 方向 {orientation}），是 {width:,} × {height:,} 像素的 {format}，而 OSS "
    "只能还原每边小于 4,096 像素的 JPEG：请将图片转正另存后重新上传",
)
TURNED = Sentence("turned", "旋转")
MIRRORED = Sentence("mirrored", "镜像")

# ---------------------------------------------------------------- CameraRaw, BrokenImage, NotAnImage
CAMERA_RAW = Sentence(
    "this is camera raw; export it as JPEG and upload that", "这是相机 RAW 文件；请导出为 JPEG 后重新上传"
)
BROKEN = Sentence(
    "the picture's header is cut off or damaged: save it again as JPEG, and upload that",
    "图片的文件头不完整或已损坏：请另存为 JPEG 后重新上传",
)
BROKEN_SIDES = Sentence(
    "the picture's header says {width} × {height} pixels: save it again as JPEG, and upload that",
    "图片的文件头中尺寸为 {width} × {height} 像素：请另存为 JPEG 后重新上传",
)
NOT_AN_IMAGE = Sentence(
    "this is no JPEG, PNG, BMP, WebP, GIF, TIFF, HEIC or AVIF picture, whatever its name: save it as JPEG or PNG, and "
    "upload that",
    "无论文件名是什么，这都不是 JPEG、PNG、BMP、WebP、GIF、TIFF、HEIC 或 AVIF 图片：请另存为 JPEG 或 PNG 后重新上传",
)
SOMETHING_ELSE = Sentence(
    "this is {look}, and no JPEG, PNG, BMP, WebP, GIF, TIFF, HEIC or AVIF picture: save it as JPEG or PNG, and upload "
    "that",
    "这是{look}，不是 JPEG、PNG、BMP、WebP、GIF、TIFF、HEIC 或 AVIF 图片：请另存为 JPEG 或 PNG 后重新上传",
)
# What it is instead.
JPEG_XL = Sentence("a JPEG XL picture", " JPEG XL 图片")
JPEG_2000 = Sentence("a JPEG 2000 picture", " JPEG 2000 图片")
JPEG_XR = Sentence("a JPEG XR picture", " JPEG XR 图片")
BIG_TIFF = Sentence("a BigTIFF, which is for pictures of gigabytes", " BigTIFF 文件（用于数 GB 的图片）")
PHOTOSHOP = Sentence("a Photoshop document", " Photoshop 文档")
GIMP = Sentence("a GIMP document", " GIMP 文档")
PDF = Sentence("a PDF document", " PDF 文档")
POSTSCRIPT = Sentence("a PostScript document", " PostScript 文档")
WEB_PAGE = Sentence("a web page", "网页")
SVG = Sentence("an SVG drawing", " SVG 矢量图")
MP4 = Sentence("a film, or sound (MP4 or MOV)", "视频或音频（MP4 或 MOV）")
FILM = Sentence("a film", "视频")
SOUND = Sentence("sound", "音频")
ZIP = Sentence("a ZIP archive, or an Office document", " ZIP 压缩包或 Office 文档")
ARCHIVE = Sentence("an archive", "压缩包")
OFFICE = Sentence("an Office document", " Office 文档")
ICON = Sentence("an icon", "图标文件")
PROGRAM = Sentence("a program", "程序")
HEIF_CODEC = Sentence("a HEIF picture coded as {codec!r}", "编码为 {codec!r} 的 HEIF 图片")
HEIF_SEQUENCE = Sentence("a sequence without a still picture", "没有静态图片的图像序列")

# ---------------------------------------------------------------- ResultNotAnImage
RESULT_NOT_AN_IMAGE = Sentence("what {sender} sent as the result is not an image", "{sender} 返回的结果不是图片")
RESULT_NO_BASE64 = Sentence("what the vendor sent as the result is no base64", "服务商返回的结果不是有效的 Base64 数据")
THE_VENDOR = Sentence("the vendor", "服务商")

# ---------------------------------------------------------------- CmykColours, EmptyResult: the picture was served
CMYK_COLOURS = Sentence(
    "the picture has the colours of print (CMYK), which may have shifted on the way: if they have, save it again as "
    "RGB, and upload that",
    "图片使用印刷色彩（CMYK），处理后颜色可能有偏差：如有偏差，请另存为 RGB 后重新上传",
)
NO_SUBJECT = Sentence(
    "the vendor found no subject: nothing shows in its picture", "服务商未识别到主体：返回的图片没有内容"
)
