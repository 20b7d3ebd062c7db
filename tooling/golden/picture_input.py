"""Pictures in awkward files, and what diffusers reads and makes of them. Run: python tooling/golden/picture_input.py packages/pipeline/src/start/fixtures

`picture-input.safetensors`, all bytes: `file.NAME` of a file, `picture.NAME` `[height, width, 3]` as `load_image` opens it, over white where it
is transparent, which diffusers leaves to the caller, `image.NAME` `[32, 24, 3]` as VaeImageProcessor resizes that, and `mask.NAME` `[32, 24]`, 0
or 1, as it makes a mask of it, over black.
"""

import io
import sys
from pathlib import Path

import numpy as np
import torch
from diffusers.image_processor import VaeImageProcessor
from diffusers.utils import load_image
from PIL import Image
from safetensors.torch import save_file

HEIGHT, WIDTH = 32, 24
IMAGES = VaeImageProcessor(vae_scale_factor=8)
MASKS = VaeImageProcessor(vae_scale_factor=8, do_normalize=False, do_binarize=True, do_convert_grayscale=True)


def waves(height, width, channels):
    down, across = np.mgrid[0:1:height * 1j, 0:1:width * 1j]
    planes = [np.sin(7 * down * (channel + 1) - 5 * across * (3 - channel)) for channel in range(channels)]
    return np.round(np.stack(planes, -1) * 127 + 128).clip(0, 255).astype(np.uint8)


def files():
    rgb, rgba = Image.fromarray(waves(45, 30, 3)), Image.fromarray(waves(33, 50, 4), "RGBA")
    turned = Image.Exif()
    turned[0x0112] = 6
    mirrored = Image.Exif()
    mirrored[0x0112] = 7
    palette = rgb.quantize(16)
    frames = [Image.fromarray(waves(20, 28, 3)), Image.new("RGB", (28, 20))]
    return {
        "plain": (rgb, "PNG", {}),
        "tall": (Image.fromarray(waves(90, 9, 3)), "PNG", {}),
        "tiny": (Image.fromarray(waves(3, 2, 3)), "PNG", {}),
        "alpha": (rgba, "PNG", {}),
        "palette": (palette, "PNG", {}),
        "palette-alpha": (palette, "PNG", {"transparency": 3}),
        "grey": (rgb.convert("L"), "PNG", {}),
        "grey-alpha": (rgba.convert("LA"), "PNG", {}),
        "one-bit": (rgb.convert("1"), "PNG", {}),
        "turned": (rgb, "JPEG", {"exif": turned, "quality": 100, "subsampling": 0}),
        "mirrored": (rgb, "WEBP", {"exif": mirrored, "lossless": True}),
        "animated": (frames[0], "WEBP", {"save_all": True, "append_images": frames[1:], "lossless": True}),
        "tiff": (rgb, "TIFF", {"compression": "tiff_lzw"}),
    }


def over(picture, grey):
    """As a picture that something shines through is shown on a ground."""
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    rgba = picture.convert("RGBA")
    pixels = np.asarray(rgba).astype(int)
    colours, alpha = pixels[..., :3], pixels[..., 3:]
    return Image.fromarray(np.floor((colours * alpha + grey * (255 - alpha)) / 255 + 0.5).astype(np.uint8))


def main(folder: Path):
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, (picture, kind, options) in files().items():
        stream = io.BytesIO()
        picture.save(stream, kind, **options)
        tensors[f"file.{name}"] = torch.frombuffer(bytearray(stream.getvalue()), dtype=torch.uint8)
        # `load_image` turns it upright; it takes the colours after that.
        white, black = (load_image(Image.open(stream), convert_method=lambda each, grey=grey: over(each, grey)) for grey in (255, 0))
        tensors[f"picture.{name}"] = torch.from_numpy(np.asarray(white).copy())
        image = IMAGES.preprocess(white, height=HEIGHT, width=WIDTH)[0]
        tensors[f"image.{name}"] = ((image + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 0).contiguous()
        tensors[f"mask.{name}"] = MASKS.preprocess(black, height=HEIGHT, width=WIDTH)[0, 0].to(torch.uint8)
    save_file(tensors, folder / "picture-input.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
