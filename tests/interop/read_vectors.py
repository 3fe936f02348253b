"""Reads vectors that `soco embed` wrote as .npy, and the names beside them, and says what is in them.

    python3 read_vectors.py VECTORS.npy OUT.json
"""
import json
import sys

import numpy

from write_weights import digest


def main():
    path, out = sys.argv[1:]
    vectors = numpy.load(path, allow_pickle=False)
    with open(path[:-len("npy")] + "json") as file:
        names = json.load(file)
    assert len(names["paths"]) == len(vectors)
    with open(out, "w") as file:
        json.dump({"vectors": digest(vectors), "last": names["paths"][-1]}, file)


if __name__ == "__main__":
    main()
