"""One training step of SoCo as the published code takes it, in plain PyTorch: the peer of `Soco.Benchmarks step`.

Every box runs through the head on every pyramid level and the wrong levels are masked; all views' activations live until one backward pass.
Needs torch and torchvision (Debian: python3-torch, python3-torchvision). Prints one JSON line with the seconds of each step and the peak memory.
"""
import argparse
import copy
import json
import time

import torch
import torch.nn.functional as F
from torch import nn
from torchvision import models
from torchvision.ops import roi_align

from memory import peak_mib


class ConvNorm(nn.Sequential):
    def __init__(self, inputs, outputs, kernel):
        super().__init__(nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(outputs))


class Mlp(nn.Sequential):
    def __init__(self, inputs, hidden, outputs):
        super().__init__(nn.Linear(inputs, hidden), nn.BatchNorm1d(hidden), nn.ReLU(inplace=True), nn.Linear(hidden, outputs))


BLOCKS = {"resnet18": (models.resnet.BasicBlock, [2, 2, 2, 2]), "resnet34": (models.resnet.BasicBlock, [3, 4, 6, 3]),
          "resnet50": (models.resnet.Bottleneck, [3, 4, 6, 3]), "resnet101": (models.resnet.Bottleneck, [3, 4, 23, 3])}


class Encoder(models.ResNet):
    """torchvision's network with all of its channels times a factor."""

    def __init__(self, arch, width):
        self.factor = width
        super().__init__(*BLOCKS[arch])
        stem = round(64 * width)
        self.conv1, self.bn1 = nn.Conv2d(3, stem, 7, 2, 3, bias=False), nn.BatchNorm2d(stem)

    def _make_layer(self, block, planes, blocks, stride=1, dilate=False):
        if planes == 64:
            self.inplanes = round(64 * self.factor)
        return super()._make_layer(block, round(planes * self.factor), blocks, stride, dilate)


class Branch(nn.Module):
    def __init__(self, options):
        super().__init__()
        self.encoder = Encoder(options.arch, options.width)
        widths = [block[-1].bn3.num_features if hasattr(block[-1], "bn3") else block[-1].bn2.num_features
                  for block in (self.encoder.layer1, self.encoder.layer2, self.encoder.layer3, self.encoder.layer4)]
        del self.encoder.fc
        self.lateral = nn.ModuleList(ConvNorm(width, options.fpn, 1) for width in widths)
        self.output = nn.ModuleList(ConvNorm(options.fpn, options.fpn, 3) for _ in widths)
        self.head = nn.Sequential(*[m for i in range(4) for m in (ConvNorm(options.head if i else options.fpn, options.head, 3), nn.ReLU(inplace=True))],
                                  nn.Flatten(), nn.Linear(options.head * 49, options.fc), nn.ReLU(inplace=True))
        self.projector = Mlp(options.fc, options.hidden, options.embedding)

    def pyramid(self, images):
        e = self.encoder
        x = e.maxpool(e.relu(e.bn1(e.conv1(images))))
        stages = []
        for layer in (e.layer1, e.layer2, e.layer3, e.layer4):
            x = layer(x)
            stages.append(x)
        merged = [lateral(stage) for lateral, stage in zip(self.lateral, stages)]
        for i in range(3, 0, -1):
            merged[i - 1] = merged[i - 1] + F.interpolate(merged[i], size=merged[i - 1].shape[2:], mode="nearest")
        return [output(stage) for output, stage in zip(self.output, merged)]


def embed(branch, images, box_sets, predictor=None):
    levels = branch.pyramid(images)
    vectors = []
    for boxes in box_sets:
        per_level = []
        for level in levels:
            scaled = boxes * torch.tensor([level.shape[3], level.shape[2]] * 2)
            z = branch.projector(branch.head(roi_align(level, list(scaled), 7, aligned=True)))
            z = F.normalize(predictor(z) if predictor is not None else z, dim=1)
            per_level.append(z.view(*boxes.shape[:2], -1))
        vectors.append(torch.cat(per_level, 1))
    return vectors


def one_way(predictions, targets, matches):
    similar = torch.bmm(predictions, targets.transpose(1, 2)) * matches
    return -2 * (similar.sum((1, 2)) / (matches.sum((1, 2)) + 1e-6)).mean()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--arch", default="resnet50")
    for width, published in (("fpn", 256), ("head", 256), ("fc", 1024), ("hidden", 4096), ("embedding", 256)):
        parser.add_argument(f"--{width}", type=int, default=published)
    parser.add_argument("--width", type=float, default=1)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--views", default="224,224,112")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    online, predictor = Branch(options), Mlp(options.embedding, options.hidden, options.embedding)
    target = copy.deepcopy(online).requires_grad_(False)
    views = [torch.randn(options.batch, 3, side, side) for side in map(int, options.views.split(","))]
    corner, size = torch.rand(3, options.batch, 4, 2) * 0.5, torch.rand(3, options.batch, 4, 2) * 0.4 + 0.1
    boxes = torch.cat([corner, corner + size], -1)
    # The published code compares every box on every level and masks; one level of four holds each box.
    matches = torch.zeros(options.batch, 16, 16)
    for box in range(4):
        matches[:, box + 4 * (box % 4), box + 4 * ((box + 1) % 4)] = 1
    parameters = [p for module in (online, predictor) for p in module.parameters()]
    momenta = [torch.zeros_like(p) for p in parameters]
    seconds = []
    for _ in range(options.steps + 1):
        start = time.perf_counter()
        p12, p13 = embed(online, views[0], [boxes[0], boxes[0]], predictor)
        p2, = embed(online, views[1], [boxes[1]], predictor)
        p3, = embed(online, views[2], [boxes[2]], predictor)
        with torch.no_grad():
            for theirs, mine in zip(online.parameters(), target.parameters()):
                mine.data = mine.data * 0.99 + theirs.data * 0.01
            t12, t13 = embed(target, views[0], [boxes[0], boxes[0]])
            t2, = embed(target, views[1], [boxes[1]])
            t3, = embed(target, views[2], [boxes[2]])
        loss = (one_way(p12, t2, matches) + one_way(p2, t12, matches.transpose(1, 2))
                + one_way(p13, t3, matches) + one_way(p3, t13, matches.transpose(1, 2)))
        for p in parameters:
            p.grad = None
        loss.backward()
        with torch.no_grad():
            for p, momentum in zip(parameters, momenta):
                update = p.grad
                if p.dim() > 1:
                    update = update + 1e-5 * p
                    update = update * (0.001 * p.norm() / (update.norm() + 1e-8))
                momentum.mul_(0.9).add_(update)
                p.add_(momentum, alpha=-0.01)
        seconds.append(time.perf_counter() - start)
    print(json.dumps({
        "seconds": seconds[1:],
        "peak_mib": peak_mib(),
        "torch": torch.__version__,
    }))


if __name__ == "__main__":
    main()
