// This side of training.ts: steps of training in a process of its own, printed as one JSON line.
//   tsx --conditions=@drum/source tooling/bench/training-ours.ts training FOLDER THREADS REPEATS BATCH DROPOUT

import { float32, type TextEncoder } from "../../packages/tensor/src/index.ts";
import { Training, trainingSettings } from "../../packages/training/src/index.ts";
import { input, keep, peak, timed } from "./measuring.ts";

const [threads, repeats, batch, dropout] = process.argv.slice(4).map(Number) as [number, number, number, number];
const [tokens, width] = [77, 768];

const query = input("query", 1, tokens, width);
const goal = input("goal", batch, tokens, width);
/** Conditions that were computed before: the encoder's own time is not measured. The class row is the last token's. */
const ready = {
	...{ name: "L", width, heads: 12, tokens, hasClassRow: true },
	async encode(prompts: readonly string[]) {
		const hidden = prompts[0] === "" ? query : goal;
		return { hidden: { [-1]: hidden }, classRows: prompts.map(() => tokens - 1) };
	},
} as unknown as TextEncoder;
// The same first weights as in adapter.safetensors, by their seed.
const settings = trainingSettings(
	{ batchSize: batch, microBatchSize: batch, dropout, learningRate: 1e-4, warmupSteps: 0, steps: 1e9, seed: 0 },
	ready,
);
const training = await Training.create(ready, settings, { threads });
const captions = new Array<string>(batch).fill("a caption");
const losses: number[] = [];
const step: number[] = [];
for (let i = 0; i < 2 + repeats; i++) {
	const { seconds, result } = await timed(() => training.next(captions));
	losses.push(result.loss);
	if (i >= 2) step.push(seconds);
}
keep("losses.ours", float32(Float32Array.from(losses), [losses.length]));
console.log(JSON.stringify({ step, peak: peak() }));
await training.release();
