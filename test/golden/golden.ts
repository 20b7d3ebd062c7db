import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { coreset } from "@drum/coreset";
import { CLIPTextEncoder } from "@drum/encoders-clip";
import { T5TextEncoder } from "@drum/encoders-t5";
import {
	Adapter,
	compose,
	composePlain,
	type Encoders,
	MIXES,
	type Mix,
	mixInputs,
	type ReadyReferences,
} from "@drum/peca";
import { float32, type Skip, type Tensor, type TextEncoder } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { type Group, Groups } from "./groups.ts";
import { checkTraining, type TrainingCase } from "./training.ts";

// What a folder of reference numbers holds, and how these packages' numbers compare with it: hidden states and conditions
// within 2e-5 absolute and 1e-4 relative, indices exactly.

interface Manifest {
	encoders: Record<string, EncoderSettings>;
	cases: { mix: string; references: number; weights: number[] | null; alpha: number; encoders: string[] }[];
}

interface EncoderSettings {
	family: string;
	/** Ids of the empty prompt, in full. */
	empty_input_ids?: number[];
	/** Or those before its padding. */
	empty_input_ids_first?: number[];
	pad_token_id?: number;
	n_token?: number;
}

interface CoresetCase {
	i: number;
	n_sample: number;
	n_approximate: number;
	weighted: boolean;
	seed: number;
	indices: number[];
}

export async function checkFolder(root: string): Promise<{ groups: Group[]; unchecked: string[] }> {
	const json = async (path: string) => JSON.parse(await readFile(join(root, path), "utf8"));
	const manifest: Manifest = await json("manifest.json");
	const vectors = await Checkpoint.open(join(root, "vectors.safetensors"));
	const groups = new Groups();
	const unchecked: string[] = [];
	const encoders: Record<string, TextEncoder> = {};
	const adapters: Record<string, Adapter> = {};

	for (const [name, settings] of Object.entries(manifest.encoders)) {
		const weights = await Checkpoint.open(join(root, name, "model.safetensors"));
		const config = await json(`${name}/config.json`);
		const options = { name, config, weights, skips: [-1, -2] } as const;
		const encoder =
			settings.family === "t5"
				? await T5TextEncoder.create({ ...options, maxLength: settings.n_token })
				: await CLIPTextEncoder.create(options);
		const adapter = Adapter.create({
			weights: await Checkpoint.open(join(root, name, "adapter.safetensors")),
			encoder,
		});
		encoders[name] = encoder;
		adapters[name] = adapter;
		await checkEncoder(groups, vectors, encoder, name);
		const ids = emptyPrompt(settings, encoder.tokens);
		groups.compare(`base query ${name}`, await adapter.baseQuery(ids), await floats(vectors, `base_query.${name}`));
	}
	for (const [i, { mix: name, encoders: names, ...settings }] of manifest.cases.entries()) {
		const mix = (MIXES as Record<string, Mix>)[name];
		if (!mix || names.some((encoder) => !encoders[encoder])) unchecked.push(`case ${i} (${name})`);
		else await checkCase(groups, vectors, `case${i}`, { name, mix, ...settings }, encoders, adapters);
	}
	if (existsSync(join(root, "coreset.json"))) {
		const embeddings = await Checkpoint.open(join(root, "coreset.safetensors"));
		for (const each of (await json("coreset.json")) as CoresetCase[]) await checkCoreset(groups, embeddings, each);
	}
	if (existsSync(join(root, "training.json"))) {
		const tensors = await Checkpoint.open(join(root, "training.safetensors"));
		for (const run of (await json("training.json")) as TrainingCase[]) {
			const [encoder, settings] = [encoders[run.encoder], manifest.encoders[run.encoder]];
			if (!encoder || !settings) unchecked.push(`training ${run.encoder}`);
			else await checkTraining(groups, tensors, run, encoder, emptyPrompt(settings, encoder.tokens));
		}
	}
	for (const part of [...Object.values(encoders), ...Object.values(adapters)]) await part.release();
	return { groups: groups.all(), unchecked };
}

