import { printable, table } from "../printable.ts";
import type { QualityReport } from "./quality.ts";

/** A report for the eye, with so many of the layers. */
export function qualityText(report: QualityReport, shown: number): string {
	const { checkpoint, dtype, steps, height, width, stepError, psnr, layers } = report;
	const rows = layers
		.slice(0, shown)
		.map(({ part, layer, weights, error }) => [percent(error), count(weights), part, printable(layer)]);
	const others = layers.length - rows.length;
	const [middle] = layers.slice(layers.length >> 1);
	return [
		`${printable(checkpoint)} in ${dtype}, a picture of ${width} × ${height} in ${steps} steps\n`,
		`a step differs by ${percent(stepError)} from the weights as they are stored, the picture by ${
			psnr === null ? "nothing" : `${psnr.toFixed(1)} dB`
		}\n`,
		...(rows.length > 0 ? [table([["error", "weights", "part", "layer"], ...rows])] : []),
		...(middle && others > 0
			? [`and ${others} layers with smaller errors; the median of all layers is ${percent(middle.error)}\n`]
			: []),
		...(layers.length === 0 ? [`no layer is stored in ${dtype}\n`] : []),
	].join("");
}

function percent(part: number): string {
	return `${(100 * part).toPrecision(2)} %`;
}

function count(weights: number): string {
	return weights < 1e6 ? `${(weights / 1e3).toPrecision(3)} K` : `${(weights / 1e6).toPrecision(3)} M`;
}
