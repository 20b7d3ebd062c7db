import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { float32 } from "@drum/tensor";
import { writeSafetensors } from "@drum/tensor/node";
import { writeSingleFile } from "@drum/test-weights";
import { describe, expect, it, onTestFinished } from "vitest";
import { Model } from "../api/index.ts";
import { modelSource } from "../command/model-source.ts";
import { HeldModels } from "./held-models.ts";
import { openModels } from "./models.ts";
import { TINY } from "./testing/tiny.ts";

const signal = new AbortController().signal;

describe("the models that are served", () => {
	it("are described without their weights", async () => {
		await using models = await openModels([TINY]);
		const [tiny] = models.list();
		expect(Model.parse(tiny)).toEqual(tiny);
		expect(tiny).toMatchObject({
			id: "tiny",
			source: "@drum/tiny",
			kind: "Stable Diffusion 1",
			defaults: { width: 64, height: 64, numInferenceSteps: 25, guidanceScale: 4, alpha: 0.3 },
		});
		expect(tiny!.schedulers).toContain("euler");
		expect(tiny!.examples.length).toBeGreaterThan(2);
	});

	it("may be files, of which the header tells what they are", async () => {
		const folder = await mkdtemp(join(tmpdir(), "demo-models-"));
		onTestFinished(() => rm(folder, { recursive: true }));
		const path = join(folder, "dreams.v2.safetensors");
		// Its UNet is a part that names and shapes tell: nothing else is looked at before it draws.
		await writeSingleFile(path, "sd1");
		const source = modelSource(`${path}=${TINY.adapters}`);
		expect(source).toMatchObject({ id: "dreams.v2", source: path, adapters: TINY.adapters, loras: [] });
		await using models = await openModels([source]);
		const defaults = { width: 512, height: 512, numInferenceSteps: 50, guidanceScale: 7.5 };
		expect(models.list()[0]).toMatchObject({ id: "dreams.v2", kind: "Stable Diffusion 1", defaults });
	});

	it("have an id each, and a checkpoint that is there", async () => {
		await expect(openModels([TINY, TINY])).rejects.toThrow(/tiny twice/);
		await expect(openModels([{ ...TINY, source: "/no/such/folder" }])).rejects.toThrow(/no\/such\/folder/);
	});

	it("have warnings for their users, which do not tell where they lie", async () => {
		const folder = await mkdtemp(join(tmpdir(), "demo-models-"));
		onTestFinished(() => rm(folder, { recursive: true }));
		const source = join(folder, "checked");
		await cp(TINY.source, source, { recursive: true });
		const path = join(source, "model_index.json");
		const index = JSON.parse(await readFile(path, "utf8"));
		const checker = ["stable_diffusion", "StableDiffusionSafetyChecker"];
		await writeFile(path, JSON.stringify({ ...index, safety_checker: checker }));
		await using models = await openModels([{ ...TINY, source }]);
		const what = "safety_checker in checked/model_index.json";
		const message = expect.stringMatching(/^safety_checker in checked\/model_index\.json does not run by itself, /);
		expect(await models.use("tiny", { signal }, async ({ warnings }) => warnings)).toEqual([
			{ code: "safety-checker", what, message },
		]);
	});

	it("have the LoRAs that they are given, and tell them without where they lie", async () => {
		const fixture = (name: string) => fileURLToPath(new URL(`../../../test/golden/fixtures/${name}`, import.meta.url));
		const lora = { source: fixture("loras/sd1-style.safetensors"), scale: 0.8 };
		const source = { id: "sd1", source: fixture("sd1"), adapters: fixture("adapters"), loras: [lora, lora] };
		await using models = await openModels([source]);
		const told = { source: "sd1-style.safetensors", scale: 0.8 };
		expect(Model.parse(models.get("sd1")).loras).toEqual([told, told]);
		const scales = await models.use("sd1", { signal }, async ({ pipeline }) =>
			pipeline.loras.map(({ scale }) => scale),
		);
		expect(scales).toEqual([0.8, 0.8]);
		const missing = { ...source, loras: [{ source: fixture("loras/none.safetensors"), scale: 1 }] };
		await expect(openModels([missing])).rejects.toThrow(/none\.safetensors/);
	});

	it("have the textual inversions of their opening", async () => {
		const folder = await mkdtemp(join(tmpdir(), "demo-models-"));
		onTestFinished(() => rm(folder, { recursive: true }));
		const file = join(folder, "stripes.safetensors");
		await using plain = await openModels([TINY]);
		const { width } = await plain.use("tiny", { signal }, async ({ pipeline }) => pipeline.encoders.L!);
		await writeSafetensors(file, { emb_params: float32(new Float32Array(2 * width).fill(0.1), [2, width]) });
		await using own = await openModels([{ ...TINY, textualInversions: [{ source: file, token: "<stripes>" }] }]);
		const learned = await own.use("tiny", { signal }, async ({ pipeline }) => pipeline.textualInversions);
		expect(learned).toMatchObject([{ token: "<stripes>", vectors: 2, encoders: ["L"] }]);
	});

	it("and no others: another id is refused", async () => {
		await using models = await openModels([TINY]);
		await expect(models.use("other", { signal }, async () => {})).rejects.toThrow(/expected one of tiny, found other/);
	});
});

/** Models that tell what happens to them. */
function told(keep: number) {
	const events: string[] = [];
	const held = new HeldModels<string>(keep, async (id) => {
		events.push(`free ${id}`);
	});
	const open = (id: string) => async () => {
		events.push(`open ${id}`);
		return id;
	};
	const use = <T>(id: string, task: (id: string) => Promise<T>) => held.use(id, signal, open(id), task);
	return { events, held, use };
}

describe("models in memory", () => {
	it("are opened once while they are kept, and freed for one more", async () => {
		const { events, use } = told(1);
		await use("a", async () => {});
		await use("a", async () => {});
		await use("b", async () => {});
		await use("a", async () => {});
		expect(events).toEqual(["open a", "free a", "open b", "free b", "open a"]);
	});

	it("of several the one used longest ago goes first", async () => {
		const { events, use } = told(2);
		for (const id of ["a", "b", "a", "c"]) await use(id, async () => {});
		expect(events).toEqual(["open a", "open b", "free b", "open c"]);
	});

	it("are not freed while they are used: another waits", async () => {
		const { events, use } = told(1);
		const { promise, resolve } = Promise.withResolvers<void>();
		const first = use("a", () => promise);
		const second = use("b", async () => events.push("use b"));
		const third = use("a", async () => events.push("use a"));
		await third;
		expect(events).toEqual(["open a", "use a"]);
		resolve();
		await Promise.all([first, second]);
		expect(events).toEqual(["open a", "use a", "free a", "open b", "use b"]);
	});

	it("that could not be opened are tried anew, also by one that waited for another's try", async () => {
		const { held } = told(1);
		let tries = 0;
		const open = async () => {
			if (tries++ === 0) throw new Error("no network");
			return "a";
		};
		const uses = [1, 2].map(() => held.use("a", signal, open, async (id) => id));
		expect(await Promise.allSettled(uses)).toMatchObject([
			{ status: "rejected", reason: { message: "no network" } },
			{ status: "fulfilled", value: "a" },
		]);
		expect(tries).toBe(2);
	});

	it("are all freed in the end, once they are not used", async () => {
		const { events, held, use } = told(3);
		const { promise, resolve } = Promise.withResolvers<void>();
		const first = use("a", () => promise);
		await use("b", async () => {});
		const cleared = held.clear();
		resolve();
		await Promise.all([first, cleared]);
		expect(events).toEqual(["open a", "open b", "free b", "free a"]);
	});
});
