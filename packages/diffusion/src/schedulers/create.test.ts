import { ArgumentError, CheckpointError } from "@drum/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	createScheduler,
	parseSchedulerFile,
	SCHEDULER_NAMES,
	type Scheduler,
	type SchedulerName,
	type SchedulerOptions,
	schedulerNamesFor,
} from "../index.ts";

const SD = { _class_name: "PNDMScheduler", beta_start: 0.00085, beta_end: 0.012, beta_schedule: "scaled_linear" };
const FLOW = { _class_name: "FlowMatchHeunDiscreteScheduler", shift: 3 };
const FLOW_EULER = { _class_name: "FlowMatchEulerDiscreteScheduler" };
const noise = (size: number) => new Float32Array(size);
const create = (config: unknown, steps: number, options: Partial<SchedulerOptions> = {}) =>
	createScheduler(config, steps, { noise, ...options });

describe("a denoiser that knows the noiseless sample leads to it", () => {
	test.each(["DDIMScheduler", "EulerDiscreteScheduler", "DPMSolverMultistepScheduler"])(
		"%s, any number of steps",
		async (_class_name) => {
			const config = { ...SD, _class_name, prediction_type: "sample", clip_sample: false };
			const values = fc.array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: 1, maxLength: 8 });
			await fc.assert(
				fc.asyncProperty(values, fc.integer({ min: 1, max: 60 }), async (truth, steps) => {
					const scheduler = await create(config, steps);
					const known = Float32Array.from(truth);
					let sample: Float32Array = known.map((_, i) => scheduler.initNoiseSigma * Math.cos(i));
					for (const i of scheduler.timesteps.keys()) sample = scheduler.step(known, i, sample).prevSample;
					for (const [i, value] of known.entries()) expect(sample[i]).toBeCloseTo(value, 4);
				}),
				{ numRuns: 50 },
			);
		},
	);
});

test("a run draws its noise once a step, for the whole batch", async () => {
	const sizes: number[] = [];
	const draw = (size: number) => {
		sizes.push(size);
		return new Float32Array(size);
	};
	const scheduler = await createScheduler(SD, 3, { noise: draw, name: "euler-ancestral" });
	for (const i of scheduler.timesteps.keys()) scheduler.step(new Float32Array(10), i, new Float32Array(10));
	expect(sizes).toEqual([10, 10, 10]);
});

test("two runs share no state", async () => {
	const outputs = [1, 2, 3, 4, 5].map((value) => Float32Array.of(value));
	const advance = (scheduler: Scheduler, i: number, sample: Float32Array) =>
		scheduler.step(outputs[i]!, i, sample).prevSample;
	const alone = await create(SD, 4, { name: "dpm++2m" });
	const [first, second] = [await create(SD, 4, { name: "dpm++2m" }), await create(SD, 4, { name: "dpm++2m" })];
	let [x, y, z] = [Float32Array.of(1), Float32Array.of(1), Float32Array.of(9)] as Float32Array[];
	for (const i of alone.timesteps.keys()) {
		x = advance(alone, i, x!);
		y = advance(first, i, y!);
		z = advance(second, i, z!);
	}
	expect(y).toEqual(x);
	expect(z).not.toEqual(x);
});

test("PNDM calls the denoiser once more than it has steps", async () => {
	expect((await create({ ...SD, skip_prk_steps: true }, 50)).timesteps).toHaveLength(51);
});

test("trailing timesteps are as many as asked and none is negative, at every number of steps", async () => {
	for (let steps = 1; steps <= 1000; steps++) {
		const { timesteps } = await create({ ...SD, timestep_spacing: "trailing" }, steps, { name: "ddim" });
		expect(timesteps).toHaveLength(steps);
		expect(timesteps.at(-1)).toBeGreaterThanOrEqual(0);
	}
});

