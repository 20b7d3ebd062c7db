import { readFileSync } from "node:fs";
import { parseSafetensors } from "@drum/tensor";
import { expect, test } from "vitest";
import { createScheduler } from "../index.ts";

// Oracle: diffusers 0.42.1, by tooling/golden/samplers.py.
const FIXTURES = new URL("../../../../test/golden/fixtures/", import.meta.url);

interface Case {
	key: string;
	config: Record<string, unknown>;
	steps: number;
	eta?: number;
	given?: { timesteps?: number[]; sigmas?: number[]; mu?: number };
	imageSequenceLength?: number | null;
	calls: number;
	levels: number;
	rows: number[];
	initNoiseSigma: number;
}

const cases = JSON.parse(readFileSync(new URL("samplers.json", FIXTURES), "utf8")) as Case[];
const { tensors } = parseSafetensors(readFileSync(new URL("samplers.safetensors", FIXTURES)), "samplers");
const golden = (name: string) => tensors.get(name)!.data as Float32Array;
const f32 = Math.fround;

/** The largest difference, over the golden array's largest magnitude. */
function difference(actual: ArrayLike<number>, expected: Float32Array): number {
	expect(actual.length).toBe(expected.length);
	const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
	return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[i]!)), 0) / (largest || 1);
}

/**
 * Where a case's steps cancel: PyTorch's float32 logarithms and exponentials are not always the nearest, and one unit in the last place
 * is so much of what is left.
 */
const ILL_CONDITIONED: readonly [RegExp, { timesteps?: number; samples?: number }][] = [
	// σ_down² = σ² − σ_up², of which up to five digits cancel.
	[/^KDPM2Ancestral.*\.2$/, { timesteps: 1e-4, samples: 1e-4 }],
	[/^KDPM2Ancestral/, { timesteps: 1e-5 }],
	// e^h is 500 in one step over all levels, and what it is multiplied by cancels.
	[/^(DPMSolverMultistep.*noise-heun|UniPCMultistep.*noise)\.1$/, { samples: 4e-5 }],
	// Differences of products of logarithms that lie close together.
	[/^DEISMultistepScheduler\.third\.20$|^SASolverScheduler\.beta\.3$/, { samples: 3e-5 }],
	// The motion between times 1e-6 apart, which MKL's logarithms confuse: samplers.py says more.
	[/^DPMSolverSDEScheduler\.as-it-is/, { samples: 1e-3 }],
];

test.each(cases)("$key has diffusers' schedule and samples", async (each) => {
	const { config, steps, eta, given, imageSequenceLength, calls, levels, rows, initNoiseSigma } = each;
	let drawn = 0;
	const noise = (size: number) => golden("noise").subarray(drawn++ * size, drawn * size);
	const scheduler = await createScheduler(config, steps, {
		noise,
		pictures: 2,
		eta,
		...given,
		imageSequenceLength: imageSequenceLength ?? undefined,
	});
	const data = golden(each.key);
	const tolerance = { timesteps: 1e-6, samples: 1e-5, ...ILL_CONDITIONED.find(([key]) => key.test(each.key))?.[1] };
	expect(difference(scheduler.timesteps, data.subarray(0, calls))).toBeLessThan(tolerance.timesteps);
	if (levels > 0) expect(difference(scheduler.sigmas!, data.subarray(calls, calls + levels))).toBeLessThan(1e-6);
	expect(difference([scheduler.initNoiseSigma], Float32Array.of(initNoiseSigma))).toBeLessThan(1e-6);
	let sample: Float32Array = golden("sample").map((value) => value * scheduler.initNoiseSigma);
	const size = sample.length;
	for (const i of scheduler.timesteps.keys()) {
		const input = scheduler.scaleModelInput(sample, i);
		const output = input.map((value) => f32(f32(0.1) * value) + f32(0.05 + 0.02 * (i % 3)));
		sample = scheduler.step(output, i, sample).prevSample;
		const row = rows.indexOf(i);
		if (row === -1) continue;
		const at = calls + levels + row * size;
		expect(difference(sample, data.subarray(at, at + size))).toBeLessThan(tolerance.samples);
	}
});
