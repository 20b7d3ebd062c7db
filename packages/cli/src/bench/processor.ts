import { readFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";

/** What the numbers are of: ratios of one processor say little of another. */
export interface Processor {
	name: string;
	/** On Linux: two processors of one name may differ in these, and in their rates by a factor of two. */
	family?: number;
	model?: number;
	/** Threads that run at once. */
	threads: number;
	/** Of those that decide how fast a model runs. */
	instructions: string[];
}

const DECISIVE = [
	"avx2",
	"avx512f",
	"avx_vnni",
	"avx512_vnni",
	"avx512_bf16",
	"amx_bf16",
	"amx_int8",
	"asimddp",
	"i8mm",
	"sve",
];

export async function readProcessor(): Promise<Processor> {
	const threads = availableParallelism();
	const info = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
	const field = (name: string) => new RegExp(`^${name}\\s*:\\s*(.*)$`, "m").exec(info)?.[1]?.trim();
	const flags = new Set((field("flags") ?? field("Features") ?? "").split(" "));
	const [family, model] = [field("cpu family"), field("model")];
	return {
		name: cpus()[0]?.model.trim() || "unknown",
		...(family !== undefined && { family: Number(family) }),
		...(model !== undefined && { model: Number(model) }),
		threads,
		instructions: DECISIVE.filter((flag) => flags.has(flag)),
	};
}
