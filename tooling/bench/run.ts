// Stable Diffusion 1.5 in full size, here and in diffusers, on the same machine and threads:
//   tsx --conditions=@drum/source tooling/bench/run.ts FOLDER [--python python3] [--threads N] [--rounds 3] [--repeats 3]
//     [--only load,memory,unet,vae,condition,coreset] [--markdown]
// FOLDER is what make_sd15.py wrote. Each measurement runs in a fresh process, ours and theirs by turns.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { TorchGenerator } from "../../packages/tensor/src/index.ts";
import { COUNTS, PROCESSES, ROWS, type Row } from "./goals.ts";

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
const measured = { ours: new Map<string, number[]>(), theirs: new Map<string, number[]>() };
type Side = keyof typeof measured;

try {
	writeInputs();
	const tasks = Object.entries(PROCESSES).flatMap(([part, each]) => (parts.includes(part) ? each : []));
	for (let round = 0; round < Number(values.rounds); round++) {
		for (const task of tasks) {
			for (const side of ["ours", "theirs"] as const) await measure(side, task);
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

async function measure(side: Side, task: string): Promise<void> {
	const args = [task, resolve(folder!), values.threads, values.repeats];
	const script = (file: string) => join(import.meta.dirname, file);
	const [command, commandArgs] =
		side === "ours"
			? ([process.execPath, [...process.execArgv, script("ours.ts"), ...args]] as const)
			: ([values.python, [script("theirs.py"), ...args]] as const);
	const own = {
		BENCH_INPUTS: inputs,
		BENCH_PROMPTS: JSON.stringify(prompts()),
		BENCH_COUNTS: JSON.stringify(COUNTS),
		OMP_NUM_THREADS: values.threads,
		MKL_NUM_THREADS: values.threads,
	};
	const child = spawn(command, commandArgs, { env: { ...process.env, ...own }, stdio: ["ignore", "pipe", "inherit"] });
	let output = "";
	child.stdout.setEncoding("utf8").on("data", (text) => {
		output += text;
	});
	const anonymous = watchAnonymous(child);
	const code = await new Promise((done) => child.once("close", done));
	if (code !== 0) throw new Error(`${command} ${commandArgs.join(" ")} ended with ${code}`);
	const last = JSON.parse(output.trim().split("\n").at(-1)!) as Record<string, number | number[]>;
	if (task === "memory") last.anonymous = anonymous();
	for (const [name, numbers] of Object.entries(last)) {
		const all = measured[side].get(name) ?? [];
		measured[side].set(name, all.concat(numbers));
	}
	process.stderr.write(".");
}

/** The most memory that a process had of its own, beside files that are mapped: looked up every 20 ms. */
function watchAnonymous({ pid }: ChildProcess): () => number {
	let most = 0;
	const timer = setInterval(() => {
		try {
			const found = /RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
			most = Math.max(most, Number(found?.[1] ?? 0) * 1024);
		} catch {
			clearInterval(timer);
		}
	}, 20);
	return () => {
		clearInterval(timer);
		return most;
	};
}

function report(rows: readonly Row[]): void {
	const table = rows.flatMap((row) => {
		const [ours, theirs] = [median(measured.ours.get(row.ours)), median(measured.theirs.get(row.theirs))];
		const ratio = ours / theirs;
		const show = (value: number) => (row.unit === "s" ? value.toFixed(3) : (value / 2 ** 20).toFixed(0));
		return {
			measurement: `${row.name}, ${row.unit}`,
			ours: show(ours),
			PyTorch: show(theirs),
			ratio: ratio.toFixed(3),
			goal: row.goal === undefined ? "" : `≤ ${row.goal}`,
			met: row.goal === undefined ? "" : ratio <= row.goal ? "yes" : "no",
			difference: row.result ? difference(row.result) : "",
		};
	});
	const [first] = table;
	if (!first) return;
	console.log(
		`\n${cpus()[0]!.model}, ${values.threads} threads, Node ${process.version}, medians of ${values.rounds} processes`,
	);
	if (!values.markdown) {
		console.table(table);
		return;
	}
	const line = (cells: readonly string[]) => console.log(`| ${cells.join(" | ")} |`);
	line(Object.keys(first));
	line(Object.keys(first).map(() => "---"));
	for (const row of table) line(Object.values(row));
}

/** The largest difference between the two results. */
function difference(name: string): string {
	const [a, b] = ["ours", "theirs"].map((side) => {
		const bytes = readFileSync(join(inputs, `${name}.${side}.bin`));
		return new Float32Array(Uint8Array.from(bytes).buffer);
	});
	if (a!.length !== b!.length) throw new Error(`${name}: ${a!.length} numbers here, ${b!.length} there`);
	return a!.reduce((most, value, i) => Math.max(most, Math.abs(value - b![i]!)), 0).toExponential(1);
}

function median(numbers: readonly number[] = []): number {
	return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}
