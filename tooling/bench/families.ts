// Denoisers of SDXL, FLUX and Stable Diffusion 3.5 in full width, here and in diffusers, on the same machine and threads:
//   tsx --conditions=@drum/source tooling/bench/families.ts FOLDER [--python python3] [--threads N] [--rounds 1] [--repeats 3]
//     [--only sdxl-64,sdxl-128,flux,flux-double,sd35-large,sd35-medium] [--dtypes float32,int8,int4] [--markdown]
// FOLDER is what make_families.py wrote. Each measurement runs in a fresh process, theirs and ours by turns.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { TorchGenerator } from "../../packages/tensor/src/index.ts";
import { cosine } from "../test-weights/cosine.ts";
import { type Compared, largestDifference, measure, median, printTable, results } from "./side.ts";

/** What a step is of: `rows` of the condition, and latents along a side. */
const TASKS: Readonly<Record<string, { name: string; rows: number; size: number }>> = {
	"sdxl-64": { name: "SDXL UNet step, guided, 64 × 64", rows: 77, size: 64 },
	"sdxl-128": { name: "SDXL UNet step, guided, 128 × 128", rows: 77, size: 128 },
	flux: { name: "FLUX, 1 double and 1 single block", rows: 512, size: 128 },
	"flux-double": { name: "FLUX, 2 double and 1 single block", rows: 512, size: 128 },
	"sd35-large": { name: "SD 3.5 large, 2 blocks", rows: 333, size: 128 },
	"sd35-medium": { name: "SD 3.5 medium, 2 blocks", rows: 333, size: 128 },
};
/** What a step or its memory may be at most, in theirs. */
const GOALS: Readonly<Record<string, number>> = { step: 0.5, peak: 1 };

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		python: { type: "string", default: "python3" },
		threads: { type: "string", default: String(availableParallelism()) },
		rounds: { type: "string", default: "1" },
		repeats: { type: "string", default: "3" },
		only: { type: "string", default: Object.keys(TASKS).join() },
		dtypes: { type: "string", default: "float32" },
		markdown: { type: "boolean", default: false },
	},
});
const [folder] = positionals;
if (!folder) throw new TypeError("name the folder that make_families.py wrote");
const tasks = values.only.split(",");
const dtypes = values.dtypes.split(",");
const inputs = mkdtempSync(join(tmpdir(), "bench-"));

/** Every number measured, by task, side (PyTorch's, or how ours holds its weights) and name. */
const measured = new Map<string, number[]>();

try {
	const generator = new TorchGenerator(0);
	const numbers = { sample: [16, 128, 128], condition: [512, 4096], pooled: [2, 2048] };
	for (const [name, dims] of Object.entries(numbers))
		writeFileSync(join(inputs, `${name}.bin`), generator.randn(dims).data);
	for (let round = 0; round < Number(values.rounds); round++) {
		for (const task of tasks) {
			for (const side of ["theirs", ...dtypes]) await measureSide(task, side);
		}
	}
	printTable(tasks.flatMap(compared), values);
} finally {
	rmSync(inputs, { recursive: true });
}

async function measureSide(task: string, side: string): Promise<void> {
	const { threads, python, repeats } = values;
	const { rows, size } = TASKS[task]!;
	const script = side === "theirs" ? "families_theirs.py" : "families-ours.ts";
	const args = [task, resolve(folder!), threads, repeats, String(rows), String(size), side];
	const [found, anonymous] = await measure({ script, args, python, threads, env: { BENCH_INPUTS: inputs } });
	for (const [name, number] of Object.entries({ ...found, anonymous })) {
		const key = `${task} ${side} ${name}`;
		measured.set(key, (measured.get(key) ?? []).concat(number));
	}
}

/** The rows of a task: for each way of holding our weights, how long a step takes, and its memory. */
function compared(task: string): Compared[] {
	const lines = [
		["step", TASKS[task]!.name, "s"],
		["peak", "peak memory", "MiB"],
		["anonymous", "peak memory, anonymous", "MiB"],
	] as const;
	return dtypes.flatMap((dtype) =>
		lines.map(([what, name, unit]) => ({
			name: dtype === "float32" ? name : `${name}, ${dtype}`,
			unit,
			ours: median(measured.get(`${task} ${dtype} ${what}`)),
			theirs: median(measured.get(`${task} theirs ${what}`)),
			goal: dtype === "float32" ? GOALS[what] : undefined,
			difference: what === "step" ? difference(task, dtype) : undefined,
		})),
	);
}

/** The largest difference from PyTorch's result; of quantised weights all differences' size, relative, and the cosine. */
function difference(task: string, dtype: string): string {
	const [a, b] = results(inputs, `${task}.${dtype}`, `${task}.theirs`);
	if (dtype === "float32") return largestDifference(a, b);
	const far = a.map((value, i) => value - b[i]!);
	return `${(100 * Math.sqrt(dot(far, far) / dot(b, b))).toFixed(1)} %, cosine ${cosine(a, b).toFixed(5)}`;
}

function dot(a: Float32Array, b: Float32Array): number {
	return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
