#!/usr/bin/python3
"""Times the peers of `Soco.Benchmarks proposals` on one thread over the same folder.

    /usr/bin/python3 benchmarks/peers/selective_search_opencv.py FOLDER [--every N] [--out result.json]

Peers: OpenCV's selective search (ximgproc, contrib), single strategy and fast mode, decode included; and scikit-image's
felzenszwalb alone, the segmentation that the published proposals start from. Needs Debian's python3-opencv and python3-skimage.
"""
import argparse
import json
import os
import statistics
import time

import cv2
import skimage
from skimage.segmentation import felzenszwalb

USUAL_PIXELS = 500 * 375


def opencv(path, mode):
    image = cv2.imread(path, cv2.IMREAD_COLOR)
    search = cv2.ximgproc.segmentation.createSelectiveSearchSegmentation()
    search.setBaseImage(image)
    if mode == "single":
        search.switchToSingleStrategy(300, 0.9)
    else:
        search.switchToSelectiveSearchFast()
    search.process()
    return image.shape


def segmentation_alone(path):
    image = cv2.cvtColor(cv2.imread(path, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    felzenszwalb(image, scale=300, sigma=0.9, min_size=100)
    return image.shape


def distribution(values):
    values = sorted(values)
    at = lambda q: values[round(q * (len(values) - 1))]
    return {"n": len(values), "min": at(0), "median": statistics.median(values), "p90": at(0.9), "max": at(1)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--every", type=int, default=1, help="take every Nth image only")
    parser.add_argument("--out")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    paths = [os.path.join(arguments.folder, name) for name in sorted(os.listdir(arguments.folder))][:: arguments.every]
    peers = {
        f"opencv {cv2.__version__} single": lambda path: opencv(path, "single"),
        f"opencv {cv2.__version__} fast": lambda path: opencv(path, "fast"),
        f"scikit-image {skimage.__version__} felzenszwalb alone": segmentation_alone,
    }
    results = {}
    for name, run in peers.items():
        run(paths[0])
        all_ms, usual_ms = [], []
        for path in paths:
            start = time.perf_counter()
            height, width, _ = run(path)
            ms = 1000 * (time.perf_counter() - start)
            all_ms.append(ms)
            if abs(width * height / USUAL_PIXELS - 1) <= 0.2:
                usual_ms.append(ms)
        results[name] = {"all, ms an image": distribution(all_ms), "near 500x375, ms an image": distribution(usual_ms)}
        for what, values in results[name].items():
            print(f"{name:42} {what:28}", "  ".join(f"{k} {v:.0f}" if k == "n" else f"{k} {v:.1f}" for k, v in values.items()), flush=True)
    if arguments.out:
        with open(arguments.out, "w") as file:
            json.dump(results, file, indent=2)


if __name__ == "__main__":
    main()
