import { readFile } from "node:fs/promises";
import type { Server } from "node:http";
import { type Device, openPage, startBrowser } from "@drum/demo/test/browser";
import { Workspace } from "@drum/demo/test/workspace";
import { openPicture, readPictureMarks } from "@drum/diffusion";
import { DrUM, StableDiffusion } from "@drum/pipelines-sd";
import { adapters, model } from "@drum/tiny";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serve } from "../serve.ts";
import { historyOf, picturesOf } from "./kept-by-page.ts";

let browser: Browser;
let server: Server;
let address: string;

beforeAll(async () => {
	({ server, address } = await serve(0));
	browser = await startBrowser();
});
afterAll(async () => {
	await browser?.close();
	server?.close();
});

async function open(device: Device = "desktop"): Promise<Workspace> {
	return new Workspace(await openPage(browser, address, { device }), device);
}

describe.each(["desktop", "phone"] as const)("the page without a server, on a %s", (device) => {
	it("chooses the coreset and draws the pictures that Node.js does, keeps them, and works without a network", async () => {
		const work = await open(device);
		await work.takeSample("Blue stripes");
		await work.chooseCoreset();
		await work.look("browser-coreset");
		await work.draw({ prompt: "a heart", steps: 5, seed: 3, alpha: 0.4 });
		await work.drawn(2);
		await work.look("browser-pictures");

		await using pipeline = await StableDiffusion.fromPretrained(model);
		await using drum = await DrUM.attach(pipeline, { adapters });
		const history = await historyOf(work);
		const profile = await drum.profile(history);
		await work.coreset.getByText("Table").click();
		const rows = (await work.coreset.getByRole("row").allTextContents()).slice(1);
		expect(rows).toHaveLength(profile.references.length);
		for (const [rank, { prompt }] of profile.references.entries()) expect(rows[rank]).toContain(prompt);
		const options = { seed: 3, numInferenceSteps: 5, guidanceScale: 4 };
		for (const [i, bytes] of (await picturesOf(work)).entries()) {
			const { images } = await drum.generate("a heart", { ...options, ...(i > 0 && { profile, alpha: 0.4 }) });
			const { data } = await openPicture(bytes, "the page's picture");
			const apart = data.reduce((most, value, at) => Math.max(most, Math.abs(value - images[0]!.data[at]!)), 0);
			expect(apart).toBeLessThanOrEqual(1);
		}

		await work.page.evaluate("navigator.serviceWorker.ready.then(() => true)");
		await work.page.context().setOffline(true);
		await work.page.reload();
		await work.drawn(2);
		await work.draw({ prompt: "a star", steps: 1, seed: 1 });
		await work.drawn(2);

		for (const [name, format] of Object.entries({ WebP: "webp", JPEG: "jpeg", PNG: "png" })) {
			await work.pictures.getByLabel("Save as").selectOption(name);
			const saving = work.page.waitForEvent("download");
			await work.pictures.getByRole("link", { name: /^Save/ }).first().click();
			const marks = await readPictureMarks(await readFile(await (await saving).path()));
			expect(marks).toMatchObject({
				...{ format, sourceType: "trainedAlgorithmicMedia", width: 64, height: 64 },
				parameters: { prompt: "a star", seed: 1 },
			});
		}
	});

	it("says in a line why a larger model is not offered where there is no graphics processor", async () => {
		const work = await open(device);
		await work.form.getByRole("button", { name: "A larger model" }).click();
		const dialog = work.page.getByRole("dialog", { name: "SD-Turbo" });
		await dialog.getByText(/^Not offered on this device: .*(WebGPU|graphics processor)/).waitFor();
		expect(await dialog.getByRole("button", { name: /Download/ }).count()).toBe(0);
		await work.look("browser-no-larger");
	});
});
