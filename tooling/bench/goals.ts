/** What is compared, in the table's order. A goal is the most that our number may be, in theirs. */
export interface Row {
	readonly name: string;
	/** The measurement's part of a run, as `--only` names it. */
	readonly part: "load" | "memory" | "unet" | "vae" | "condition";
	readonly unit: "s" | "MiB";
	readonly ours: string;
	readonly theirs: string;
	readonly goal?: number;
	/** Under which name both sides kept their result. */
	readonly result?: string;
}

/** Numbers of references that conditions are measured with. */
export const COUNTS = [1, 8, 30, 100];

const READY_GOALS: Readonly<Record<number, number>> = { 30: 0.05, 100: 0.03 };

export const ROWS: readonly Row[] = [
	{ name: "load", part: "load", unit: "s", ours: "load", theirs: "load", goal: 1 },
	{ name: "load, from the process's start", part: "load", unit: "s", ours: "start", theirs: "start" },
	{ name: "load with all sessions made", part: "load", unit: "s", ours: "sessions", theirs: "load" },
	{ name: "load and the first UNet step", part: "load", unit: "s", ours: "first", theirs: "first" },
	{ name: "peak memory", part: "memory", unit: "MiB", ours: "peak", theirs: "peak", goal: 1 },
	{ name: "peak memory, anonymous", part: "memory", unit: "MiB", ours: "anonymous", theirs: "anonymous" },
	{ name: "UNet step", part: "unet", unit: "s", ours: "unet", theirs: "unet", goal: 0.4, result: "unet" },
	{ name: "UNet step of one guided picture", part: "unet", unit: "s", ours: "guided", theirs: "unet" },
	{ name: "VAE decode", part: "vae", unit: "s", ours: "vae", theirs: "vae", goal: 0.4, result: "vae" },
	...COUNTS.map((count): Row => {
		const key = `condition${count}`;
		const name = `condition, ${count} references`;
		return { name, part: "condition", unit: "s", ours: key, theirs: key, goal: 0.7, result: key };
	}),
	...COUNTS.map((count): Row => {
		const goal = READY_GOALS[count];
		return {
			name: `condition, profile of ${count} ready`,
			part: "condition",
			unit: "s",
			ours: `ready${count}`,
			theirs: `condition${count}`,
			...(goal && { goal }),
		};
	}),
];

/** Processes of each part: what is run in one of its own, on both sides. */
export const PROCESSES = {
	load: ["load", "first"],
	memory: ["memory"],
	unet: ["unet"],
	vae: ["vae"],
	condition: ["condition"],
} as const satisfies Record<Row["part"], readonly string[]>;
