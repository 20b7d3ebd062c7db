import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bflFlux, ldmVae, mmdit, type NameTable, placeInFile } from "@drum/formats";
import { BYTES, sizeOf, type Tensor, tensorOver } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";

// Tiny checkpoints of Stable Diffusion 3 and FLUX in one file, made of the folders of test/golden/fixtures: the very files, by
// single-file-digests.json, that tooling/golden/single_file_transformers.py makes by the inverse of diffusers' converters.

const FIXTURES = fileURLToPath(new URL("./fixtures", import.meta.url));

const ENCODERS: Readonly<Record<string, readonly string[]>> = {
	StableDiffusion3Pipeline: ["clip_l", "clip_g", "t5xxl"],
	FluxPipeline: ["clip_l", "t5xxl"],
};

/** The tensors of `sd3`, `sd35`, `flux` or `flux-schnell` as checkpoints in one file have them. */
export async function transformerFileTensors(folder: string): Promise<Record<string, Tensor>> {
	const json = async (path: string) => JSON.parse(await readFile(join(FIXTURES, folder, path), "utf8"));
	const { _class_name } = await json("model_index.json");
	const layout = await json("transformer/config.json");
	const isFlux = _class_name === "FluxPipeline";
	const parts: [component: string, prefix: string, table?: NameTable][] = [
		["transformer", "model.diffusion_model.", isFlux ? bflFlux(layout) : mmdit(layout)],
		["vae", isFlux ? "vae." : "first_stage_model.", ldmVae(await json("vae/config.json"))],
		...ENCODERS[_class_name]!.map((name, i): [string, string] => [
			`text_encoder${i === 0 ? "" : `_${i + 1}`}`,
			`text_encoders.${name}.transformer.`,
		]),
	];
	const tensors: Record<string, Tensor> = {};
	for (const [component, prefix, table] of parts) {
		for (const [name, tensor] of await inFile(await open(join(FIXTURES, folder, component)), table)) {
			tensors[prefix + name] = tensor;
		}
	}
	return tensors;
}

/** A folder's weights, of one file or of several. */
function open(folder: string): Promise<Checkpoint> {
	const stem = /text_encoder/.test(folder) ? "model" : "diffusion_pytorch_model";
	const index = join(folder, `${stem}.safetensors.index.json`);
	return Checkpoint.open(existsSync(index) ? index : join(folder, `${stem}.safetensors`));
}

/** A model's weights under the file's names, those that the file has as one put together. */
async function inFile(checkpoint: Checkpoint, table: NameTable | undefined): Promise<Map<string, Tensor>> {
	const found = new Map<string, Tensor>();
	for (const weight of checkpoint.names()) {
		const tensor = await checkpoint.read(weight);
		const { name, rows = [[0, 1, 1]], kernel } = table ? placeInFile(table, weight)! : { name: weight };
		const share = rows.reduce((sum, [from, to, of]) => sum + (to - from) / of, 0);
		const dims = [Math.round(tensor.dims[0]! / share), ...tensor.dims.slice(1)];
		const isMatrix = kernel && tensor.dims.length === 2;
		const whole = found.get(name) ?? empty(tensor, isMatrix ? [...dims, 1, 1] : dims);
		found.set(name, whole);
		const [from, to] = [bytesOf(tensor), bytesOf(whole)];
		let at = 0;
		for (const [first, last, of] of rows) {
			const length = (to.length / of) * (last - first);
			to.set(from.subarray(at, at + length), (to.length / of) * first);
			at += length;
		}
	}
	return found;
}

function empty({ type }: Tensor, dims: readonly number[]): Tensor {
	return tensorOver(new ArrayBuffer(sizeOf(dims) * BYTES[type]), { type, dims });
}

function bytesOf({ data }: Tensor): Uint8Array {
	return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
