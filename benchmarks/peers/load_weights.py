"""Loads a file of weights with PyTorch (.pth) or plain pickle (.pkl), all of it, and prints seconds and memory as JSON.

    python3 load_weights.py FILE
"""
import json
import pickle
import sys
import time

import torch


def memory_mib(which):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(which)) / 1024


def main():
    path = sys.argv[1]
    torch.zeros(1)
    # The peak of importing PyTorch is not the file's.
    with open("/proc/self/clear_refs", "w") as reset:
        reset.write("5")
    before = memory_mib("VmRSS:")
    start = time.perf_counter()
    if path.endswith(".pkl"):
        with open(path, "rb") as file:
            value = pickle.load(file)
    else:
        value = torch.load(path, map_location="cpu")
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "peak_mib": memory_mib("VmHWM:") - before, "tensors": len(value["model"]), "torch": torch.__version__}))


if __name__ == "__main__":
    main()
