import { degrees, PMG, TAILORED_VISIONS } from "../methods.ts";
import type { RunSettings } from "../settings.ts";
import { DRAWS } from "../user-study.ts";
import { type Figure, heading, type Part, paragraph, type ReportDocument, table } from "./document.ts";
import { figure3, figure7 } from "./figures.ts";
import type { ModelReport, RunReport } from "./run-report.ts";
import { sheets } from "./sheets.ts";
import { encoderName, encodersOf, figure3Table, figure7Table, table2a, table2b, table3 } from "./tables.ts";
import { duration } from "./text.ts";

/** The whole report: the paper's tables and figures, contact sheets, and what was measured how. */
export function tellRun(run: RunReport): ReportDocument {
	const { settings, models } = run;
	const has = (name: RunSettings["tables"][number]) => settings.tables.includes(name);
	const drawn = (name: RunSettings["figures"][number]) => settings.figures.includes(name);
	return [
		heading(1, "The paper's tables"),
		paragraph(introduction(run)),
		...leftOutUsers(run).map(paragraph),
		...unanswered(run).map(paragraph),
		...(models.length === 0
			? []
			: [
					...(has("2a") ? [heading(2, "Table 2a: CLIP score"), table2a(models, settings)] : []),
					...(has("2b") ? [heading(2, "Table 2b: Text align"), table2b(models, settings)] : []),
					...(has("3") ? [heading(2, "Table 3: without sampling (S), without guidance (G)")] : []),
					...(has("3") ? models.flatMap((model) => [...titled(model, models), table3(model, settings)]) : []),
					...(drawn("3") ? [heading(2, "Figure 3: how the history is sampled"), paragraph(sampling(settings))] : []),
					...(drawn("3")
						? models.flatMap((model, i) => [...titled(model, models), ...figure3Parts(model, i, settings)])
						: []),
					...(drawn("7") ? [heading(2, "Figure 7: the degree of personalization")] : []),
					...(drawn("7")
						? models.flatMap((model, i) => [...titled(model, models), ...figure7Parts(model, i, settings)])
						: []),
					...(models.some(({ pictures }) => pictures.length > 0) ? [heading(2, "Pictures")] : []),
					...models.flatMap((model) => sheets(model, run)),
				]),
		heading(2, "Settings"),
		settingsTable(run),
		heading(2, "What the paper leaves open"),
		{ kind: "list", items: LEFT_OPEN },
	];
}

function introduction({ settings, models, units, total, users }: RunReport): string {
	const whole = models.map((model) => `${model.name}: ${model.users} of ${users.length} users`).join("; ");
	const part =
		units.length < total
			? ` The run is not at its end: ${units.length} of ${total} units are measured, and the tables are of the users of whom all are.`
			: "";
	return `${settings.data}; ${whole || "no user is whole yet"}. Numbers in brackets are 95 % bootstrap intervals over users, and Imp is the mean improvement over the original model, of the means; – stands where an original mean is not clearly positive (below 1 of 100), because there is no rate over it.${part}`;
}

/** Of so many users who are left out the reasons stand in the report. */
const MOST_REASONS = 20;

function leftOutUsers({ leftOut }: RunReport): string[] {
	if (leftOut.length === 0) return [];
	const reasons = leftOut.slice(0, MOST_REASONS).map(({ place, reason }) => `${place}: ${reason}`);
	const more = leftOut.length > MOST_REASONS ? `; and ${leftOut.length - MOST_REASONS} more` : "";
	return [`${leftOut.length} users of the data cannot be evaluated and are left out. ${reasons.join("; ")}${more}.`];
}

/** Of whom the language model said nothing that is of use. */
function unanswered({ units }: RunReport): string[] {
	return [TAILORED_VISIONS, PMG].flatMap(({ name }) => {
		const own = units.filter(({ method }) => method === name);
		const { length } = own.filter(({ measurement }) => !measurement.prompts);
		if (length === 0) return [];
		return [
			`The language model gave ${name} no answer that is of use in ${length} of ${own.length} cases: their prompts were left as they are.`,
		];
	});
}

/** The model's name, where there are several. */
function titled({ name }: ModelReport, models: readonly ModelReport[]): Part[] {
	return models.length > 1 ? [heading(3, name)] : [];
}

function sampling({ alpha }: RunSettings): string {
	return `Text align at α = ${alpha}; the plot shows the mean of target and history. "Random" is the mean of ${DRAWS} draws.`;
}

function figure3Parts(model: ModelReport, i: number, settings: RunSettings): Part[] {
	return encodersOf(model).flatMap((encoder): Part[] => {
		const svg = figure3((method) => model.methods[method]!.textAlign[encoder]!, settings);
		const title = `Text align over the sampling ratio, ${encoderName(encoder)}`;
		const figure: Figure = { kind: "figure", title, svg, file: `figure-3-${i + 1}-${encoder}.svg` };
		return [figure, figure3Table(model, settings, encoder)];
	});
}

function figure7Parts(model: ModelReport, i: number, settings: RunSettings): Part[] {
	const rows = degrees(settings.alphas, settings.ratio).map(({ name }) => model.methods[name]!.clipScore!);
	const svg = figure7(rows, settings.alphas);
	const title = "CLIP score over the degree of personalization";
	return [{ kind: "figure", title, svg, file: `figure-7-${i + 1}.svg` }, figure7Table(model, settings)];
}

function settingsTable({ settings, units }: RunReport): Part {
	const machines = Map.groupBy(units, ({ machine }) => machine);
	const seconds = (of: RunReport["units"]) => of.reduce((sum, { measurement }) => sum + measurement.seconds, 0);
	const entries = Object.entries(settings).filter(([, value]) => value !== null);
	return table(
		["", ""],
		[
			...entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : String(value)]),
			...Array.from(machines, ([machine, of]) => [
				"machine",
				`${machine}: ${of.length} units in ${duration(seconds(of))}`,
			]),
		],
	);
}

/** How this reads the paper where it says nothing. */
const LEFT_OPEN: readonly string[] = [
	"What stands in for guidance when it is left out (Table 3): here target and references all get the same share, α = n / (n + 1), without intensities.",
	"Which CLIP scores the pictures: one CLIP does, for all models. Text align is in the space of each model's own encoder.",
	"Seeds and sampler: both targets of a user are drawn with seeds of their own, the same for all methods; the sampler is the checkpoint's own unless the settings say otherwise.",
	"Pictures of the history, which FABRIC looks at: they are drawn with the model itself from the prompts liked most and least, or from the latest where all are liked alike.",
	"ViPer, which the paper leaves out since nobody commented on pictures: a language model tells its attributes from the prompts liked most and least.",
	"What MovieLens's ratings weigh: guidance and scores, as the paper says, and not the coreset.",
];
