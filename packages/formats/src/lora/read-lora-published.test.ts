import { readFileSync } from "node:fs";
import { type CheckpointTensor, MemoryBytes, sizeOf, storedParts } from "@drum/tensor";
import { expandNames, type Shape } from "@drum/test-weights";
import { expect, test } from "vitest";
import { type Layers, type LoraFile, type LoraModel, layersOf, readLora } from "../index.ts";

// Oracle: diffusers' converters for the whole of published models, by tooling/golden/lora_published.py.

const json = (url: URL) => JSON.parse(readFileSync(url, "utf8"));
const PUBLISHED = new URL("../../../../test/golden/fixtures/published/", import.meta.url);
/** kohya's name of a module, the layer behind it, and which of its rows, first and count. */
type Row = [kohya: string, path: string, ...rows: number[]];
const published: Record<string, Row[]> = json(new URL("fixtures/published.json", import.meta.url));
/** By the components' names. */
const ENCODERS: Record<string, Record<string, string>> = {
	"stable-diffusion-v1-5": { text_encoder: "L" },
	"stable-diffusion-xl-base-1.0": { text_encoder: "L", text_encoder_2: "bigG" },
	"stable-diffusion-3.5-large": {},
	"stable-diffusion-3.5-medium": {},
	"FLUX.1-dev": { text_encoder: "L" },
};

function layersIn(source: string, component: string): Layers {
	const { tensors }: { tensors: Shape[] } = json(new URL(`${source}.${component}.json`, PUBLISHED));
	const dims = new Map(expandNames(tensors));
	return layersOf({
		names: () => dims.keys(),
		get: (name) => fake(name, dims.get(name)!),
	});
}

const fake = (name: string, dims: readonly number[]): CheckpointTensor => ({
	...{ file: new MemoryBytes(name, new Uint8Array()), dims, type: "float32", offset: 0, length: 4 * sizeOf(dims) },
});

/** Numbers of blocks in both names. */
function expanded([kohya, path, ...rows]: Row): Row[] {
	const [, first, last] = /\{(\d+)\.\.(\d+)\}/.exec(kohya) ?? [];
	if (first === undefined) return [[kohya, path, ...rows]];
	return Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => {
		const [a, b] = [kohya, path].map((name) => name.replace(/\{.*\}/, String(Number(first) + i)));
		return [a!, b!, ...rows];
	});
}

test.each(Object.entries(ENCODERS))(
	"each of kohya's names in %s is of the layer, and of the rows, that diffusers gives to it",
	async (source, encoders) => {
		const lists = Object.entries(published).filter(([name]) => name.startsWith(`${source}.`));
		const components = lists.map(([name, rows]) => {
			const component = name.slice(name.lastIndexOf(".") + 1);
			return { name: encoders[component] ?? "", layers: layersIn(source, component), rows: rows.flatMap(expanded) };
		});
		const model: LoraModel = {
			denoiser: components.find(({ name }) => name === "")!.layers,
			encoders: components.filter(({ name }) => name !== ""),
		};
		// Flattened, no two layers of a component have one name.
		for (const { layers } of components)
			expect(new Set([...layers.keys()].map((path) => path.replaceAll(".", "_"))).size).toBe(layers.size);
		const file = rankOne(components);
		const lora = await readLora(file, model);
		expect(lora).toMatchObject({ format: "kohya", unknown: [] });
		for (const { name, layers, rows } of components) {
			const found = (name === "" ? lora.denoiser : lora.encoders[name]!).map((module) => {
				if (module.kind !== "low-rank") throw new Error(module.kind);
				const stored = storedParts(module.up);
				const tensor = stored[0]!.file.name;
				const parts = stored.map(({ offset, dims }) => [offset / 4, dims[0]!]);
				const isWhole = parts.length === 1 && parts[0]![1] === file.get(tensor)!.dims[0];
				return [tensor.replace(/\.lora_up\.weight$/, ""), module.path, ...(isWhole ? [] : parts.flat())];
			});
			expect(sorted(found)).toEqual(sorted(rows));
			expect(found).toHaveLength(layers.size);
		}
	},
);

const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort();

/** A file of factors of rank 1 for these names; tensors are nowhere. */
function rankOne(components: readonly { readonly layers: Layers; readonly rows: readonly Row[] }[]): LoraFile {
	const tensors = new Map<string, CheckpointTensor>();
	for (const { layers, rows } of components) {
		for (const [kohya, all] of Map.groupBy(rows, ([name]) => name)) {
			const dims = all.map(([, path]) => layers.get(path)!);
			const out = dims.reduce((sum, [length]) => sum + length!, 0);
			const [, width, ...kernel] = dims[0]! as [number, number, ...number[]];
			const ones = kernel.map(() => 1);
			tensors.set(`${kohya}.lora_down.weight`, fake(`${kohya}.lora_down.weight`, [1, width, ...kernel]));
			tensors.set(`${kohya}.lora_up.weight`, fake(`${kohya}.lora_up.weight`, [out, 1, ...ones]));
		}
	}
	const read = () => Promise.reject(new Error("nothing is read"));
	return { name: "kohya", metadata: {}, names: () => tensors.keys(), get: (name) => tensors.get(name), read };
}
