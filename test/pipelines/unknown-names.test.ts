import { fileURLToPath } from "node:url";
import { coreset, coresetSize, kCenter, profileSize, randomSample, uniformSample } from "@drum/coreset";
import { contactSheet, createScheduler, denoise } from "@drum/diffusion";
import { CLIPImageEncoder, CLIPTextEncoder } from "@drum/encoders-clip";
import { T5TextEncoder } from "@drum/encoders-t5";
import { findFile, openRepository } from "@drum/hub";
import { Adapter, extendProfile, makeProfile, parseHistory } from "@drum/peca";
import {
	DiffusionPipeline,
	DrUM,
	openCheckpoint,
	openEncoders,
	openParts,
	readCheckpointSettings,
} from "@drum/pipeline";
import { FLUX, Flux } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION, StableDiffusion } from "@drum/pipelines-sd";
import { ArgumentError, float32 } from "@drum/tensor";
import { openCaptions, trainAdapter } from "@drum/training";
import { afterAll, describe, expect, test } from "vitest";

// Plain JavaScript may give any name: each function that takes options refuses those that it does not know, before it does anything.

const fixture = (name: string) => fileURLToPath(new URL(`../golden/fixtures/${name}`, import.meta.url));
const models = [...STABLE_DIFFUSION, ...FLUX];
const sd = await StableDiffusion.fromPretrained(fixture("sd1"));
const drum = await DrUM.attach(sd, { adapters: fixture("adapters") });
const profile = await drum.profile([]);
afterAll(() => sd.release());

/** No file is there, and no hub is asked. */
const nowhere = fixture("no-such-checkpoint");
const { mix, encoders } = sd;
const picture = { width: 1, height: 1, data: new Uint8Array(3) };
const latents = float32(new Float32Array(4 * 16), [1, 4, 4, 4]);
const rows = float32(Float32Array.of(1, 2, 3, 4), [2, 2]);

// biome-ignore lint/suspicious/noExplicitAny: the names are wrong on purpose
type Loose = (options: any) => unknown;
const CALLS: Record<string, Loose> = {
	openRepository: (options) => openRepository(nowhere, options),
	findFile: (options) => findFile(nowhere, options),
	"CLIPTextEncoder.fromPretrained": (options) => CLIPTextEncoder.fromPretrained(nowhere, options),
	"CLIPTextEncoder.create": (options) => CLIPTextEncoder.create(options),
	"CLIPTextEncoder.encode": (options) => encoders.L!.encode(["a boat"], options),
	"CLIPImageEncoder.fromPretrained": (options) => CLIPImageEncoder.fromPretrained(nowhere, options),
	"CLIPImageEncoder.create": (options) => CLIPImageEncoder.create(options),
	"T5TextEncoder.create": (options) => T5TextEncoder.create(options),
	coreset: (options) => coreset(rows, options),
	kCenter: (options) => kCenter(rows, options),
	randomSample: (options) => randomSample(5, options),
	uniformSample: (options) => uniformSample(5, options),
	coresetSize: (options) => coresetSize(5, options),
	profileSize: (options) => profileSize(5, options),
	"Adapter.create": (options) => Adapter.create(options),
	makeProfile: (options) => makeProfile(mix, encoders, [], options),
	extendProfile: (options) => extendProfile(mix, encoders, profile, [], options),
	parseHistory: (options) => parseHistory(new Uint8Array(), "jsonl", "history", options),
	trainAdapter: (options) => trainAdapter(options),
	openCaptions: (options) => openCaptions(nowhere, options),
	"DrUM.attach": (options) => DrUM.attach(sd, options),
	"drum.profile": (options) => drum.profile([], options),
	"drum.extend": (options) => drum.extend(profile, [], options),
	"drum.condition": (options) => drum.condition("a boat", options),
	"drum.generate": (options) => drum.generate("a boat", options),
	createScheduler: (options) => createScheduler(sd.schedulerConfig, 4, options),
	denoise: (options) => denoise(options),
	contactSheet: (options) => contactSheet([[picture]], options),
	"vae.decode": (options) => sd.vae.decode(latents, options),
	"vae.encode": (options) => sd.vae.encode(latents, options),
	"DiffusionPipeline.fromPretrained": (options) => DiffusionPipeline.fromPretrained(nowhere, { models, ...options }),
	"StableDiffusion.fromPretrained": (options) => StableDiffusion.fromPretrained(nowhere, options),
	"Flux.fromPretrained": (options) => Flux.fromPretrained(nowhere, options),
	"DiffusionPipeline.fromSingleFile": (options) => DiffusionPipeline.fromSingleFile(nowhere, { models, ...options }),
	"StableDiffusion.fromSingleFile": (options) => StableDiffusion.fromSingleFile(nowhere, options),
	"Flux.fromSingleFile": (options) => Flux.fromSingleFile(nowhere, options),
	openParts: (options) => openParts(nowhere, models, options),
	openCheckpoint: (options) => openCheckpoint(nowhere, models, options),
	openEncoders: (options) => openEncoders(nowhere, { models, ...options }),
	readCheckpointSettings: (options) => readCheckpointSettings(nowhere, { models, ...options }),
	"pipeline.encodePrompt": (options) => sd.encodePrompt("a boat", options),
	"pipeline.checkOptions": (options) => sd.checkOptions(options),
	"pipeline.generate": (options) => sd.generate("a boat", options),
};

