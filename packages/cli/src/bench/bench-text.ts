import { bytesText } from "@drum/tensor";
import { printable, table } from "../printable.ts";
import type { BenchReport } from "./bench.ts";

/** A report for the eye. */
export function benchText({ checkpoint, processor, roof, load, results, recommended }: BenchReport): string {
	const { name, family, model, threads, instructions } = processor;
	const kind = family === undefined ? "" : ` (family ${family}, model ${model})`;
	const measured = results.filter((result) => "pictureSeconds" in result);
	const rows = measured.map((result) => [
		result.dtype,
		...[result.loadSeconds, result.conditionSeconds, result.stepSeconds].map(seconds),
		...[result.decodeSeconds, result.pictureSeconds].map(seconds),
		result.picturesPerHour.toPrecision(3),
		bytesText(result.peakMemoryBytes),
	]);
	const failed = results.flatMap((result) =>
		"error" in result ? [`${result.dtype}: ${printable(result.error)}\n`] : [],
	);
	const head = ["--dtype", "load", "condition", "step", "decode", "a picture", "an hour", "peak memory"];
	const [any] = measured;
	const atOnce = any && any.images > 1 ? `, ${any.images} at once` : "";
	const picture = any && `, pictures of ${any.width} × ${any.height} in ${any.steps} steps${atOnce}`;
	return [
		`${printable(checkpoint)}${picture ?? ""}\n`,
		`on ${printable(name)}${kind}, ${threads} threads, ${instructions.join(" ") || "no wide instructions known"}\n`,
		`matrix products here: ${Math.round(roof.float32)} GFLOP/s in float32, ${Math.round(roof.int8)} GOP/s in int8\n`,
		...(load > threads / 2 ? [`the machine was busy (load ${load.toFixed(1)}): measure again when it is not\n`] : []),
		...(any ? [table([head, ...rows])] : []),
		...failed,
		...(recommended ? [`${recommended.text}\n`] : []),
	].join("");
}

function seconds(value: number): string {
	return `${value.toPrecision(3)} s`;
}
