"""In how many directions the maps of a pretrained ResNet-18 and its FPN differ: the participation ratio of their covariance over images and places.

Reads weights.safetensors of a run of `soco pretrain` (or `random`: fresh weights) and up to 60 images, resized to --side. Needs numpy, PIL, torch and
torchvision (Debian: python3-torch, python3-torchvision). Prints one JSON line.
"""
import argparse
import json
import pathlib

from PIL import Image

import resnet18_maps


def participation_ratio(maps):
    vectors = maps.permute(0, 2, 3, 1).flatten(0, 2)
    vectors = vectors - vectors.mean(0)
    gram = vectors.T @ vectors
    return round(float(gram.trace() ** 2 / gram.square().sum()), 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("weights")
    parser.add_argument("images", type=pathlib.Path)
    parser.add_argument("--side", type=int, default=96)
    options = parser.parse_args()
    pictures = [Image.open(path) for path in sorted(options.images.glob("*.jpg"))[:60]]
    stages, levels = resnet18_maps.maps(options.weights, resnet18_maps.pixels(pictures, options.side, options.side))
    print(json.dumps({f"C{i + 2}": participation_ratio(stage) for i, stage in enumerate(stages)}
                     | {f"P{i + 2}": participation_ratio(level) for i, level in enumerate(levels)}))


if __name__ == "__main__":
    main()
