import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openPage, startBrowser } from "@drum/demo/test/browser";
import { Workspace } from "@drum/demo/test/workspace";
import { openPicture } from "@drum/diffusion";
import { DrUM, StableDiffusion } from "@drum/pipelines-sd";
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type HubServer, startHubServer } from "../../../packages/hub/src/testing/hub-server.ts";
import { serve } from "../serve.ts";
import { SD_TURBO } from "../src/larger/larger-model.ts";
import { tinyTurbo } from "../src/larger/testing/tiny-turbo.ts";
import { historyOf, picturesOf } from "./kept-by-page.ts";

// In Chromium on a GPU in software, which has no half precision. The hub is another origin, and answers as the real one was seen to.

// In software each shader is compiled for a second.
vi.setConfig({ testTimeout: 900_000 });

const GPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--ignore-gpu-blocklist"];

let browser: Browser;
let server: Server;
let address: string;
let hub: HubServer;
let folder: string;
let files: Record<string, Uint8Array>;

beforeAll(async () => {
	const { turbo, adapters } = await tinyTurbo();
	files = { ...turbo, ...adapters };
	hub = await startHubServer({
		...{ name: SD_TURBO.source, files: turbo, pageSize: 100, cors: "as seen" },
		others: { [SD_TURBO.adapters.source]: adapters },
	});
	folder = await mkdtemp(join(tmpdir(), "turbo-"));
	({ server, address } = await serve(0));
	browser = await startBrowser(GPU);
});
afterAll(async () => {
	await browser?.close();
	server?.close();
	await hub?.close();
	await rm(folder, { recursive: true, force: true });
});

/** Opens the dialog, and waits until the graphics processor was tried out. */
async function openDialog({ page, form }: Workspace): Promise<Locator> {
	await form.getByRole("button", { name: "A larger model" }).click();
	const dialog = page.getByRole("dialog", { name: "SD-Turbo" });
	await dialog.getByText("Not offered").or(dialog.getByText("It is here")).waitFor({ timeout: 240_000 });
	return dialog;
}

/** What the page's private file system has. */
function keptFiles({ page }: Workspace): Promise<string[]> {
	return page.evaluate(`(async () => {
		const models = await (await navigator.storage.getDirectory()).getDirectoryHandle("models", { create: true });
		const names = [];
		for await (const name of models.keys()) names.push(name);
		return names;
	})()`);
}

it("a larger model is fetched once the visitor agrees, draws what Node.js does, stays chosen, and is removed again", async () => {
	// Other origins are asked, and ONNX Runtime tells of operators that the trial finds missing.
	const expected = new RegExp(`${hub.url}|127\\.0\\.0\\.1:\\d+/content|onnxruntime`);
	const work = new Workspace(await openPage(browser, address, { expected }));
	let dialog = await openDialog(work);
	await dialog.getByText("Not offered on this graphics processor: it has no half precision (shader-f16).").waitFor();
	await dialog.getByText("Another hub").click();
	await dialog.getByLabel("Address of a hub").fill(hub.url);
	await dialog.getByLabel("Address of a hub").press("Enter");
	expect(hub.seen).toEqual([]);
	await work.look("browser-larger-refused");

	await dialog.getByLabel("Draw in float32 all the same").check();
	const download = dialog.getByRole("button", { name: "Download" });
	await download.waitFor();
	await dialog.getByText(new RegExp(`1\\.(2[5-9]|3[0-4]) MB from ${new URL(hub.url).host}`)).waitFor();
	await dialog.getByText(/about 1\.(2[5-9]|3[0-4]) GB of the graphics processor/).waitFor();
	expect(hub.seen.every(({ path }) => path.startsWith("/api/"))).toBe(true);
	await work.look("browser-larger-offered");

	hub.fail({ on: /content\/unet/, stallAfter: 300_000 });
	await download.click();
	await expect.poll(() => hub.seen.some(({ path }) => path.includes("unet/diffusion"))).toBe(true);
	await dialog.getByRole("progressbar", { name: "Download" }).waitFor();
	await work.look("browser-larger-download");
	await dialog.getByRole("button", { name: "Cancel" }).click();
	await dialog.getByRole("button", { name: /^Go on: download/ }).waitFor();

	const seen = hub.seen.length;
	const other = await work.page.context().newPage();
	await other.goto(address);
	await other.getByRole("button", { name: "A larger model" }).waitFor();
	await other.close();
	expect(hub.seen.length, "asked for by a page itself").toBe(seen);
	await dialog.getByText(/of which .* are here/).waitFor();
	await dialog.getByRole("button", { name: /^Go on: download/ }).click();
	await dialog.getByText("It is here").waitFor({ timeout: 60_000 });
	expect(hub.seen.findLast(({ path }) => path.includes("unet/diffusion"))!.range).toMatch(/^bytes=[1-9]/);
	await work.look("browser-larger-here");

	// From here on without the hub.
	await hub.close();
	await dialog.getByRole("button", { name: "Draw with SD-Turbo" }).click();
	const model = work.form.getByRole("combobox", { name: "Model" });
	expect(await model.inputValue()).toBe("sd-turbo");
	await work.takeSample("Blue stripes");
	await work.draw({ prompt: "a heart", steps: 1, seed: 3, alpha: 0.4 });
	await work.pictures.getByRole("button", { name: "Reuse settings" }).waitFor({ timeout: 480_000 });
	await work.drawn(2);
	const found = await picturesOf(work);
	for (const [path, bytes] of Object.entries(files)) {
		await mkdir(dirname(join(folder, path)), { recursive: true });
		await writeFile(join(folder, path), bytes);
	}
	await using pipeline = await StableDiffusion.fromPretrained(folder, { variant: "fp16" });
	await using drum = await DrUM.attach(pipeline, { adapters: folder });
	const profile = await drum.profile(await historyOf(work));
	for (const [i, bytes] of found.entries()) {
		const settings = { seed: 3, numInferenceSteps: 1, guidanceScale: 0, ...(i > 0 && { profile, alpha: 0.4 }) };
		const { images } = await drum.generate("a heart", settings);
		const { data } = await openPicture(bytes, "the page's picture");
		const apart = data.reduce((most, value, at) => Math.max(most, Math.abs(value - images[0]!.data[at]!)), 0);
		expect(apart).toBeLessThanOrEqual(1);
	}

	await work.page.reload();
	await expect.poll(() => model.inputValue()).toBe("sd-turbo");
	expect(await keptFiles(work)).toEqual(["sd-turbo"]);
	dialog = await openDialog(work);
	await dialog.getByRole("button", { name: "Remove it from this browser" }).click();
	await expect.poll(() => keptFiles(work)).toEqual([]);
	await expect.poll(() => model.inputValue()).toBe("tiny");
});
