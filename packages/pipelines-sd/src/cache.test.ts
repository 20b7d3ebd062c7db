import { fileURLToPath } from "node:url";
import { type KeptTensor, Session } from "@drum/graph";
import { DrUM, type GenerateOptions, readPngParameters, StableDiffusion, type Step } from "@drum/pipelines-sd";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";

// test/golden/caches.test.ts compares cached runs with diffusers.

const fixture = (name: string) => fileURLToPath(new URL(`../../../test/golden/fixtures/${name}`, import.meta.url));
/** Nine calls, because PNDM makes two for its second step. */
const SMALL = { height: 32, width: 32, numInferenceSteps: 8, seed: 7, guidanceScale: 4 } as const;
const SIDE = { height: 32, width: 32 };
const grey = (value: number) => new Uint8Array(32 * 32 * 3).fill(value);
const DEEP = { method: "deepcache", interval: 3, branch: 0 } as const;
/** Caches that skip nothing: the network runs in its three parts, and computes the same as in one. */
const NOTHING = {
	deepcache: { method: "deepcache", interval: 1 },
	block: { method: "first-block", threshold: 0 },
} as const;

let sd: StableDiffusion;
let sd3: StableDiffusion;
beforeAll(async () => {
	sd = await StableDiffusion.fromPretrained(fixture("sd1"));
	sd3 = await StableDiffusion.fromPretrained(fixture("sd35"), { maxSequenceLength: 77 });
});
afterAll(() => Promise.all([sd.release(), sd3.release()]));
afterEach(() => vi.restoreAllMocks());

/** The call's result, and its last latents. */
async function latentsOf(options: GenerateOptions, pipeline = sd) {
	let latents = new Float32Array();
	const onStep = async (step: Step) => {
		await options.onStep?.(step);
		latents = Float32Array.from(step.latents);
	};
	return { ...(await pipeline.generate("a lighthouse", { ...SMALL, ...options, onStep })), latents };
}

function expectNear(found: Float32Array, expected: Float32Array, within = 1e-4) {
	const furthest = found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
	expect(furthest).toBeLessThan(within);
}

/** All tensors that the runtime keeps from now on. */
function keptTensors(): KeptTensor[] {
	const all: KeptTensor[] = [];
	const { runKeeping } = Session.prototype;
	vi.spyOn(Session.prototype, "runKeeping").mockImplementation(async function (this: Session, ...inputs) {
		const result = await runKeeping.apply(this, inputs);
		all.push(...Object.values(result.kept));
		return result;
	});
	return all;
}

async function expectReleased(kept: readonly KeptTensor[]) {
	expect(kept.length).toBeGreaterThan(0);
	for (const each of kept) await expect(each.read()).rejects.toThrow("released");
}

describe("a cache that skips nothing draws the same as no cache", () => {
	test.each<[string, GenerateOptions]>([
		["with guidance in part of the steps", { guidanceStart: 0.3, guidanceEnd: 0.6 }],
		["with two calls a step", { scheduler: "heun", numInferenceSteps: 4 }],
		["with a negative prompt longer than the prompt", { promptSyntax: "a1111", negativePrompt: "a cat, ".repeat(30) }],
		[
			"from a picture, with a mask",
			{ image: { ...SIDE, data: grey(90) }, mask: { ...SIDE, data: grey(255) }, strength: 0.7 },
		],
		["with rescaled guidance and two pictures", { guidanceRescale: 0.5, numImagesPerPrompt: 2, numInferenceSteps: 4 }],
	])("%s", async (_, options) => {
		const plain = await latentsOf(options);
		const cached = await latentsOf({ ...options, cache: NOTHING.deepcache });
		expectNear(cached.latents, plain.latents);
		expect([plain.cachedSteps, cached.cachedSteps]).toEqual([undefined, 0]);
		const warning = { code: "option-unused", what: "cache", message: "cache has no effect with an interval of 1." };
		expect(cached.warnings).toEqual([...plain.warnings, warning]);
	});

	test.each<[string, GenerateOptions]>([
		["with skip-layer guidance", { skipGuidanceLayers: [1], skipLayerGuidanceStop: 0.6 }],
		["with guidance in part of the steps", { guidanceStart: 0.3, guidanceEnd: 0.6 }],
	])("Stable Diffusion 3 %s", async (_, given) => {
		const options = { ...given, numInferenceSteps: 5 };
		const plain = await latentsOf(options, sd3);
		const cached = await latentsOf({ ...options, cache: NOTHING.block }, sd3);
		expectNear(cached.latents, plain.latents);
		expect(cached.cachedSteps).toBe(0);
	});

	test("under a LoRA, and without it afterwards", async () => {
		const bare = await latentsOf({});
		await sd.loadLora(fixture("loras/sd1-style.safetensors"), { name: "style" });
		const [plain, cached] = [await latentsOf({}), await latentsOf({ cache: NOTHING.deepcache })];
		const half = await latentsOf({ cache: NOTHING.deepcache, loras: { style: 0.5 } });
		await sd.unloadLora("style");
		expectNear(cached.latents, plain.latents);
		expect(half.latents).not.toEqual(cached.latents);
		expectNear((await latentsOf({ cache: NOTHING.deepcache })).latents, bare.latents);
	});
});

