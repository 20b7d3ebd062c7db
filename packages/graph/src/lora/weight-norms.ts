import type { Kronecker, LoraModule, LowRank } from "@drum/formats";
import { float32, sizeOf } from "@drum/tensor";
import { Graph } from "../graph.ts";
import { mul } from "../ops/elementwise.ts";
import { reduceSum } from "../ops/reduce.ts";
import { Session } from "../session.ts";
import type { Value } from "../value.ts";
import type { WeightSource } from "../weight-source.ts";
import { Weights } from "../weights.ts";
import { type LoraLayers, SCALES } from "./lora-layers.ts";
import { sideOf } from "./magnitude.ts";
import type { RowNorms, WeightNorms } from "./row-norms.ts";
import { wholeDifference } from "./whole-difference.ts";
import { withLoras } from "./with-loras.ts";

/** Weights that are in memory at once: a few layers' 64 MB. */
const ELEMENTS = 1 << 24;

const known = new WeakMap<LoraLayers, WeightNorms>();

/**
 * The norms by which magnitudes are divided. The weights are read some layers at a time, in float32 also where the model holds them
 * quantised; what is found is kept with the LoRA.
 * @throws the signal's reason.
 */
export async function weightNorms(
	weights: WeightSource,
	layers: LoraLayers,
	{ threads, signal }: { threads?: number | undefined; signal?: AbortSignal | undefined } = {},
): Promise<WeightNorms> {
	const found = known.get(layers);
	if (found) return found;
	const norms = new Map<LoraModule, RowNorms>();
	for (const modules of groups(weights, layers)) {
		signal?.throwIfAborted();
		const rows = await normsOf(weights, layers.name, modules, threads);
		for (const [i, module] of modules.entries()) norms.set(module, rows[i]!);
	}
	known.set(layers, norms);
	return norms;
}

type Decomposed = LowRank | Kronecker;

function isDecomposed(module: LoraModule): module is Decomposed {
	return module.kind !== "difference" && module.magnitude !== undefined;
}

/** The layers that have magnitudes, some at a time. */
function* groups(weights: WeightSource, { modules }: LoraLayers): Iterable<Decomposed[]> {
	let group: Decomposed[] = [];
	let elements = 0;
	for (const module of modules.filter(isDecomposed)) {
		const place = weights.get(`${module.path}.weight`);
		if (!place) continue;
		const size = sizeOf(place.dims);
		if (group.length > 0 && elements + size > ELEMENTS) {
			yield group;
			[group, elements] = [[], 0];
		}
		group.push(module);
		elements += size;
	}
	if (group.length > 0) yield group;
}

async function normsOf(
	weights: WeightSource,
	name: string,
	modules: readonly Decomposed[],
	threads: number | undefined,
): Promise<RowNorms[]> {
	const graph = new Graph({ name: `the norms of LoRA ${name}` });
	const root = new Weights(graph, withLoras(weights, [{ name, modules, fingerprint: "" }]));
	const outputs: Record<string, Value> = {};
	for (const [i, module] of modules.entries()) {
		const w = root.at(module.path);
		const stored = w.dims("weight")!;
		const [out, width, ...spatial] = stored as [number, number, ...number[]];
		const dims = [out, width, sizeOf(spatial)] as const;
		const weight = w.get("weight", stored, dims);
		const lora = w.loras.find((each) => each.module === module)!;
		const difference = wholeDifference(lora, module, dims, spatial);
		const axes = sideOf(module.magnitude!.dims) === "outputs" ? [1, 2] : [0, 2];
		const dot = (a: Value, b: Value) => reduceSum(mul(a, b), axes);
		outputs[`own.${i}`] = dot(weight, weight);
		outputs[`between.${i}`] = dot(weight, difference);
		outputs[`added.${i}`] = dot(difference, difference);
	}
	await using session = await Session.create(graph.build(outputs), { threads });
	const results = await session.run({ [SCALES]: float32(Float32Array.of(1), [1]) });
	return modules.map(({ scale }, i) => {
		const times = (name: string, factor: number) => results[`${name}.${i}`]!.data.map((value) => factor * value);
		return { own: times("own", 1), between: times("between", 2 * scale), added: times("added", scale ** 2) };
	});
}