const failureOf = (call: () => unknown) => new Promise((resolve) => resolve(call())).then(() => "", String);
const refused = async (call: () => unknown) => {
	const error: unknown = await new Promise((resolve) => resolve(call())).catch((error: unknown) => error);
	expect(error).toBeInstanceOf(ArgumentError);
	return (error as ArgumentError).message;
};

describe("a name that it does not know", () => {
	test.each(Object.entries(CALLS))("%s", async (_, call) => {
		expect(await refused(() => call({ zebra: 1 }))).toMatch(/^option zebra of .*found 1\. Leave it out$/);
		for (const odd of [null, 5, "fast", [1]]) {
			if (call.toString().includes("...options")) continue;
			expect(await failureOf(() => call(odd))).toMatch(/^ArgumentError: options of .*expected an object/);
		}
		expect(await failureOf(() => call({ zebra: undefined }))).not.toMatch("zebra");
	});
});

describe("the nearest name that exists is offered", () => {
	test.each<[keyof typeof CALLS, Record<string, unknown>, string]>([
		["pipeline.generate", { steps: 5 }, "numInferenceSteps"],
		["pipeline.generate", { num_inference_steps: 5 }, "numInferenceSteps"],
		["pipeline.generate", { cfg: 5 }, "guidanceScale"],
		["pipeline.generate", { cfgScale: 5 }, "guidanceScale"],
		["pipeline.generate", { guidance: 5 }, "guidanceScale"],
		["pipeline.generate", { n: 2 }, "numImagesPerPrompt"],
		["pipeline.generate", { batch: 2 }, "numImagesPerPrompt"],
		["pipeline.generate", { num_images_per_prompt: 2 }, "numImagesPerPrompt"],
		["pipeline.generate", { sampler: "euler" }, "scheduler"],
		["pipeline.generate", { negative_prompt: "french fries" }, "negativePrompt"],
		["pipeline.generate", { generator: 1 }, "seed"],
		["pipeline.generate", { callback_on_step_end: () => {} }, "onStep"],
		["pipeline.generate", { hieght: 64 }, "height"],
		["StableDiffusion.fromPretrained", { cache_dir: "x" }, "cacheDir"],
		["StableDiffusion.fromPretrained", { auth: "x" }, "token"],
		["StableDiffusion.fromPretrained", { use_auth_token: "x" }, "token"],
		["StableDiffusion.fromPretrained", { local_files_only: true }, "offline"],
		["StableDiffusion.fromPretrained", { torch_dtype: "float16" }, "dtype"],
		["openRepository", { cache: "x" }, "cacheDir"],
		["drum.generate", { stpes: 5 }, "numInferenceSteps"],
		["drum.generate", { alhpa: 0.5 }, "alpha"],
		["drum.profile", { count: 5 }, "size"],
		["drum.condition", { strength: 0.5 }, "alpha"],
		["coreset", { weights: [1, 2] }, "intensities"],
	])("%s: %j, did you mean %s?", async (name, options, expected) => {
		expect(await refused(() => CALLS[name]!(options))).toMatch(new RegExp(`Did you mean ${expected}\\?$`));
	});

	test.each([{ profile }, { alpha: 0.3 }, { profile, alpha: 0.3 }])("a pipeline by itself with %j", async (options) => {
		const message = await refused(() => CALLS["pipeline.generate"]!(options));
		expect(message).toMatch(/^option (profile|alpha) of generate: .*Give \1 to drum\.generate/);
	});
});

describe("what is no profile", () => {
	test.each<[string, unknown, RegExp]>([
		["a promise", Promise.resolve(profile), /found a Promise\. Await it/],
		["a path", "user.safetensors", /"user\.safetensors"\. If it is a path, await drum\.loadProfile/],
		["bytes", profile.toBytes(), /await drum\.loadProfile/],
		["a history", [{ prompt: "a boat" }], /await drum\.profile\(history\)/],
		["null", null, /found null/],
	])("%s", async (_, given, message) => {
		const calls: Loose[] = [CALLS["drum.generate"]!, CALLS["drum.condition"]!];
		for (const call of calls) expect(await refused(() => call({ profile: given }))).toMatch(message);
		expect(await refused(() => drum.extend(given as never, []))).toMatch(message);
	});
});

test("without models", async () => {
	const open = DiffusionPipeline.fromPretrained as (source: string, options?: object) => Promise<unknown>;
	for (const options of [undefined, {}, { models: [] }, { models: "sd" }]) {
		expect(await refused(() => open(nowhere, options))).toMatch(
			/^models: expected a list of at least one foundation model/,
		);
	}
});
