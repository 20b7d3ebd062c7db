import { bytesText } from "@drum/tensor";
import { printable } from "../printable.ts";
import type { DoctorReport } from "./doctor.ts";
import type { Outcome } from "./outcome.ts";
import type { PartReport } from "./parts.ts";
import type { PictureFound } from "./picture.ts";
import type { WeightsFound } from "./scan-weights.ts";
import type { Statistics } from "./statistics.ts";

/** Names of tensors and settings that a line shows; `--json` has all. */
const MOST_NAMES = 12;

/** A report as Markdown. */
export function doctorText(report: DoctorReport): string {
	const { source, options, machine, device, layout, parts, scheduler, together, picture, personalised } = report;
	const { drum, node, runtime, system, processor, memoryBytes } = machine;
	const verdict = report.failed.length === 0 ? "All parts passed." : `**Failed:** ${listed(report.failed)}.`;
	const lines = [
		`## drum doctor: ${code(source)}`,
		"",
		verdict,
		"",
		...(options.length > 0 ? [`- options: ${code(options.join(" "))}`] : []),
		`- @drum/cli ${drum}, Node.js ${node}, onnxruntime-node ${runtime ?? "not found"}, ${system}`,
		`- ${printable(processor.name)}, ${processor.threads} threads, ${processor.instructions.join(" ") || "no wide instructions known"}, ${bytesText(memoryBytes)} of memory`,
		line(
			"device",
			device,
			({ name, float16, otherForms }) =>
				`${name}, ${float16 ? "with" : "without"} half precision${otherForms.length > 0 ? `; with replaced operators: ${listed(otherForms)}` : ""}`,
		),
		line("layout", layout, ({ is, pipeline, model, components }) =>
			[is, pipeline, model && `runs as ${model}`, listed(components)].filter(Boolean).join("; "),
		),
		...(scheduler ? [line("scheduler", scheduler, (found) => `${found.class}; ${settingsText(found.settings)}`)] : []),
		...(together ? [line("parts together", together, () => "fit")] : []),
		"",
		...parts.flatMap((part) => [...partLines(part), ""]),
		...pictureLines("First picture", picture),
		...pictureLines("Personalised picture", personalised),
		...(report.warnings.length > 0
			? ["### Warnings", "", ...report.warnings.map(({ code: of, message }) => `- ${of}: ${printable(message)}`), ""]
			: []),
		`${seconds(report.seconds)} in all, at most ${bytesText(report.peakMemoryBytes)} of memory.`,
	];
	return `${lines.join("\n")}\n`;
}

function partLines({ part, files, config, weights, layers, tokenizer, run }: PartReport): string[] {
	return [
		`### ${printable(part)}`,
		"",
		line("files", files, ({ name }) => printable(name)),
		...(config
			? [line("config", config, ({ missing, unknown }) => `missing ${listed(missing)}; not read ${listed(unknown)}`)]
			: []),
		...(weights ? [line("weights", weights, weightsText)] : []),
		...(layers
			? [
					line(
						"layers",
						layers,
						({ used, unused }) =>
							`${used} tensors used, ${unused.length} unused${unused.length > 0 ? `: ${listed(unused)}` : ""}`,
					),
				]
			: []),
		...(tokenizer ? [line("tokenizer", tokenizer, ({ prompt, ids }) => `"${prompt}" is ${ids.join(" ")}`)] : []),
		...(run ? [line("known inputs", run, () => "ran")] : []),
		...Object.entries(run?.found ?? {}).map(([name, found]) => `  - ${name}: ${statisticsText(found)}`),
	];
}

function pictureLines(title: string, picture: Outcome<PictureFound> | undefined): string[] {
	if (!picture) return [];
	const text = ({ file, prompt, width, height, steps, pixels, loras }: PictureFound) =>
		`${code(file)}, "${prompt}", ${width} × ${height}, ${steps} steps, pixels ${statisticsText(pixels)}` +
		loras.map(({ format, layers }) => `, under a LoRA by ${format} of ${layers} layers`).join("");
	return [`### ${title}`, "", line("drawn", picture, text), ""];
}

/** A step: what was found, the error where it failed, and what it took. */
function line<Found>(
	name: string,
	{ found, error, seconds: took, peakMemoryBytes }: Outcome<Found>,
	text: (found: Found) => string,
): string {
	const parts = [
		...(found === undefined ? [] : [text(found)]),
		...(error ? [`**failed** (${error.code}): ${printable(error.message)}`] : []),
	];
	return `- ${name}: ${parts.join("; ")} (${seconds(took)}, memory ${bytesText(peakMemoryBytes)})`;
}

function weightsText({ tensors, types, bytes, range, notFinite, zeros }: WeightsFound): string {
	const counts = Object.entries(types).map(([type, count]) => `${count} ${type}`);
	const odd = Object.entries(notFinite).map(([name, count]) => `${name} (${count})`);
	return [
		`${tensors} tensors, ${counts.join(", ")}, ${bytesText(bytes)}`,
		...(range
			? [`from ${number(range.min)} in ${code(range.minIn)} to ${number(range.max)} in ${code(range.maxIn)}`]
			: []),
		odd.length > 0 ? `NaN or infinities in ${listed(odd)}` : "all finite",
		...(zeros.length > 0 ? [`all zeros: ${listed(zeros)}`] : []),
	].join("; ");
}

function statisticsText({ dims, min, max, mean, deviation }: Statistics): string {
	return `[${dims.join(", ")}] from ${number(min)} to ${number(max)}, mean ${number(mean)}, deviation ${number(deviation)}`;
}

function settingsText(settings: Record<string, unknown>): string {
	return Object.entries(settings)
		.filter(([, value]) => value !== null)
		.map(([key, value]) => `${key} ${Array.isArray(value) ? `[${value.length} values]` : value}`)
		.map(printable)
		.join(", ");
}

function listed(names: readonly string[]): string {
	if (names.length === 0) return "none";
	const more = names.length - MOST_NAMES;
	return names.slice(0, MOST_NAMES).map(code).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** A stranger's text in Markdown, which must not become a link or a mention. */
function code(text: string): string {
	return `\`${printable(text).replaceAll("`", "'")}\``;
}

function number(value: number): string {
	return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);
}

function seconds(value: number): string {
	return `${Number(value.toPrecision(3))} s`;
}
