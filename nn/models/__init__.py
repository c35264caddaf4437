"""Nets by name, with weights trained elsewhere."""

from .alexnet import AlexNet, ZFNet, alexnet, zfnet
from .by_name import imagenet_classes
from .densenet import DenseNet, densenet121
from .gpt import GPT, gpt2
from .mobilenet import EfficientNetLite, MobileNetV2, efficientnet_lite0, mobilenet_v2
from .reading import read_net
from .resnet import ResNet, resnet18, resnet34, resnet50, resnet101, resnet152, resnext50_32x4d
from .squeezenet import GlobalAverage, SqueezeNet, squeezenet, squeezenet1_0, squeezenet1_1
from .unet import UNet, unet
from .vgg import VGG, vgg11, vgg11_bn, vgg13, vgg13_bn, vgg16, vgg16_bn, vgg19, vgg19_bn
from .vit import VisionTransformer, vit_b_16

__all__ = [
    "GPT", "VGG", "AlexNet", "DenseNet", "EfficientNetLite", "GlobalAverage", "MobileNetV2", "ResNet", "SqueezeNet",
    "UNet", "VisionTransformer", "ZFNet", "alexnet", "densenet121", "efficientnet_lite0", "gpt2", "imagenet_classes",
    "mobilenet_v2", "read_net", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d",
    "squeezenet", "squeezenet1_0", "squeezenet1_1", "unet", "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16",
    "vgg16_bn", "vgg19", "vgg19_bn", "vit_b_16", "zfnet",
]  # fmt: skip
