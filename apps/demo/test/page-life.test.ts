import type { Browser } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../store/open-store.ts";
import { addUser } from "../store/users.ts";
import { openPage, type PageOptions, startBrowser } from "./browser.ts";
import { Client, hasEnded } from "./client.ts";
import { afterFile, dataFolder, startService } from "./service.ts";
import { Workspace } from "./workspace.ts";

const afterwards = afterFile();
let browser: Browser;

beforeAll(async () => {
	browser = await startBrowser();
	afterwards(() => browser.close());
});

async function open(address: string, options: PageOptions = {}): Promise<Workspace> {
	return new Workspace(await openPage(browser, address, options), options.device);
}

/** What a browser says when nobody answers. */
const UNREACHABLE = /ERR_CONNECTION_|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|ERR_SOCKET/;

describe("the page as time goes on", () => {
	it("goes on with a job after it was loaded again, and keeps the theme that was chosen", async () => {
		const { address } = await startService({ data: await dataFolder() });
		const work = await open(address);
		await work.takeSample("Blue stripes");
		await work.page.getByRole("button", { name: "Switch to dark colours" }).click();
		await work.look("chosen-dark");
		await work.draw({ prompt: "a star", steps: 120, seed: 1 });
		await work.pictures.getByText(/step \d+ of 120$/).waitFor();
		await work.page.reload();
		await work.pictures.getByText(/step \d+ of 120$/).waitFor();
		expect(await work.page.evaluate("document.documentElement.dataset.theme")).toBe("dark");
		expect(await work.history.getByRole("combobox").locator("option:checked").textContent()).toBe("Blue stripes");
		await work.drawn(2);
	});

	it("connects again when the service was killed and is back, and shows what was drawn meanwhile", async () => {
		const data = await dataFolder();
		const first = await startService({ data });
		const work = await open(first.address, { expected: UNREACHABLE });
		await work.takeSample("Blue stripes");
		await work.draw({ prompt: "a boat", steps: 40, strip: true });
		await work.pictures.getByText(/step \d+ of 40$/).waitFor();
		await first.program.kill("SIGKILL");
		const lost = work.page.getByText(/^Connecting to the service/);
		await lost.waitFor();
		await work.look("disconnected");
		await work.form.getByRole("button", { name: "Draw", exact: true }).click();
		await work.form.getByText("The service is out of reach").waitFor();
		await work.look("unreachable");
		await startService({ data, port: first.port });
		await lost.waitFor({ state: "hidden", timeout: 60_000 });
		await work.drawn(6);
	});

	it("is one of several pages of a user: what is done in one is seen in the others", async () => {
		const { address } = await startService({ data: await dataFolder() });
		const [one, two] = [await open(address), await open(address, { device: "phone" })];
		await one.takeSample("Neon");
		await one.draw({ prompt: "a cup", steps: 200, strip: true });
		const earlier = new Client(address);
		await two.page.reload();
		await two.pictures.getByText(/step \d+ of 200$/).waitFor();
		await two.pictures.getByRole("button", { name: "Cancel" }).click();
		await one.pictures.getByText(/^Cancelled/).waitFor();
		expect((await earlier.jobs()).map(({ status }) => status)).toEqual(["cancelled"]);
	});

	it("shows under the pictures what was cut, without being loaded again, and to those who come later", async () => {
		const { address } = await startService({ data: await dataFolder() });
		const work = await open(address, { device: "phone" });
		await work.takeSample("Blue stripes");
		const prompt = `${Array.from({ length: 25 }, () => "a blue star").join(" ")}, at night`;
		await work.draw({ prompt, steps: 2, seed: 1 });
		await work.drawn(2);
		const warnings = work.pictures.getByRole("list", { name: "Warnings" });
		const lines = await warnings.getByRole("listitem").allTextContents();
		expect(lines).toEqual([expect.stringMatching(/^prompt is too long for the 77 tokens of .*at night"\.$/)]);
		await work.look("warnings");
		const [job] = await new Client(address).jobs();
		expect(job!.warnings).toEqual([{ code: "prompt-cut", what: "prompt", message: lines[0] }]);
		await work.page.reload();
		await warnings.waitFor();
		expect(await warnings.getByRole("listitem").allTextContents()).toEqual(lines);
		await work.draw({ prompt: "a star", steps: 2, seed: 1 });
		await work.drawn(2);
		expect(await warnings.count()).toBe(0);
	});

	it("asks for a token where the service does, and shows each user's own things", async () => {
		const data = await dataFolder();
		let token: string;
		{
			await using store = await openStore({ folder: data });
			({ token } = await addUser(store, "Anna"));
		}
		const { address } = await startService({ data, args: ["--auth"] });
		const work = await open(address, { expected: /\b401\b/ });
		const field = work.page.getByLabel("Token");
		await field.waitFor();
		await work.look("sign-in");
		await field.fill("not a token");
		await work.page.getByRole("button", { name: "Sign in" }).click();
		await work.page.getByRole("alert").waitFor();
		await work.look("sign-in-refused");
		await field.fill(token);
		await field.press("Enter");
		await work.page.getByRole("button", { name: "Signed in as Anna" }).waitFor();
		await work.takeSample("Red dots");
		await work.page.reload();
		await work.page.getByRole("button", { name: "Signed in as Anna" }).waitFor();
		await expect.poll(() => work.prompts.count()).toBe(24);
		await work.draw({ prompt: "a tree", steps: 2 });
		await work.drawn(2);
		const jobs = await new Client(address, token).jobs();
		expect(jobs.filter(hasEnded)).toHaveLength(1);
	});

	it("says what the service says when it has too much to do", async () => {
		const { address } = await startService({ data: await dataFolder() });
		const work = await open(address, { expected: /\b429\b/ });
		await work.takeSample("Blue stripes");
		const client = new Client(address);
		for (let i = 0; i < 10; i++)
			await client.submit({ kind: "pictures", model: "tiny", prompt: `${i}`, alphas: [0], numInferenceSteps: 200 });
		await work.field("Prompt").fill("one too many");
		await work.form.getByRole("button", { name: "Draw", exact: true }).click();
		await work.form.getByText("There are too many jobs of yours").waitFor();
		await work.look("too-many");
	});
});
