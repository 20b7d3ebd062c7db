import { encodePng } from "@drum/pipeline";
import type { Browser, Locator } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import type { Job } from "../api/index.ts";
import { startBrowsedService } from "./browsed-service.ts";
import { type Device, openPage } from "./browser.ts";
import type { Client } from "./client.ts";
import { afterFile } from "./service.ts";
import { Workspace } from "./workspace.ts";

const afterwards = afterFile();
let browser: Browser;
let client: Client;

beforeAll(async () => {
	({ browser, client } = await startBrowsedService(afterwards));
});

/** A picture's file, of these colours. */
async function file(name: string, width: number, height: number, colour: (x: number, y: number) => number[]) {
	const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
		const pixel = Math.floor(i / 3);
		return colour(pixel % width, Math.floor(pixel / width))[i % 3]!;
	});
	return { name, mimeType: "image/png", buffer: Buffer.from(await encodePng({ width, height, data })) };
}
const photograph = () => file("sea.png", 96, 64, (x, y) => [x * 2, y * 3, 200]);

async function open(device: Device): Promise<Workspace & { panel: Locator }> {
	const work = new Workspace(await openPage(browser, client.address, { device }), device);
	const panel = work.form.locator("details").filter({ hasText: "Begin from a picture" });
	await panel.locator("summary").click();
	return Object.assign(work, { panel });
}

const choose = (panel: Locator, label: string, chosen: Awaited<ReturnType<typeof file>>) =>
	panel.locator(`input[type=file][aria-label="${label}"]`).setInputFiles(chosen);

async function drawnJob(work: Workspace): Promise<Job & { request: { kind: "pictures" } }> {
	await work.drawn(1);
	return (await client.jobs())[0] as never;
}

it("draws over a picture that a finger has painted on, on a phone", async () => {
	const work = await open("phone");
	const { panel, page } = work;
	await panel.getByText("or paste one, or drop it here").waitFor();
	await choose(panel, "Choose a picture", await photograph());
	await panel.getByText("Begin from a picture: 96 × 64").waitFor();
	const canvas = panel.locator("canvas");
	await canvas.scrollIntoViewIfNeeded();
	const { x, y, width, height } = (await canvas.boundingBox())!;
	const before = await page.evaluate("scrollY");
	for (const part of [0.2, 0.4]) await page.touchscreen.tap(x + width * part, y + height / 2);
	expect(await page.evaluate("scrollY")).toBe(before);
	await panel.getByLabel("Strength").fill("0.5");
	await work.look("picture");
	await work.draw({ prompt: "a boat", steps: 4, seed: 1 });
	const { request, pictures } = await drawnJob(work);
	expect(request).toMatchObject({ image: { width: 96, height: 64 }, mask: { width: 96, height: 64 }, strength: 0.5 });
	expect(pictures[0]).toMatchObject({ width: 96, height: 64 });
	await work.pictures.getByText("from a picture and a mask, strength 0.5").waitFor();
	await work.look("drawn-over");

	// Removed, it is text to image again.
	await panel.getByRole("button", { name: "Remove" }).click();
	await work.draw({ prompt: "a star", steps: 2, seed: 1 });
	expect((await drawnJob(work)).request).not.toHaveProperty("image");
});

it("takes pictures by the clipboard and by dropping, a mask by its file, and tells in its code what it began from", async () => {
	const work = await open("desktop");
	const { panel, page } = work;
	const put = async (event: "Clipboard" | "Drag", { buffer }: Awaited<ReturnType<typeof file>>) => {
		const [name, field] = event === "Drag" ? ["drop", "dataTransfer"] : ["paste", "clipboardData"];
		await page.evaluate(`(() => {
			const data = new DataTransfer();
			data.items.add(new File([Uint8Array.from(${JSON.stringify([...buffer])})], "taken.png", { type: "image/png" }));
			const panel = [...document.querySelectorAll("#draw details")].find((each) => /Begin from/.test(each.textContent));
			panel.dispatchEvent(new ${event}Event("${name}", { bubbles: true, cancelable: true, ${field}: data }));
		})()`);
	};
	await put("Clipboard", await file("one.png", 64, 40, () => [200, 40, 40]));
	await panel.getByText("Begin from a picture: 64 × 40").waitFor();
	// A text that comes with its picture, as office programs bring it, is the prompt's.
	const taken = await page.evaluate(`(() => {
		const data = new DataTransfer();
		data.items.add(new File([Uint8Array.of(1, 2, 3)], "text.png", { type: "image/png" }));
		data.setData("text/plain", "a boat");
		const event = new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: data });
		document.querySelector("#draw textarea").dispatchEvent(event);
		return event.defaultPrevented;
	})()`);
	expect(taken).toBe(false);
	await put("Drag", await photograph());
	await panel.getByText("Begin from a picture: 96 × 64").waitFor();
	expect(await page.getByText("settings are taken over").count()).toBe(0);
	await choose(panel, "Mask from a file", await file("mask.png", 8, 8, (x) => (x < 4 ? [255, 255, 255] : [0, 0, 0])));
	const share = () =>
		page.evaluate<number>(`(() => {
			const canvas = document.querySelector("#draw canvas");
			const { data } = canvas.getContext("2d", { willReadFrequently: true }).getImageData(0, 0, canvas.width, canvas.height);
			return data.filter((value, i) => i % 4 === 3 && value > 127).length / (data.length / 4);
		})()`);
	await expect.poll(share).toBeCloseTo(0.5, 1);
	await panel.getByRole("button", { name: "Clear paint" }).click();
	expect(await share()).toBe(0);
	await panel.getByRole("button", { name: "Paint all" }).click();
	expect(await share()).toBe(1);
	await panel.getByText("erase").click();
	const { x, y, width, height } = (await panel.locator("canvas").boundingBox())!;
	await page.mouse.move(x + 5, y + height / 2);
	await page.mouse.down();
	await page.mouse.move(x + width - 5, y + height / 2, { steps: 5 });
	await page.mouse.up();
	expect(await share()).toBeLessThan(0.95);
	await work.draw({ prompt: "a red boat", steps: 3, seed: 2 });
	expect((await drawnJob(work)).request).toMatchObject({ mask: { width: 96, height: 64 }, strength: 0.6 });

	await work.pictures.getByRole("button", { name: "Copy as code" }).click();
	const dialog = page.getByRole("dialog", { name: "The same with the library" });
	await dialog.getByText('image: "image.png", // yours').waitFor();
	await dialog.getByText('mask: "mask.png", // yours').waitFor();
	await page.keyboard.press("Escape");
	await work.pictures.getByRole("button", { name: "Reuse settings" }).click();
	await work.notices.getByText("was not kept").waitFor();

	await choose(panel, "Another picture", { name: "no.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
	await page.getByRole("alert").filter({ hasText: "The picture could not be read" }).waitFor();
});
