import { encodePng, type ImageParameters, readPngParameters } from "@drum/pipeline";
import type { Browser } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import type { History } from "../api/index.ts";
import { startBrowsedService } from "./browsed-service.ts";
import { openPage } from "./browser.ts";
import type { Client } from "./client.ts";
import { afterFile } from "./service.ts";
import { Workspace } from "./workspace.ts";

const afterwards = afterFile();
let browser: Browser;
let client: Client;

beforeAll(async () => {
	({ browser, client } = await startBrowsedService(afterwards));
});

async function file(name: string, colour: readonly number[], parameters?: ImageParameters) {
	const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => {
		const [x, y] = [Math.floor(i / 3) % 64, Math.floor(i / 192)];
		return Math.hypot(x - 32, y - 32) < 22 ? colour[i % 3]! : 250;
	});
	return {
		name,
		mimeType: "image/png",
		buffer: Buffer.from(await encodePng({ width: 64, height: 64, data }, parameters)),
	};
}

async function mine(): Promise<History> {
	const all = await client.must<{ id: string; name: string }[]>("GET", "/api/histories");
	return client.history(all.find(({ name }) => name === "Mine")!.id);
}

it("takes liked pictures into a history by words that are looked at before, and draws by them, prompts and dislikes together", async () => {
	await client.must("POST", "/api/histories", {
		json: { name: "Mine", items: [{ prompt: "a blue boat", intensity: 2 }] },
	});
	const page = await openPage(browser, client.address, { device: "desktop" });
	const work = new Workspace(page, "desktop");
	await expect.poll(() => work.prompts.count()).toBe(1);
	const chosen = [
		await file("told.png", [30, 30, 200], { prompt: "a lighthouse in blue" }),
		await file("red.png", [222, 45, 48]),
		await file("other.png", [44, 160, 70]),
	];
	await work.history.locator('input[type=file][aria-label="Add pictures"]').setInputFiles(chosen);
	const waiting = work.history.getByRole("list", { name: "Pictures to be added" });
	const words = (name: string) => waiting.getByLabel(`Prompt of ${name}`);
	await waiting.getByText("by DrUM").waitFor();
	expect(await words("told.png").inputValue()).toBe("a lighthouse in blue");
	await expect.poll(() => words("red.png").inputValue(), { timeout: 60_000 }).toMatch(/^a .*\bred /);
	await expect.poll(() => words("other.png").inputValue(), { timeout: 60_000 }).toMatch(/\bgreen /);
	await work.look("liked-pictures");
	// Nothing counts yet.
	expect((await mine()).entries).toHaveLength(1);

	await words("red.png").fill("a red circle that I like");
	await waiting.getByRole("button", { name: "Leave out: other.png" }).click();
	await work.history.getByRole("button", { name: "Add their prompts" }).click();
	await expect.poll(() => work.prompts.count()).toBe(3);
	await waiting.waitFor({ state: "hidden" });
	const { entries } = await mine();
	expect(entries.map(({ prompt, intensity }) => [prompt, intensity])).toEqual([
		["a blue boat", 2],
		["a lighthouse in blue", 4],
		["a red circle that I like", 4],
	]);

	// As `drum caption` and `drum comments` write them: of pictures, and disliked.
	const rows = [
		{ prompt: "a neon cat", image: "cat.png", captionFrom: "DrUM", intensity: 3 },
		{ prompt: "a grey fog", image: "fog.png", captionFrom: "seer", intensity: -2 },
		{ prompt: "flat colours", captionFrom: "seer", intensity: -1 },
	];
	const buffer = Buffer.from(rows.map((row) => JSON.stringify(row)).join("\n"));
	await work.history.getByLabel("Import").setInputFiles({ name: "taste.jsonl", mimeType: "text/plain", buffer });
	await expect.poll(() => work.prompts.count()).toBe(6);
	await work.chooseCoreset();
	await work.form.getByRole("slider", { name: "Away from dislikes α⁻" }).fill("0.6");
	await work.draw({ prompt: "a star", steps: 2, seed: 1, alpha: 0.4 });
	await work.drawn(2);
	const [job] = await client.jobs();
	const steered = job!.pictures.find(({ alpha }) => alpha > 0)!;
	const told = readPngParameters(await client.picture(`${steered.url}?parameters=full`))!;
	const prompts = (list?: readonly { prompt: string }[]) => list!.map(({ prompt }) => prompt).toSorted();
	expect([told.alpha, told.negativeAlpha]).toEqual([0.4, 0.6]);
	expect(prompts(told.references)).toEqual([
		"a blue boat",
		"a lighthouse in blue",
		"a neon cat",
		"a red circle that I like",
	]);
	expect(prompts(told.negativeReferences)).toEqual(["a grey fog", "flat colours"]);

	// An entry that is deleted takes along all that there was of its picture, and the profiles that tell of it.
	const profile = `/api/profiles/${job!.profileId}`;
	expect(JSON.stringify(await client.must("GET", profile))).toContain("red circle");
	await work
		.row("a red circle")
		.getByRole("button", { name: /^Delete/ })
		.click();
	await work.coreset.getByRole("button", { name: "Choose the coreset" }).waitFor();
	await page.reload();
	await expect.poll(async () => (await mine()).entries.length).toBe(5);
	expect(JSON.stringify(await mine())).not.toContain("red circle");
	await expect(client.must("GET", profile)).rejects.toThrow(/404|no such profile/i);
	await work.chooseCoreset();
});

it("takes dropped pictures, and leaves words to the user where the service cannot tell", async () => {
	const page = await openPage(browser, client.address, { device: "phone", expected: /\b409\b/ });
	const work = new Workspace(page, "phone");
	await work.unfold(work.history);
	await page.route("**/api/captions", (route) =>
		route.fulfill({
			status: 409,
			contentType: "application/problem+json",
			body: JSON.stringify({ type: "about:blank", title: "The picture does not tell a prompt", status: 409 }),
		}),
	);
	const { buffer } = await file("dropped.png", [200, 0, 200]);
	await page.evaluate(`(() => {
		const data = new DataTransfer();
		data.items.add(new File([Uint8Array.from(${JSON.stringify([...buffer])})], "dropped.png", { type: "image/png" }));
		const place = document.querySelector('[aria-label="Pictures that you like"]');
		place.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
	})()`);
	const waiting = work.history.getByRole("list", { name: "Pictures to be added" });
	await waiting.getByText("The picture does not tell a prompt").waitFor();
	const add = work.history.getByRole("button", { name: "Add their prompts" });
	expect(await add.isDisabled()).toBe(true);
	await waiting.getByLabel("Prompt of dropped.png").fill("a purple disc");
	await work.look("liked-dropped");
	await add.click();
	await expect.poll(async () => (await mine()).entries.at(-1)?.prompt).toBe("a purple disc");
});
