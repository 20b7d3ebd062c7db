import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// Checkpoints of published sizes without their gigabytes: files with a header and their whole length, and nothing written in between.

const LIST = fileURLToPath(new URL("../../../../test/golden/fixtures/published", import.meta.url));
const BYTES = { BF16: 2, F16: 2, F32: 4 } as const;

export interface PublishedComponent {
	/** Of `test/golden/fixtures/published`, as `FLUX.1-dev.transformer`. */
	readonly list: string;
	readonly type: keyof typeof BYTES;
	/** Default 1: one file. */
	readonly shards?: number;
	/** Default none. */
	readonly variant?: string;
}

/** Writes a checkpoint's `model_index.json`, and the configurations and files of these components; one of which only the class is given is listed alone. */
export async function writePublished(
	folder: string,
	pipeline: string,
	components: Readonly<Record<string, PublishedComponent | string>>,
): Promise<string> {
	const index: Record<string, unknown> = { _class_name: pipeline };
	for (const [name, component] of Object.entries(components)) {
		index[name] = [
			"diffusers",
			typeof component === "string" ? component : await writeComponent(join(folder, name), component),
		];
	}
	await writeFile(join(folder, "model_index.json"), JSON.stringify(index));
	return folder;
}

/** @returns the component's class */
async function writeComponent(
	folder: string,
	{ list, type, shards = 1, variant }: PublishedComponent,
): Promise<string> {
	const published = JSON.parse(await readFile(join(LIST, `${list}.json`), "utf8"));
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, "config.json"), JSON.stringify(published.config));
	const tensors = tensorsOf(published.tensors);
	const stem = /^CLIP|^T5/.test(published.class) ? "model" : "diffusion_pytorch_model";
	const named = variant ? `${stem}.${variant}` : stem;
	const each = Math.ceil(tensors.length / shards);
	for (let i = 0; i < shards; i++) {
		const number = (n: number) => String(n).padStart(5, "0");
		const file = shards === 1 ? named : `${named}-${number(i + 1)}-of-${number(shards)}`;
		await writeSparse(join(folder, `${file}.safetensors`), tensors.slice(i * each, (i + 1) * each), type);
	}
	return published.class;
}

type Shape = [name: string, dims: number[]];

/** Rows of names, in which `{0..9}` stands for each of these numbers. */
function tensorsOf(rows: readonly Shape[]): Shape[] {
	return rows.flatMap(([name, dims]): Shape[] => {
		const [range = "", first, last] = /\{(\d+)\.\.(\d+)\}/.exec(name) ?? [];
		if (!range) return [[name, dims]];
		const count = Number(last) - Number(first) + 1;
		return Array.from({ length: count }, (_, i) => [name.replace(range, String(Number(first) + i)), dims]);
	});
}

async function writeSparse(path: string, tensors: readonly Shape[], type: keyof typeof BYTES): Promise<void> {
	let end = 0;
	const fields = tensors.map(([name, shape]) => {
		const start = end;
		end += BYTES[type] * shape.reduce((product, extent) => product * extent, 1);
		return [name, { dtype: type, shape, data_offsets: [start, end] }];
	});
	const json = Buffer.from(JSON.stringify(Object.fromEntries(fields)));
	const length = Buffer.alloc(8);
	length.writeBigUInt64LE(BigInt(json.length));
	const file = await open(path, "w");
	try {
		await file.writeFile(Buffer.concat([length, json]));
		await file.truncate(8 + json.length + end);
	} finally {
		await file.close();
	}
}
