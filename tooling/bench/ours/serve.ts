// What a measuring process of this side needs; its other end is run/worker.ts.
//   tsx --conditions=@drum/source tooling/bench/ours/X.ts FOLDER THREADS KIND TASK
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { float32, sizeOf, type Tensor } from "../../../packages/tensor/src/index.ts";
import { timed } from "../run/timed.ts";

export const [folder = "", threads = 1, kind = "", task = ""] = ((given) => {
	const [folder, threads, ...rest] = given;
	return [folder, Number(threads), ...rest] as [string, number, string, string];
})(process.argv.slice(2));

/** The same numbers on all sides, or the first of them. */
export function input(name: string, ...dims: number[]): Tensor<"float32"> {
	const bytes = readFileSync(join(folder, "inputs", `${name}.bin`)).subarray(0, 4 * sizeOf(dims));
	return float32(new Float32Array(Uint8Array.from(bytes).buffer), dims);
}

/** Says that it is ready, and measures what each line names. A result is kept for the comparison with the other sides'. */
export async function serve(measure: (name: string) => Promise<Tensor<"float32"> | undefined>): Promise<void> {
	const kept = new Set<string>();
	console.log(JSON.stringify({ ready: true }));
	for await (const name of createInterface({ input: process.stdin })) {
		const { seconds, result } = await timed(() => measure(name));
		if (result && !kept.has(name)) {
			kept.add(name);
			writeFileSync(join(folder, "outputs", `${name}, ${process.env.BENCH_SIDE}.bin`), result.data);
		}
		console.log(JSON.stringify({ seconds, peak: process.resourceUsage().maxRSS * 1024 }));
	}
}
