import { readFileSync } from "node:fs";
import { parseSafetensors } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { createScheduler, type SchedulerName } from "../index.ts";

// Oracle: diffusers 0.42.1, by tooling/golden/schedulers.py.
const FIXTURES = new URL("../../../../test/golden/fixtures/", import.meta.url);

interface Case {
	key: string;
	config: Record<string, unknown>;
	scheduler?: SchedulerName;
	steps: number;
	eta: number;
	/** Whether the pipeline gives noise levels of its own, as FLUX's does. */
	given?: boolean;
	imageSequenceLength?: number | null;
	initNoiseSigma: number;
	rows: number[];
}

const cases = JSON.parse(readFileSync(new URL("schedulers.json", FIXTURES), "utf8")) as Case[];
const readTensors = (file: string) => {
	const { tensors } = parseSafetensors(readFileSync(new URL(file, FIXTURES)), file);
	return new Map([...tensors].map(([name, { data }]) => [name, data as Float32Array]));
};
const tensors = readTensors("schedulers.safetensors");
const golden = (name: string) => tensors.get(name);
const SIZE = 64;
const f32 = Math.fround;

/** The largest difference, over the golden array's largest magnitude. */
function difference(actual: ArrayLike<number>, expected: Float32Array): number {
	expect(actual.length).toBe(expected.length);
	const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
	return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[i]!)), 0) / (largest || 1);
}

/** np.linspace(1, 1/steps, steps) */
const evenSigmas = (steps: number) =>
	Array.from({ length: steps }, (_, i) => (i === steps - 1 ? 1 / steps : 1 + (i * (1 / steps - 1)) / (steps - 1)));

async function run({ config, scheduler: name, steps, eta, given, imageSequenceLength }: Case) {
	let drawn = 0;
	const noise = (size: number) => golden("noise")!.subarray(drawn++ * size, drawn * size);
	const sigmas = given ? evenSigmas(steps) : undefined;
	const options = { noise, eta, name, sigmas, imageSequenceLength: imageSequenceLength ?? undefined };
	const scheduler = await createScheduler(config, steps, options);
	let sample: Float32Array = golden("sample")!.map((value) => value * scheduler.initNoiseSigma);
	const samples: Float32Array[] = [];
	const originals: Float32Array[] = [];
	for (const i of scheduler.timesteps.keys()) {
		const input = scheduler.scaleModelInput(sample, i);
		const output = input.map((value) => f32(f32(0.1) * value) + f32(0.05 + 0.02 * (i % 3)));
		const step = scheduler.step(output, i, sample);
		sample = step.prevSample;
		samples.push(sample);
		originals.push(step.predOriginalSample);
	}
	return { scheduler, samples, originals };
}

/**
 * σ falls from 4096 to 2 in ancestral sampling's first step here, and σ_down² = σ² − σ_up² is then the rounding of σ²: one
 * unit in the last place of a square root, which PyTorch does not round to nearest, shows.
 */
const ILL_CONDITIONED = /^EulerAncestralDiscreteScheduler\.zero-snr/;

describe.each(cases)("$key", (settings) => {
	const { key, initNoiseSigma, rows } = settings;
	const tolerance = ILL_CONDITIONED.test(key) ? 2e-4 : 1e-5;

	test("has diffusers' timesteps, noise levels, trajectory and estimates", async () => {
		const { scheduler, samples, originals } = await run(settings);
		expect(difference(scheduler.timesteps, golden(`${key}.timesteps`)!)).toBeLessThan(1e-6);
		expect(difference([scheduler.initNoiseSigma], Float32Array.of(initNoiseSigma))).toBeLessThan(1e-5);
		const sigmas = golden(`${key}.sigmas`);
		if (sigmas) expect(difference(scheduler.sigmas!, sigmas)).toBeLessThan(1e-5);
		const rowOf = (tensor: Float32Array, row: number) => tensor.subarray(row * SIZE, (row + 1) * SIZE);
		for (const [at, row] of rows.entries()) {
			expect(difference(samples[row]!, rowOf(golden(`${key}.samples`)!, at))).toBeLessThan(tolerance);
		}
		const estimates = golden(`${key}.x0`);
		for (const i of estimates ? originals.keys() : []) {
			expect(difference(originals[i]!, rowOf(estimates!, i))).toBeLessThan(tolerance);
		}
	});
});

const known = readTensors("added-noise.safetensors");
const ADDED = [...known.keys()].filter((name) => name.includes("."));

test.each(ADDED)("%s adds diffusers' noise to a known sample, at each call", async (name) => {
	const config = cases.find(
		({ key }) => key === `${name.replace("FlowMatchEulerDiscreteScheduler", "flow")}.4`,
	)!.config;
	const scheduler = await createScheduler(config, 4, { noise: (size) => new Float32Array(size) });
	const [original, noise] = [known.get("original")!, known.get("noise")!];
	const added = scheduler.timesteps.flatMap((_, i) => [...scheduler.addNoise(original, noise, i)]);
	expect(difference(added, known.get(name)!)).toBeLessThan(1e-6);
});

test("a flow whose levels are the signal's share adds as much noise as is left", async () => {
	const config = { _class_name: "FlowMatchEulerDiscreteScheduler", invert_sigmas: true };
	const scheduler = await createScheduler(config, 4, { noise: (size) => new Float32Array(size) });
	const [original, noise] = [Float32Array.of(1, 0), Float32Array.of(0, 1)];
	for (const i of scheduler.timesteps.keys()) {
		const signal = scheduler.sigmas![i]!;
		expect(difference(scheduler.addNoise(original, noise, i), Float32Array.of(signal, 1 - signal))).toBeLessThan(1e-6);
	}
});
