#!/bin/sh
# Draws, trains, exports and measures @drum/tiny. Stopped at any point, it goes on from the last checkpoint.
#
#   ./make.sh             twelve hours of two cores
#   ./make.sh trial DIR   whether all of it runs: everything very short and into the folder DIR, ten minutes
#
# BATCH_VAE, BATCH_UNET and BATCH_CLIP are pictures a step; a GPU takes 32, 512 and 1024 as fast.
set -e
share=1 pictures=400
if [ "$1" = trial ]; then
	mkdir -p "$2"
	folder=$(cd "$2" && pwd)
	share=0.0005 pictures=100
	export TINY_CACHE="$folder/cache" TINY_PACKAGE="$folder/package" TINY_PARTS=2
fi
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
cache=${TINY_CACHE:-$root/tooling/tiny/.cache} package=${TINY_PACKAGE:-$root/packages/tiny}
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
python measure.py --pictures $pictures

python captions.py --count 20000 --out "$cache/captions.txt"
cd "$root"
run=$cache/drum
npx tsx --conditions=@drum/source packages/cli/src/main.ts train --model "$package/model" --captions "$cache/captions.txt" --out "$run" \
	--steps "$(at_least_1 2000)" --batch-size 64 $([ -e "$run/training/L/state.safetensors" ] && echo --resume)
cd tooling/tiny
python export.py
