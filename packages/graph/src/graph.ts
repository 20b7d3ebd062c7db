import { loadPart, type StoredTensor, sizeOf } from "@drum/tensor";
import type { BuiltGraph, Locate } from "./built-graph.ts";
import { operatorsOf } from "./device/operators-of.ts";
import type { Replaced } from "./device/plain-forms.ts";
import type { Comparisons } from "./layer-errors.ts";
import { encodeModel, type Initializer } from "./onnx.ts";
import type { Attribute, Dim, Node, OpenGraph, Value, ValueType } from "./value.ts";

export type { BuiltGraph } from "./built-graph.ts";

export interface GraphOptions {
	/** Names the model in errors: "unet", "text_encoder". */
	name: string;
	/** What the graph computes in; inputs and outputs are float32 in any case. Default float32. */
	precision?: "float32" | "float16" | undefined;
}

/**
 * Collects the nodes that the layers emit, and writes them as one ONNX model (opset 22 and ONNX Runtime's own operators). What adds to it
 * is described by `OpenGraph`.
 */
export class Graph implements OpenGraph {
	readonly name: string;
	readonly precision: "float32" | "float16";
	readonly #nodes: Node[] = [];
	/** Where new nodes go: the graph itself, or the body of a scan that is being made. */
	#scope = this.#nodes;
	readonly #inputs: Value[] = [];
	readonly #initializers: Initializer[] = [];
	readonly #constants = new Map<string, Value>();
	readonly #integers = new Map<string, readonly number[]>();
	readonly #names = new Set<string>();
	#folds = false;
	/** Layers that are computed twice: each run reports them. */
	comparisons: Comparisons | undefined;

	constructor({ name, precision = "float32" }: GraphOptions) {
		this.name = name;
		this.precision = precision;
	}

	/** A float input is float32 outside and in the graph's precision inside. */
	input(name: string, type: "float32" | "int64" | "int32" | "bool", dims: readonly Dim[]): Value {
		const input = this.port(name, type, dims);
		return type === "float32" ? this.cast(input, this.precision) : input;
	}

	/** An input as it is fed. */
	port(name: string, type: ValueType, dims: readonly Dim[]): Value {
		const input: Value = { graph: this, name: this.unique(name), type, dims };
		this.#inputs.push(input);
		return input;
	}

	get inputs(): readonly Value[] {
		return this.#inputs;
	}

	constant(
		data: Float32Array | BigInt64Array | Uint8Array,
		dims: readonly number[],
		floats: ValueType = this.precision,
	): Value {
		const type = data instanceof Float32Array ? "float32" : data instanceof Uint8Array ? "uint8" : "int64";
		const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
		const key = `${type === "float32" ? floats : type}[${dims}]${data.join()}`;
		const found = this.#constants.get(key);
		if (found) return found;
		if (data.length !== sizeOf(dims)) throw new TypeError(`a constant of shape [${dims}] has ${data.length} elements`);
		const name = this.unique("constant");
		this.#initializers.push({ name, type, dims, bytes });
		const value: Value = { graph: this, name, type, dims };
		const constant = type === "float32" ? this.#atRoot(() => this.cast(value, floats)) : value;
		this.#constants.set(key, constant);
		return constant;
	}

	scalar(value: number, type?: ValueType): Value {
		return this.constant(Float32Array.of(value), [], type);
	}

	integers(values: readonly number[]): Value {
		const value = this.constant(BigInt64Array.from(values, BigInt), [values.length]);
		this.#integers.set(value.name, values);
		return value;
	}

	integersOf({ name }: Value): readonly number[] {
		const values = this.#integers.get(name);
		if (values) return values;
		throw new TypeError(`${name} is not known while the graph is built`);
	}

	node(
		op: string,
		inputs: readonly (Value | null)[],
		result: { dims: readonly Dim[]; type?: ValueType },
		attributes: Readonly<Record<string, Attribute>> = {},
		domain: "" | "com.microsoft" = "",
	): Value {
		return this.nodes(op, inputs, [result], attributes, domain)[0]!;
	}

	nodes(
		op: string,
		inputs: readonly (Value | null)[],
		results: readonly { dims: readonly Dim[]; type?: ValueType }[],
		attributes: Readonly<Record<string, Attribute>> = {},
		domain: "" | "com.microsoft" = "",
	): Value[] {
		const outputs = results.map(({ dims, type = this.precision }) => ({
			graph: this,
			name: this.unique(op),
			type,
			dims,
		}));
		this.#scope.push({ op, domain, inputs, outputs, attributes });
		return outputs;
	}

