"""Steps and decodes by OpenVINO, of static shapes: python openvino_step.py FOLDER THREADS KIND TASK. KIND is float32, bfloat16 or int8.

What is not in 8 bits is computed in bfloat16 where the processor can do so, which is OpenVINO's default.
"""

from measuring import folder, kind, serve, task, threads, torch
from models import MODELS
from openvino_models import compiled

feeds = [each.numpy() for each in MODELS[task].feeds()]
request = compiled(folder, task, kind, threads).create_infer_request()
serve(lambda name: MODELS[name].after(torch.from_numpy(request.infer(feeds)[0])))
