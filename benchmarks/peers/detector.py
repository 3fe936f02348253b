"""One training step and one prediction of torchvision's maskrcnn_resnet50_fpn_v2: the peer of `Soco.Benchmarks detector`, and of `onnx`.

Random images of 480 x 640, 80 classes, 5 objects with masks an image. The bias of one class makes every proposal a candidate, so that 100
detections with masks come out of each image, as a trained network gives on a full scene. Needs torch and torchvision (Debian:
python3-torch, python3-torchvision). Prints one JSON line with the seconds of each step and prediction and the peak memory.
"""
import argparse
import json
import time

import torch
from torchvision.models.detection import maskrcnn_resnet50_fpn_v2

from memory import peak_mib

HEIGHT, WIDTH, CLASSES, OBJECTS = 480, 640, 80, 5


def target():
    corner, size = torch.rand(OBJECTS, 2) * 0.5, torch.rand(OBJECTS, 2) * 0.4 + 0.1
    boxes = torch.cat([corner, corner + size], 1) * torch.tensor([WIDTH, HEIGHT] * 2)
    masks = torch.zeros(OBJECTS, HEIGHT, WIDTH, dtype=torch.uint8)
    for mask, box in zip(masks, boxes.int().tolist()):
        mask[box[1]:box[3], box[0]:box[2]] = 1
    return {"boxes": boxes, "labels": torch.randint(1, CLASSES + 1, (OBJECTS,)), "masks": masks}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--predict-only", action="store_true", help="time no training step")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    model = maskrcnn_resnet50_fpn_v2(weights=None, weights_backbone=None, num_classes=CLASSES + 1, min_size=HEIGHT, max_size=WIDTH)
    with torch.no_grad():
        model.roi_heads.box_predictor.cls_score.bias[1] = 5
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9, weight_decay=2.5e-5)
    images = [torch.rand(3, HEIGHT, WIDTH) for _ in range(options.batch)]
    targets = [target() for _ in images]
    train, predict = [], []
    for _ in range(0 if options.predict_only else options.rounds + 1):
        model.train()
        start = time.perf_counter()
        losses = model(images, targets)
        optimizer.zero_grad()
        sum(losses.values()).backward()
        optimizer.step()
        train.append(time.perf_counter() - start)
    detections = 0
    with torch.no_grad():
        model.roi_heads.box_predictor.cls_score.bias[1] = 5
        model.eval()
        for _ in range(options.rounds + 1):
            start = time.perf_counter()
            detections = len(model(images[:1])[0]["boxes"])
            predict.append(time.perf_counter() - start)
    print(json.dumps({
        "train_s": train[1:],
        "predict_s": predict[1:],
        "detections": detections,
        "peak_mib": peak_mib(),
        "torch": torch.__version__,
    }))


if __name__ == "__main__":
    main()
