import { bytesText } from "@drum/tensor";
import { PROFILE_SHARE } from "../options/sampling.ts";
import { picksTable } from "../picks.ts";
import { parameterRows, printable, table } from "../printable.ts";
import type { AdapterReport, ProfileReport, WeightsReport } from "./file.ts";
import type { Report } from "./inspect.ts";
import type { MemoryReport } from "./memory.ts";
import type { ModelReport } from "./model.ts";
import type { PictureReport } from "./picture.ts";
import type { ComponentReport, PipelineReport } from "./pipeline.ts";
import type { WeightsSummary } from "./weights.ts";

/** A report for the eye. */
export function reportText(report: Report): string {
	switch (report.kind) {
		case "pipeline":
			return pipelineText(report);
		case "profile":
			return profileText(report);
		case "picture":
			return pictureText(report);
		case "folder":
			return `${printable(report.name)}\n${table(report.files.map(fileRow))}`;
		default:
			return table([fileRow(report)]);
	}
}

function pictureText({ name, width, height, parameters, settings }: PictureReport): string {
	const { references = [], negativeReferences = [], ...others } = parameters ?? {};
	const rows = parameterRows(parameters ? others : { ...settings });
	const prompts = [...references, ...negativeReferences];
	const steered = table(prompts.map(({ prompt, intensity }) => [String(intensity), prompt]));
	return (
		`${printable(name)}: a picture of ${width} × ${height}\n${table(rows)}` +
		(prompts.length > 0
			? `steered by ${prompts.length} earlier ${prompts.length === 1 ? "prompt" : "prompts"}\n${steered}`
			: "")
	);
}

function pipelineText(report: PipelineReport): string {
	const { name, is, pipeline, model, runs, refusal, components, parameters, bytes, memory } = report;
	const rows = components.map((component) => [
		component.name,
		component.class ?? "absent",
		weightsCell(component),
		settingsText(component),
	]);
	const all = ["all", "", `${countText(parameters)} parameters, ${bytesText(bytes)}`, ""];
	const head = `${printable(name)}: ${is ?? printable(pipeline)}, which drum generate ${runs && model ? `runs as ${model.name}` : "does not run"}\n${refusal ? `  ${printable(refusal)}\n` : ""}`;
	const text = head + table([...rows, all]) + (model ? modelText(model) : "");
	return memory ? text + memoryText(memory, report.downloadBytes ?? 0) : text;
}

function modelText({ encoders, absent, adapters }: ModelReport): string {
	const without = absent.length > 0 ? `, without ${listed(absent)}` : "";
	return `text encoders ${listed(Object.keys(encoders))}${without}; personalising needs DrUM's ${listed(adapters)}\n`;
}

function memoryText(memory: MemoryReport, download: number): string {
	const { height, width, forecasts, denoiserActivationBytes, decoderActivationBytes } = memory;
	const rows = forecasts.map(
		({ dtype, encoderBytes, denoiserBytes, decoderBytes, keptBytes, offloadBytes, diskBytes }) => [
			dtype === "auto" ? "as stored" : `--dtype ${dtype}`,
			...[encoderBytes, denoiserBytes, decoderBytes, keptBytes, offloadBytes].map(bytesText),
			dtype === "auto" ? bytesText(download) : `+ ${bytesText(diskBytes)}`,
		],
	);
	const beside = ["computing", "", bytesText(denoiserActivationBytes), bytesText(decoderActivationBytes), "", "", ""];
	const head = ["weights", "encoders", "denoiser", "decoder", "all kept", "--offload", "on disk"];
	const machine = `this machine has ${bytesText(memory.machineBytes)}, of which a run may fill ${bytesText(memory.usableBytes)}`;
	return [
		`memory of one picture of ${width} × ${height} on a CPU\n`,
		table([head, ...rows, beside]),
		`${machine}: ${memory.advice.text}\n`,
		...memory.how.split(". ").map((sentence) => `  ${sentence.replace(/\.$/, "")}\n`),
	].join("");
}

/** "a, b and c". */
function listed(words: readonly string[]): string {
	return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

function weightsCell({ weights, missing = "" }: ComponentReport): string {
	return weights ? weightsText(weights) : missing;
}

function settingsText({ settings }: ComponentReport): string {
	const words = (key: string) => key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
	return Object.entries(settings)
		.map(([key, value]) =>
			key === "encoder" ? value : `${words(key)} ${Array.isArray(value) ? value.join("/") : value}`,
		)
		.join(", ");
}

function profileText({ name, bytes, history, sampling, encoders, kept }: ProfileReport): string {
	const { ratio, size, halfLife } = sampling;
	const recency = halfLife === undefined ? "" : `, half-life ${halfLife} days`;
	const share = size !== undefined ? `size ${size}` : ratio !== undefined ? `ratio ${ratio}` : PROFILE_SHARE;
	const made = Object.entries(encoders).map(([encoder, print]) => printable(`${encoder} (${print})`));
	const head = `${printable(name)}: profile, ${bytesText(bytes)}, kept ${kept.length} of ${history} prompts (${share}, seed ${sampling.seed}${recency})`;
	return `${head}, made with encoder ${made.join(", ")}\n${picksTable(kept)}`;
}

function fileRow(report: AdapterReport | WeightsReport): string[] {
	if (report.kind === "weights") return [report.name, report.is ?? "weights", weightsText(report.weights), ""];
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
