"""Writes files of weights as PyTorch and numpy make them, and one JSON with what is in each.

    python3 write_weights.py FOLDER           all of them
    python3 write_weights.py --seeds FOLDER   the small ones, which are kept in seeds/ for machines without PyTorch

For every file F the JSON index.json has {name: [dtype, shape, hex digest of the little-endian bytes in C order]}.
"""
import argparse
import collections
import hashlib
import io
import json
import os
import pickle
import sys

import numpy
import torch
import torchvision


def digest(value):
    if isinstance(value, numpy.ndarray):
        return [str(value.dtype), list(value.shape), hashlib.sha256(numpy.ascontiguousarray(value).tobytes()).hexdigest()]
    plain = value.detach().contiguous()
    raw = plain.view(torch.int16) if plain.dtype == torch.bfloat16 else plain
    name = {"torch." + kind: kind for kind in ("bfloat16", "bool", "uint8")}.get(str(value.dtype), str(value.dtype)[len("torch."):])
    return [name, list(value.shape), hashlib.sha256(raw.numpy().tobytes()).hexdigest()]


def every_type():
    generator = torch.Generator().manual_seed(1)
    values = torch.randn(3, 5, 2, generator=generator) * 100
    types = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8]
    state = collections.OrderedDict((str(kind)[6:], values.to(kind)) for kind in types)
    state["uint8"] = values.abs().to(torch.uint8)
    state["bool"] = values > 0
    state["empty"] = torch.zeros(0, 4)
    state["scalar"] = torch.tensor(7)
    return state


def views():
    base = torch.arange(60.0).reshape(3, 4, 5)
    return {
        "base": base,
        "part": base[1:],
        "transposed": base.permute(2, 0, 1),
        "stepped": base[:, ::2, 1::2],
        "column": base[:, 1, 2],
        "expanded": base[0, 0, :1].expand(4, 3),
        "parameter": torch.nn.Parameter(base[:, 1]),
        "channels_last": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
    }


def training_state():
    """What stands beside the model in a checkpoint of the published code."""
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model(torch.randn(4, 3)).sum().backward()
    optimizer.step()
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    return {
        "opt": argparse.Namespace(arch="resnet50", lr=1.0, crop=(0.5, 1.0), local_rank=0, amp=None),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
        "epoch": 100,
        "best": torch.tensor(76.1),
    }


def few():
    return collections.OrderedDict((f"module.{name}", torch.randn(2, 3)) for name in (
        "encoder.conv1.weight", "neck.lateral_convs.0.conv.weight", "head.fc1.weight", "projector.linear1.weight", "encoder_k.conv1.weight"))


def authors(backbone_only):
    """The names of a pretraining checkpoint of the published code; of each kernel the first output."""
    state = collections.OrderedDict()
    for suffix in ("", "_k"):
        for name, value in thin(torchvision.models.resnet50()).items():
            if not name.startswith("fc."):
                state[f"module.encoder{suffix}.{name}"] = value
        if not backbone_only:
            for i in range(4):
                state[f"module.neck{suffix}.lateral_convs.{i}.conv.weight"] = torch.randn(8, 4, 1, 1)
            for i in range(1, 5):
                state[f"module.head{suffix}.conv{i}.weight"] = torch.randn(8, 8, 3, 3)
            state[f"module.head{suffix}.fc1.weight"] = torch.randn(16, 8)
        state[f"module.projector{suffix}.linear1.weight"] = torch.randn(4, 16)
    return state


def thin(model):
    """All names of a model, and of each kernel the first output."""
    return collections.OrderedDict((name, value[:1].clone() if value.dim() > 1 else value) for name, value in model.state_dict().items())


def main():
    folder = sys.argv[-1]
    torch.manual_seed(0)
    index = {}

    def keep(name, state, dump):
        with open(os.path.join(folder, name), "wb") as file:
            dump(file)
        index[name] = {key: digest(value) for key, value in state.items()}

    def keep_torch(name, state, whole=None, **options):
        keep(name, state, lambda file: torch.save(state if whole is None else whole, file, **options))

    keep_torch("types.pth", every_type())
    keep_torch("types-legacy.pth", every_type(), _use_new_zipfile_serialization=False)
    keep_torch("views.pth", views())
    keep_torch("views-legacy.pth", views(), _use_new_zipfile_serialization=False)
    for protocol in (3, 4, 5):
        keep_torch(f"types-protocol{protocol}.pth", every_type(), pickle_protocol=protocol)

    for legacy in (False, True):
        state = few()
        keep_torch("authors" + "-legacy" * legacy + ".pth", state, {**training_state(), "model": state}, _use_new_zipfile_serialization=not legacy)

    arrays = {key: value.numpy() for key, value in every_type().items() if value.dtype != torch.bfloat16}
    arrays["fortran"] = numpy.asfortranarray(numpy.arange(12.0).reshape(3, 4))
    arrays["stem.conv1.weight"] = numpy.arange(256, dtype=numpy.uint8).reshape(2, 128)
    wrapped = {"model": arrays, "__author__": "Yue", "matching_heuristics": True}
    for protocol in range(6):
        keep(f"arrays-protocol{protocol}.pkl", arrays, lambda file: pickle.dump(wrapped, file, protocol=protocol))
    tensors = {key: value for key, value in every_type().items()}
    keep("tensors.pkl", tensors, lambda file: pickle.dump({"model": tensors}, file))
    # Python 2 writes bytes as its own strings.
    keep("arrays-python2.pkl", arrays, lambda file: file.write(python2(wrapped)))

    kernel = {"backbone.layer1.0.conv1.weight": torch.randn(4, 3)}
    keep_torch("mmdetection.pth", kernel, {"state_dict": kernel, "meta": {"CLASSES": ("a", "b"), "iter": 7}})
    if "--seeds" not in sys.argv:
        write_models(keep_torch)
    with open(os.path.join(folder, "index.json"), "w") as file:
        json.dump(index, file)


def write_models(keep_torch):
    """The names of whole models."""
    for backbone_only in (False, True):
        state = authors(backbone_only)
        keep_torch("authors-c4.pth" if backbone_only else "authors-fpn.pth", state, {**training_state(), "model": state})
    detection = torchvision.models.detection
    plain = dict(weights=None, weights_backbone=None, num_classes=5)
    keep_torch("resnet50.pth", thin(torchvision.models.resnet50()))
    keep_torch("maskrcnn-v1.pth", thin(detection.maskrcnn_resnet50_fpn(**plain)))
    keep_torch("maskrcnn-v2.pth", thin(detection.maskrcnn_resnet50_fpn_v2(**plain)))
    keep_torch("fasterrcnn-v2.pth", thin(detection.fasterrcnn_resnet50_fpn_v2(**plain)))


def python2(value):
    """Protocol 2 with the opcodes of Python 2: bytes are strings, as in detectron2's older model files."""
    stream = io.BytesIO()

    class Pickler(pickle._Pickler):
        dispatch = dict(pickle._Pickler.dispatch)

        def save_bytes(self, data):
            if len(data) < 256:
                self.write(pickle.SHORT_BINSTRING + bytes([len(data)]) + data)
            else:
                self.write(pickle.BINSTRING + len(data).to_bytes(4, "little") + data)

        def save_str(self, text):
            self.save_bytes(text.encode("latin1"))

        dispatch[bytes] = save_bytes
        dispatch[str] = save_str

    Pickler(stream, 2).dump(value)
    return stream.getvalue()


if __name__ == "__main__":
    main()
