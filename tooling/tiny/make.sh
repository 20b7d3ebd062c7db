#!/bin/sh
# Draws, trains, exports and measures @drum/tiny. Stopped at any point, it goes on from the last checkpoint.
#
#   ./make.sh                                      eleven hours of two cores
#   SHARE=0.002 TINY_PACKAGE=/tmp/tiny ./make.sh   a few minutes: whether all of it runs, into another folder
#
# BATCH_VAE, BATCH_UNET and BATCH_CLIP are pictures a step; a GPU takes 32, 512 and 1024 as fast.
set -e
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
package=${TINY_PACKAGE:-$root/packages/tiny}
share=${SHARE:-1}
of() { awk "BEGIN { print $1 * $share }"; }
at_least_1() { awk "BEGIN { n = int($1 * $share); print n < 1 ? 1 : n }"; }

python data.py
python tokenizer.py
python train_vae.py --minutes "$(of 240)" --batch "${BATCH_VAE:-8}"
python train_clip.py --minutes "$(of 60)" --batch "${BATCH_CLIP:-192}"
python train_unet.py --minutes "$(of 300)" --batch "${BATCH_UNET:-64}"
python tune_clip.py --minutes "$(of 40)"
python judge.py --minutes "$(of 30)"
python export.py
python measure.py

python captions.py --count 20000 --out .cache/captions.txt
cd "$root"
run=tooling/tiny/.cache/drum
pnpm drum train --model "$package/model" --captions tooling/tiny/.cache/captions.txt --out $run \
	--steps "$(at_least_1 2000)" --batch-size 64 $([ -e $run/training/L/state.safetensors ] && echo --resume)
mkdir -p "$package/drum/weight"
cp $run/weight/L.safetensors "$package/drum/weight"
