import { weightsKind } from "@drum/formats";
import { CheckpointError, type CheckpointTensor, rowsOf, type StoredTensor, seenAs, sizeOf } from "@drum/tensor";
import type { Graph } from "./graph.ts";
import { Comparisons } from "./layer-errors.ts";
import type { GraphLoras, LayerLora } from "./lora/graph-loras.ts";
import type { SourceLoras } from "./lora/source-loras.ts";
import { mul } from "./ops/elementwise.ts";
import type { ChannelValue, QuantizedValue } from "./ops/quantized.ts";
import { concat, reshape, transpose } from "./ops/shape.ts";
import { quantizedParts } from "./quantize/quantized-parts.ts";
import { product, sameDims, showDims, type Value, type ValueType } from "./value.ts";
import type { WeightSource } from "./weight-source.ts";

const NO_FLOATS =
	"Integers may be weights that another library has quantised: take the checkpoint that they were made of";

/** Brings a tensor, or a part of it, into the graph: as a constant where its file has it, see `Graph.weight`. */
export type Declare = (path: string, place: StoredTensor, type?: ValueType) => Value;

/**
 * A place in a checkpoint's tree of names: `weights.at("self_attn").get("weight", [out, in])` reads as the module path does.
 * Every weight is asked for with its shape, so that a wrong checkpoint fails while the graph is built, by name.
 */
export class Weights {
	readonly graph: Graph;
	readonly #source: WeightSource;
	readonly #path: string;
	/** Values by tensor and by the shape it is seen in. */
	readonly #taken: Map<string, Map<string, Value>>;
	readonly #declare: Declare;
	readonly #loras: GraphLoras | undefined;

	constructor(
		graph: Graph,
		source: WeightSource,
		declare: Declare = graph.weight.bind(graph),
		path = "",
		taken = new Map<string, Map<string, Value>>(),
		loras?: GraphLoras,
	) {
		this.graph = graph;
		this.#source = source;
		this.#declare = declare;
		this.#path = path;
		this.#taken = taken;
		const bring = (name: string, place: CheckpointTensor, type: ValueType) => this.#bring(name, place, type);
		this.#loras = loras ?? source.loras?.into(graph, bring);
	}

