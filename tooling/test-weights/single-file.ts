import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BYTES, type Tensor, tensorOver } from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";

// Tiny checkpoints in one file, made of the folders of test/golden/fixtures by the names that diffusers takes them from.

const FIXTURES = fileURLToPath(new URL("../../test/golden/fixtures", import.meta.url));

/** Component, name in the hub's layout, name in the file, and form; see tooling/golden/single_file.py. */
type Row = [component: string, own: string, file: string, form: string];

export interface SingleFileChanges {
	/** Components to leave out. */
	readonly without?: readonly string[];
	/** Tensors besides, by their names in the file. */
	readonly more?: Readonly<Record<string, Tensor>>;
	/** What is put before the denoiser's names. Default as the published files have it. */
	readonly prefix?: string;
	/** Of the weights' files, as `fp16`. Default none. */
	readonly variant?: string;
}

/** The tensors of `sd1`, `sd2` or `sdxl` as checkpoints in one file have them. */
export async function singleFileTensors(
	kind: string,
	{ without = [], more = {}, prefix = DENOISER, variant }: SingleFileChanges = {},
): Promise<Record<string, Tensor>> {
	const { files } = JSON.parse(await readFile(join(FIXTURES, "single-file.json"), "utf8")) as {
		files: Record<string, Row[]>;
	};
	const tensors: Record<string, Tensor> = {};
	const parts = new Map<string, Tensor[]>();
	for (const [component, rows] of Map.groupBy(files[kind]!, ([component]) => component)) {
		if (without.includes(component)) continue;
		const stem = component.startsWith("text") ? "model" : "diffusion_pytorch_model";
		const middle = variant ? `.${variant}` : "";
		const checkpoint = await Checkpoint.open(join(FIXTURES, kind, component, `${stem}${middle}.safetensors`));
		for (const [, own, file, form] of rows) {
			const name = file.startsWith(DENOISER) ? prefix + file.slice(DENOISER.length) : file;
			const tensor = await checkpoint.read(own);
			if (form.includes("/")) parts.set(name, [...(parts.get(name) ?? []), tensor]);
			else tensors[name] = FORMS[form]!(tensor);
			// The rows are sorted by name: k, q, v.
			const joined = parts.get(name);
			if (joined?.length === 3) tensors[name] = join3(joined[1]!, joined[0]!, joined[2]!);
		}
	}
	return { ...tensors, ...more };
}

const DENOISER = "model.diffusion_model.";

/** Writes them into a file. */
export async function writeSingleFile(path: string, kind: string, changes?: SingleFileChanges): Promise<string> {
	await writeSafetensors(path, await singleFileTensors(kind, changes));
	return path;
}

const FORMS: Readonly<Record<string, (tensor: Tensor) => Tensor>> = {
	"": (tensor) => tensor,
	kernel: (tensor) => ({ ...tensor, dims: [...tensor.dims, 1, 1] }),
	transposed: ({ type, dims: [rows = 1, columns = 1], data }) => {
		const turned = data.slice() as Float32Array;
		for (const i of turned.keys()) turned[i] = Number(data[(i % rows) * columns + Math.floor(i / rows)]);
		return { type, dims: [columns, rows], data: turned } as Tensor;
	},
};

function join3(...tensors: [Tensor, Tensor, Tensor]): Tensor {
	const [{ type, dims }] = tensors;
	const bytes = Buffer.concat(tensors.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
	const whole = new Uint8Array(bytes.length);
	whole.set(bytes);
	const rows = bytes.length / BYTES[type] / dims.slice(1).reduce((product, extent) => product * extent, 1);
	return tensorOver(whole.buffer, { type, dims: [rows, ...dims.slice(1)] });
}