describe("refuses, and names the field", () => {
	test.each([
		["_class_name", { ...SD, _class_name: "ScoreSdeVeScheduler" }, undefined],
		["_class_name", { _class_name: "IPNDMScheduler" }, "ddim"],
		["thresholding", { ...SD, thresholding: 1 }, "ddim"],
		[
			"final_sigmas_type",
			{ ...SD, _class_name: "DPMSolverMultistepScheduler", algorithm_type: "dpmsolver" },
			undefined,
		],
		["prediction_type", { ...SD, prediction_type: "flow_prediction" }, "euler"],
		["timestep_spacing", { ...SD, timestep_spacing: "dense" }, "pndm"],
		["trained_betas", { ...SD, trained_betas: [0.1, 0.2] }, "ddim"],
		["scheduler_config.json", [], "ddim"],
	] as const)("%s", async (field, config, name) => {
		const call = () => create(config, 4, name ? { name } : {});
		await expect(call()).rejects.toThrow(CheckpointError);
		await expect(call()).rejects.toThrow(field);
	});

	test.each([0, 1.5, 1001, Number.NaN])("%s steps", async (steps) => {
		await expect(create(SD, steps, { name: "ddim" })).rejects.toThrow(ArgumentError);
		await expect(create(SD, steps, { name: "ddim" })).rejects.toThrow("numInferenceSteps");
	});

	test("a number of steps whose first timestep is past the trained ones", async () => {
		await expect(
			create({ ...SD, steps_offset: 1, timestep_spacing: "leading" }, 1000, { name: "ddim" }),
		).rejects.toThrow(/1000/);
	});

	test("Runge-Kutta steps with fewer than four", async () => {
		await expect(create(SD, 3)).rejects.toThrow("from 4 to 1000");
	});

	test("eta out of range, or with a sampler that has none", async () => {
		await expect(create(SD, 4, { name: "ddim", eta: 1.1 })).rejects.toThrow("eta");
		await expect(create(SD, 4, { name: "euler", eta: 0.5 })).rejects.toThrow("eta");
	});

	test.each(["euler", "dpm++2m"] as const)("%s for a flow, and says why", async (name) => {
		const call = () => create(FLOW, 4, { name });
		await expect(call()).rejects.toThrow(ArgumentError);
		await expect(call()).rejects.toThrow(
			/expected one of flow-match-euler, .*"FlowMatchHeunDiscreteScheduler" describes a flow/,
		);
	});

	test("a flow's sampler for a diffusion, and says why", async () => {
		const call = () => create(SD, 4, { name: "flow-match-euler" });
		await expect(call()).rejects.toThrow(ArgumentError);
		await expect(call()).rejects.toThrow(
			/expected one of ddim, .*"PNDMScheduler" describes noise levels of a diffusion/,
		);
	});

	test.each([
		["use_karras_sigmas", { use_karras_sigmas: true, use_beta_sigmas: true }],
		["shift", { shift: 0 }],
		["time_shift_type", { time_shift_type: "cubic" }],
		["shift_terminal", { shift_terminal: 1 }],
		["max_image_seq_len", { max_image_seq_len: 256 }],
	] as const)("a flow's %s", async (field, settings) => {
		const call = () => create({ ...FLOW_EULER, ...settings }, 4);
		await expect(call()).rejects.toThrow(CheckpointError);
		await expect(call()).rejects.toThrow(field);
	});

	test.each([[[]], [[0.5, 1]], [[1.2, 1]], [[1, 0]], [[1, Number.NaN]]])("levels %j of two steps", async (sigmas) => {
		const call = () => createScheduler(FLOW_EULER, 2, { noise, sigmas });
		await expect(call()).rejects.toThrow(ArgumentError);
		await expect(call()).rejects.toThrow("sigmas");
	});

	test("levels given to a sampler that has its own", async () => {
		await expect(createScheduler(SD, 2, { noise, name: "ddim", sigmas: [1, 0.5] })).rejects.toThrow(
			/sigmas: expected none with DDIMScheduler/,
		);
	});

	test.each([undefined, 0, 1.5])("%s patches, where the shift depends on them", async (imageSequenceLength) => {
		const call = () =>
			createScheduler({ ...FLOW_EULER, use_dynamic_shifting: true }, 2, { noise, imageSequenceLength });
		await expect(call()).rejects.toThrow(ArgumentError);
		await expect(call()).rejects.toThrow("imageSequenceLength");
	});

	test("one step of a schedule that has a terminal level", async () => {
		const call = () => create({ ...FLOW_EULER, shift_terminal: 0.1 }, 1);
		await expect(call()).rejects.toThrow(ArgumentError);
		await expect(call()).rejects.toThrow("numInferenceSteps");
	});

	test("eta with a flow", async () => {
		await expect(create(FLOW_EULER, 4, { eta: 0.5 })).rejects.toThrow("eta");
	});

	test("a name that is none of the list", async () => {
		await expect(create(SD, 4, { name: "huen" as SchedulerName })).rejects.toThrow(schedulerNamesFor(SD).join(", "));
	});
});

test("a class that is not supported can be replaced by name", async () => {
	const config = { ...SD, _class_name: "KarrasVeScheduler", solver_type: "bh2", skip_prk_steps: true };
	for (const name of schedulerNamesFor(config)) {
		expect((await create(config, 5, { name })).timesteps.length).toBeGreaterThanOrEqual(5);
	}
});