describe("what is kept", () => {
	test("belongs to one prediction: where guidance begins or ends, a step is whole", async () => {
		const ends = await latentsOf({ cache: DEEP, guidanceEnd: 0.5 });
		// Calls 0, 3 and 6 are whole, and the fifth, the first without guidance. With guidance in the second half it is the same.
		expect(ends.cachedSteps).toBe(5);
		expect((await latentsOf({ cache: DEEP, guidanceStart: 0.5 })).cachedSteps).toBe(5);
		expect((await latentsOf({ cache: DEEP })).cachedSteps).toBe(6);
	});

	test("belongs to one call: runs at the same time, or of another size, do not use each other's", async () => {
		const alone = await latentsOf({ cache: DEEP });
		const [first, other, again] = await Promise.all([
			latentsOf({ cache: DEEP }),
			latentsOf({ cache: { method: "deepcache", interval: 2, branch: 1 }, width: 48, seed: 8 }),
			latentsOf({ cache: DEEP }),
		]);
		expect(first.latents).toEqual(alone.latents);
		expect(again.latents).toEqual(alone.latents);
		expect(other.latents.every(Number.isFinite)).toBe(true);
	});

	test("is freed at the end, when a run is stopped and when one fails", async () => {
		const kept = keptTensors();
		await latentsOf({ cache: DEEP });
		const stopping = new AbortController();
		const stopped = latentsOf({ cache: DEEP, signal: stopping.signal, onStep: () => stopping.abort("enough") });
		await expect(stopped).rejects.toBe("enough");
		const failing = latentsOf({ cache: NOTHING.block, onStep: () => Promise.reject(new Error("on purpose")) }, sd3);
		await expect(failing).rejects.toThrow("on purpose");
		await expectReleased(kept);
	});

	test("survives a release of the models in the middle of a run", async () => {
		const whole = await latentsOf({ cache: DEEP });
		const freed = await latentsOf({ cache: DEEP, onStep: ({ step }) => (step === 2 ? sd.release() : undefined) });
		expect(freed.latents).toEqual(whole.latents);
		await using offloading = await StableDiffusion.fromPretrained(fixture("sd1"), { offload: true });
		expect((await latentsOf({ cache: DEEP }, offloading)).latents).toEqual(whole.latents);
	});
});

test("the whole network and the one in parts are never both in memory, and without a cache there are no parts", async () => {
	await sd.denoiser.release();
	const create = vi.spyOn(Session, "create");
	const release = vi.spyOn(Session.prototype, "release");
	const loadings = async (options: GenerateOptions) => {
		create.mockClear();
		release.mockClear();
		await latentsOf({ ...options, numInferenceSteps: 4 });
		const names = [
			create.mock.calls.map(([graph]) => graph.name),
			(release.mock.contexts as Session[]).map(({ name }) => name),
		];
		return names.map((each) => each.filter((name) => name.includes("unet")).length);
	};
	expect(await loadings({})).toEqual([1, 0]);
	expect(await loadings({ cache: DEEP })).toEqual([3, 1]);
	expect(await loadings({ cache: DEEP })).toEqual([0, 0]);
	expect(await loadings({})).toEqual([1, 3]);
});

