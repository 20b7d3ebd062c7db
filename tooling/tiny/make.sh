#!/bin/sh
# Draws, trains, exports and measures @drum/tiny: under two hours on two cores. Stopped at any point, it goes on from the last checkpoint.
set -e
cd "$(dirname "$0")"
python data.py
python tokenizer.py
python train_clip.py --minutes 12
python train_vae.py --minutes 20
python train_unet.py --minutes 55
python tune_clip.py --minutes 10
python judge.py --minutes 4
python export.py
python measure.py
