"""Writes a ResNet-18 of one channel in ONNX, with tensors of names that say nothing: seeds/resnet.onnx, whose damaged copies the tests read.

    python3 write_onnx.py FILE
"""
import sys

import numpy
import onnx
from onnx import TensorProto, helper

nodes, initializers = [], []


def tensor(values):
    name = f"Parameter{len(initializers)}"
    raw = len(initializers) % 2 == 0
    values = numpy.asarray(values, numpy.float32)
    initializers.append(helper.make_tensor(name, TensorProto.FLOAT, values.shape, values.tobytes() if raw else values.ravel(), raw=raw))
    return name


def node(kind, inputs, **attributes):
    output = f"value{len(nodes)}"
    nodes.append(helper.make_node(kind, inputs, [output], **attributes))
    return output


def stage(x, channels, side, stride):
    pads = [side // 2] * 4
    y = node("Conv", [x, tensor(numpy.full((1, channels, side, side), 0.5))], kernel_shape=[side, side], pads=pads, strides=[stride, stride])
    return node("BatchNormalization", [y, tensor([1]), tensor([0]), tensor([0.1]), tensor([2])], epsilon=1e-5)


x = node("Relu", [stage("pixels", 3, 7, 2)])
x = node("MaxPool", [x], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2])
for layer in range(4):
    for block in range(2):
        stride = 2 if layer > 0 and block == 0 else 1
        main = stage(node("Relu", [stage(x, 1, 3, stride)]), 1, 3, 1)
        x = node("Relu", [node("Add", [main, stage(x, 1, 1, 2) if stride == 2 else x])])
graph = helper.make_graph(
    nodes, "resnet", [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, "height", "width"])],
    [helper.make_tensor_value_info(x, TensorProto.FLOAT, None)], initializers)
onnx.save(helper.make_model(graph, producer_name="test", opset_imports=[helper.make_opsetid("", 13)], ir_version=8), sys.argv[1])
