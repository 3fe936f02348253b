"""The peer of `Soco.Benchmarks views`: V1, V2 and V3 of each image with Pillow and torchvision's transforms, on one thread.

    /usr/bin/python3 benchmarks/peers/views.py IMAGE...

The files are read before the clock starts. Needs Debian's python3-torchvision.
"""
import io
import json
import random
import sys
import time

import PIL
import torch
import torchvision
from PIL import Image, ImageFilter, ImageOps
from torchvision import transforms


class Blur:
    def __call__(self, image):
        return image.filter(ImageFilter.GaussianBlur(radius=random.uniform(0.1, 2.0)))


def colors(blur, solarize):
    return transforms.Compose([
        transforms.RandomHorizontalFlip(),
        transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.2, 0.1)], p=0.8),
        transforms.RandomGrayscale(p=0.2),
        transforms.RandomApply([Blur()], p=blur),
        transforms.RandomApply([lambda image: ImageOps.solarize(image, 128)], p=solarize),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ])


def main():
    torch.set_num_threads(1)
    files = [open(path, "rb").read() for path in sys.argv[1:]]
    crop = transforms.RandomResizedCrop(224, scale=(0.5, 1.0))
    first, other = colors(1.0, 0.0), colors(0.1, 0.2)

    def views(data):
        image = Image.open(io.BytesIO(data)).convert("RGB")
        second = crop(image)
        return first(image.resize((224, 224), Image.BILINEAR)), other(second), other(second.resize((112, 112), Image.BILINEAR))

    views(files[0])
    start = time.perf_counter()
    for data in files:
        views(data)
    seconds = time.perf_counter() - start
    print(json.dumps({"peer": f"Pillow {PIL.__version__} and torchvision {torchvision.__version__}", "images_per_s": len(files) / seconds}))


if __name__ == "__main__":
    main()
