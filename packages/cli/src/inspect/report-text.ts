import { picksTable } from "../picks.ts";
import { bytesText, table } from "../printable.ts";
import type { AdapterReport, ProfileReport, WeightsReport } from "./file.ts";
import type { Report } from "./inspect.ts";
import type { ComponentReport, PipelineReport } from "./pipeline.ts";
import type { WeightsSummary } from "./weights.ts";

/** A report for the eye. */
export function reportText(report: Report): string {
	switch (report.kind) {
		case "pipeline":
			return pipelineText(report);
		case "profile":
			return profileText(report);
		case "folder":
			return `${report.name}\n${table(report.files.map(fileRow))}`;
		default:
			return table([fileRow(report)]);
	}
}

function pipelineText({ name, pipeline, runs, components, parameters, bytes, memory }: PipelineReport): string {
	const rows = components.map((component) => [
		component.name,
		component.class,
		weightsCell(component),
		settingsText(component),
	]);
	const all = ["all", "", `${countText(parameters)} parameters, ${bytesText(bytes)}`, ""];
	const head = `${name}: ${pipeline}${runs ? "" : ", which drum generate does not run"}\n`;
	const text = head + table([...rows, all]);
	if (!memory) return text;
	const { height, width, weights, activations, total, how } = memory;
	const parts = `${bytesText(weights)} weights + ${bytesText(activations)} activations`;
	return `${text}memory of one picture of ${width} × ${height} on a CPU: about ${bytesText(total)} = ${parts}\n  ${how}\n`;
}

function weightsCell({ weights, missing = "" }: ComponentReport): string {
	return weights ? weightsText(weights) : missing;
}

function settingsText({ settings }: ComponentReport): string {
	const words = (key: string) => key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
	return Object.entries(settings)
		.map(([key, value]) => (key === "kind" ? value : `${words(key)} ${Array.isArray(value) ? value.join("/") : value}`))
		.join(", ");
}

function profileText({ name, bytes, history, sampling, encoders, kept }: ProfileReport): string {
	const share = sampling.size === undefined ? `ratio ${sampling.ratio ?? 0.1}` : `size ${sampling.size}`;
	const made = Object.entries(encoders).map(([encoder, print]) => `${encoder} (${print})`);
	const head = `${name}: profile, ${bytesText(bytes)}, kept ${kept.length} of ${history} prompts (${share}, seed ${sampling.seed})`;
	return `${head}, made with encoder ${made.join(", ")}\n${picksTable(kept)}`;
}

function fileRow(report: AdapterReport | WeightsReport): string[] {
	if (report.kind === "weights")
		return [
			report.name,
			report.metadata.drum_profile === undefined ? "weights" : "profile",
			weightsText(report.weights),
			"",
		];
	const { width, layers, rows } = report;
	return [report.name, "DrUM adapter", weightsText(report.weights), `width ${width}, layers ${layers}, rows ${rows}`];
}

function weightsText({ parameters, types, bytes }: WeightsSummary): string {
	return `${countText(parameters)} parameters, ${Object.keys(types).join(" and ") || "no tensors"}, ${bytesText(bytes)}`;
}

function countText(count: number): string {
	const [, size, unit] =
		[
			[1, 1e9, "G"],
			[1, 1e6, "M"],
			[1, 1e3, "k"],
		].find(([, each]) => count >= (each as number)) ?? [];
	return size === undefined ? String(count) : `${(count / (size as number)).toPrecision(3)} ${unit}`;
}