	/** The place one or more steps down: a name, or an index of a module list. */
	at(...steps: (string | number)[]): Weights {
		const path = [this.#path, ...steps].filter((step) => step !== "").join(".");
		return new Weights(this.graph, this.#source, this.#declare, path, this.#taken, this.#loras);
	}

	/**
	 * What `make` gives of the layer at this place, of which `parts` are used apart; where layers are compared, by its weights as they are
	 * stored.
	 */
	compared(parts: number, make: (w: Weights) => Value[]): Value[] {
		const source = this.#source;
		const path = this.#join("weight");
		if (!source.compared || !source.quantized?.(path, { parts, oneRow: false })) return make(this);
		const { quantized, compared, ...others } = source;
		const plain: WeightSource = { ...others, get: (tensor) => source.get(tensor), names: () => source.names() };
		const stored = new Weights(this.graph, plain, this.#declare, this.#path, this.#taken, this.#loras);
		const values = make(stored);
		this.graph.comparisons ??= new Comparisons((errors) => source.compared!(errors));
		this.graph.comparisons.add(this.#path, sizeOf(source.get(path)!.dims), values, make(this));
		return values;
	}

	/** LoRAs at this place, in their order. */
	get loras(): readonly LayerLora[] {
		return this.#loras?.at(this.#path) ?? [];
	}

	/** How a layer is computed that has some. */
	get adapted(): SourceLoras {
		return this.#source.loras!;
	}

	/** Layers that LoRAs speak of and that nobody asked for. */
	unusedLoras(): string[] {
		return this.#loras?.unused() ?? [];
	}

	/** Whether the checkpoint holds this tensor, or anything below this name. */
	has(name: string): boolean {
		const path = this.#join(name);
		if (this.#source.get(path)) return true;
		for (const tensor of this.#source.names()) if (tensor.startsWith(`${path}.`)) return true;
		return false;
	}

	/** The shape a tensor has in the checkpoint, for what a configuration leaves open. */
	dims(name: string): readonly number[] | undefined {
		return this.#source.get(this.#join(name))?.dims;
	}

	/**
	 * The tensor at this name, in the graph's precision; `view` names another shape of as many elements to see it in,
	 * such as a 1×1 convolution's as a matrix.
	 * @throws CheckpointError when the checkpoint has none, or one of another shape.
	 */
	get(name: string, dims: readonly number[], view: readonly number[] = dims): Value {
		const path = this.#join(name);
		const found = this.#find(path, dims);
		return this.#once(path, showDims(view), () => this.#bring(path, seenAs(found, view)));
	}

	/**
	 * As `get`, but in the type it is stored in: for a table of which a run takes some rows, which alone are then cast. Of the
	 * rest neither a copy is made nor the file's pages are read. Of 8-bit floats, and of what no file has as it is, no rows can be
	 * taken: they are cast as a whole.
	 */
	getStored(name: string, dims: readonly number[], view: readonly number[] = dims): Value {
		const path = this.#join(name);
		const found = this.#find(path, dims);
		if (/float8/.test(found.type) || !("file" in found)) return this.get(name, dims, view);
		const make = () => this.#declare(path, seenAs(found, view), found.type as ValueType);
		return this.#once(path, `stored ${showDims(view)}`, make);
	}

	/**
	 * Equal parts of the tensor along its first axis, each a separate place in the file. This splits a joined projection
	 * without a copy and without an operator.
	 * @throws CheckpointError as `get`.
	 */
	parts(name: string, dims: readonly number[], parts: number): Value[] {
		const path = this.#join(name);
		const found = this.#find(path, dims);
		const rows = dims[0]! / parts;
		return Array.from({ length: parts }, (_, i) =>
			this.#once(path, `${i}/${parts}`, () => this.#bring(`${path}.${i}`, rowsOf(found, i * rows, rows))),
		);
	}

	/**
	 * Equal parts along the first axis of the matrix at this name, for products with `x`: quantised where the source has it so, else as
	 * `get` and `parts` give them.
	 * @throws CheckpointError as `get`.
	 */
	matrices(name: string, dims: readonly number[], x: Value, parts = 1): (Value | QuantizedValue)[] {
		const path = this.#join(name);
		const oneRow = product(x.dims.slice(0, -1)) === 1;
		const quantized = this.#source.quantized?.(path, { parts, oneRow });
		if (!quantized) return parts === 1 ? [this.get(name, dims)] : this.parts(name, dims, parts);
		this.#find(path, dims);
		return quantizedParts(quantized, x.type, parts, this.#declarePart(path));
	}

	/**
	 * The kernel at this name: quantised where the source has it so, else as `get` gives it.
	 * @throws CheckpointError as `get`.
	 */
	kernel(name: string, dims: readonly number[]): Value | ChannelValue {
		const path = this.#join(name);
		const quantized = this.#source.quantized?.(path, { oneRow: false });
		if (!quantized) return this.get(name, dims);
		this.#find(path, dims);
		return quantizedParts(quantized, "float32", 1, this.#declarePart(path))[0] as ChannelValue;
	}

	#declarePart(path: string) {
		return (part: string, place: StoredTensor, type: ValueType) =>
			this.#once(path, part, () => this.#declare(`${path}.${part}`, place, type));
	}

	/** A stored tensor at its place. If it is made from others: the nodes that make it, once, while the model loads. */
	#bring(path: string, place: CheckpointTensor, type: ValueType = this.graph.precision): Value {
		if ("file" in place) return this.#declare(path, place, type);
		return this.graph.whileLoading(() => {
			if ("transposed" in place) {
				return reshape(transpose(this.#declare(path, place.transposed, type), [1, 0]), place.dims);
			}
			if ("joined" in place) {
				const parts = place.joined.map((part, i) => this.#bring(`${path}.${i}`, part, type));
				return reshape(concat(parts, 0), place.dims);
			}
			// Half precision has no room for the factors of 8-bit floats.
			const whole = this.#bring(path, place.scaled, "float32");
			const { factor, scaled } = place;
			const dims = sizeOf(factor.dims) === 1 ? [] : [scaled.dims[0]!, ...scaled.dims.slice(1).map(() => 1)];
			const product = mul(whole, this.#declare(`${path}.factor`, seenAs(factor, dims), "float32"));
			return this.graph.cast(reshape(product, place.dims), type);
		});
	}

	#once(path: string, view: string, make: () => Value): Value {
		const views = this.#taken.get(path) ?? new Map<string, Value>();
		this.#taken.set(path, views);
		const value = views.get(view) ?? make();
		views.set(view, value);
		return value;
	}

	#find(path: string, dims: readonly number[]) {
		const found = this.#source.get(path);
		const what = `weight ${path} of ${this.#source.name}`;
		const { advice: next = "Check that the checkpoint and its config.json belong together" } = this.#source;
		if (!found) throw this.#missing(what, `a tensor ${showDims(dims)}`, next);
		if (!sameDims(found.dims, dims)) {
			throw new CheckpointError({ what, expected: showDims(dims), found: showDims(found.dims), next });
		}
		if (!/float/.test(found.type)) {
			throw new CheckpointError({ what, expected: "floating-point numbers", found: found.type, next: NO_FLOATS });
		}
		return found;
	}

	#missing(what: string, expected: string, next: string): CheckpointError {
		const kind = this.#source.advice === undefined ? weightsKind(this.#source) : undefined;
		if (kind === undefined) return new CheckpointError({ what, expected, found: "none", next });
		return new CheckpointError({ what, expected, found: `none in ${kind.is}`, next: kind.isPart ? next : kind.next });
	}

	/** All tensors of the checkpoint that were asked for, from any place. */
	used(): string[] {
		return [...this.#taken.keys()];
	}

	/** Tensors below this place that nobody asked for: what a graph silently ignores. */
	unused(): string[] {
		const prefix = this.#path && `${this.#path}.`;
		return [...this.#source.names()].filter((tensor) => tensor.startsWith(prefix) && !this.#taken.has(tensor));
	}

	#join(name: string): string {
		return this.#path ? `${this.#path}.${name}` : name;
	}
}
