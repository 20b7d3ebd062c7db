"""What Stable Diffusion's safety checker finds in pictures:
python tooling/golden/safety_checker.py packages/encoders-clip/src/fixtures

The weights are a table's, but for thresholds in the midst of the cosines of these pictures, so that some are flagged and some are not.
"""

import json
import sys
from pathlib import Path

import torch
from clip_vision import OLD, PATCH8, pixels, scale_of
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker, cosine_distance
from table import fill
from transformers import CLIPConfig

# Width, height and channels, as in clip_vision.py.
PICTURES = [(32, 32, 3), (50, 32, 3), (32, 47, 3), (100, 75, 3), (20, 33, 3), (7, 61, 3), (1, 9, 3), (640, 33, 3), (40, 200, 3)]


@torch.no_grad()
def main(folder: Path):
    checker = StableDiffusionSafetyChecker(CLIPConfig(**PATCH8)).eval().float()
    fill(checker.state_dict(), scale_of)
    clip_input = pixels(OLD, PICTURES)
    embeds = checker.visual_projection(checker.vision_model(clip_input)[1])
    # The second highest cosine of each concept is its threshold, so that a picture or two are above.
    for kind in ("concept_embeds", "special_care_embeds"):
        cosines = cosine_distance(embeds, getattr(checker, kind)).sort(dim=0).values
        getattr(checker, f"{kind}_weights").copy_((cosines[-1] + cosines[-2]) / 2 if kind == "special_care_embeds" else cosines[-1] + 0.004)
    found = []
    for i in range(len(PICTURES)):
        # The scores stay inside: they are gathered by the same code, of which the result is kept.
        rounded = []
        _, flagged = checker(clip_input[i : i + 1], [torch.ones(1)])
        special, concepts = cosine_distance(embeds[i : i + 1], checker.special_care_embeds), cosine_distance(embeds[i : i + 1], checker.concept_embeds)
        adjustment = 0.0
        for cosine, threshold in zip(special.numpy()[0], checker.special_care_embeds_weights):
            rounded.append(float(round(cosine - threshold.item() + adjustment, 3)))
            adjustment = 0.01 if rounded[-1] > 0 else adjustment
        scores = [float(round(cosine - threshold.item() + adjustment, 3)) for cosine, threshold in zip(concepts.numpy()[0], checker.concept_embeds_weights)]
        assert flagged == [any(score > 0 for score in scores)]
        found.append({"flagged": flagged[0], "concepts": scores, "specialCare": rounded})
    assert {each["flagged"] for each in found} == {True, False}
    shapes = {name: list(value.shape) for name, value in sorted(checker.state_dict().items())}
    thresholds = {name: checker.state_dict()[name].tolist() for name in shapes if name.endswith("embeds_weights")}
    described = {"config": PATCH8, "preprocessor": OLD, "pictures": PICTURES, "shapes": shapes, "thresholds": thresholds, "found": found}
    (folder / "safety-checker.json").write_text(json.dumps(described) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
