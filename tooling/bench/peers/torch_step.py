"""Steps and decodes by diffusers: python torch_step.py FOLDER THREADS KIND TASK. KIND is float32, bfloat16, or one of them and "-compiled"."""

from measuring import folder, inputs, kind, serve, task, torch  # noqa: F401
from models import MODELS

dtype = getattr(torch, kind.split("-")[0])
names = task.split(",")
module = MODELS[names[0]].load(folder, dtype)
if kind.endswith("-compiled"):
    module = torch.compile(module)
# Time and places stay what they are: pipelines give them so.
feeds = {name: [each if each.ndim < 2 or each.shape[-1] in (3, 6) else each.to(dtype) for each in MODELS[name].feeds()] for name in names}
serve(lambda name: MODELS[name].after(module(*feeds[name])))