function emptyPrompt(
	{ empty_input_ids, empty_input_ids_first = [], pad_token_id = 0 }: EncoderSettings,
	tokens: number,
): Tensor<"int64"> {
	const padding = new Array<number>(tokens - empty_input_ids_first.length).fill(pad_token_id);
	const ids = empty_input_ids ?? [...empty_input_ids_first, ...padding];
	return { type: "int64", dims: [1, ids.length], data: BigInt64Array.from(ids, BigInt) };
}

async function checkEncoder(groups: Groups, vectors: Checkpoint, encoder: TextEncoder, name: string): Promise<void> {
	const { hidden, classRows, features } = await encoder.encode(
		(await vectors.read(`encode.${name}.input_ids`)) as Tensor<"int64">,
	);
	const expect = async (part: string, found: Tensor<"float32">) =>
		groups.compare(`encode ${name}`, found, await floats(vectors, `encode.${name}.${part}`));
	if (!classRows) return expect("hidden", hidden[-1]!);
	for (const skip of [-1, -2] as Skip[]) {
		const raw = hidden[skip]!;
		for (const [kind, states] of [
			["raw", raw],
			["norm", await encoder.normalize(raw)],
		] as const) {
			await expect(`skip${skip}.${kind}.hidden`, states);
			await expect(`skip${skip}.${kind}.pooled`, pick(states, classRows));
		}
	}
	groups.compare(`text feature ${name}`, features!, await floats(vectors, `encode.${name}.text_feature`));
}

interface Case {
	name: string;
	mix: Mix;
	references: number;
	weights: number[] | null;
	alpha: number;
}

async function checkCase(
	groups: Groups,
	vectors: Checkpoint,
	key: string,
	settings: Case,
	encoders: Encoders,
	adapters: Record<string, Adapter>,
): Promise<void> {
	const { name, mix, references, alpha } = settings;
	const ids = async (encoder: string, kind: string) =>
		(await vectors.read(`${key}.${encoder}.${kind}_ids`)) as Tensor<"int64">;
	const names = [...new Set(mixInputs(mix).map(({ encoder }) => encoder))];
	const prompts = Object.fromEntries(
		await Promise.all(names.map(async (encoder) => [encoder, await ids(encoder, "prompt")])),
	);
	const ready: ReadyReferences[] = [];
	const condition =
		references === 0
			? await composePlain(mix, encoders, prompts)
			: await compose(mix, encoders, async (encoder, skip) => {
					const [target, history] = await Promise.all(
						[prompts[encoder]!, ids(encoder, "reference")].map(async (input) => encoders[encoder]!.encode(await input)),
					);
					const weights = settings.weights ?? new Array(references).fill(1);
					const kept = await adapters[encoder]!.ready(history!.hidden[skip]!, weights);
					ready.push(kept);
					return adapters[encoder]!.personalize(target!.hidden[skip]!, kept, alpha);
				});
	groups.compare(name, condition.promptEmbeds, await floats(vectors, `${key}.prompt_embeds`));
	if (condition.pooledPromptEmbeds) {
		groups.compare(
			`${name} pooled`,
			condition.pooledPromptEmbeds,
			await floats(vectors, `${key}.pooled_prompt_embeds`),
		);
	}
	for (const each of ready) await each.release();
}

async function checkCoreset(
	groups: Groups,
	embeddings: Checkpoint,
	{ i, n_sample, n_approximate, weighted, seed, indices }: CoresetCase,
): Promise<void> {
	const intensities = weighted ? (await floats(embeddings, `p${i}`)).data : undefined;
	const amount = Number.isInteger(n_sample) ? { size: n_sample } : { ratio: n_sample };
	const picked = await coreset(await floats(embeddings, `e${i}`), {
		...amount,
		approximate: n_approximate,
		seed,
		intensities,
	});
	const same = (values: ArrayLike<number>) => float32(Float32Array.from(values), [values.length]);
	groups.compare("coreset", same(picked), same(indices), 0);
}

async function floats(vectors: Checkpoint, name: string): Promise<Tensor<"float32">> {
	return (await vectors.read(name)) as Tensor<"float32">;
}

function pick({ data, dims }: Tensor<"float32">, rows: readonly number[]): Tensor<"float32"> {
	const [, tokens, width] = dims as [number, number, number];
	const picked = rows.flatMap((row, i) => [
		...data.subarray((i * tokens + row) * width, (i * tokens + row + 1) * width),
	]);
	return float32(Float32Array.from(picked), [rows.length, width]);
}
