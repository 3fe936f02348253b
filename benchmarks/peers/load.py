"""The peer of `Soco.Benchmarks load`: torch.load (.pth) or pickle.load (.pkl) of the same file, all of it, several times in one process.

    /usr/bin/python3 benchmarks/peers/load.py FILE TIMES

Needs Debian's python3-torch. Memory is that of the first load, with all tensors held.
"""
import json
import pickle
import statistics
import sys
import time

import torch


def memory_mib(which):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(which)) / 1024


def load(path):
    if path.endswith(".pkl"):
        with open(path, "rb") as file:
            return pickle.load(file)
    return torch.load(path, map_location="cpu")


def main():
    path, times = sys.argv[1], int(sys.argv[2])
    torch.zeros(1)
    # The peak of importing PyTorch is not the file's.
    with open("/proc/self/clear_refs", "w") as reset:
        reset.write("5")
    before = memory_mib("VmRSS:")
    seconds, peak = [], 0
    for _ in range(times):
        start = time.perf_counter()
        value = load(path)
        seconds.append(time.perf_counter() - start)
        peak = peak or memory_mib("VmHWM:") - before
        del value
    print(json.dumps({"peer": f"PyTorch {torch.__version__}", "first_s": seconds[0], "later_s": statistics.median(seconds[1:]), "peak_mib": peak}))


if __name__ == "__main__":
    main()
