"""OpenVINO's form of the networks: python make_openvino.py FOLDER THREADS KIND NAME. KIND is float32, or int8, which needs the other."""

from measuring import folder, kind, task, torch
from models import MODELS
from openvino_models import export, quantise

HALF = ("sdxl-64", "sdxl-128", "flux", "sd35-large", "sd35-medium")

feeds = MODELS[task].feeds()
if kind == "int8":
    quantise(folder, task, feeds)
else:
    export(folder, task, MODELS[task].load(folder, torch.float32), feeds, task in HALF)
