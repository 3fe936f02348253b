"""Writes ../../Golden/pillow_images.json: small encoded images and what Pillow reads from them.

Run with a Python that has Pillow, numpy and OpenCV (for restart markers): python3 make_pillow_images.py
"""
import base64
import io
import json
import pathlib
import struct
import zlib

import cv2
import numpy as np
import PIL
from PIL import Image, ImageOps

WIDTH, HEIGHT = 13, 9
y, x, c = np.mgrid[0:HEIGHT, 0:WIDTH, 0:3]
rgb = ((x * 17 + y * 23 + x * y * (c + 1) + 60 * c) & 255).astype(np.uint8)
alpha = ((x + y * WIDTH) * 2 & 255).astype(np.uint8)[:, :, :1]
image = Image.fromarray(rgb)
with_alpha = Image.fromarray(np.concatenate([rgb, alpha], 2))
cases = []


def add(name, encoded, expected=None):
    if expected is None:
        expected = np.array(ImageOps.exif_transpose(Image.open(io.BytesIO(encoded))).convert("RGB"))
    cases.append({
        "name": name, "width": expected.shape[1], "height": expected.shape[0],
        "file": base64.b64encode(encoded).decode(), "rgb": base64.b64encode(expected.astype(np.uint8).tobytes()).decode()})


def encode(picture, **options):
    out = io.BytesIO()
    picture.save(out, **options)
    return out.getvalue()


def png16(samples, color_type):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, color_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


cmyk = encode(image.convert("CMYK"), format="JPEG", quality=95)
adobe = cmyk.index(b"Adobe")
add("CMYK JPEG", cmyk)
# The last byte of Adobe's marker says 2 for YCCK.
add("YCCK JPEG", cmyk[:adobe + 11] + b"\x02" + cmyk[adobe + 12:])
add("grey JPEG", encode(image.convert("L"), format="JPEG"))
add("progressive JPEG", encode(image, format="JPEG", progressive=True))
add("JPEG 4:2:0", encode(image, format="JPEG", subsampling=2))
add("JPEG 4:4:4", encode(image, format="JPEG", subsampling=0))
# Large enough for several units in a row and in a column, and none of them whole at the end.
y2, x2, c2 = np.mgrid[0:27, 0:45, 0:3]
wide = Image.fromarray(((x2 * 5 + y2 * 3 + x2 * y2 * (c2 + 1) // 4 + 60 * c2) & 255).astype(np.uint8))
for number, sampling in enumerate(["4:4:4", "4:2:2", "4:2:0"]):
    add(f"wide JPEG {sampling}", encode(wide, format="JPEG", quality=92, subsampling=number))
    add(f"wide coarse JPEG {sampling}", encode(wide, format="JPEG", quality=20, subsampling=number))
add("wide grey JPEG", encode(wide.convert("L"), format="JPEG"))
add("wide progressive JPEG", encode(wide, format="JPEG", progressive=True))
bgr = np.ascontiguousarray(np.array(wide)[:, :, ::-1])
add("JPEG with restart markers", cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 60, cv2.IMWRITE_JPEG_RST_INTERVAL, 1])[1].tobytes())
add("PNG", encode(image, format="PNG"))
add("grey PNG", encode(image.convert("L"), format="PNG"))
add("1-bit PNG", encode(image.convert("1"), format="PNG"))
add("palette PNG", encode(image.convert("P"), format="PNG"))
add("alpha PNG", encode(with_alpha, format="PNG"))
add("grey and alpha PNG", encode(with_alpha.convert("LA"), format="PNG"))
samples = np.random.default_rng(1).integers(0, 65536, (HEIGHT, WIDTH, 4))
add("16-bit PNG", png16(samples[:, :, :3], 2))
add("16-bit alpha PNG", png16(samples, 6))
# Pillow clips 16-bit grey at 255, so the expectation here is the upper byte, as it is for color.
add("16-bit grey PNG", png16(samples[:, :, :1], 0), np.repeat(samples[:, :, :1] >> 8, 3, 2))
add("BMP", encode(image, format="BMP"))
add("palette BMP", encode(image.convert("P"), format="BMP"))
add("GIF", encode(image, format="GIF"))
add("animated GIF", encode(image, format="GIF", save_all=True, append_images=[ImageOps.invert(image)]))
add("WebP", encode(image, format="WEBP", quality=80))
add("lossless alpha WebP", encode(with_alpha, format="WEBP", lossless=True, exact=True))
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    add(f"JPEG of orientation {orientation}", encode(image, format="JPEG", exif=exif))
    if orientation in (3, 6, 8):
        add(f"PNG of orientation {orientation}", encode(image, format="PNG", exif=exif))
        add(f"WebP of orientation {orientation}", encode(image, format="WEBP", lossless=True, exif=exif))

path = pathlib.Path(__file__).parents[2] / "Golden" / "pillow_images.json"
made = f"tests/Soco.Vision.Tests/Images/make_pillow_images.py with Pillow {PIL.__version__}"
lines = ",\n".join("    " + json.dumps(case) for case in cases)
path.write_text(f'{{\n  "made_by": "{made}",\n  "images": [\n{lines}\n  ]\n}}\n')
