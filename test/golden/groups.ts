import type { Tensor } from "@drum/tensor";

const ABSOLUTE = 2e-5;
const RELATIVE = 1e-4;

export interface Group {
	name: string;
	numbers: number;
	/** Largest absolute error. */
	largest: number;
	/** Numbers beyond tolerance. */
	failures: number;
}

/** Largest errors by group, in the order in which the groups come up. */
export class Groups {
	readonly #groups = new Map<string, Group>();

	compare(name: string, found: Tensor<"float32">, expected: Tensor<"float32">, absolute = ABSOLUTE): void {
		const group = this.#groups.get(name) ?? { name, numbers: 0, largest: 0, failures: 0 };
		this.#groups.set(name, group);
		group.numbers += expected.data.length;
		if (found.dims.join() !== expected.dims.join()) {
			group.failures += expected.data.length;
			group.largest = Number.POSITIVE_INFINITY;
			return;
		}
		const relative = absolute === 0 ? 0 : RELATIVE;
		for (const [i, value] of expected.data.entries()) {
			const error = Math.abs(found.data[i]! - value);
			if (!(error <= absolute + relative * Math.abs(value))) group.failures++;
			group.largest = Math.max(group.largest, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
		}
	}

	all(): Group[] {
		return [...this.#groups.values()];
	}
}
