"""How well a linear classifier tells the classes of objects from the maps of a pretrained ResNet-18: what the features know before fine-tuning.

Reads weights.safetensors of a run of `soco pretrain` (or `random`: fresh weights) and two COCO JSONs with their image folders; all images are resized to
the size of the first one. RoIAlign cuts each labelled box out of a map (C2 4 x 4, C3 3 x 3, C4 2 x 2, P2 5 x 5 bins); ridge regression to one-hot classes
learns from 150 images of the first set, and the accuracy on 100 of the second is printed in per cent, for the best of five strengths. Needs numpy, PIL,
torch and torchvision (Debian: python3-torch, python3-torchvision). Prints one JSON line.
"""
import argparse
import json
import pathlib

import torch
from PIL import Image
from torchvision.ops import roi_align

import resnet18_maps

TRAIN_IMAGES, TEST_IMAGES = 150, 100
STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0, 10.0)


def read(annotations, images, count):
    document = json.loads(annotations.read_text())
    listed = document["images"][:count]
    places = {image["id"]: place for place, image in enumerate(listed)}
    objects = [entry for entry in document["annotations"] if entry["image_id"] in places]
    corners = [[places[o["image_id"]], o["bbox"][0], o["bbox"][1], o["bbox"][0] + o["bbox"][2], o["bbox"][1] + o["bbox"][3]] for o in objects]
    sizes = [(image["width"], image["height"]) for image in listed]
    pictures = [Image.open(images / image["file_name"]) for image in listed]
    return pictures, sizes, torch.tensor(corners), [o["category_id"] for o in objects]


def scaled(boxes, sizes, width, height):
    scales = torch.tensor([[width / w, height / h, width / w, height / h] for w, h in sizes])
    return torch.cat([boxes[:, :1], boxes[:, 1:] * scales[boxes[:, 0].long()]], 1)


def accuracy(train, train_classes, test, test_classes, count):
    mean, deviation = train.mean(0), train.std(0) + 1e-6
    train, test = ((train - mean) / deviation).double(), ((test - mean) / deviation).double()
    targets = torch.nn.functional.one_hot(train_classes, count).double()
    offset, gram = targets.mean(0), train @ train.T
    best = 0.0
    for strength in STRENGTHS:
        solution = torch.linalg.solve(gram + strength * train.shape[1] * torch.eye(len(train)).double(), targets - offset)
        best = max(best, float(((test @ (train.T @ solution) + offset).argmax(1) == test_classes).double().mean()))
    return round(100 * best, 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("weights")
    for name in ("train_annotations", "train_images", "test_annotations", "test_images"):
        parser.add_argument(name, type=pathlib.Path)
    options = parser.parse_args()
    train_pictures, train_sizes, train_boxes, train_names = read(options.train_annotations, options.train_images, TRAIN_IMAGES)
    test_pictures, test_sizes, test_boxes, test_names = read(options.test_annotations, options.test_images, TEST_IMAGES)
    width, height = train_sizes[0]
    names = sorted(set(train_names) | set(test_names))
    train_classes, test_classes = (torch.tensor([names.index(name) for name in given]) for given in (train_names, test_names))
    stages, levels = resnet18_maps.maps(options.weights, resnet18_maps.pixels(train_pictures + test_pictures, width, height))
    train_boxes, test_boxes = scaled(train_boxes, train_sizes, width, height), scaled(test_boxes, test_sizes, width, height)
    test_boxes[:, 0] += len(train_pictures)
    found = {}
    for name, values, stride, bins in (("C2", stages[0], 4, 4), ("C3", stages[1], 8, 3), ("C4", stages[2], 16, 2), ("P2", levels[0], 4, 5)):
        train, test = (roi_align(values, boxes, (bins, bins), 1 / stride, 2, True).flatten(1) for boxes in (train_boxes, test_boxes))
        found[name] = accuracy(train, train_classes, test, test_classes, len(names))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
