import { type BootstrapOptions, type Comparison, compare, type Summary } from "@drum/eval";
import { PLAIN } from "./methods.ts";
import type { Unit } from "./run-store.ts";

/** A method over all users, compared with the prompts as they are. */
export interface MethodResult {
	/** Mean number of prompts of the history that were used. */
	readonly references: number;
	/** By the encoder's name. */
	readonly textAlign: Readonly<Record<string, Comparison>>;
	/** Undefined where no pictures were drawn. */
	readonly clipScore?: Comparison | undefined;
}

/** One model's methods, by their names, over the users of whom all are measured. */
export function methodResults(
	units: readonly Unit[],
	options: BootstrapOptions = {},
): Readonly<Record<string, MethodResult>> {
	const byMethod = Map.groupBy(units, ({ method }) => method);
	const plain = ordered(byMethod.get(PLAIN.name) ?? []);
	return Object.fromEntries(
		Array.from(byMethod, ([name, rows]) => [name, methodResult(plain, ordered(rows), options)]),
	);
}

function methodResult(plain: readonly Unit[], rows: readonly Unit[], options: BootstrapOptions): MethodResult {
	const [first] = rows;
	const drawn = [...plain, ...rows].every(({ measurement }) => measurement.clipScore);
	const encoders = Object.keys(first!.measurement.textAlign);
	return {
		references: rows.reduce((sum, { measurement }) => sum + measurement.references, 0) / rows.length,
		textAlign: Object.fromEntries(
			encoders.map((encoder) => {
				const scores = (unit: Unit) => unit.measurement.textAlign[encoder]!;
				return [encoder, compare(plain.map(scores), rows.map(scores), options)];
			}),
		),
		...(drawn && {
			clipScore: compare(
				plain.map(({ measurement }) => measurement.clipScore!),
				rows.map(({ measurement }) => measurement.clipScore!),
				options,
			),
		}),
	};
}

/** Units of users of whom every method is there, as a report on a run that goes on needs them. */
export function wholeUsers(units: readonly Unit[], methods: number): Unit[] {
	const counts = Map.groupBy(units, ({ user }) => user);
	return units.filter(({ user }) => counts.get(user)!.length === methods);
}

/** Of target and history. */
export function meanOf({ target, history }: Summary): number {
	return (target.value + history.value) / 2;
}

function ordered(units: readonly Unit[]): Unit[] {
	return [...units].sort((a, b) => a.user - b.user);
}