test("a Brownian motion follows from drawn seeds: one for all pictures, or one for each", async () => {
	const [one, other] = [5n, 2n ** 63n - 2n];
	const second = async (seeds: readonly bigint[] | undefined, length: number) => {
		const entropy = seeds && (() => seeds);
		const scheduler = await create(SD, 4, { name: "dpm++sde", entropy, pictures: 2 });
		const sample = new Float32Array(length).fill(3);
		return [
			...scheduler.step(
				sample.map(() => 0.5),
				0,
				sample,
			).prevSample,
		];
	};
	const each = await second([one, other], 40);
	expect(each.slice(0, 20)).toEqual(await second([one], 20));
	expect(each.slice(20)).toEqual(await second([other], 20));
	expect(await second([one], 40)).not.toEqual(each);
	await expect(second(undefined, 20)).rejects.toThrow("entropy");
	const file = { ...SD, _class_name: "DPMSolverSDEScheduler", noise_sampler_seed: 5 };
	const sample = new Float32Array(20).fill(3);
	expect([
		...(await create(file, 4)).step(
			sample.map(() => 0.5),
			0,
			sample,
		).prevSample,
	]).toEqual(await second([one], 20));
});

test("each name is for files of a diffusion or for those of a flow", async () => {
	const edm = schedulerNamesFor({ _class_name: "EDMEulerScheduler" });
	expect([...schedulerNamesFor(SD), ...edm, ...schedulerNamesFor(FLOW)]).toEqual(SCHEDULER_NAMES);
	expect(schedulerNamesFor({ _class_name: "IPNDMScheduler" })).toEqual([]);
	expect(schedulerNamesFor({ _class_name: "ScoreSdeVeScheduler" })).toEqual(schedulerNamesFor(SD));
	expect((await create(FLOW, 4, { name: "flow-match-euler" })).timesteps[0]).toBe(1000);
});

test("a chosen name that does not speak of spacing levels has them spaced evenly", async () => {
	const file = { ...SD, _class_name: "EulerDiscreteScheduler", use_exponential_sigmas: true };
	const plain = await create({ ...file, use_exponential_sigmas: false }, 4);
	expect((await create(file, 4, { name: "euler" })).sigmas).toEqual(plain.sigmas);
	expect((await create(file, 4)).sigmas).not.toEqual(plain.sigmas);
});

test("a flow whose velocity is known leads straight to the noiseless sample, in any number of steps", async () => {
	const schedule = fc.record({
		steps: fc.integer({ min: 1, max: 60 }),
		shift: fc.double({ min: 0.5, max: 8, noNaN: true }),
		inverted: fc.boolean(),
	});
	await fc.assert(
		fc.asyncProperty(schedule, async ({ steps, shift, inverted }) => {
			const scheduler = await create({ ...FLOW_EULER, shift, invert_sigmas: inverted }, steps);
			const [start, end] = [Float32Array.of(-1.5), 0.75];
			const { sigmas } = scheduler;
			const velocity = Float32Array.of((end - start[0]!) / (sigmas!.at(-1)! - sigmas![0]!));
			let sample: Float32Array = start;
			for (const i of scheduler.timesteps.keys()) {
				const step = scheduler.step(velocity, i, sample);
				expect(step.predOriginalSample[0]).toBeCloseTo(end, 5);
				sample = step.prevSample;
			}
			expect(sample[0]).toBeCloseTo(end, 5);
		}),
		{ numRuns: 50 },
	);
});

test("a flow begins at its noise, whatever its shift is rounded to", async () => {
	expect((await create({ ...FLOW_EULER, shift: 1.5049946904182436 }, 1)).timesteps[0]).toBeCloseTo(1000, 3);
});

test("a file that diffusers wrote, with -Infinity in it, is read", async () => {
	const text =
		'{"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -Infinity, "note": "NaN, \\"Infinity\\""}';
	const config = parseSchedulerFile(text);
	expect(config).toMatchObject({ lambda_min_clipped: null, note: 'NaN, "Infinity"' });
	expect((await create(config, 4)).timesteps).toHaveLength(4);
	expect(() => parseSchedulerFile("{")).toThrow(CheckpointError);
	expect(() => parseSchedulerFile("[".repeat(101) + "]".repeat(101))).toThrow("brackets more than 100 deep");
	expect(parseSchedulerFile(String.raw`{"a": "\\", "b": [NaN, "-Infinity\""]}`)).toEqual({
		a: "\\",
		b: [null, '-Infinity"'],
	});
});

test("a string of a million quotes without an end is looked through once", () => {
	expect(() => parseSchedulerFile(`"${'\\"'.repeat(1_000_000)}`)).toThrow(CheckpointError);
});
