import type { Browser } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import type { History } from "../api/index.ts";
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

async function open(device: Device): Promise<Workspace> {
	return new Workspace(await openPage(browser, client.address, { device, expected: /\b422\b/ }), device);
}

async function historyOf(name: string): Promise<History> {
	const all = await client.must<{ id: string; name: string }[]>("GET", "/api/histories");
	return client.history(all.find((each) => each.name === name)!.id);
}

it("begins on a phone with what draws in the first screen, and a made-up user's taste, prompt and seed at a touch", async () => {
	const work = await open("phone");
	const draw = work.form.getByRole("button", { name: "Draw", exact: true });
	const { y, height } = (await draw.boundingBox())!;
	expect(y + height).toBeLessThan(844);
	expect(await draw.isEnabled()).toBe(false);
	await work.form.getByText("Write a prompt first.").waitFor();
	await work.takeSample("Neon");
	expect(await work.field("Prompt").inputValue()).toBe("a house");
	await work.showSettings();
	await work.field("Steps").fill("2");
	await draw.click();
	await work.drawn(2);
	await work.look("taste");

	// The taste grows by what was drawn, and its sample is a touch away.
	await work.pictures.getByRole("button", { name: "Like α = 0.4", exact: true }).click();
	await work.notices.getByText("“a house” is now in “Neon”, liked").waitFor();
	expect((await historyOf("Neon")).entries.at(-1)).toMatchObject({ prompt: "a house", intensity: 5 });
	await work.pictures.getByRole("button", { name: "Dislike plain" }).click();
	await work.notices.getByText("“a house” is rated anew in “Neon”, disliked").waitFor();
	await expect.poll(async () => (await historyOf("Neon")).entries.at(-1)?.intensity).toBe(-5);
	await work.history.getByRole("button", { name: "Red dots", exact: true }).click();
	await expect.poll(() => work.prompts.count()).toBe(24);
	expect(await work.field("Prompt").inputValue()).toBe("a mushroom");
	await work.history.getByRole("button", { name: "Neon", exact: true }).click();
	await expect.poll(() => work.prompts.count()).toBe(27);
});

it("asks before it draws a size that the model was not made for", async () => {
	const work = await open("desktop");
	await work.field("Prompt").fill("a wide star");
	await work.showSettings();
	await work.field("Steps").fill("2");
	await work.field("Width").fill("256");
	await work.form.getByRole("button", { name: "Draw", exact: true }).click();
	const question = work.page.getByRole("dialog", { name: "Draw at 256 × 64?" });
	await question.getByText(/made for 64 × 64.*4 times as long/).waitFor();
	await work.look("size-question");
	await question.getByRole("button", { name: "Draw at 64 × 64" }).click();
	await work.pictures.getByRole("heading", { name: "a wide star" }).waitFor();
	await expect.poll(async () => (await client.jobs())[0]?.status).toBe("done");
	expect((await client.jobs())[0]!.pictures[0]).toMatchObject({ width: 64, height: 64 });
});

it("says what went wrong until it is closed, with the file's name and lines, and covers nothing", async () => {
	const work = await open("phone");
	await work.takeSample("Green watercolours");
	const field = work.history.getByLabel("Import");
	const text = `prompt,rating\na,much\n`;
	await field.setInputFiles({ name: "liked.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
	const error = work.page.getByRole("alert").filter({ hasText: "“liked.csv” could not be imported" });
	await error.getByText(/Line 2: expected an intensity as a number, found "much"\./).waitFor();
	const box = (await error.boundingBox())!;
	await work.page.evaluate("scrollTo(0, 0)");
	expect((await work.history.boundingBox())!.y).toBeGreaterThanOrEqual(box.y + box.height);
	// A dialog has its own: what was told before stays where it was.
	await work.history.getByRole("button", { name: "New" }).click();
	const dialog = work.page.getByRole("dialog", { name: "New history" });
	const another = { name: "other.csv", mimeType: "text/csv", buffer: Buffer.from("prompt\n") };
	await dialog.locator("input[type=file]").setInputFiles(another);
	await dialog.getByText("“other.csv” could not be imported").waitFor();
	expect(await dialog.getByText("liked.csv").count()).toBe(0);
	await work.look("dialog-error");
	await work.page.keyboard.press("Escape");
	for (let i = 0; i < 2; i++) await work.page.getByRole("alert").getByRole("button", { name: "Close" }).first().click();
	await error.waitFor({ state: "hidden" });
});
