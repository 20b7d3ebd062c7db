import { readFileSync } from "node:fs";
import { mkdtemp, open, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AutoencoderKL, type ModelFiles } from "@drum/diffusion";
import { CLIPTextEncoder } from "@drum/encoders-clip";
import { T5TextEncoder } from "@drum/encoders-t5";
import { FluxTransformer2D } from "@drum/pipelines-flux";
import { SD3Transformer2D, UNet2DCondition } from "@drum/pipelines-sd";
import { sizeOf } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { afterAll, describe, expect, test } from "vitest";

// Oracle: the published configurations, and the names and shapes that diffusers and transformers give them, by
// tooling/golden/published.py. The files have these headers and holes for weights: real sizes, and no room on the disk.

interface Published {
	/** Where the hub has the configuration. */
	source: string;
	class: string;
	config: unknown;
	/** `{0..9}` in a name stands for each of these numbers. */
	tensors: [name: string, dims: number[]][];
}

const published = fileURLToPath(new URL("../golden/fixtures/published", import.meta.url));
const components = (await readdir(published)).sort();
const folder = await mkdtemp(join(tmpdir(), "drum-published-"));
afterAll(() => rm(folder, { recursive: true }));

type Load = (files: ModelFiles & { checkpoint: Checkpoint }) => Promise<unknown>;
const encoder = ({ checkpoint, ...files }: Parameters<Load>[0]) => ({ ...files, weights: checkpoint });

const CLASSES: Readonly<Record<string, Load>> = {
	CLIPTextModel: (files) => CLIPTextEncoder.create(encoder(files)),
	CLIPTextModelWithProjection: (files) => CLIPTextEncoder.create(encoder(files)),
	T5EncoderModel: (files) => T5TextEncoder.create(encoder(files)),
	UNet2DConditionModel: (files) => UNet2DCondition.load(files),
	SD3Transformer2DModel: (files) => SD3Transformer2D.load(files),
	FluxTransformer2DModel: (files) => FluxTransformer2D.load(files),
	AutoencoderKL: (files) => AutoencoderKL.load(files),
};

function expand([name, dims]: Published["tensors"][number]): Published["tensors"] {
	const [range, first, last] = /\{(\d+)\.\.(\d+)\}/.exec(name) ?? [];
	if (!range) return [[name, dims]];
	const count = Number(last) - Number(first) + 1;
	return Array.from({ length: count }, (_, i) => [name.replace(range, String(Number(first) + i)), dims]);
}

/** A safetensors file of these float16 tensors, whose bytes were never written. */
async function holes(name: string, tensors: Published["tensors"]): Promise<Checkpoint> {
	let end = 0;
	const entries = tensors.map(([tensor, shape]) => {
		const start = end;
		end += 2 * sizeOf(shape);
		return [tensor, { dtype: "F16", shape, data_offsets: [start, end] }];
	});
	const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
	const length = Buffer.alloc(8);
	length.writeBigUInt64LE(BigInt(header.length));
	const path = join(folder, `${name}.safetensors`);
	const file = await open(path, "w");
	try {
		await file.write(Buffer.concat([length, header]));
		await file.truncate(8 + header.length + end);
	} finally {
		await file.close();
	}
	return Checkpoint.open(path);
}

describe.each(components)("%s", (file) => {
	const {
		source,
		class: name,
		config,
		tensors: rows,
	}: Published = JSON.parse(readFileSync(join(published, file), "utf8"));
	const tensors = rows.flatMap(expand);
	const load = CLASSES[name]!;

	test("is taken with exactly these names and shapes", async () => {
		await load({ name: source, config, checkpoint: await holes(file, tensors) });
	});

	test("is refused by name for a weight that is missing", async () => {
		const wanted = tensors.filter(([tensor]) => !/^(encoder|quant_conv)\./.test(tensor) || name !== "AutoencoderKL");
		const [missing] = wanted[Math.floor(wanted.length / 2)]!;
		const checkpoint = await holes(
			`${file}.less`,
			tensors.filter(([tensor]) => tensor !== missing),
		);
		await expect(load({ name: source, config, checkpoint })).rejects.toMatchObject({
			code: "checkpoint",
			message: expect.stringContaining(missing),
		});
	});
});
