"""Opens files of weights that Soco wrote, as their frameworks do, and says what is in each.

    python3 read_weights.py FOLDER

For every .pth and .pkl in FOLDER, read.json gets {name: [dtype, shape, hex digest of the little-endian bytes in C order]}, and the keys
around them. A file named strict-MODEL-*.pth is loaded into torchvision's model of that name, strictly.
"""
import json
import os
import pickle
import sys

import numpy
import torch
import torchvision

from write_weights import digest


def plain(value):
    """What stands beside tensors, as JSON; anything but plain values is an error."""
    return json.loads(json.dumps(value))


def load(path):
    if path.endswith(".pkl"):
        with open(path, "rb") as file:
            return pickle.load(file, encoding="latin1")
    # Newer versions also promise that nothing is executed.
    safe = {"weights_only": True} if "weights_only" in torch.load.__code__.co_varnames else {}
    return torch.load(path, map_location="cpu", **safe)


def main():
    folder = sys.argv[1]
    found = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith((".pth", ".pkl")):
            continue
        value = load(os.path.join(folder, name))
        key = next((key for key in ("model", "state_dict") if key in value), None)
        state = value[key] if key else value
        for entry in state.values():
            assert isinstance(entry, numpy.ndarray if name.endswith(".pkl") else torch.Tensor), type(entry)
        beside = {other: plain(content) for other, content in value.items() if other != key} if key else {}
        found[name] = {"tensors": {entry: digest(content) for entry, content in state.items()}, "beside": beside}
        if name.startswith("strict-"):
            model = getattr(torchvision.models.detection, name.split("-")[1])(weights=None, weights_backbone=None, num_classes=5)
            model.load_state_dict(state, strict=True)
    with open(os.path.join(folder, "read.json"), "w") as file:
        json.dump(found, file)


if __name__ == "__main__":
    main()
