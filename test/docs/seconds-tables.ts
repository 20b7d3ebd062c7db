import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

// Seconds as tooling/bench/RESULTS.md has them, with the processor that each part names.

const RESULTS = fileURLToPath(new URL("../../tooling/bench/RESULTS.md", import.meta.url));

/** A part of RESULTS.md: what it says of the machine, and its rows. */
interface Measured {
	machine: string;
	rows: readonly (readonly string[])[];
}

function measured(heading: string): Measured {
	const page = readFileSync(RESULTS, "utf8");
	const from = page.indexOf(`\n## ${heading}\n`);
	if (from < 0) throw new Error(`RESULTS.md has no part "${heading}"`);
	const part = page.slice(from + 1).split("\n## ")[0]!;
	const machine = /^\d{4}-\d\d-\d\d .*$/m.exec(part)?.[0] ?? "";
	const table = part.split("\n").filter((line) => line.startsWith("|"));
	const rows = table.slice(2).map((line) =>
		line
			.split("|")
			.slice(1, -1)
			.map((cell) => cell.trim()),
	);
	return { machine, rows };
}

/** What one picture of 512 × 512 takes from the prompt to pixels, in few steps. */
export function pictureSeconds(): string {
	const { machine, rows } = measured("Pictures in few steps");
	return [
		`Measured ${machineOf(machine)}:`,
		"",
		"| model | by | seconds |",
		"| --- | --- | --- |",
		...rows.filter(([, by]) => by?.startsWith("drum")).map(([what, by, seconds]) => `| ${what} | ${by} | ${seconds} |`),
	].join("\n");
}

/** What a guided step and a decode of Stable Diffusion 1.5 take at 512 × 512. */
export function stepSeconds(): string {
	const step = measured("A step of Stable Diffusion 1.5");
	const decode = measured("A decode of Stable Diffusion 1.5");
	const of = ({ rows }: Measured, by: string) => Number(rows.find(([name]) => name === by)?.[1]);
	const line = (dtype: string) => {
		const [one, last] = [of(step, `drum, ${dtype}`), of(decode, `drum, ${dtype}`)];
		return `| ${dtype} | ${one} | ${last} | ${Math.round(20 * one + last)} |`;
	};
	return [
		`Stable Diffusion 1.5, measured ${machineOf(step.machine)}:`,
		"",
		"| `dtype` | a guided step, s | decoding, s | 20 steps and decoding, s |",
		"| --- | --- | --- | --- |",
		line("float32"),
		line("int8"),
	].join("\n");
}

/** The date and the processor's name of a line such as "2026-11-30 10:02 UTC, commit 8c9ada0; Intel(R) Xeon(R) Processor (…), 2 threads, …". */
function machineOf(line: string): string {
	const [, day, processor, threads] = /^(\S+) .*?; (.+?) \(.*?\), (\d+ threads)/.exec(line) ?? [];
	if (!day) throw new Error(`RESULTS.md names its machine in another way: ${line}`);
	return `on ${day} on ${processor}, ${threads}`;
}
