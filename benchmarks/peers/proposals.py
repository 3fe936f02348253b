"""The peers of `Soco.Benchmarks proposals`, on one thread, decode included.

    /usr/bin/python3 benchmarks/peers/proposals.py opencv-single|opencv-fast|skimage-segmentation IMAGE...

OpenCV's selective search (ximgproc, contrib), and scikit-image's felzenszwalb alone. Needs Debian's python3-opencv and python3-skimage.
"""
import json
import sys
import time

import cv2


def opencv(path, switch):
    search = cv2.ximgproc.segmentation.createSelectiveSearchSegmentation()
    search.setBaseImage(cv2.imread(path, cv2.IMREAD_COLOR))
    switch(search)
    search.process()


def segmentation_alone(path):
    from skimage.segmentation import felzenszwalb
    felzenszwalb(cv2.cvtColor(cv2.imread(path, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), scale=300, sigma=0.9, min_size=100)


def main():
    kind, *paths = sys.argv[1:]
    cv2.setNumThreads(1)
    name, run = {
        "opencv-single": (f"OpenCV {cv2.__version__} selective search, single strategy",
                          lambda path: opencv(path, lambda search: search.switchToSingleStrategy(300, 0.9))),
        "opencv-fast": (f"OpenCV {cv2.__version__} selective search, fast", lambda path: opencv(path, lambda search: search.switchToSelectiveSearchFast())),
        "skimage-segmentation": ("scikit-image felzenszwalb alone", segmentation_alone),
    }[kind]
    run(paths[0])
    milliseconds = []
    for path in paths:
        start = time.perf_counter()
        run(path)
        milliseconds.append(1000 * (time.perf_counter() - start))
    print(json.dumps({"peer": name, "milliseconds": milliseconds}))


if __name__ == "__main__":
    main()
