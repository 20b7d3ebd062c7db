import { ArgumentError, CheckpointError } from "@drum/tensor";
import { expect, test } from "vitest";
import { createScheduler } from "../index.ts";

const noise = (size: number) => new Float32Array(size);
const create = (config: object, options: { timesteps?: number[]; sigmas?: number[]; mu?: number }) =>
	createScheduler(config, 4, { noise, ...options });

test.each<[string, object, { timesteps?: number[]; sigmas?: number[]; mu?: number }, RegExp]>([
	[
		"DDIMScheduler",
		{},
		{ timesteps: [999, 499] },
		/timesteps: expected none with DDIMScheduler.*EulerDiscreteScheduler/,
	],
	["PNDMScheduler", {}, { sigmas: [9, 1, 0] }, /sigmas: expected none with PNDMScheduler/],
	["UniPCMultistepScheduler", {}, { sigmas: [1, 0.5] }, /sigmas: expected none with UniPCMultistepScheduler/],
	["EulerDiscreteScheduler", { use_karras_sigmas: true }, { timesteps: [9] }, /none with use_karras_sigmas/],
	["EulerDiscreteScheduler", {}, { timesteps: [1000, 9] }, /numbers from 999 to 0, falling/],
	["EulerDiscreteScheduler", {}, { timesteps: [9], sigmas: [9, 0] }, /expected one of them/],
	["EulerDiscreteScheduler", {}, { sigmas: [9, 0, 0] }, /a last one, often 0/],
	["DDPMScheduler", {}, { timesteps: [9, 9] }, /falling/],
	["DPMSolverMultistepScheduler", {}, { timesteps: [9.5] }, /whole numbers/],
	["FlowMatchEulerDiscreteScheduler", {}, { mu: 0.8 }, /mu: expected none/],
])("%s %j with %j is refused, and why", async (_class_name, settings, given, said) => {
	const call = () => create({ _class_name, ...settings }, given);
	await expect(call()).rejects.toThrow(ArgumentError);
	await expect(call()).rejects.toThrow(said);
});

test("a schedule whose steps are no numbers is refused, and the setting named", async () => {
	const config = { rescale_betas_zero_snr: true, timestep_spacing: "trailing", clip_sample: false };
	const call = () => create({ _class_name: "DDIMScheduler", ...config }, {});
	await expect(call()).rejects.toThrow(CheckpointError);
	await expect(call()).rejects.toThrow("rescale_betas_zero_snr");
});
