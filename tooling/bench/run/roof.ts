import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { type Processor, readProcessor } from "../../../packages/cli/src/bench/processor.ts";
import { measureRoof } from "../../../packages/cli/src/bench/roof.ts";

/** Billions of operations a second that products of matrices reach at most, by the faster of ONNX Runtime and PyTorch. */
export interface Rates {
	float32: number;
	int8: number;
	/** 0 where the processor has no such instructions, or PyTorch does not use them. */
	bfloat16: number;
}

export interface Machine {
	processor: Processor;
	roof: Rates;
}

export async function measureMachine(folder: string, python: string, threads: number): Promise<Machine> {
	const mine = await measureRoof(threads, new AbortController().signal);
	const script = join(import.meta.dirname, "../peers/roof.py");
	const said = execFileSync(python, [script, folder, String(threads), "roof", "roof"], { encoding: "utf8" });
	const theirs = JSON.parse(said) as Rates;
	const best = (kind: "float32" | "int8") => Math.max(mine[kind], theirs[kind]);
	return {
		processor: await readProcessor(),
		roof: { float32: best("float32"), int8: best("int8"), bfloat16: theirs.bfloat16 },
	};
}
