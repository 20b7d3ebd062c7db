// What a measuring process of this side needs: ours.ts and families-ours.ts.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { float32, sizeOf, type Tensor } from "../../packages/tensor/src/index.ts";

const { BENCH_INPUTS = "" } = process.env;

/** The same numbers on both sides, or the first of them: written by run.ts and families.ts. */
export function input(name: string, ...dims: number[]): Tensor<"float32"> {
	const bytes = readFileSync(join(BENCH_INPUTS, `${name}.bin`)).subarray(0, 4 * sizeOf(dims));
	return float32(new Float32Array(Uint8Array.from(bytes).buffer), dims);
}

export function keep(name: string, { data }: Tensor<"float32">): void {
	writeFileSync(join(BENCH_INPUTS, `${name}.bin`), data);
}

export async function timed<T>(run: () => Promise<T>): Promise<{ seconds: number; result: T }> {
	const start = performance.now();
	const result = await run();
	return { seconds: (performance.now() - start) / 1000, result };
}

export async function times(run: () => Promise<unknown>, count: number): Promise<number[]> {
	const seconds: number[] = [];
	for (let i = 0; i < count; i++) seconds.push((await timed(run)).seconds);
	return seconds;
}

/** The most memory this process had, in bytes. */
export function peak(): number {
	return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]) * 1024;
}
