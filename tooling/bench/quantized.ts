// Time and memory of a T5 stack of T5-XXL's width, by how its weights are held; each row is a process of its own:
//   tsx --conditions=@drum/source tooling/bench/quantized.ts [--layers 4] [--tokens 256] [--repeats 5] [--folder FOLDER]
// Needs 6 GB on the disk, and Linux for the memory.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parseT5Config, T5TextEncoder } from "../../packages/encoders-t5/src/index.ts";
import { normalWeights } from "../../packages/encoders-t5/src/testing/table-weights.ts";
import type { WeightDtype } from "../../packages/graph/src/index.ts";
import type { Tensor } from "../../packages/tensor/src/index.ts";
import { Checkpoint, writeSafetensors } from "../../packages/tensor/src/node.ts";
import { cosine } from "../test-weights/cosine.ts";

const ROWS: readonly [name: string, file: "float32" | "float16", dtype: WeightDtype][] = [
	["float32", "float32", "auto"],
	["float16 file", "float16", "auto"],
	["int8, made", "float16", "int8"],
	["int8, kept", "float16", "int8"],
	["int4, made", "float16", "int4"],
	["int4, kept", "float16", "int4"],
];

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		layers: { type: "string", default: "4" },
		tokens: { type: "string", default: "256" },
		repeats: { type: "string", default: "5" },
		folder: { type: "string", default: tmpdir() },
	},
});
const tokens = Number(values.tokens);
const config = parseT5Config(
	{
		vocab_size: 1024,
		d_model: 4096,
		d_kv: 64,
		d_ff: 10_240,
		num_layers: Number(values.layers),
		num_heads: 64,
		feed_forward_proj: "gated-gelu",
	},
	"bench",
);

const [folder = "", file = "", dtype = "", output = ""] = positionals;
if (output) console.log(JSON.stringify(await measure()));
else await compare();

async function compare(): Promise<void> {
	const own = mkdtempSync(join(values.folder, "quantized-"));
	try {
		for (const type of ["float32", "float16"] as const)
			await writeSafetensors(join(own, `${type}.safetensors`), normalWeights(config, type));
		const rows: Record<string, Record<string, string>> = {};
		let reference: Float32Array | undefined;
		for (const [name, source, held] of ROWS) {
			const bin = join(own, "hidden.bin");
			const options = ["--layers", values.layers, "--tokens", values.tokens, "--repeats", values.repeats];
			const args = [...process.execArgv, import.meta.filename, own, source, held, bin, ...options];
			const found = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as Record<string, string>;
			const hidden = new Float32Array(Uint8Array.from(readFileSync(bin)).buffer);
			reference ??= hidden;
			rows[name] = { ...found, cosine: cosine(hidden, reference).toFixed(5) };
			process.stderr.write(".");
		}
		console.table(rows);
	} finally {
		rmSync(own, { recursive: true });
	}
}

async function measure(): Promise<Record<string, string>> {
	const weights = await Checkpoint.open(join(folder, `${file}.safetensors`));
	const marks: number[] = [];
	let bytes = 0;
	const encoder = await T5TextEncoder.create({
		name: dtype,
		config,
		weights,
		maxLength: tokens,
		dtype: dtype as WeightDtype,
		cacheFolder: join(folder, "cache"),
		onQuantize: ({ total }) => {
			marks.push(performance.now());
			bytes = total;
		},
	});
	const data = BigInt64Array.from({ length: tokens }, (_, i) => BigInt((i * 37 + 11) % 1024));
	const ids: Tensor<"int64"> = { type: "int64", dims: [1, tokens], data };
	const lags = watchLag();
	const start = performance.now();
	const { hidden } = await encoder.encode(ids);
	const first = (performance.now() - start) / 1000;
	const quantizing = marks.length > 0 ? (marks.at(-1)! - start) / 1000 : 0;
	const times: number[] = [];
	for (let i = 0; i < Number(values.repeats); i++) {
		const before = performance.now();
		await encoder.encode(ids);
		times.push(performance.now() - before);
	}
	writeFileSync(output, hidden[-1]!.data);
	return {
		"first, s": first.toFixed(2),
		"of it quantising, s": quantizing.toFixed(2),
		"million weights a second": quantizing > 0 ? (bytes / 2 / quantizing / 1e6).toFixed(0) : "",
		"lag p99, ms": lags().toFixed(1),
		"warm, s": (quantile(times, 0.5) / 1000).toFixed(3),
		"peak memory, MiB": (statusOf("VmHWM") / 1024).toFixed(0),
		"anonymous at the end, MiB": (statusOf("RssAnon") / 1024).toFixed(0),
	};
}

/** In KiB. */
function statusOf(field: string): number {
	return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync("/proc/self/status", "utf8"))![1]);
}

/** Records by how many milliseconds a timer of 1 ms is late, until the returned function gives the 99th percentile. */
function watchLag(): () => number {
	const lags: number[] = [];
	let last = performance.now();
	const timer = setInterval(() => {
		const now = performance.now();
		lags.push(Math.max(now - last - 1, 0));
		last = now;
	}, 1);
	return () => {
		clearInterval(timer);
		return quantile(lags, 0.99);
	};
}

function quantile(numbers: readonly number[], part: number): number {
	return numbers.toSorted((a, b) => a - b)[Math.min(Math.floor(numbers.length * part), numbers.length - 1)] ?? 0;
}
