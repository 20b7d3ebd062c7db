// Stable Diffusion 1.5 in full size, here and in diffusers, on the same machine and threads:
//   tsx --conditions=@drum/source tooling/bench/run.ts FOLDER [--python python3] [--threads N] [--rounds 3] [--repeats 3]
//     [--only load,memory,unet,vae,condition,coreset] [--markdown]
// FOLDER is what make_sd15.py wrote. Each measurement runs in a fresh process, ours and theirs by turns.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { TorchGenerator } from "../../packages/tensor/src/index.ts";
import { COUNTS, PROCESSES, ROWS, type Row } from "./goals.ts";
import { largestDifference, measure, median, printTable, results, type Side } from "./side.ts";

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		python: { type: "string", default: "python3" },
		threads: { type: "string", default: String(availableParallelism()) },
		rounds: { type: "string", default: "3" },
		repeats: { type: "string", default: "3" },
		only: { type: "string", default: [...Object.keys(PROCESSES), "coreset"].join() },
		markdown: { type: "boolean", default: false },
	},
});
const [folder] = positionals;
if (!folder) throw new TypeError("name the folder that make_sd15.py wrote");
const parts = values.only.split(",");
const inputs = mkdtempSync(join(tmpdir(), "bench-"));

/** Every number measured, by side and name. */
const measured: Record<Side, Map<string, number[]>> = { ours: new Map(), theirs: new Map() };

try {
	writeInputs();
	const tasks = Object.entries(PROCESSES).flatMap(([part, each]) => (parts.includes(part) ? each : []));
	for (let round = 0; round < Number(values.rounds); round++) {
		for (const task of tasks) {
			for (const side of ["ours", "theirs"] as const) await measureSide(side, task);
		}
	}
	report(ROWS.filter(({ part }) => parts.includes(part)));
} finally {
	rmSync(inputs, { recursive: true });
}
if (parts.includes("coreset")) {
	const env = { ...process.env, PYTHON: values.python };
	const script = join(import.meta.dirname, "coreset.ts");
	spawnSync(process.execPath, [...process.execArgv, script], { env, stdio: "inherit" });
}

/** The same latents, conditions and prompts for both sides. */
function writeInputs(): void {
	const generator = new TorchGenerator(0);
	const sample = generator.randn([2, 4, 64, 64]).data;
	const numbers = {
		sample,
		picture: sample.subarray(0, 4 * 64 * 64),
		latents: generator.randn([1, 4, 64, 64]).data.map((value) => value * 0.5),
		condition: generator.randn([2, 77, 768]).data,
	};
	for (const [name, data] of Object.entries(numbers)) writeFileSync(join(inputs, `${name}.bin`), data);
}

function prompts() {
	const subjects = ["a lighthouse", "an old harbour", "two foxes", "a bowl of pears", "a steam train"];
	const styles = ["in watercolour", "as a woodcut", "at dusk, long exposure", "on wet film", "in thick oil paint"];
	const places = ["by the sea", "in the snow", "under a red sky", "in a quiet town"];
	const all = subjects.flatMap((a) => styles.flatMap((b) => places.map((c) => `${a} ${c}, ${b}`)));
	return {
		target: "a portrait of an astronaut",
		another: ["a horse", "a castle on a hill", "a city at night"],
		history: all,
	};
}

async function measureSide(side: Side, task: string): Promise<void> {
	const { threads, python, repeats } = values;
	const script = side === "ours" ? "ours.ts" : "theirs.py";
	const args = [task, resolve(folder!), threads, repeats];
	const env = {
		BENCH_INPUTS: inputs,
		BENCH_PROMPTS: JSON.stringify(prompts()),
		BENCH_COUNTS: JSON.stringify(COUNTS),
	};
	const [found, anonymous] = await measure({ script, args, python, threads, env });
	if (task === "memory") found.anonymous = anonymous;
	for (const [name, numbers] of Object.entries(found)) {
		const all = measured[side].get(name) ?? [];
		measured[side].set(name, all.concat(numbers));
	}
}

function report(rows: readonly Row[]): void {
	const compared = rows.map(({ result, ...row }) => ({
		...row,
		ours: median(measured.ours.get(row.ours)),
		theirs: median(measured.theirs.get(row.theirs)),
		difference: result && largestDifference(...results(inputs, `${result}.ours`, `${result}.theirs`)),
	}));
	printTable(compared, values);
}
