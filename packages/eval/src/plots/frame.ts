import { ArgumentError, namesOf, shown } from "@drum/tensor";
import { DARK_STYLE, INK, lookOf } from "./look.ts";
import { checkValue, type PlotAxis, type PlotScale, scaleOf, type Tick, ticksOf } from "./scales.ts";
import { element, escapeText } from "./svg.ts";

/** `[x, y]` */
export type PlotPoint = readonly [x: number, y: number];

export interface FrameOptions {
	/** Above the plot, and what is read out in its stead. */
	readonly title: string;
	readonly x: PlotAxis;
	readonly y: PlotAxis;
	/** Pixels, from 240. Default 640. */
	readonly width?: number | undefined;
	/** Pixels, from 180. Default 400. */
	readonly height?: number | undefined;
}

export const FRAME_OPTIONS = namesOf<FrameOptions>({ title: true, x: true, y: true, width: true, height: true });

export interface FrameSeries {
	readonly name: string;
	readonly points: readonly PlotPoint[];
}

/** What a kind of plot draws of the series of that number: its marks in the plot, and one in the legend. */
export interface DrawMarks<S> {
	plot(series: S, number: number, scales: { x: PlotScale; y: PlotScale }): string;
	legend(number: number): string;
}

const FONT = 12;
/** Width of a letter, as no font is at hand to measure with. */
const LETTER = 6.6;
const LINE = 18;

/** Title, legend, axes and grid of a plot, with the marks of each series in it. Equal options give equal text. */
export function plotFrame<S extends FrameSeries>(
	options: FrameOptions,
	series: readonly S[],
	values: { x: readonly number[]; y: readonly number[] },
	marks: DrawMarks<S>,
): string {
	const { title, x: xAxis, y: yAxis } = options;
	const [width, height] = [extent("width", options.width, 640, 240), extent("height", options.height, 400, 180)];
	const legend = legendOf(series, width, (number) => marks.legend(number));
	const top = 42 + legend.rows * LINE;
	const bottom = height - 46;
	const yScale = scaleOf(yAxis, values.y, [bottom, top]);
	const yTicks = ticksOf(yScale, yAxis, Math.max(2, Math.round((bottom - top) / 50)));
	const left = 34 + LETTER * yTicks.reduce((most, { text }) => Math.max(most, text.length), 0);
	const right = width - 20;
	const xScale = scaleOf(xAxis, values.x, [left, right]);
	const xTicks = ticksOf(xScale, xAxis, Math.max(2, Math.round((right - left) / 80)));
	const scales = { x: xScale, y: yScale };
	const drawn = series.map((each, i) => element("g", { class: lookOf(i).className }, marks.plot(each, i, scales)));
	const names = series.map(({ name }) => name).join(", ");
	return element(
		"svg",
		{
			...{ xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, width, height, role: "img" },
			...{ "font-family": "system-ui, sans-serif", "font-size": FONT },
		},
		[
			element("title", {}, escapeText(title)),
			element("desc", {}, escapeText(`${yAxis.label} over ${xAxis.label}: ${names}.`)),
			element("style", {}, DARK_STYLE),
			element("rect", { class: "drum-background", width, height, fill: INK.background }),
			textAt(width / 2, 20, title, { "font-size": 15, "font-weight": 600 }),
			legend.text,
			...yTicks.map((tick) => yTick(tick, yScale(tick.value), left, right)),
			...xTicks.map((tick) => xTick(tick, xScale(tick.value), top, bottom)),
			textAt((left + right) / 2, height - 10, xAxis.label),
			textAt(14, (top + bottom) / 2, yAxis.label, { transform: `rotate(-90 14 ${(top + bottom) / 2})` }),
			...drawn,
		].join("\n"),
	);
}

/** @throws ArgumentError naming what cannot be drawn. */
export function checkSeries(series: readonly FrameSeries[], { x, y }: FrameOptions): void {
	if (series.length === 0) throw new ArgumentError({ what: "series", expected: "at least one", found: "none" });
	for (const { name, points } of series) {
		if (points.length === 0)
			throw new ArgumentError({ what: `series ${name}`, expected: "at least one point", found: "none" });
		for (const [i, point] of points.entries()) {
			checkValue(point[0], x, `x of point ${i} of ${name}`);
			checkValue(point[1], y, `y of point ${i} of ${name}`);
		}
	}
}

function yTick({ text }: Tick, y: number, left: number, right: number): string {
	const line = element("line", { class: "drum-grid", x1: left, x2: right, y1: y, y2: y, stroke: INK.grid });
	return line + (text && textAt(left - 6, y + 4, text, { "text-anchor": "end" }));
}

function xTick({ text }: Tick, x: number, top: number, bottom: number): string {
	const line = element("line", { class: "drum-grid", x1: x, x2: x, y1: top, y2: bottom, stroke: INK.grid });
	return line + (text && textAt(x, bottom + 16, text));
}

/** The series' names in rows, the marks before them. */
function legendOf(series: readonly FrameSeries[], width: number, mark: (series: number) => string) {
	let [at, row] = [20, 0];
	const entries = series.map(({ name }, i) => {
		const wide = 34 + name.length * LETTER + 14;
		if (at > 20 && at + wide > width - 10) [at, row] = [20, row + 1];
		const [x, y] = [at, 40 + row * LINE];
		at += wide;
		const label = textAt(34, 4, name, { "text-anchor": "start" });
		return element("g", { class: lookOf(i).className, transform: `translate(${Math.round(x)} ${y})` }, mark(i) + label);
	});
	return { text: entries.join("\n"), rows: row + 1 };
}

function textAt(x: number, y: number, text: string, attributes: Record<string, string | number> = {}): string {
	const given = { class: "drum-text", x, y, fill: INK.text, "text-anchor": "middle", ...attributes };
	return element("text", given, escapeText(text) || " ");
}

function extent(what: string, value: number | undefined, usual: number, least: number): number {
	const pixels = value ?? usual;
	if (Number.isFinite(pixels) && pixels >= least && pixels <= 10_000) return pixels;
	throw new ArgumentError({ what, expected: `pixels from ${least} to 10000`, found: shown(pixels) });
}
