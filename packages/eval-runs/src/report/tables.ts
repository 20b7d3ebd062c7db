import type { Comparison } from "@drum/eval";
import { type Ablation, ablations, degrees, PLAIN, SAMPLERS, samplings } from "../methods.ts";
import { methodNamed, table2Methods } from "../plan.ts";
import { type MethodName, PAPER_DATA, type PaperData, type RunSettings } from "../settings.ts";
import { type Cell, type Part, table } from "./document.ts";
import { ABLATION_SCORES, CLIP_SCORES, type PaperRow, TEXT_ALIGN } from "./paper.ts";
import type { ModelReport } from "./run-report.ts";
import { interval, NONE, percent, signed } from "./text.ts";

/** Table 2's rows in the paper's order, and what they are called there. */
const ROWS: readonly (readonly [MethodName, string])[] = [
	["plain", "-"],
	["fabric", "FABRIC"],
	["viper", "ViPer"],
	["tv", "TV"],
	["pmg", "PMG"],
	["drum", "DrUM"],
];
const ENCODERS: Readonly<Record<string, string>> = { L: "ViT-L", H: "ViT-H", bigG: "ViT-bigG" };

/** A row before it is laid out: its comparison with the original, and the paper's numbers. */
interface Row {
	readonly names: readonly string[];
	readonly found: Comparison | undefined;
	readonly original: boolean;
	readonly paper: PaperRow;
}

/** CLIP score of each model and method. */
export function table2a(models: readonly ModelReport[], settings: RunSettings): Part {
	const groups = models.map(({ name, methods }) =>
		rowsOf("2a", name, CLIP_SCORES[name], settings, (method) => methods[method]?.clipScore),
	);
	return comparison(["T2I model", "method"], groups, settings);
}

/** Text align of each encoder and method; an encoder that several models have comes with each. */
export function table2b(models: readonly ModelReport[], settings: RunSettings): Part {
	const groups = models.flatMap((model) =>
		encodersOf(model).map((encoder) => {
			const name = models.length > 1 ? `${encoderName(encoder)}, ${model.name}` : encoderName(encoder);
			return rowsOf("2b", name, TEXT_ALIGN[encoder], settings, (method) => model.methods[method]?.textAlign[encoder]);
		}),
	);
	return comparison(["text encoder", "method"], groups, settings);
}

/** The ablations of one model. The paper has them of Stable Diffusion 1. */
export function table3({ methods }: ModelReport, settings: RunSettings): Part {
	const rows = Object.entries(ablations(settings)).map(([name, method]): Row => {
		const result = methods[method.name];
		const paper = ABLATION_SCORES[name as Ablation];
		return { names: [name, count(result?.references)], found: result?.clipScore, original: false, paper };
	});
	const found = methods[PLAIN.name]?.clipScore;
	const paper = CLIP_SCORES["Stable Diffusion 1"]!.plain!;
	return comparison(["", "references"], [[{ names: ["-", "0"], found, original: true, paper }, ...rows]], settings);
}

/** Figure 3 in numbers. */
export function figure3Table({ methods }: ModelReport, { ratios, alpha }: RunSettings, encoder: string): Part {
	const plan = samplings(ratios, alpha);
	return table(
		["ratio", "references", ...SAMPLERS.flatMap((name) => [`${name}: Target`, "History"])],
		ratios.map((ratio, i) => [
			`${Number((100 * ratio).toPrecision(6))} %`,
			count(methods[plan.coreset[i]!.name]!.references),
			...SAMPLERS.flatMap((sampler) => {
				const { target, history } = methods[plan[sampler][i]!.name]!.textAlign[encoder]!.personalized;
				return [interval(target), interval(history)];
			}),
		]),
	);
}

/** Figure 7 in numbers. */
export function figure7Table(model: ModelReport, { alphas, ratio }: RunSettings): Part {
	const encoders = encodersOf(model);
	return table(
		[
			"α",
			"CLIP score: Target",
			"History",
			...encoders.flatMap((name) => [`Text align, ${encoderName(name)}: Target`, "History"]),
		],
		degrees(alphas, ratio).map(({ name, alpha }) => {
			const { clipScore, textAlign } = model.methods[name]!;
			const scores = [clipScore!, ...encoders.map((encoder) => textAlign[encoder]!)];
			return [
				String(alpha),
				...scores.flatMap(({ personalized: { target, history } }) => [interval(target), interval(history)]),
			];
		}),
	);
}

/** Those that Text align is measured with. */
export function encodersOf({ methods }: ModelReport): string[] {
	return Object.keys(methods[PLAIN.name]?.textAlign ?? {});
}

export function encoderName(encoder: string): string {
	return ENCODERS[encoder] ?? encoder;
}

function rowsOf(
	part: "2a" | "2b",
	name: string,
	paper: Readonly<Partial<Record<MethodName, PaperRow>>> | undefined,
	settings: RunSettings,
	find: (method: string) => Comparison | undefined,
): Row[] {
	const names = new Set(table2Methods(settings, part).map((method) => method.name));
	const wanted = ROWS.filter(([method]) => names.has(methodNamed(method, settings).name));
	return wanted.map(([method, label], i) => ({
		names: [i === 0 ? name : "", label],
		found: find(methodNamed(method, settings).name),
		original: method === "plain",
		paper: paper?.[method] ?? {},
	}));
}

/** Found numbers next to the paper's, of the same data or, where it is neither, of both; the highest of the methods stands out. */
function comparison(names: readonly string[], groups: readonly (readonly Row[])[], { paper }: RunSettings): Part {
	const data: readonly PaperData[] = paper ? [paper] : PAPER_DATA;
	const columns = ["Target", "History", "Imp"];
	const head = [...names, ...columns, ...data.flatMap((name) => columns.map((column) => `paper, ${name}: ${column}`))];
	return table(
		head,
		groups.flatMap((rows) =>
			rows.map((row) => [
				...row.names,
				...foundCells(row, rows),
				...data.flatMap((name) => paperCells(row.paper[name])),
			]),
		),
	);
}

function foundCells({ found, original }: Row, rows: readonly Row[]): Cell[] {
	if (!found) return [NONE, NONE, NONE];
	const { personalized } = found;
	const others = rows.filter((row) => !row.original && row.found).map((row) => row.found!.personalized);
	const cell = (key: "target" | "history"): Cell => {
		const text = interval(personalized[key]);
		const most = Math.max(...others.map((other) => other[key].value));
		return !original && others.length > 1 && personalized[key].value === most ? { strong: text } : text;
	};
	return [cell("target"), cell("history"), original ? "-" : percent(found.improvement)];
}

function paperCells(printed: PaperRow[PaperData]): Cell[] {
	if (!printed) return [NONE, NONE, NONE];
	const { target, history, improvement } = printed;
	return [target.toFixed(2), history.toFixed(2), improvement === undefined ? "-" : `${signed(improvement)} %`];
}

function count(references: number | undefined): string {
	return references?.toFixed(1) ?? NONE;
}
