import { fileURLToPath } from "node:url";
import { DrUM, type GenerateProgress, type GenerateResult, StableDiffusion } from "@drum/pipelines-sd";
import { afterAll, beforeAll, expect, test } from "vitest";

const fixture = (name: string) => fileURLToPath(new URL(`../../../test/golden/fixtures/${name}`, import.meta.url));
/** The smallest picture: two steps, 32 × 32 pixels. */
const SMALL = { height: 32, width: 32, numInferenceSteps: 2, scheduler: "ddim" } as const;
const bytes = ({ images }: GenerateResult) => images.map(({ data }) => Buffer.from(data).toString("base64"));

let sd: StableDiffusion;
beforeAll(async () => {
	sd = await StableDiffusion.fromPretrained(fixture("sd1"));
});
afterAll(() => sd.release());

test("simultaneous calls are drawn one after another, each as if it were alone", async () => {
	const seeds = [1, 2, 3, 4];
	const steps: number[] = [];
	const drawn = await Promise.all(
		seeds.map((seed) => sd.generate("a lighthouse", { ...SMALL, seed, onStep: () => steps.push(seed) })),
	);
	expect(steps).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
	for (const [i, seed] of seeds.entries()) {
		expect(bytes(drawn[i]!)).toEqual(bytes(await sd.generate("a lighthouse", { ...SMALL, seed })));
	}
});

test("callers take turns, and each call reports its place and its stations", async () => {
	const order: string[] = [];
	const told: GenerateProgress[] = [];
	const call = (caller: string, onProgress?: (progress: GenerateProgress) => void) =>
		sd.generate("a lighthouse", { ...SMALL, seed: 1, caller, onProgress }).then(() => order.push(caller));
	const [first, second] = [call("ann"), call("ann")];
	const third = call("ben", (progress) => told.push(progress));
	await Promise.all([first, second, third]);
	expect(order).toEqual(["ann", "ben", "ann"]);
	expect(told).toEqual([
		{ station: "queue", place: 1 },
		{ station: "condition", done: 0, total: 1 },
		{ station: "condition", done: 1, total: 1 },
		{ station: "denoised", done: 1, total: 2 },
		{ station: "denoised", done: 2, total: 2 },
		{ station: "image", done: 0, total: 1 },
		{ station: "image", done: 1, total: 1 },
	]);
});

test("a wrong option is refused while others draw, and a waiting call can be cancelled at once", async () => {
	let drawn = false;
	const first = sd.generate("a lighthouse", { ...SMALL, seed: 1 }).then(() => {
		drawn = true;
	});
	await expect(sd.generate("a star", { ...SMALL, height: 33 })).rejects.toMatchObject({ what: "height" });
	const controller = new AbortController();
	const waiting = sd.generate("a star", { ...SMALL, signal: controller.signal });
	controller.abort(new Error("enough"));
	await expect(waiting).rejects.toThrow("enough");
	expect(drawn).toBe(false);
	await first;
});

test("a personalised call makes its condition in its turn, and a call from inside a step does not wait for itself", async () => {
	const drum = await DrUM.attach(sd, { adapters: fixture("adapters") });
	const profile = await drum.profile([{ prompt: "neon signs over a rainy street" }]);
	const order: string[] = [];
	const one = (name: string) =>
		drum.generate("a lighthouse", { ...SMALL, seed: 1, profile, onStep: () => order.push(name) });
	await Promise.all([one("a"), one("b")]);
	expect(order).toEqual(["a", "a", "b", "b"]);

	const inner: GenerateResult[] = [];
	const onStep = async () => void inner.push(await sd.generate("a star", { ...SMALL, seed: 2 }));
	await drum.generate("a lighthouse", { ...SMALL, numInferenceSteps: 1, seed: 1, profile, onStep });
	expect(inner).toHaveLength(1);
	await drum.release();
});
