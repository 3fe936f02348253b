"""Detects objects on a photograph with torchvision's maskrcnn_resnet50_fpn_v2 of 5 classes, and writes what it finds as JSON.

    python3 detect.py WEIGHTS.pth PHOTO OUT.json

The weights are loaded strictly. If they are not there they are drawn first: kernels at random, norms with the statistics of the photograph.
"""
import json
import math
import os
import sys

import numpy
import torch
import torchvision
from PIL import Image


def draw(model, photo):
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                # Scores far apart, so that roundings change no order; offsets small.
                scale = 2 if "cls_" in name else 0.02 if "bbox_pred" in name else 1
                bound = scale * math.sqrt(3 / parameter[0].numel())
                parameter.uniform_(-bound, bound, generator=generator)
            elif name.endswith("weight"):
                parameter.uniform_(0.5, 1.5, generator=generator)
            else:
                parameter.uniform_(-0.1, 0.1, generator=generator)
        norms = [module for module in model.backbone.modules() if isinstance(module, torch.nn.BatchNorm2d)]
        for norm in norms:
            norm.momentum = 1
        model.backbone.train()
        model.backbone(model.transform([photo])[0].tensors)
        model.backbone.eval()


def main():
    weights, photo_path, out = sys.argv[1:]
    image = Image.open(photo_path).convert("RGB")
    photo = torch.from_numpy(numpy.asarray(image).copy()).permute(2, 0, 1).float() / 255
    # All of it is drawn or loaded below.
    for start in ("kaiming_uniform_", "kaiming_normal_", "normal_", "uniform_"):
        setattr(torch.nn.init, start, lambda tensor, *_, **__: tensor)
    # Sides of the photograph itself: nothing is resized.
    model = torchvision.models.detection.maskrcnn_resnet50_fpn_v2(
        weights=None, weights_backbone=None, num_classes=5, min_size=min(image.size), max_size=max(image.size),
        rpn_post_nms_top_n_test=100, box_detections_per_img=20)
    model.eval()
    if not os.path.exists(weights):
        draw(model, photo)
        torch.save(model.state_dict(), weights)
    model.load_state_dict(torch.load(weights), strict=True)
    with torch.no_grad():
        found = model([photo])[0]
    with open(out, "w") as file:
        json.dump({
            "boxes": found["boxes"].tolist(),
            "scores": found["scores"].tolist(),
            "labels": found["labels"].tolist(),
            "mask_areas": (found["masks"] >= 0.5).sum((1, 2, 3)).tolist(),
        }, file)


if __name__ == "__main__":
    main()
