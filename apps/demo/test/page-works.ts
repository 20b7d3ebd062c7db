import { readFile } from "node:fs/promises";
import { readPictureMarks } from "@drum/pipeline";
import type { Browser, Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import type { History, Job } from "../api/index.ts";
import { startBrowsedService } from "./browsed-service.ts";
import { type Device, openPage } from "./browser.ts";
import type { Client } from "./client.ts";
import { afterFile } from "./service.ts";
import { Workspace } from "./workspace.ts";

let browser: Browser;
let client: Client;

async function open(device: Device, expected?: RegExp): Promise<Workspace> {
	return new Workspace(await openPage(browser, client.address, { device, ...(expected && { expected }) }), device);
}

/** The history that was changed last. */
async function newest(): Promise<History> {
	const [first] = await client.must<{ id: string }[]>("GET", "/api/histories");
	return client.history(first!.id);
}

async function newestJob(): Promise<Job> {
	return (await client.jobs())[0]!;
}

const intensityOf = async (prompt: string) =>
	(await newest()).entries.find((entry) => entry.prompt === prompt)?.intensity;

/** Lets go of a file over the page. */
async function drop(page: Page, name: string, bytes: Buffer): Promise<void> {
	const dataTransfer = await page.evaluateHandle(`(() => {
		const transfer = new DataTransfer();
		const bytes = Uint8Array.from(atob("${bytes.toString("base64")}"), (letter) => letter.charCodeAt(0));
		transfer.items.add(new File([bytes], "${name}", { type: "image/png" }));
		return transfer;
	})()`);
	for (const type of ["dragenter", "dragover", "drop"]) await page.dispatchEvent("body", type, { dataTransfer });
}

/** What a user does in the page, from a history to pictures that are kept: the same on each device. */
export function testPage(device: Device): void {
	const afterwards = afterFile();
	beforeAll(async () => {
		({ browser, client } = await startBrowsedService(afterwards));
	});

	it("makes a history: a made-up user's, and one's own prompts, rated, edited, deleted and brought back", async () => {
		const work = await open(device);
		await work.form.waitFor();
		await work.look("begin");
		await work.takeSample("Blue stripes");
		expect((await newest()).entries).toHaveLength(30);

		await work.history.getByLabel("New prompt of the history").fill("a blue lighthouse at dusk");
		await work.history.getByLabel("How much you liked it").fill("5");
		await work.history.getByRole("button", { name: "Add", exact: true }).click();
		await work.row("a blue lighthouse at dusk").waitFor();
		expect(await intensityOf("a blue lighthouse at dusk")).toBe(5);
		await work.page.getByLabel("Liked: a blue lighthouse at dusk").fill("2");
		await expect.poll(() => intensityOf("a blue lighthouse at dusk")).toBe(2);

		await work.page.getByRole("button", { name: "Edit: a blue lighthouse at dusk" }).click();
		await work.history.getByLabel("Prompt", { exact: true }).fill("a blue lighthouse at dawn");
		await work.history.getByRole("button", { name: "Save" }).click();
		await expect.poll(() => intensityOf("a blue lighthouse at dawn")).toBe(2);
		expect(await intensityOf("a blue lighthouse at dusk")).toBeUndefined();

		const bin = work.page.getByRole("button", { name: "Delete: a blue lighthouse at dawn" });
		await bin.click();
		await expect.poll(() => work.row("a blue lighthouse at dawn").count()).toBe(0);
		const undo = work.notices.getByRole("button", { name: "Undo" });
		// It stays for as long as the focus is on it.
		await undo.focus();
		await work.look("history-undo");
		await undo.click();
		await work.row("a blue lighthouse at dawn").waitFor();
		await bin.click();
		await work.notices.getByRole("button", { name: "Dismiss" }).click();
		await expect.poll(() => intensityOf("a blue lighthouse at dawn")).toBeUndefined();
		expect((await newest()).entries).toHaveLength(30);
	});

	it("imports histories from CSV and JSONL, and says what is wrong with other files", async () => {
		const work = await open(device, /\b422\b/);
		await work.takeSample("Red dots");
		const field = work.history.getByLabel("Import");
		const importFile = (name: string, text: string) =>
			field.setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
		await importFile("liked.csv", 'prompt,rating\n"a green fish, watercolour",3.5\na green cup,0\n');
		await work.notices.getByText("2 prompts added").waitFor();
		await importFile("liked.jsonl", '{"prompt": "a green tree", "intensity": 120}\n');
		await work.notices.getByText("1 prompt added").waitFor();
		expect(await intensityOf("a green fish, watercolour")).toBe(3.5);
		expect(await intensityOf("a green tree")).toBe(120);
		await work.row("a green tree").waitFor();
		await importFile("broken.csv", "prompt,rating\nx,much\n");
		await work.notices.getByText(/Line 2/).waitFor();
		await work.look("import");
		expect((await newest()).entries).toHaveLength(27);
	});

	it("shows the coreset: a map and a table of what was chosen, why, and with what weight", async () => {
		const work = await open(device);
		await work.takeSample("Green watercolours");
		await work.chooseCoreset();
		const map = work.coreset.getByRole("listbox");
		await expect.poll(() => map.getByRole("option").count()).toBe(20);
		expect(await map.getByRole("option", { name: /chosen/ }).count()).toBe(8);
		await work.coreset.getByText(/^Chosen 1st, \d+ % of the profile$/).waitFor();
		await work.coreset.getByText(/closest to the history on the whole: similarity/).waitFor();
		await work.coreset.getByRole("meter").first().waitFor();
		await work.look("coreset-map");

		await work.coreset.getByRole("radio", { name: "a number" }).check();
		await work.coreset.getByLabel("Number of prompts to keep").fill("5");
		await work.coreset.getByText("5 of 20").waitFor();
		await work.chooseCoreset();
		await work.coreset.getByRole("radio", { name: "Table" }).check();
		const rows = work.coreset.getByRole("row");
		await expect.poll(() => rows.count()).toBe(6);
		const weights = (await work.coreset.locator("td.weight").allTextContents()).map((text) =>
			Number.parseInt(text, 10),
		);
		expect(Math.abs(weights.reduce((sum, weight) => sum + weight, 0) - 100)).toBeLessThanOrEqual(3);
		await work.look("coreset-table");
		await expect.poll(() => work.history.getByText("(in the coreset)").count()).toBe(5);
	});

	it("draws plain and personalised side by side, showing how far it is; one seed gives one picture", async () => {
		const work = await open(device);
		await work.takeSample("Blue stripes");
		await work.draw({ prompt: "a star", steps: 80, seed: 7, alpha: 0.6 });
		await work.pictures.getByText(/^Drawing picture \d of 2: step \d+ of 80$/).waitFor();
		await work.pictures
			.getByRole("img", { name: /^Preview of a star, / })
			.first()
			.waitFor();
		await work.drawn(2);
		await work.pictures.getByRole("img", { name: "a star, plain" }).waitFor();
		await work.pictures.getByRole("img", { name: "a star, personalised, α = 0.6" }).waitFor();
		await work.look("pictures");
		const first = await newestJob();
		const files = await Promise.all(first.pictures.map(({ url }) => client.picture(url)));
		expect(files[0]!.equals(files[1]!)).toBe(false);

		await work.form.getByRole("button", { name: "Draw", exact: true }).click();
		await expect.poll(async () => (await newestJob()).id).not.toBe(first.id);
		await work.drawn(2);
		const second = await newestJob();
		const again = await Promise.all(second.pictures.map(({ url }) => client.picture(url)));
		expect(again.map((file, i) => file.equals(files[i]!))).toEqual([true, true]);
	});

	it("draws a strip from the prompt to the profile, and stops in the middle on request", async () => {
		const work = await open(device);
		await work.takeSample("Neon");
		await work.draw({ prompt: "a house", steps: 3, seed: 1, strip: true });
		await work.drawn(6);
		expect((await newestJob()).pictures.map(({ alpha }) => alpha)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
		await work.look("strip");

		await work.draw({ prompt: "a boat", steps: 200, strip: true });
		await work.pictures.getByText(/step \d+ of 200$/).waitFor();
		await work.pictures.getByRole("button", { name: "Cancel" }).click();
		await work.pictures.getByText(/^Cancelled/).waitFor();
		expect(await newestJob()).toMatchObject({ status: "cancelled" });
		await work.draw({ prompt: "a cup", steps: 2 });
		await work.drawn(2);
	});

	it("keeps what was drawn, gives its settings back, also from the picture's file", async () => {
		const work = await open(device);
		await work.takeSample("Blue stripes");
		await work.draw({ prompt: "a heart", steps: 9, seed: 11, alpha: 0.8 });
		await work.drawn(2);
		await work.draw({ prompt: "a fish", steps: 2, alpha: 0.2 });
		await work.drawn(2);
		const earlier = work.page.getByRole("region", { name: "Earlier" });
		await earlier
			.getByRole("button", { name: /a heart/ })
			.first()
			.click();
		await work.pictures.getByRole("heading", { name: "a heart" }).waitFor();
		await work.look("earlier");

		const settings = async () =>
			Promise.all(
				[work.field("Prompt"), work.field("Steps"), work.field("Fixed seed"), work.field(/^Personalisation/)].map(
					(field) => field.inputValue(),
				),
			);
		await work.pictures.getByRole("button", { name: "Reuse settings" }).click();
		expect(await settings()).toEqual(["a heart", "9", "11", "0.8"]);

		const downloading = work.page.waitForEvent("download");
		await work.pictures.getByRole("link", { name: "Save α = 0.8" }).click();
		const bytes = await readFile(await (await downloading).path());
		const { format, ...told } = await readPictureMarks(bytes);
		expect({ format, ...told }).toMatchObject({
			format: "png",
			sourceType: "trainedAlgorithmicMedia",
			parameters: { seed: 11 },
		});
		for (const [name, other] of Object.entries({ JPEG: "jpeg", WebP: "webp", PNG: "png" })) {
			await work.pictures.getByLabel("Save as").selectOption(name);
			const saving = work.page.waitForEvent("download");
			await work.pictures.getByRole("link", { name: "Save α = 0.8" }).click();
			const file = await saving;
			// What the link leads to, the service itself names.
			expect(file.suggestedFilename()).toMatch(/^(drum-a-heart-0\.8\.(jpg|webp)|seed-11-alpha-0\.8\.png)$/);
			expect(await readPictureMarks(await readFile(await file.path()))).toEqual({ ...told, format: other });
		}
		const url = await work.pictures.getByRole("link", { name: "Save α = 0.8" }).getAttribute("href");
		const full = await (await work.page.request.get(new URL(`${url}?parameters=full`, work.page.url()).href)).body();
		await work.draw({ prompt: "a tree", steps: 2, seed: 3, alpha: 0.1 });
		await work.drawn(2);
		await drop(work.page, "heart.png", bytes);
		await work.notices.getByText("The picture's settings are taken over").waitFor();
		expect(await settings()).toEqual(["a heart", "9", "11", "0.8"]);
		expect(await work.notices.getByRole("button", { name: "Make a history of them" }).count()).toBe(0);
		await drop(work.page, "heart.png", full);
		await work.notices.getByRole("button", { name: "Make a history of them" }).click();
		await expect.poll(async () => (await newest()).name).toBe("From heart.png");
		expect((await newest()).entries).toHaveLength(8);

		await drop(work.page, "other.png", bytes.subarray(0, 60));
		await work.notices.getByText(/cut off or damaged/).waitFor();
		await work.pictures.getByRole("button", { name: "Delete" }).click();
		await work.notices.getByText("Pictures deleted").waitFor();
		await work.notices.getByRole("button", { name: "Undo" }).last().click();
		await work.pictures.getByRole("heading", { name: "a tree" }).waitFor();
	});
}
