import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DrUM, StableDiffusion } from "@drum/pipelines-sd";
import { DownloadError } from "@drum/tensor";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type HubServer, startHubServer } from "../../../../packages/hub/src/testing/hub-server.ts";
import { KeptModel } from "./kept-model.ts";
import { SD_TURBO } from "./larger-model.ts";
import { tinyTurbo } from "./testing/tiny-turbo.ts";

// The same code as in a page; files are kept in a folder in place of the page's private file system.

let files: Awaited<ReturnType<typeof tinyTurbo>>;
let folder: string;
let hub: HubServer;
let kept: KeptModel;
beforeAll(async () => {
	files = await tinyTurbo();
});
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "turbo-"));
	hub = await startHubServer({
		...{ name: SD_TURBO.source, files: files.turbo, pageSize: 100 },
		others: { [SD_TURBO.adapters.source]: files.adapters },
	});
	kept = open();
});
afterEach(async () => {
	await hub.close();
	await rm(folder, { recursive: true, force: true });
});

function open({ keeps = true, keepsAll = false } = {}): KeptModel {
	const storage = {
		keeps: async () => keeps,
		room: async () => 1e9,
		folder: (id: string) => join(folder, id),
		remove: (id: string) => rm(join(folder, id), { recursive: true }),
	};
	return new KeptModel(SD_TURBO, { storage, device: "cpu", keepsAll });
}

const never = { signal: new AbortController().signal, onProgress: () => {}, onWait: () => {} };
/** What a run needs: half precision, and the one adapter. */
const NEEDED = /fp16|^weight\/H\.|model_index|config\.json|tokenizer\//;
const needed = () => Object.entries({ ...files.turbo, ...files.adapters }).filter(([path]) => NEEDED.test(path));
const bytesOf = (found: readonly (readonly [string, Uint8Array])[]) =>
	found.reduce((sum, [, { length }]) => sum + length, 0);

describe("a larger model", () => {
	it("tells its size by the hub's lists, and memory by its weights, and fetches nothing for that", async () => {
		const weights = needed().filter(([path]) => path.endsWith(".safetensors"));
		const { size, kept: here, room, memory } = await kept.extent(hub.url);
		expect([size, here, room]).toEqual([bytesOf(needed()), 0, 1e9]);
		const largest = Math.max(...weights.map(([, { length }]) => length));
		expect(memory).toEqual({ float16: largest + SD_TURBO.work, float32: 2 * (largest + SD_TURBO.work) });
		expect((await open({ keepsAll: true }).extent(hub.url)).memory.float16).toBe(bytesOf(weights) + SD_TURBO.work);
		expect(hub.seen.every(({ path }) => path.startsWith("/api/"))).toBe(true);
		expect(await kept.isHere()).toBe(false);
	});

	it("goes on from what has come, is fetched to the byte, and draws without the hub what its folder does", async () => {
		const stop = new AbortController();
		const PART = 100_000;
		const before = bytesOf(
			needed().slice(
				0,
				needed().findIndex(([path]) => /^unet.*fp16/.test(path)),
			),
		);
		hub.fail({ on: /content\/unet/, stallAfter: PART });
		const onProgress = (done: number) => done === before + PART && stop.abort();
		const broken = kept.bring(hub.url, { ...never, signal: stop.signal, onProgress });
		await expect(broken).rejects.toMatchObject({ name: "AbortError" });
		const { kept: here, size } = await open().extent(hub.url);
		expect(here).toBe(before + PART);
		expect(await kept.isHere()).toBe(false);

		const told: number[] = [];
		await kept.bring(hub.url, { ...never, onProgress: (done) => told.push(done) });
		expect(told).toEqual([...told].sort((a, b) => a - b));
		expect(told.at(-1)).toBe(size);
		expect(hub.sent(/content|resolve/)).toBe(size);
		await hub.close();
		expect(await kept.isHere()).toBe(true);
		expect(await kept.card()).toMatchObject({
			...{ id: "sd-turbo", source: "stabilityai/sd-turbo", adapters: "Burf/DrUM", kind: "Stable Diffusion 2" },
			defaults: { numInferenceSteps: 4, guidanceScale: 0 },
		});

		const checkpoint = join(folder, "checkpoint");
		for (const [path, bytes] of needed()) {
			await mkdir(dirname(join(checkpoint, path)), { recursive: true });
			await writeFile(join(checkpoint, path), bytes);
		}
		await using expected = await StableDiffusion.fromPretrained(checkpoint, { variant: "fp16" });
		await using personal = await DrUM.attach(expected, { adapters: checkpoint });
		const { pipeline, drum } = await kept.open(never.signal);
		const draw = async ({ drum }: { drum: Pick<typeof personal, "profile" | "generate"> }) => {
			const profile = await drum.profile([{ prompt: "blue stripes" }]);
			const settings = { profile, alpha: 0.5, seed: 1, numInferenceSteps: 2, guidanceScale: 0 };
			return (await drum.generate("a star", settings)).images[0]!.data;
		};
		expect(await draw({ drum })).toEqual(await draw({ drum: personal }));
		await drum.release();
		await pipeline.release();
		await kept.remove();
		expect(await kept.isHere()).toBe(false);
	});

	it("says what is wrong: a hub out of reach or without its files, a browser that keeps nothing", async () => {
		await expect(kept.extent(undefined)).rejects.toBeInstanceOf(DownloadError);
		await expect(open({ keeps: false }).bring(hub.url, never)).rejects.toMatchObject({ code: "file" });
		await using other = await startHubServer({
			...{ name: SD_TURBO.source, files: { "model_index.json": "{}" } },
			others: { [SD_TURBO.adapters.source]: files.adapters },
		});
		await expect(kept.extent(other.url)).rejects.toMatchObject({ code: "checkpoint", what: "stabilityai/sd-turbo" });
		await expect(kept.extent("hub.example")).rejects.toMatchObject({ code: "argument" });
	});
});
