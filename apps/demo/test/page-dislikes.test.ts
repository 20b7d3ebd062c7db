import { readPngParameters } from "@drum/diffusion";
import type { Browser } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
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

it("a prompt that is disliked is kept so, chosen by itself, and keeps pictures away from it by a dial of its own", async () => {
	const work = new Workspace(await openPage(browser, client.address, { device: "desktop" }), "desktop");
	await work.takeSample("Neon");
	const dial = work.form.getByRole("slider", { name: "Away from dislikes α⁻" });
	expect(await dial.count()).toBe(0);

	// Written as a dislike, and a like turned into one.
	await work.history.getByLabel("New prompt of the history").fill("a brown house");
	await work.history.getByRole("button", { name: "You disliked it" }).click();
	await work.history.getByLabel("How much you disliked it").fill("3");
	await work.history.getByRole("button", { name: "Add", exact: true }).click();
	const entries = async () => {
		const [first] = await client.must<{ id: string }[]>("GET", "/api/histories");
		return (await client.history(first!.id)).entries;
	};
	await expect.poll(async () => (await entries()).at(-1)).toMatchObject({ prompt: "a brown house", intensity: -3 });
	await work.unfold(work.history);
	const { prompt, intensity } = (await entries())[0]!;
	const turn = work.history.getByRole("button", { name: `Dislike: ${prompt}`, exact: true });
	await turn.first().click();
	await expect.poll(async () => (await entries())[0]!.intensity).toBe(-intensity);
	expect(await turn.first().getAttribute("aria-pressed")).toBe("true");

	// Each side has a coreset.
	await work.chooseCoreset();
	await work.coreset.getByRole("radio", { name: "Table" }).check();
	await work.coreset.getByText(/Of all that is disliked, it is closest/).waitFor();
	await work.look("dislikes");

	await dial.fill("0.8");
	await work.showSettings();
	await work.field("Steps").fill("2");
	await work.form.getByRole("button", { name: "Draw", exact: true }).click();
	await work.drawn(2);
	const [job] = await client.jobs();
	expect(job!.request).toMatchObject({ negativeAlpha: 0.8 });
	const steered = job!.pictures.find(({ alpha }) => alpha > 0)!;
	const bytes = await client.picture(`${steered.url}?parameters=full`);
	const { negativeAlpha, negativeReferences } = readPngParameters(bytes)!;
	expect(negativeAlpha).toBe(0.8);
	expect(negativeReferences!.map((each) => each.prompt).toSorted()).toEqual([prompt, "a brown house"].toSorted());
});

it("a taste is kept under a name, as a blend too, drawn by, shared by its short id, and taken away again", async () => {
	const work = new Workspace(await openPage(browser, client.address, { device: "desktop" }), "desktop");
	await work.takeSample("Red dots");
	await work.field("Prompt").fill("a house");
	await work.showSettings();
	await work.field("Steps").fill("2");
	const profiles = work.form.getByRole("button", { name: "Profiles" });
	await profiles.click();
	const dialog = work.page.getByRole("dialog", { name: "Profiles" });
	await dialog.getByLabel("Name of a new profile").fill("Neon in red dots");
	await dialog.getByLabel("Weight of Neon").fill("2");
	await dialog.getByRole("button", { name: "Keep the profile" }).click();
	await work.form.getByText("In the taste of the profile “Neon in red dots”").waitFor();
	const [kept] = await client.must<{ id: string; parts: unknown[] }[]>("GET", "/api/named-profiles");
	expect(kept!.parts).toHaveLength(2);
	await work.form.getByRole("button", { name: "Draw", exact: true }).click();
	await work.drawn(2);
	expect((await client.jobs())[0]!.request).toMatchObject({ profile: kept!.id, alphas: [0, 0.4] });

	await work.form.getByRole("button", { name: "Back to the history" }).click();
	await profiles.click();
	await dialog.getByText(kept!.id).waitFor();
	await dialog.getByRole("checkbox", { name: "shared" }).check();
	const shared = async () => (await client.must<{ shared: boolean }[]>("GET", "/api/named-profiles"))[0]?.shared;
	await expect.poll(shared).toBe(true);
	await work.look("profiles");
	await dialog.getByLabel("Id of another's profile").fill(kept!.id.toUpperCase());
	await dialog.getByRole("button", { name: "Use", exact: true }).click();
	await work.form.getByText(`In the taste of the profile “${kept!.id}”`).waitFor();
	await profiles.click();
	await dialog.getByRole("button", { name: "Delete Neon in red dots" }).click();
	await expect.poll(() => client.must<unknown[]>("GET", "/api/named-profiles")).toEqual([]);
	await work.form.getByText("In the taste of the profile").waitFor({ state: "hidden" });
});
