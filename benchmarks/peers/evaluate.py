"""The peer of `Soco.Benchmarks evaluate`: pycocotools on the same files, on one core.

    /usr/bin/python3 benchmarks/peers/evaluate.py instances.json detections.json

Needs pycocotools. Timed are COCOeval's evaluate, accumulate and summarize; reading is timed apart.
"""
import contextlib
import json
import sys
import time

import pycocotools
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def version():
    try:
        from importlib.metadata import version as of

        return of("pycocotools")
    except Exception:
        return getattr(pycocotools, "__version__", "of unknown version")


def main():
    result = {"peer": f"pycocotools {version()}"}
    with contextlib.redirect_stdout(sys.stderr):
        for kind in ("bbox", "segm"):
            start = time.perf_counter()
            truth = COCO(sys.argv[1])
            detections = truth.loadRes(sys.argv[2])
            result["read_s"] = time.perf_counter() - start
            start = time.perf_counter()
            evaluation = COCOeval(truth, detections, kind)
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
            result[f"{kind}_s"] = time.perf_counter() - start
            result[f"{kind}_stats"] = [float(value) for value in evaluation.stats]
    print(json.dumps(result))


if __name__ == "__main__":
    main()
