import { ArgumentError, CheckpointError } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { amendSettings, createScheduler, namedSettings, type SchedulerName } from "../index.ts";

const SD = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: "scaled_linear" };
const create = (config: object, steps: number, name?: SchedulerName) =>
	createScheduler(config, steps, { noise: (size) => new Float32Array(size), name });
const amend = (file: object) =>
	amendSettings(file, { steps_offset: () => 1, clip_sample: (clip) => (clip === true ? false : clip) });

test("trailing timesteps are NumPy's, where an exact half falls to the other side", async () => {
	const config = { _class_name: "DDIMScheduler", ...SD, timestep_spacing: "trailing" };
	// Oracle: diffusers 0.42.1.
	expect((await create(config, 48)).timesteps.slice(2, 5)).toEqual([957, 936, 916]);
	expect((await create(config, 48)).timesteps).toEqual((await create(config, 48, "euler")).timesteps);
});

describe("settings that a pipeline puts right", () => {
	test("are those of the file's class, and those that the file names", () => {
		expect(amend({ _class_name: "DDIMScheduler" })).toMatchObject({ steps_offset: 1, clip_sample: false });
		expect(amend({ _class_name: "PNDMScheduler" })).not.toHaveProperty("clip_sample");
		expect(amend({ _class_name: "PNDMScheduler", clip_sample: true })).toMatchObject({ clip_sample: false });
		expect(amend({ _class_name: "DDIMScheduler", steps_offset: 1, clip_sample: false })).toEqual({
			_class_name: "DDIMScheduler",
			steps_offset: 1,
			clip_sample: false,
		});
	});

	test("hold for a sampler of another class only where the file names them", async () => {
		const file = { _class_name: "PNDMScheduler", ...SD, skip_prk_steps: true };
		const unnamed = amend(file);
		expect((await create(unnamed, 4)).timesteps[0]).toBe(751);
		expect((await create(unnamed, 4, "ddim")).timesteps[0]).toBe(750);
		expect((await create(amend({ ...file, steps_offset: 3 }), 4, "ddim")).timesteps[0]).toBe(751);
		expect(namedSettings(unnamed)).toEqual(file);
	});
});

describe("a file cannot ask for", () => {
	test.each([
		["num_train_timesteps", { num_train_timesteps: 100_001 }],
		["num_train_timesteps", { num_train_timesteps: 2 ** 53 - 1 }],
		["steps_offset", { steps_offset: 1e9 }],
		["steps_offset", { steps_offset: -1 }],
		["beta_end", { beta_end: 1 }],
		["beta_start", { beta_start: -0.1 }],
		["trained_betas", { trained_betas: [0.1, 2], num_train_timesteps: 2 }],
		["sigma_max", { sigma_max: 1e300 }],
	])("%s: %j", async (field, settings) => {
		const call = () => create({ _class_name: "EulerDiscreteScheduler", ...SD, ...settings }, 4);
		await expect(call()).rejects.toThrow(CheckpointError);
		await expect(call()).rejects.toThrow(field);
	});

	test.each([
		["EulerDiscreteScheduler", { beta_schedule: "linear", beta_end: 0.2 }, "beta_start, beta_end"],
		["DPMSolverMultistepScheduler", { beta_start: 0, beta_schedule: "linear" }, "beta_start, beta_end"],
		["DDIMScheduler", { num_train_timesteps: 100_000 }, "num_train_timesteps"],
		["DDIMScheduler", { num_train_timesteps: 3, trained_betas: [0.1, 0.99999999, 0.99] }, "trained_betas"],
	])("%s with noise levels that are no numbers: %j", async (_class_name, settings, field) => {
		const call = () => create({ _class_name, ...SD, ...settings }, 2);
		await expect(call()).rejects.toThrow(CheckpointError);
		await expect(call()).rejects.toThrow(field);
	});
});

test("dpm++2m takes the place of a sampler that adds noise of a fixed variance, not of a learned one", async () => {
	const file = { _class_name: "DDPMScheduler", ...SD, variance_type: "fixed_small" };
	expect((await create(file, 4, "dpm++2m")).timesteps).toHaveLength(4);
	await expect(create({ ...file, variance_type: "learned_range" }, 4, "dpm++2m")).rejects.toThrow("variance_type");
});

test("a message stays short, whatever the file and the call give", async () => {
	let deep: unknown = 1;
	for (let i = 0; i < 50_000; i++) deep = [deep];
	const file = { _class_name: "EulerDiscreteScheduler", beta_schedule: deep };
	await expect(create(file, 4)).rejects.toThrow(CheckpointError);
	await expect(create({ ...file, _class_name: deep }, 4)).rejects.toThrow(CheckpointError);
	await expect(create({ _class_name: "EulerDiscreteScheduler" }, 4, deep as never)).rejects.toThrow(ArgumentError);
});
