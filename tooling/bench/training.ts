// Steps of training ViT-L's adapter in full size, here and in PyTorch, on the same machine and threads:
//   tsx --conditions=@drum/source tooling/bench/training.ts [--python python3] [--threads N] [--rounds 3] [--repeats 7]
//     [--batch 16] [--dropout 0.1] [--markdown]
// Each measurement runs in a fresh process, ours and theirs by turns.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { TorchGenerator } from "../../packages/tensor/src/index.ts";
import { writeSafetensors } from "../../packages/tensor/src/node.ts";
import { initialParameters } from "../../packages/training/src/initial.ts";
import { largestDifference, measure, median, printTable, results, type Side } from "./side.ts";

const { values } = parseArgs({
	options: {
		python: { type: "string", default: "python3" },
		threads: { type: "string", default: String(availableParallelism()) },
		rounds: { type: "string", default: "3" },
		repeats: { type: "string", default: "7" },
		batch: { type: "string", default: "16" },
		dropout: { type: "string", default: "0.1" },
		markdown: { type: "boolean", default: false },
	},
});
const inputs = mkdtempSync(join(tmpdir(), "bench-"));

/** Every number measured, by side and name. */
const measured: Record<Side, Map<string, number[]>> = { ours: new Map(), theirs: new Map() };

try {
	const generator = new TorchGenerator(0);
	const numbers = { query: [1, 77, 768], goal: [Number(values.batch), 77, 768] };
	for (const [name, dims] of Object.entries(numbers))
		writeFileSync(join(inputs, `${name}.bin`), generator.randn(dims).data);
	const config = { width: 768, inner: 768, heads: 12, tokens: 77, rows: 78, layers: 10 };
	await writeSafetensors(join(inputs, "adapter.safetensors"), initialParameters(config, 0));
	for (let round = 0; round < Number(values.rounds); round++) {
		for (const side of ["ours", "theirs"] as const) await measureSide(side);
	}
	// With dropout each side draws its own masks.
	const difference =
		values.dropout === "0" ? largestDifference(...results(inputs, "losses.ours", "losses.theirs")) : "";
	const row = (name: string, key: string, unit: "s" | "MiB", goal?: number) => ({
		...{ name, unit, goal },
		ours: median(measured.ours.get(key)),
		theirs: median(measured.theirs.get(key)),
	});
	const step = `step of training, ${values.batch} captions, dropout ${values.dropout}`;
	printTable(
		[
			{ ...row(step, "step", "s", 0.75), difference },
			row("peak memory", "peak", "MiB"),
			row("peak memory, anonymous", "anonymous", "MiB"),
		],
		values,
	);
} finally {
	rmSync(inputs, { recursive: true });
}

async function measureSide(side: Side): Promise<void> {
	const { threads, python, repeats, batch, dropout } = values;
	const script = side === "ours" ? "training-ours.ts" : "training_theirs.py";
	const args = ["training", inputs, threads, repeats, batch, dropout];
	const [found, anonymous] = await measure({ script, args, python, threads, env: { BENCH_INPUTS: inputs } });
	for (const [name, numbers] of Object.entries({ ...found, anonymous }))
		measured[side].set(name, (measured[side].get(name) ?? []).concat(numbers));
}
