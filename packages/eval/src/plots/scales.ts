import { ArgumentError, shown } from "@drum/tensor";
import { type ScaleContinuousNumeric, scaleLinear, scaleLog } from "d3-scale";

export type PlotScale = ScaleContinuousNumeric<number, number>;

export interface PlotAxis {
	/** With its unit, where it has one. */
	readonly label: string;
	/** Logarithmic, of positive values alone. Default false. */
	readonly log?: boolean | undefined;
}

/** Beyond these, round numbers are no longer found. */
const [TINY, HUGE] = [1e-300, 1e300];

/** A tick, and what is written at it: nothing where a logarithmic axis has too many. */
export interface Tick {
	readonly value: number;
	readonly text: string;
}

/** The axis over all `values`, out to round numbers. */
export function scaleOf({ log = false }: PlotAxis, values: readonly number[], range: [number, number]): PlotScale {
	const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
	const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
	// Values that agree in nine digits are drawn as one: an axis cannot be labelled between them.
	const apart = high - low > Math.max(TINY, 1e-9 * Math.max(Math.abs(low), Math.abs(high)));
	const [from, to] = apart ? [low, high] : aroundOne((low + high) / 2, log);
	const scale: PlotScale = log ? scaleLog() : scaleLinear();
	return scale.domain([from, to]).range(range).nice();
}

/** About `count` ticks. */
export function ticksOf(scale: PlotScale, { log = false }: PlotAxis, count: number): Tick[] {
	const [low, high] = scale.domain() as [number, number];
	const long = Math.max(Math.abs(low), Math.abs(high)) >= 1e7 || high - low < 1e-5;
	const format = scale.tickFormat(count, log || long ? "~g" : undefined);
	return scale.ticks(count).map((value) => ({ value, text: format(value) }));
}

/** @throws ArgumentError for what an axis cannot show; `what` names it. */
export function checkValue(value: number, { log = false }: PlotAxis, what: string): void {
	if (Math.abs(value) <= HUGE && (!log || value >= TINY)) return;
	const expected = log ? "a positive number, for a logarithmic axis" : "a finite number";
	throw new ArgumentError({ what, expected, found: shown(value) });
}

/** An axis for one value alone. */
function aroundOne(value: number, log: boolean): [number, number] {
	if (log) return [value / 2, value * 2];
	const margin = Math.abs(value) > TINY ? Math.abs(value) / 10 : 1;
	return [value - margin, value + margin];
}
