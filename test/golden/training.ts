import { float32, type Tensor, type TextEncoder } from "@drum/tensor";
import type { Checkpoint } from "@drum/tensor/node";
import { Training, trainingSettings } from "@drum/training";
import type { Groups } from "./groups.ts";

/** An entry of training.json: a few steps of PyTorch's, dropout 0. */
export interface TrainingCase {
	encoder: string;
	losses: number[];
	lrs: number[];
	lr: number;
	weight_decay: number;
	betas: [number, number];
	eps: number;
	warmup: number;
	total: number;
	steps: number;
}

/**
 * Softmax does not see that all keys move by one vector, so the loss does not depend on key biases: their gradients are rounding
 * noise, which AdamW divides by its own root. What can be compared is that both sides' are noise, and that the losses do not differ.
 */
const KEY_BIAS = /\.attn\.key\.bias$/;
/** Gradients below this are noise. */
const NOISE = 1e-7;

/** Losses, learning rates, the gradients of the first step and the parameters after the last one. */
export async function checkTraining(
	groups: Groups,
	tensors: Checkpoint,
	{ encoder: name, ...run }: TrainingCase,
	encoder: TextEncoder,
	emptyPrompt: Tensor<"int64">,
): Promise<void> {
	const named = async (kind: string) => {
		const prefix = `${name}.${kind}.`;
		const names = [...tensors.names()].filter((tensor) => tensor.startsWith(prefix) && !tensor.endsWith("base_query"));
		const read = async (tensor: string) => [tensor.slice(prefix.length), await tensors.read(tensor)] as const;
		return Object.fromEntries(await Promise.all(names.map(read))) as Record<string, Tensor<"float32">>;
	};
	const [before, after, gradients] = [await named("before"), await named("after"), await named("grad1")];
	const ids = async (step: number) => (await tensors.read(`${name}.step${step}.input_ids`)) as Tensor<"int64">;
	const count = (await ids(1)).dims[0]!;
	const settings = trainingSettings(
		{
			...{ steps: run.total, batchSize: count, microBatchSize: count, warmupSteps: run.warmup, dropout: 0 },
			...{ learningRate: run.lr, weightDecay: run.weight_decay, betas: run.betas, epsilon: run.eps },
			layers: Object.keys(before).filter((tensor) => KEY_BIAS.test(tensor)).length,
			encodeRatio: encoder.width / before["tf.0.attn.query.bias"]!.dims[0]!,
		},
		encoder,
	);
	const start = (step: number, parameters: typeof before) => ({
		...{ step, parameters, first: zeros(before), second: zeros(before) },
	});
	await using training = await Training.create(encoder, settings, { state: start(0, before), emptyPrompt });
	for (let step = 1; step <= run.steps; step++) {
		const { loss, learningRate } = await training.next(await ids(step));
		groups.compare(`training ${name} losses`, numbers(loss), numbers(run.losses[step - 1]!));
		groups.compare(`training ${name} learning rates`, numbers(learningRate), numbers(run.lrs[step - 1]!), 1e-12);
		if (step > 1) continue;
		// After one step AdamW's running sum is the gradient.
		const { first } = await training.state();
		for (const [tensor, expected] of Object.entries(gradients)) {
			groups.compare(`training ${name} gradients`, first[tensor]!, expected);
			if (!KEY_BIAS.test(tensor)) continue;
			for (const side of [first[tensor]!, expected])
				groups.compare(`training ${name} key biases`, side, zero(side), NOISE);
		}
	}
	const { parameters } = await training.state();
	for (const [tensor, expected] of Object.entries(after)) {
		if (!KEY_BIAS.test(tensor)) groups.compare(`training ${name} parameters`, parameters[tensor]!, expected);
	}
	const losses: number[] = [];
	for (const state of [parameters, after]) {
		await using next = await Training.create(encoder, settings, { state: start(run.steps, state), emptyPrompt });
		losses.push((await next.next(await ids(1))).loss);
	}
	groups.compare(`training ${name} key biases`, numbers(losses[0]!), numbers(losses[1]!));
}

function numbers(...values: number[]): Tensor<"float32"> {
	return float32(Float32Array.from(values), [values.length]);
}

function zero({ data, dims }: Tensor<"float32">): Tensor<"float32"> {
	return float32(new Float32Array(data.length), dims);
}

function zeros(tensors: Readonly<Record<string, Tensor<"float32">>>): Record<string, Tensor<"float32">> {
	return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, zero(tensor)]));
}
