"""In how many directions the maps of a pretrained ResNet-18 and its FPN differ: the participation ratio of their covariance over images and places.

Reads weights.safetensors of a run of `soco pretrain` (or `random`: fresh weights) and up to 60 images, resized to --side; norms take the statistics of these
images. Needs numpy, PIL, torch and torchvision (Debian: python3-torch, python3-torchvision). Prints one JSON line.
"""
import argparse
import json
import pathlib
import struct

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torchvision.models import resnet18


def safetensors(path):
    data = pathlib.Path(path).read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            first, last = entry["data_offsets"]
            values = np.frombuffer(data[start + first:start + last], dtype=np.float32).copy()
            tensors[name] = torch.from_numpy(values).view(entry["shape"])
    return tensors


def conv_norm(state, prefix, maps, kernel):
    weight = state.get(prefix + ".conv.weight")
    if weight is None:
        weight = torch.nn.init.kaiming_uniform_(torch.empty(64, maps.shape[1], kernel, kernel), a=1)
    return F.batch_norm(F.conv2d(maps, weight, padding=kernel // 2), None, None, state.get(prefix + ".bn.weight"), state.get(prefix + ".bn.bias"), training=True)


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
    torch.manual_seed(0)
    state = {} if options.weights == "random" else safetensors(options.weights)
    network = resnet18()
    network.load_state_dict({name[len("encoder."):]: value for name, value in state.items() if name.startswith("encoder.")}, strict=False)
    pictures = [Image.open(path).convert("RGB").resize((options.side, options.side)) for path in sorted(options.images.glob("*.jpg"))[:60]]
    pixels = torch.from_numpy(np.stack([np.asarray(picture) for picture in pictures])).permute(0, 3, 1, 2) / 255
    maps = (pixels - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    with torch.no_grad():
        maps = network.maxpool(network.relu(network.bn1(network.conv1(maps))))
        stages = []
        for layer in (network.layer1, network.layer2, network.layer3, network.layer4):
            maps = layer(maps)
            stages.append(maps)
        merged = [conv_norm(state, f"neck.lateral_convs.{i}", stage, 1) for i, stage in enumerate(stages)]
        for i in (3, 2, 1):
            merged[i - 1] = merged[i - 1] + F.interpolate(merged[i], size=merged[i - 1].shape[2:])
        levels = [conv_norm(state, f"neck.fpn_convs.{i}", level, 3) for i, level in enumerate(merged)]
    print(json.dumps({f"C{i + 2}": participation_ratio(stage) for i, stage in enumerate(stages)}
                     | {f"P{i + 2}": participation_ratio(level) for i, level in enumerate(levels)}))


if __name__ == "__main__":
    main()
