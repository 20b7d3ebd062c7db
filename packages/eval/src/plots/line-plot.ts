import { ArgumentError, checkNames } from "@drum/tensor";
import { area, line } from "d3-shape";
import { checkSeries, FRAME_OPTIONS, type FrameOptions, type PlotPoint, plotFrame } from "./frame.ts";
import { lookOf } from "./look.ts";
import { checkValue } from "./scales.ts";
import { element } from "./svg.ts";

export interface LineSeries {
	readonly name: string;
	/** In the order in which they are joined. */
	readonly points: readonly PlotPoint[];
	/** Between which bounds each point lies, such as its confidence interval: a shade behind the line. */
	readonly band?: readonly (readonly [low: number, high: number])[] | undefined;
}

export interface LinePlotOptions extends FrameOptions {
	/** At least one. */
	readonly series: readonly LineSeries[];
}

/** Points so few are marked. */
const MARKED = 30;

/**
 * Lines over two axes as SVG, for loss curves and curves of scores; it follows the reader's light or dark page.
 * @throws ArgumentError naming the point, band or size that cannot be drawn.
 */
export function linePlot(options: LinePlotOptions): string {
	checkNames("linePlot", options, [...FRAME_OPTIONS, "series"]);
	const { series, y } = options;
	checkSeries(series, options);
	for (const { name, points, band } of series) {
		if (!band) continue;
		if (band.length !== points.length) {
			const expected = `one for each of the ${points.length} points`;
			throw new ArgumentError({ what: `band of ${name}`, expected, found: String(band.length) });
		}
		for (const bounds of band) for (const bound of bounds) checkValue(bound, y, `band of ${name}`);
	}
	const points = series.flatMap(({ points }) => points);
	const values = {
		x: points.map(([x]) => x),
		y: [...points.map(([, y]) => y), ...series.flatMap(({ band = [] }) => band.flat())],
	};
	return plotFrame(options, series, values, {
		plot: ({ points, band }, number, scales) => {
			const { color, dash } = lookOf(number);
			const shade =
				band &&
				area<PlotPoint>()
					.digits(2)
					.x(([x]) => scales.x(x))
					.y0((_, i) => scales.y(band[i]![0]))
					.y1((_, i) => scales.y(band[i]![1]))(points);
			const path = line<PlotPoint>()
				.digits(2)
				.x(([x]) => scales.x(x))
				.y(([, y]) => scales.y(y))(points);
			const dots = points.length > MARKED ? [] : points.map(([x, y]) => dot(scales.x(x), scales.y(y), color));
			return [
				shade ? element("path", { class: "drum-fill", d: shade, fill: color, "fill-opacity": 0.18 }) : "",
				stroke({ d: path! }, "path", color, dash),
				...dots,
			].join("");
		},
		legend: (number) => {
			const { color, dash } = lookOf(number);
			return stroke({ x1: 0, x2: 28, y1: 0, y2: 0 }, "line", color, dash);
		},
	});
}

function stroke(place: Record<string, string | number>, name: string, color: string, dash: string | undefined): string {
	const style = {
		fill: "none",
		stroke: color,
		"stroke-width": 2,
		"stroke-dasharray": dash,
		"stroke-linejoin": "round",
	};
	return element(name, { class: "drum-stroke", ...place, ...style });
}

function dot(cx: number, cy: number, fill: string): string {
	return element("circle", { class: "drum-fill", cx, cy, r: 3, fill });
}
