import { ablations, degrees, type Method } from "../methods.ts";
import { table2Methods } from "../plan.ts";
import type { RunSettings } from "../settings.ts";
import { heading, type Part, type Sheet } from "./document.ts";
import type { ModelReport, RunReport } from "./run-report.ts";

/** The users whose pictures were kept, side by side: a column for each method, a row for each target. */
export function sheets(model: ModelReport, { settings, users }: RunReport): Part[] {
	const numbers = [...new Set(model.pictures.map(({ user }) => user))];
	return numbers.flatMap((number): Part[] => {
		const { id, targets, history } = users[number]!;
		const parts = columnsOf(settings).map((columns) => sheet(model, number, targets, columns));
		return [heading(3, `${model.name}, user ${id}, ${history} earlier prompts`), ...parts];
	});
}

type Column = readonly [label: string, method: Method];

/** One sheet for the methods, one for the degrees of personalization. */
function columnsOf(settings: RunSettings): Column[][] {
	const { tables, figures, alphas, ratio } = settings;
	const compared: Column[] = tables.includes("2a")
		? table2Methods(settings, "2a").map((method) => [labelOf(method), method])
		: [];
	const ablated: Column[] = tables.includes("3") ? Object.entries(ablations(settings)) : [];
	const named = new Set(compared.map(([, { name }]) => name));
	const methods = [...compared, ...ablated.filter(([, { name }]) => !named.has(name))];
	const varied: Column[] = figures.includes("7")
		? degrees(alphas, ratio).map((method) => [`α = ${method.alpha}`, method])
		: [];
	return [methods, varied].filter((columns) => columns.length > 0);
}

const LABELS: Readonly<Record<string, string>> = {
	plain: "original",
	fabric: "FABRIC",
	viper: "ViPer",
	tv: "TV",
	pmg: "PMG",
};

function labelOf({ name }: Method): string {
	return LABELS[name] ?? "DrUM";
}

function sheet(
	{ pictures, name }: ModelReport,
	user: number,
	targets: readonly string[],
	columns: readonly Column[],
): Sheet {
	const rows = targets.map((label, target) => ({
		label,
		pictures: columns.map(([column, method]) => {
			const kept = pictures.find(
				(each) => each.user === user && each.picture === target && each.method === method.name,
			);
			const file = kept && `pictures/${kept.model}-${user}-${slug(method.name)}-${target}.png`;
			return kept && { png: kept.png, file: file!, title: `${name}, ${column}: ${label}` };
		}),
	}));
	return { kind: "sheet", columns: columns.map(([label]) => label), rows };
}

function slug(name: string): string {
	return name
		.replace(/[^a-z0-9.]+/gi, "-")
		.replace(/^-|-$/g, "")
		.toLowerCase();
}
