import type { Measured, Part, Side } from "./part.ts";
import { type Clock, othersShare } from "./quiet.ts";
import { Worker, type WorkerOptions } from "./worker.ts";

/** What came out, by side and by what was measured. */
export type Values = Record<string, Record<string, Numbers>>;

export interface Numbers {
	/** Of the turns that count. */
	seconds: number[];
	/** Of the first turn, which loads and does not count. */
	first?: number;
	/** Bytes, with mapped files and without them. */
	peak?: number;
	anonymous?: number;
}

export interface TurnOptions extends WorkerOptions {
	processors: number;
	/** Everything runs once, and nothing counts. */
	warmUpOnly: boolean;
	say(text: string): void;
}

/** Measures a part: the sides of a group take turns, for one thing after another. */
export class Turns {
	readonly values: Values = {};
	/** Why a side could not be measured. */
	readonly failed: Record<string, string> = {};
	readonly #spans: [Clock, Clock][] = [];
	readonly #workers = new Map<Side, Worker>();
	readonly #options: TurnOptions;

	constructor(options: TurnOptions) {
		this.#options = options;
	}

	async take({ measured, groups, repeats }: Part): Promise<void> {
		for (const group of groups) {
			try {
				for (const each of measured) await this.#measure(group, each, repeats);
			} finally {
				for (const side of group) await this.#close(side);
			}
		}
	}

	/** The part of the processors' time that other processes had in turns that count. */
	get others(): number {
		return othersShare(this.#spans, this.#options.processors);
	}

	async #measure(group: readonly Side[], measured: Measured, repeats: number): Promise<void> {
		const sides = group.filter(({ only }) => only?.includes(measured.name) ?? true);
		const most = this.#options.warmUpOnly ? 0 : (measured.repeats ?? repeats);
		for (const side of sides) if (!side.fresh || most === 0) await this.#turn(side, measured, false);
		for (let i = 0; i < most; i++) {
			for (const side of sides) if (i < (side.repeats ?? most)) await this.#turn(side, measured, true);
		}
	}

	/** A side that fails once is left out from then on. */
	async #turn(side: Side, { name, title, warmUp = name }: Measured, counts: boolean): Promise<void> {
		if (this.failed[side.name] !== undefined) return;
		this.#options.say(`${side.name}: ${title}${counts ? "" : ", to warm up"}`);
		try {
			const worker = this.#workers.get(side) ?? (await Worker.start(side, this.#options));
			this.#workers.set(side, worker);
			const { answer, span } = await worker.measure(counts ? name : warmUp);
			const numbers = this.#numbersOf(side, name);
			if (counts) {
				this.#spans.push(span);
				numbers.seconds.push(answer.seconds);
			} else numbers.first = answer.seconds;
			numbers.peak = Math.max(numbers.peak ?? 0, answer.peak);
			numbers.anonymous = Math.max(numbers.anonymous ?? 0, worker.anonymous);
			if (side.fresh) await this.#close(side);
		} catch (error) {
			this.failed[side.name] = error instanceof Error ? error.message : String(error);
			this.#options.say(this.failed[side.name]!);
			await this.#close(side);
		}
	}

	async #close(side: Side): Promise<void> {
		await this.#workers.get(side)?.close();
		this.#workers.delete(side);
	}

	#numbersOf({ name }: Side, measured: string): Numbers {
		this.values[name] ??= {};
		this.values[name]![measured] ??= { seconds: [] };
		return this.values[name]![measured]!;
	}
}
