import { DeviceError, float32, nextTurn, type Skip, type Tensor, type TextEncoding } from "@drum/tensor";
import type { DatedReference } from "./history.ts";
import { type AdapterName, type Encoders, encoderOf, type Mix, mixInputs } from "./mix.ts";
import type { Profile } from "./profile.ts";
import type { ProfileOptions } from "./profile-options.ts";
import type { ProfileStates } from "./profile-parts.ts";

/** Hidden states are remembered up to this many bytes. Chosen prompts beyond it are encoded a second time. */
const REMEMBERED_BYTES = 2 ** 28;

/** How many prompts are encoded at once. A call can be cancelled between two batches. */
export const BATCH = 64;

/** Remembers hidden states by encoder, skip and history row, up to a limit. */
export class StatesMemory {
	readonly #encoders: Encoders;
	readonly #inputs: { encoder: AdapterName; skip: Skip }[];
	readonly #rows = new Map<string, Float32Array>();
	#bytes = 0;

	constructor(mix: Mix, encoders: Encoders, old: Profile | undefined) {
		this.#encoders = encoders;
		this.#inputs = mixInputs(mix);
		if (!old) return;
		for (const [states, rows] of [
			[old.states, old.coreset],
			[old.negativeStates, old.negativeCoreset],
		] as const) {
			for (const { encoder, skip, hidden } of states) {
				for (const [i, row] of rows.entries()) this.#keep(encoder, skip, row, hidden, i);
			}
		}
	}

	/** Remembers an encoder's states of history rows from `from` on. */
	remember(encoder: AdapterName, { hidden }: TextEncoding, from: number): void {
		for (const { encoder: name, skip } of this.#inputs) {
			if (name !== encoder || this.#bytes > REMEMBERED_BYTES) continue;
			for (let i = 0; i < hidden[skip]!.dims[0]!; i++) this.#keep(encoder, skip, from + i, hidden[skip]!, i);
		}
	}

	#keep(encoder: AdapterName, skip: Skip, row: number, hidden: Tensor<"float32">, i: number): void {
		const size = hidden.dims[1]! * hidden.dims[2]!;
		const states = hidden.data.subarray(i * size, (i + 1) * size);
		this.#rows.set(`${encoder}${skip} ${row}`, states);
		this.#bytes += states.byteLength;
	}

	/** The picked rows' states for each input of the mix. Encodes prompts whose states are not remembered. @throws as `makeProfile` */
	async states(
		history: readonly DatedReference[],
		picked: readonly number[],
		{ signal, onProgress }: ProfileOptions,
	): Promise<ProfileStates[]> {
		const states = this.#inputs.map(({ encoder: name, skip }): ProfileStates => {
			const { tokens, width } = encoderOf(this.#encoders, name);
			const hidden = new Float32Array(picked.length * tokens * width);
			return { encoder: name, skip, hidden: float32(hidden, [picked.length, tokens, width]) };
		});
		const encoders = [...new Set(this.#inputs.map(({ encoder }) => encoder))];
		const total = picked.length * encoders.length;
		let done = 0;
		for (const name of encoders) {
			const own = states.filter(({ encoder }) => encoder === name);
			for (let from = 0; from < picked.length; from += BATCH) {
				const places = Array.from({ length: Math.min(BATCH, picked.length - from) }, (_, i) => from + i);
				// Many references are gigabytes to copy, so other events are handled in between.
				await nextTurn();
				signal?.throwIfAborted();
				const missing = places.filter((i) => !this.#recall(own, picked[i]!, i));
				if (missing.length > 0) {
					const prompts = missing.map((i) => history[picked[i]!]!.prompt);
					const encoding = await encoderOf(this.#encoders, name).encode(prompts, { signal });
					for (const { skip, hidden } of own) copyRows(encoding.hidden[skip]!, hidden, missing);
				}
				for (const { hidden } of own) checkRows(name, hidden, from, from + places.length);
				done += places.length;
				onProgress?.({ station: "profile", done, total });
			}
		}
		return states;
	}

	/** Copies a history row's remembered states to place `i`; false if they are not remembered. */
	#recall(states: readonly ProfileStates[], row: number, i: number): boolean {
		const found = states.map(({ encoder, skip }) => this.#rows.get(`${encoder}${skip} ${row}`));
		if (found.includes(undefined)) return false;
		for (const [s, { hidden }] of states.entries()) hidden.data.set(found[s]!, i * found[s]!.length);
		return true;
	}
}

/** Row `j` of `from` becomes row `places[j]` of `to`. */
function copyRows(from: Tensor<"float32">, to: Tensor<"float32">, places: readonly number[]): void {
	const size = to.dims[1]! * to.dims[2]!;
	for (const [j, i] of places.entries()) to.data.set(from.data.subarray(j * size, (j + 1) * size), i * size);
}

/** Half precision gives NaN on some devices, which a profile would silently keep. */
function checkRows(encoder: AdapterName, { data, dims }: Tensor<"float32">, from: number, to: number): void {
	const size = dims[1]! * dims[2]!;
	for (let at = from * size; at < to * size; at++) {
		if (Number.isFinite(data[at])) continue;
		const what = `hidden states of encoder ${encoder}`;
		throw new DeviceError({ what, expected: "finite numbers", found: String(data[at]), next: "Run it in float32" });
	}
}
