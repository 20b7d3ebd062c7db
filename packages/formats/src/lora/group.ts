import { CheckpointError, type CheckpointTensor, seenAs, sizeOf, toFloat32 } from "@drum/tensor";
import type { Place } from "./layer-index.ts";
import type { LoraFile } from "./model.ts";
import type { Part, Style } from "./parts.ts";

/** The tensors of one module of a file, and the layers that they change. */
export class Group {
	/** The module's name in the file. */
	readonly name: string;
	readonly place: Place;
	readonly styles: ReadonlySet<Style>;
	readonly #file: LoraFile;
	readonly #tensors: ReadonlyMap<Part, string>;
	readonly #used = new Set<Part>();

	constructor(
		file: LoraFile,
		name: string,
		place: Place,
		tensors: ReadonlyMap<Part, string>,
		styles: ReadonlySet<Style>,
	) {
		this.#file = file;
		this.name = name;
		this.place = place;
		this.#tensors = tensors;
		this.styles = styles;
	}

	has(part: Part): boolean {
		return this.#tensors.has(part);
	}

	/** The tensors of parts that were not read. */
	unused(): string[] {
		return [...this.#tensors].filter(([part]) => !this.#used.has(part)).map(([, tensor]) => tensor);
	}

	/** The number of output rows of all layers that the module joins. */
	get rows(): number {
		return this.place.shares.reduce((sum, { dims }) => sum + dims[0]!, 0);
	}

	/** The shape of the weight that the module changes: that of its layer, or of its joined layers. */
	get dims(): readonly number[] {
		return [this.rows, ...this.place.shares[0]!.dims.slice(1)];
	}

	/**
	 * The part's tensor. Undefined if the module has none.
	 * @throws CheckpointError if it is empty or does not contain floating-point numbers
	 */
	get(part: Part): CheckpointTensor | undefined {
		const tensor = this.#tensors.get(part);
		if (tensor === undefined) return undefined;
		this.#used.add(part);
		const place = this.#file.get(tensor)!;
		if (!/float/.test(place.type)) this.fail(part, "floating-point numbers", place.type);
		if (sizeOf(place.dims) === 0) this.fail(part, "at least one value", `[${place.dims}]`);
		return place;
	}

	/**
	 * The part's tensor in this shape. The file's shape may have more or fewer dimensions of 1 at its end.
	 * @throws CheckpointError if the module has none, or one of another shape
	 */
	take(part: Part, dims: readonly number[]): CheckpointTensor {
		const place = this.get(part) ?? this.missing(part);
		if (!isSeenAs(place.dims, dims)) this.fail(part, `[${dims}] for ${this.layer}`, `[${place.dims}]`);
		return seenAs(place, dims);
	}

	/** The layers that it changes, for messages. */
	get layer(): string {
		const { component, shares } = this.place;
		const paths = shares.map(({ path }) => path).join(", ");
		return component === "" ? paths : `${paths} of the text encoder ${component}`;
	}

	/** Reads a part that is one number. Undefined if the module has none. @throws CheckpointError if it is not one finite number */
	async number(part: Part): Promise<number | undefined> {
		const tensor = this.#tensors.get(part);
		if (tensor === undefined) return undefined;
		this.#used.add(part);
		const { dims, type } = this.#file.get(tensor)!;
		if (sizeOf(dims) !== 1) this.fail(part, "one number", `[${dims}]`);
		if (type === "bool") this.fail(part, "a number", type);
		const value = toFloat32(await this.#file.read(tensor))[0]!;
		if (!Number.isFinite(value)) this.fail(part, "a finite number", String(value));
		return value;
	}

	missing(part: Part): never {
		const [other] = this.#tensors.values();
		throw new CheckpointError({
			what: `${this.#file.name}, tensor ${other}`,
			expected: `the module's ${WORDS[part] ?? part} in the same file`,
			found: "none",
			next: "The file is incomplete: download or save it again",
		});
	}

	fail(part: Part, expected: string, found: string, next?: string): never {
		const what = `${this.#file.name}, tensor ${this.#tensors.get(part) ?? this.name}`;
		throw new CheckpointError({ what, expected, found, ...(next !== undefined && { next }) });
	}
}

const WORDS: Partial<Record<Part, string>> = {
	down: "first factor (lora_A, lora_down)",
	up: "second factor (lora_B, lora_up)",
	w1: "lokr_w1",
	w1a: "lokr_w1_a",
	w1b: "lokr_w1_b",
	w2: "lokr_w2",
	w2a: "lokr_w2_a",
	w2b: "lokr_w2_b",
};

/** A 1 × 1 convolution's weight counts as a matrix, and a column as a vector. */
function isSeenAs(found: readonly number[], dims: readonly number[]): boolean {
	const [a, b] = [found, dims].map((each) => each.slice(0, each.findLastIndex((dim) => dim !== 1) + 1));
	return sizeOf(found) === sizeOf(dims) && a!.length === b!.length && a!.every((dim, i) => dim === b![i]);
}
