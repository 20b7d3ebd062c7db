import type { LoraFactor, LoraModule } from "@drum/formats";
import { CheckpointError, seenAs, sizeOf } from "@drum/tensor";
import type { Graph } from "../graph.ts";
import { mul } from "../ops/elementwise.ts";
import { slice } from "../ops/shape.ts";
import { sameDims, showDims, type Value, type ValueType } from "../value.ts";
import { type LoraLayers, SCALES } from "./lora-layers.ts";
import type { RowNorms, WeightNorms } from "./row-norms.ts";

/** A LoRA as it comes into a graph. */
export interface GraphLora {
	readonly layers: LoraLayers;
	readonly norms: WeightNorms | undefined;
}

/** Brings a tensor of any file into the graph, in this type. */
export type Bring = (path: string, place: LoraFactor, type: ValueType) => Value;

/** The LoRAs of one graph: its input of their scales, and what each adds to which layer. */
export class GraphLoras {
	readonly #graph: Graph;
	readonly #bring: Bring;
	readonly #scales: Value;
	readonly #byPath = new Map<string, LayerLora[]>();
	readonly #asked = new Set<string>();
	/** What has been brought or made, for all layers that take it. */
	readonly #made = new Map<string, Value>();

	constructor(graph: Graph, loras: readonly GraphLora[], bring: Bring) {
		this.#graph = graph;
		this.#bring = bring;
		this.#scales = graph.input(SCALES, "float32", [loras.length]);
		for (const [i, { layers, norms }] of loras.entries()) {
			for (const module of layers.modules) {
				const list = this.#byPath.get(module.path) ?? [];
				list.push(new LayerLora(this, i, layers.name, module, norms?.get(module)));
				this.#byPath.set(module.path, list);
			}
		}
	}

	/** What is added to the layer at this path, in the order of the LoRAs. */
	at(path: string): readonly LayerLora[] {
		this.#asked.add(path);
		return this.#byPath.get(path) ?? [];
	}

	/** Paths that no layer has asked for. */
	unused(): string[] {
		return [...this.#byPath.keys()].filter((path) => !this.#asked.has(path));
	}

	/** The scale of LoRA `i` times a factor, `[1]`. */
	scale(i: number, factor: number, type: ValueType): Value {
		return this.once(`scale ${i} ${factor} ${type}`, () => {
			const scale = this.#graph.cast(slice(this.#scales, 0, i, i + 1), type);
			return factor === 1 ? scale : mul(scale, factor);
		});
	}

	bring(path: string, place: LoraFactor, type: ValueType): Value {
		return this.once(`${JSON.stringify(place)} ${type}`, () => this.#bring(path, place, type));
	}

	/** Makes a value when it is first asked for. */
	once(key: string, make: () => Value): Value {
		const value = this.#made.get(key) ?? make();
		this.#made.set(key, value);
		return value;
	}
}

/** What one LoRA adds to one layer. */
export class LayerLora {
	readonly module: LoraModule;
	/** Of the layer's own weight and of what is added, for a LoRA with magnitudes. */
	readonly norms: RowNorms | undefined;
	readonly #graph: GraphLoras;
	/** Among the graph's LoRAs. */
	readonly number: number;
	readonly #name: string;

	constructor(graph: GraphLoras, number: number, name: string, module: LoraModule, norms: RowNorms | undefined) {
		this.#graph = graph;
		this.number = number;
		this.#name = name;
		this.module = module;
		this.norms = norms;
	}

	/** The LoRA's scale in this run, with `own` that of the module too, `[1]`. */
	scale(type: ValueType, own = true): Value {
		return this.#graph.scale(this.number, own ? this.module.scale : 1, type);
	}

	/**
	 * A factor in a shape; a matrix may be stored as a 1×1 kernel, or the other way about, and with `view` in any shape.
	 * @throws CheckpointError for one of another shape.
	 */
	factor(
		what: string,
		place: LoraFactor,
		dims: readonly number[],
		type: ValueType,
		{ view = false }: { view?: boolean } = {},
	): Value {
		this.check(what, place, view ? place.dims : dims);
		return this.#graph.bring(this.#nameOf(what), seenAs(place, dims), type);
	}

	/** @throws CheckpointError for a factor of another shape than this, or one of integers. */
	check(what: string, place: LoraFactor, dims: readonly number[]): void {
		if (!fits(place.dims, dims)) this.refuse(what, showDims(dims), showDims(place.dims));
		if (!/float/.test(place.type)) this.refuse(what, "floating-point numbers", place.type);
	}

	/** @throws CheckpointError for a product of other extents than the layer's. */
	checkDims(found: readonly number[], expected: readonly number[]): void {
		if (!sameDims(found, expected)) this.refuse("w1 and w2", `a product ${showDims(expected)}`, showDims(found));
	}

	refuse(what: string, expected: string, found: string): never {
		const next = "Check that the LoRA is for this model";
		throw new CheckpointError({ what: this.#nameOf(what), expected, found, next });
	}

	#nameOf(what: string): string {
		return `${this.module.path}.${what} of LoRA ${this.#name}`;
	}

	/** A value that several layers can share, made when it is first asked for; the key names all that it is made of. */
	once(key: string, make: () => Value): Value {
		return this.#graph.once(key, make);
	}
}

/** Equal shapes but for extents of 1 at the end, or of a kernel that covers a patch as a matrix. */
function fits(found: readonly number[], expected: readonly number[]): boolean {
	const trimmed = (dims: readonly number[]) => dims.slice(0, dims.findLastIndex((extent) => extent !== 1) + 1).join();
	if (trimmed(found) === trimmed(expected)) return true;
	return expected.length === 2 && found[0] === expected[0] && sizeOf(found) === sizeOf(expected);
}
