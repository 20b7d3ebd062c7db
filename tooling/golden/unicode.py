"""What Hugging Face's tokenizers takes for letters, numbers, spaces and parts of words: python tooling/golden/unicode.py packages/tokens/src/fixtures"""

import json
import sys
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers

POINTS = [point for point in range(0x110000) if not 0xD800 <= point < 0xE000]


def ranges(points):
    """First and last of each run of code points, one after the other."""
    runs = []
    for point in points:
        if runs and runs[-1] == point - 1:
            runs[-1] = point
        else:
            runs += [point, point]
    return runs


def matching(pattern):
    without = normalizers.Replace(Regex(pattern), "")
    return ranges(point for point in POINTS if without.normalize_str(chr(point)) == "")


def words():
    tokenizer = Tokenizer(models.BPE(vocab={"a": 0}, merges=[]))
    tokenizer.add_tokens([AddedToken("\U000e0000", single_word=True, normalized=False)])
    return ranges(point for point in POINTS if tokenizer.encode(f"\U000e0000{chr(point)}").ids.count(1) == 0)


def main(folder):
    nfc = normalizers.NFC()
    # A mark behind another letter's mark of the lowest class moves before it, unless it is no mark here.
    still = ranges(point for point in POINTS if nfc.normalize_str(f"q{chr(point)}\u0334") == nfc.normalize_str(f"q{chr(point)}") + "\u0334")
    classes = {"letters": matching(r"\p{L}"), "numbers": matching(r"\p{N}"), "spaces": matching(r"\s"), "words": words(), "still": still}
    (folder / "unicode.json").write_text(json.dumps(classes))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
