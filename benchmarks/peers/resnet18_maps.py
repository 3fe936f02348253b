"""The maps C2 to C5 and P2 to P5 of a pretrained ResNet-18 and its FPN, computed with torchvision from the weights of a run of `soco pretrain`.

Norms take the statistics of the images they are given. A byol run has no FPN; a fresh one is drawn for it, as for "random" weights.
"""
import json
import pathlib
import struct

import numpy as np
import torch
import torch.nn.functional as F
from torchvision.models import resnet18

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


def pixels(pictures, width, height):
    """[N, 3, height, width], normalised, of PIL pictures."""
    resized = [np.asarray(picture.convert("RGB").resize((width, height))) for picture in pictures]
    return (torch.from_numpy(np.stack(resized)).permute(0, 3, 1, 2) / 255 - MEAN) / DEVIATION


@torch.no_grad()
def maps(weights, images):
    """Two lists of four: C2 to C5, P2 to P5. `weights` is a weights.safetensors, or "random": fresh, each residual block begins as its shortcut."""
    torch.manual_seed(0)
    state = {} if weights == "random" else _safetensors(weights)
    network = resnet18(zero_init_residual=True)
    network.load_state_dict({name[len("encoder."):]: value for name, value in state.items() if name.startswith("encoder.")}, strict=False)
    flow = network.maxpool(network.relu(network.bn1(network.conv1(images))))
    stages = []
    for layer in (network.layer1, network.layer2, network.layer3, network.layer4):
        flow = layer(flow)
        stages.append(flow)
    merged = [_conv_norm(state, f"neck.lateral_convs.{i}", stage, 1) for i, stage in enumerate(stages)]
    for i in (3, 2, 1):
        merged[i - 1] = merged[i - 1] + F.interpolate(merged[i], size=merged[i - 1].shape[2:])
    return stages, [_conv_norm(state, f"neck.fpn_convs.{i}", level, 3) for i, level in enumerate(merged)]


def _safetensors(path):
    data = pathlib.Path(path).read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            first, last = entry["data_offsets"]
            values = np.frombuffer(data[start + first:start + last], dtype=np.float32).copy()
            tensors[name] = torch.from_numpy(values).view(entry["shape"])
    return tensors


def _conv_norm(state, prefix, flow, kernel):
    weight = state.get(prefix + ".conv.weight")
    if weight is None:
        weight = torch.nn.init.kaiming_uniform_(torch.empty(64, flow.shape[1], kernel, kernel), a=1)
    return F.batch_norm(F.conv2d(flow, weight, padding=kernel // 2), None, None, state.get(prefix + ".bn.weight"), state.get(prefix + ".bn.bias"), training=True)