	get trace(): readonly Node[] {
		return [...this.#nodes];
	}

	scan(state: Value, sequences: readonly Value[], body: (state: Value, ...elements: Value[]) => Value): Value {
		const port = (value: Value, dims: readonly Dim[]): Value => ({ ...value, name: this.unique("scan"), dims });
		const inputs = [port(state, state.dims), ...sequences.map((value) => port(value, value.dims.slice(1)))] as const;
		let output = state;
		const nodes = this.within(() => {
			output = body(...inputs);
		});
		const attributes = {
			body: { body: { nodes, inputs, outputs: [output] } },
			num_scan_inputs: { int: sequences.length },
		};
		return this.node("Scan", [state, ...sequences], { dims: state.dims, type: state.type }, attributes);
	}

	within(emit: () => void): Node[] {
		const outer = this.#scope;
		const nodes: Node[] = [];
		this.#scope = nodes;
		emit();
		this.#scope = outer;
		return nodes;
	}

	append(node: Node): void {
		this.#scope.push(node);
	}

	cast(value: Value, type: ValueType): Value {
		if (value.type === type) return value;
		return this.node("Cast", [value], { dims: value.dims, type }, { to: { type } });
	}

	/** Declares where a weight is stored. Called by `Weights`. Floats are cast to `type`. */
	weight(path: string, source: StoredTensor, type: ValueType = this.precision): Value {
		const name = this.unique(path);
		this.#initializers.push({ name, ...source });
		const stored = { graph: this, name, type: source.type as ValueType, dims: source.dims };
		if (stored.type === type || !/float/.test(stored.type)) return stored;
		return this.whileLoading(() => this.cast(stored, type));
	}

	whileLoading(make: () => Value): Value {
		this.#folds = true;
		return this.#atRoot(make);
	}

	/** What outlives a scan's body must not be made in it. */
	#atRoot(make: () => Value): Value {
		const scope = this.#scope;
		this.#scope = this.#nodes;
		const value = make();
		this.#scope = scope;
		return value;
	}

	/** Writes the model. Outputs are given by the names under which `Session.run` returns them, as float32. */
	build(outputs: Readonly<Record<string, Value>>): BuiltGraph {
		const errors = this.comparisons?.outputs();
		const results = Object.entries({ ...outputs, ...errors }).map(([name, value]) => {
			const result = { ...value, name: this.unique(name) };
			if (result.name !== name) throw new TypeError(`the graph has a value named ${name} already`);
			const cast = value.type === "float16";
			const attributes: Record<string, Attribute> = cast ? { to: { type: "float32" } } : {};
			const op = cast ? "Cast" : "Identity";
			this.#nodes.push({ op, domain: "", inputs: [value], outputs: [result], attributes });
			return cast ? { ...result, type: "float32" as const } : result;
		});
		return this.#written(results);
	}

	#written(outputs: readonly Value[]): BuiltGraph {
		const parts = { name: this.name, nodes: this.#nodes, inputs: this.#inputs, initializers: this.#initializers };
		return {
			name: this.name,
			places: this.#initializers.filter((initializer) => "file" in initializer),
			inputs: this.#inputs.map(({ name, type, dims }) => ({ name, type, dims })),
			outputs: outputs.map(({ name }) => name),
			folds: this.#folds,
			operators: operatorsOf(this.#nodes),
			comparisons: this.comparisons,
			encode: (locate: Locate) => encodeModel({ ...parts, outputs, locate }),
			replacing: async (operators: Replaced) => (await this.#replacing(operators)).#written(outputs),
		};
	}

	async #replacing(operators: Replaced): Promise<Graph> {
		const { replaceOperators } = await loadPart(() => import("./device/replace-operators.ts"));
		const copy = this.copy(() => true);
		replaceOperators(this.#nodes, copy, operators);
		return copy;
	}

	/** A graph of these inputs and weights, without nodes. */
	copy(keeps: (value: { name: string }) => boolean): Graph {
		const copy = new Graph(this);
		copy.#inputs.push(...this.#inputs.filter(keeps));
		copy.#initializers.push(...this.#initializers.filter(keeps));
		for (const name of this.#names) copy.#names.add(name);
		copy.#folds = this.#folds;
		return copy;
	}

	/** A name that nothing in the graph has: the wish itself if it is free, else numbered. */
	unique(wish: string): string {
		let name = wish;
		for (let i = this.#names.size; this.#names.has(name); i++) name = `${wish}_${i}`;
		this.#names.add(name);
		return name;
	}
}
