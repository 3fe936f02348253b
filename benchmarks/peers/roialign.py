"""The peer of `Soco.Benchmarks roialign`: torchvision's RoIAlign on the CPU, in its own memory order.

    /usr/bin/python3 benchmarks/peers/roialign.py IMAGES CHANNELS SIDE REGIONS THREADS

Needs Debian's python3-torchvision.
"""
import json
import statistics
import sys
import time

import torch
import torchvision
from torchvision.ops import roi_align


def main():
    images, channels, side, regions, threads = (int(value) for value in sys.argv[1:])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    features = torch.randn(images, channels, side, side, requires_grad=True)
    corner, size = torch.rand(regions, 2) * side * 0.6, side * (0.1 + 0.3 * torch.rand(regions, 2))
    boxes = torch.cat([(torch.arange(regions) % images).float().unsqueeze(1), corner, corner + size], 1)
    upstream = torch.randn(regions, channels, 7, 7)
    forward, both = [], []
    for _ in range(4):
        start = time.perf_counter()
        pooled = roi_align(features, boxes, 7, aligned=True)
        forward.append(1000 * (time.perf_counter() - start))
        pooled.backward(upstream)
        both.append(1000 * (time.perf_counter() - start))
        features.grad = None
    print(json.dumps({"peer": f"torchvision {torchvision.__version__}", "forward_ms": statistics.median(forward[1:]), "both_ms": statistics.median(both[1:])}))


if __name__ == "__main__":
    main()
