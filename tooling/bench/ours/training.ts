// Steps of training on this side: training.ts FOLDER THREADS float32 training

import type { TextEncoder } from "../../../packages/tensor/src/index.ts";
import { Training, trainingSettings } from "../../../packages/training/src/index.ts";
import { input, serve, threads } from "./serve.ts";

const [tokens, width, batch] = [77, 768, 16];

const query = input("condition", 1, tokens, width);
const goal = input("condition", batch, tokens, width);
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
	{ batchSize: batch, microBatchSize: batch, dropout: 0.1, learningRate: 1e-4, warmupSteps: 0, steps: 1e9, seed: 0 },
	ready,
);
const training = await Training.create(ready, settings, { threads });
const captions = new Array<string>(batch).fill("a caption");
await serve(async () => {
	await training.next(captions);
	return undefined;
});
