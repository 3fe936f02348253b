"""Writes ../../Golden/pillow_pixels.json: what Pillow and torchvision make of two computed images.

Run with a Python that has Pillow, torchvision and numpy: python3 make_pillow_pixels.py
"""
import hashlib
import json
import pathlib

import numpy as np
import PIL
import torchvision
import torchvision.transforms.functional as F
from PIL import Image, ImageFilter


def waves(width, height):
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return Image.fromarray((((x * x * 3 + y * y * 5 + x * y * (c + 1) + 40 * c) >> 3) & 255).astype(np.uint8))


def noise(width, height):
    i = np.arange(width * height * 3, dtype=np.uint64)
    return Image.fromarray(((i * 2654435761 & 0xFFFFFFFF) >> 24).astype(np.uint8).reshape(height, width, 3))


images = {"waves": waves(97, 61), "noise": noise(64, 48), "dot": waves(1, 1), "line": noise(5, 1)}
cases = []


def add(source, operation, arguments, result):
    pixels = np.asarray(result)
    cases.append({
        "source": source, "operation": operation, "arguments": arguments, "width": pixels.shape[1], "height": pixels.shape[0],
        "first": pixels.ravel()[:9].tolist(), "sha256": hashlib.sha256(pixels.tobytes()).hexdigest()})


for source, image in images.items():
    for width, height in [(224, 224), (112, 112), (31, 17), (1, 1), (1, 90), (150, 2), (97, 61), (64, 20), (20, 48)]:
        add(source, "resize", [width, height], image.resize((width, height), Image.BILINEAR))
    for factor in [0, 0.5, 0.6123, 1, 1.3981, 3]:
        add(source, "brightness", [factor], F.adjust_brightness(image, factor))
        add(source, "contrast", [factor], F.adjust_contrast(image, factor))
        add(source, "saturation", [factor], F.adjust_saturation(image, factor))
    for shift in [-0.5, -0.1, -0.0377, 0, 0.0615, 0.1, 0.5]:
        add(source, "hue", [shift], F.adjust_hue(image, shift))
    add(source, "grey", [], F.to_grayscale(image, 3))
    add(source, "flip", [], F.hflip(image))
    for threshold in [0, 77, 128, 256]:
        add(source, "solarize", [threshold], F.solarize(image, threshold))
    for sigma in [0, 0.1, 0.7341, 1, 1.58, 2, 9.5, 400]:
        add(source, "blur", [sigma], image.filter(ImageFilter.GaussianBlur(sigma)))
for box in [(0, 0, 97, 61), (10, 5, 60, 40), (96, 60, 1, 1), (0, 20, 97, 1), (37, 0, 60, 61)]:
    left, top, width, height = box
    for size in [(32, 32), (97, 33), (width, height)]:
        add("waves", "crop", [*box, *size], images["waves"].crop((left, top, left + width, top + height)).resize(size, Image.BILINEAR))

path = pathlib.Path(__file__).parents[2] / "Golden" / "pillow_pixels.json"
made = f"tests/Soco.Vision.Tests/Images/make_pillow_pixels.py with Pillow {PIL.__version__} and torchvision {torchvision.__version__}"
lines = ",\n".join("    " + json.dumps(case) for case in cases)
path.write_text(f'{{\n  "made_by": "{made}",\n  "cases": [\n{lines}\n  ]\n}}\n')