test("a cached run with a profile draws the same as with the profile's condition", async () => {
	await using drum = await DrUM.attach(sd, { adapters: fixture("adapters") });
	const profile = await drum.profile([{ prompt: "a red cat" }, { prompt: "neon signs", intensity: 2 }]);
	const options = { ...SMALL, cache: DEEP };
	const { images, cachedSteps } = await drum.generate("a lighthouse", { ...options, profile, alpha: 0.6 });
	const condition = await drum.condition("a lighthouse", { profile, alpha: 0.6 });
	const same = await sd.generate(condition, options);
	expect(images[0]!.data).toEqual(same.images[0]!.data);
	expect(cachedSteps).toBe(6);
	const plain = await sd.generate("a lighthouse", options);
	expect(images[0]!.data).not.toEqual(plain.images[0]!.data);
});

describe("the option", () => {
	test("takes a method's name for its published defaults, and the picture's file records them", async () => {
		const { images } = await sd.generate("a lighthouse", { ...SMALL, numInferenceSteps: 4, cache: "deepcache" });
		expect(images[0]!.parameters.cache).toEqual(DEEP);
		expect(readPngParameters(await images[0]!.toPng())?.cache).toEqual(DEEP);
		const threes = await sd3.generate("a lighthouse", { ...SMALL, numInferenceSteps: 4, cache: "first-block" });
		expect(threes.images[0]!.parameters.cache).toEqual({ method: "first-block", threshold: 0.05 });
	});

	test.each([
		["first-block", "cache", "deepcache for Stable Diffusion 1"],
		["teacache", "cache", "deepcache or first-block"],
		[null, "cache", "deepcache or first-block"],
		[{}, "cache", "deepcache or first-block"],
		[{ method: "deepcache", interval: 0 }, "interval of cache", "an integer from 1"],
		[{ method: "deepcache", interval: 2.5 }, "interval of cache", "an integer from 1"],
		[{ method: "deepcache", interval: "3" }, "interval of cache", "an integer from 1"],
		[{ method: "deepcache", branch: -1 }, "branch of cache", "an integer from 0"],
		[{ method: "deepcache", branch: 6 }, "branch of cache", "an integer from 0 to 5, the denoiser's branches"],
		[{ method: "first-block", threshold: Number.NaN }, "threshold of cache", "a finite number from 0"],
		[{ method: "first-block", threshold: -0.1 }, "threshold of cache", "a finite number from 0"],
	])("refuses %j", async (cache, what, expected) => {
		const drawing = sd.generate("a lighthouse", { ...SMALL, cache: cache as GenerateOptions["cache"] });
		await expect(drawing).rejects.toMatchObject({ code: "argument", what, expected });
	});

	test("refuses a setting that the method does not have, and a cache that the model does not", async () => {
		const cache = { method: "deepcache", threshold: 1 } as unknown as GenerateOptions["cache"];
		await expect(sd.generate("a lighthouse", { cache })).rejects.toMatchObject({ code: "argument" });
		const next = expect.stringContaining("DeepCache is for Stable Diffusion 1, 2 and XL");
		const refused = { code: "argument", what: "cache", expected: "first-block for Stable Diffusion 3", next };
		await expect(sd3.generate("a lighthouse", { cache: "deepcache" })).rejects.toMatchObject(refused);
	});

	test.each<[GenerateOptions, string]>([
		[{ cache: DEEP, numInferenceSteps: 1, scheduler: "euler" }, "option-unused"],
		[{ cache: DEEP, numInferenceSteps: 3, scheduler: "euler" }, "cache-coarse"],
		[{ cache: { method: "deepcache", interval: 8 }, scheduler: "euler" }, "cache-coarse"],
		// Both calls of a step have the number of the first, which is never even.
		[{ cache: { method: "deepcache", interval: 2 }, scheduler: "heun" }, "cache-coarse"],
	])("warns of %j", async (options, code) => {
		const { warnings } = await sd.generate("a lighthouse", { ...SMALL, ...options });
		expect(warnings.filter(({ what }) => what === "cache")).toMatchObject([{ code }]);
	});
});
