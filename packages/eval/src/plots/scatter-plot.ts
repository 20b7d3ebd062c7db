import { checkNames } from "@drum/tensor";
import { symbol, symbolsFill } from "d3-shape";
import { checkSeries, FRAME_OPTIONS, type FrameOptions, type FrameSeries, plotFrame } from "./frame.ts";
import { lookOf } from "./look.ts";
import { element, hundredths } from "./svg.ts";

export interface ScatterPlotOptions extends FrameOptions {
	/** At least one. */
	readonly series: readonly FrameSeries[];
}

/** Square pixels of a mark. */
const AREA = 40;

/**
 * Points over two axes as SVG, a colour and a shape for each series; it follows the reader's light or dark page.
 * @throws ArgumentError naming the point or size that cannot be drawn.
 */
export function scatterPlot(options: ScatterPlotOptions): string {
	checkNames("scatterPlot", options, [...FRAME_OPTIONS, "series"]);
	const { series } = options;
	checkSeries(series, options);
	const points = series.flatMap(({ points }) => points);
	const values = { x: points.map(([x]) => x), y: points.map(([, y]) => y) };
	return plotFrame(options, series, values, {
		plot: ({ points }, number, scales) => points.map(([x, y]) => mark(number, scales.x(x), scales.y(y))).join(""),
		legend: (number) => mark(number, 20, 0),
	});
}

function mark(series: number, x: number, y: number): string {
	const shape = symbolsFill[series % symbolsFill.length]!;
	const d = symbol(shape, AREA).digits(2)()!;
	const transform = `translate(${hundredths(x)} ${hundredths(y)})`;
	return element("path", { class: "drum-fill", d, transform, fill: lookOf(series).color, "fill-opacity": 0.8 });
}
