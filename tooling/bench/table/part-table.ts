import type { Measured, Part, Side } from "../run/part.ts";
import { BUSY } from "../run/quiet.ts";
import type { Result } from "../run/results.ts";
import { median } from "../run/statistics.ts";
import { figures, markdown, mebibytes, percent } from "./markdown.ts";

/** The sides that all others are compared with. */
const OURS = ["drum, float32", "drum, int8"];

/** A part's section: what was measured where, and its table. `operations` are a step's, in billions. */
export function partSection(part: Part, result: Result, operations: Readonly<Record<string, number>>): string {
	const sides = part.groups.flat();
	const several = part.measured.length > 1;
	const ours = OURS.filter((name) => sides.some((side) => side.name === name));
	const memory = part.shows?.includes("peak") ?? false;
	const counted = part.measured.some(({ name }) => operations[name]);
	const apart = Object.keys(result.distances).length > 0;
	const head = [
		...(several ? [""] : []),
		...["by", "seconds", "lowest to highest", "turns"],
		...(counted ? ["of the roof"] : []),
		...ours.map((name) => `${name.replace("drum, ", "")} here takes`),
		...(memory ? ["peak memory, MiB", "anonymous"] : []),
		...(apart ? ["from float32"] : []),
	];
	const rows = part.measured.flatMap((measured) => sides.flatMap((side) => row(measured, side)));
	return [
		`## ${part.title}\n`,
		`${part.about}\n`,
		`${circumstances(result)}\n`,
		`${markdown([head, ...rows])}\n`,
		...Object.entries(result.failed).map(([side, why]) => `${side} could not be measured: ${why.split("\n")[0]}\n`),
	].join("\n");

	function row(measured: Measured, side: Side): string[][] {
		const numbers = result.values[side.name]?.[measured.name];
		if (!numbers || numbers.seconds.length === 0) return [];
		const { seconds, peak, anonymous } = numbers;
		const middle = median(seconds);
		const work = operations[measured.name];
		const ratio = (name: string) => {
			const own = result.values[name]?.[measured.name]?.seconds ?? [];
			return name === side.name || own.length === 0 ? "" : `${figures(median(own) / middle)} ×`;
		};
		const distance = result.distances[side.name]?.[measured.name];
		return [
			[
				...(several ? [measured.title] : []),
				...[side.name, figures(middle)],
				seconds.length > 1 ? `${figures(Math.min(...seconds))} to ${figures(Math.max(...seconds))}` : "",
				String(seconds.length),
				...(counted ? [work ? percent(work / middle / result.roof[side.rate]) : ""] : []),
				...ours.map(ratio),
				...(memory ? [peak ? mebibytes(peak) : "", anonymous ? mebibytes(anonymous) : ""] : []),
				...(apart ? [distance === undefined ? "" : distance.toExponential(1)] : []),
			],
		];
	}
}

/** When, where, and how busy it was. */
function circumstances({ at, commit, processor, roof, threads, load, others }: Result): string {
	const { name, family, model, instructions } = processor;
	const kind = family === undefined ? "" : ` (family ${family}, model ${model})`;
	const rates = [`float32 ${figures(roof.float32)}`, ...(roof.bfloat16 ? [`bfloat16 ${figures(roof.bfloat16)}`] : [])];
	const when = `${at.slice(0, 16).replace("T", " ")} UTC, commit ${commit}`;
	const busy = others > BUSY ? " **The machine was busy: these numbers say little.**" : "";
	return (
		`${when}; ${name}${kind}, ${threads} threads, ${instructions.join(", ")}; roof in GFLOP/s: ${rates.join(", ")}, int8 ${figures(roof.int8)}; ` +
		`load average ${load[0].toFixed(2)} before, ${load[1].toFixed(2)} after; other processes had ${percent(others)} of the processors.${busy}`
	);
}
