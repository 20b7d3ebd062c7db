import type { Browser, Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { openStore } from "../store/open-store.ts";
import { addUser } from "../store/users.ts";
import { openPage, startBrowser } from "./browser.ts";
import { startProxy } from "./proxy.ts";
import { afterFile, dataFolder, startService } from "./service.ts";
import { Workspace } from "./workspace.ts";

// As in a local network: over plain HTTP, by a name that is not this machine's own, where browsers keep much from a page.

const NAME = "drum.lan";
const afterwards = afterFile();
let browser: Browser;
let port: number;
let token: string;

beforeAll(async () => {
	browser = await startBrowser([`--host-resolver-rules=MAP ${NAME} 127.0.0.1`]);
	afterwards(() => browser.close());
	const data = await dataFolder(afterwards);
	{
		await using store = await openStore({ folder: data });
		({ token } = await addUser(store, "Anna"));
	}
	({ port } = await startService({ data, args: ["--auth"], afterwards }));
});

async function signIn(address: string): Promise<Workspace> {
	const work = new Workspace(
		await openPage(browser, address, { expected: /\b401\b|Cross-Origin-Opener-Policy header has been ignored/ }),
	);
	expect(await work.page.evaluate("isSecureContext")).toBe(false);
	await work.page.getByLabel("Token").fill(token);
	await work.page.getByRole("button", { name: "Sign in" }).click();
	await work.page.getByRole("button", { name: "Signed in as Anna" }).waitFor();
	return work;
}

async function anotherTab(page: Page): Promise<Workspace> {
	const tab = await page.context().newPage();
	await tab.goto(page.url());
	return new Workspace(tab);
}

it("shows each change in seven tabs of one browser, which all load and draw, over plain HTTP", async () => {
	const first = await signIn(`http://${NAME}:${port}`);
	await first.takeSample("Red dots");
	const others: Workspace[] = [];
	for (let i = 0; i < 6; i++) others.push(await anotherTab(first.page));
	for (const tab of others) await expect.poll(() => tab.prompts.count()).toBe(24);
	const last = others.at(-1)!;

	await last.history.getByLabel("New prompt of the history").fill("a blue lighthouse at dusk");
	await last.history.getByRole("button", { name: "Add", exact: true }).click();
	for (const tab of [first, ...others]) await tab.row("a blue lighthouse at dusk").waitFor();

	await last.draw({ prompt: "a star", steps: 2, seed: 1 });
	await last.drawn(2);
	for (const tab of [first, ...others]) await tab.drawn(2);

	await first.history.getByRole("button", { name: "Delete the history" }).click();
	await first.notices.getByRole("button", { name: "Dismiss" }).click();
	for (const tab of others) await tab.page.getByText("“Red dots” was deleted in another page").waitFor();

	await last.form.getByRole("button", { name: "Copy as code" }).click();
	await last.page.getByRole("button", { name: "Copy", exact: true }).click();
	await last.page.getByText("Copied").waitFor();
	await last.page.keyboard.press("Escape");

	await last.page.getByRole("button", { name: "Signed in as Anna" }).click();
	await last.page.getByRole("button", { name: "Sign out" }).click();
	for (const { page } of [first, ...others]) await page.getByLabel("Token").waitFor();
});

it("lets go of the events of a tab that is not seen, where a browser has no shared workers, and catches up", async () => {
	const first = await signIn(`http://${NAME}:${port}`);
	await first.takeSample("Red dots");
	const hide = "Object.defineProperty(document, 'hidden', { get: () => globalThis.away === true })";
	await first.page.context().addInitScript(`delete globalThis.SharedWorker; ${hide}`);
	const tab = await anotherTab(first.page);
	await expect.poll(() => tab.prompts.count()).toBe(24);
	const streams: string[] = [];
	tab.page.on("requestfinished", (request) => request.url().endsWith("/api/events") && streams.push("ended"));
	tab.page.on("requestfailed", (request) => request.url().endsWith("/api/events") && streams.push("ended"));
	const turn = (away: boolean) =>
		tab.page.evaluate(`globalThis.away = ${away}; document.dispatchEvent(new Event("visibilitychange"))`);
	await turn(true);
	await expect.poll(() => streams).toEqual(["ended"]);
	await first.history.getByLabel("New prompt of the history").fill("a blue lighthouse at noon");
	await first.history.getByRole("button", { name: "Add", exact: true }).click();
	await first.row("a blue lighthouse at noon").waitFor();
	expect(await tab.prompts.count()).toBe(24);
	await turn(false);
	await tab.row("a blue lighthouse at noon").waitFor();
});

it("shows that it waits while a request hangs", async () => {
	const work = await signIn(`http://${NAME}:${port}`);
	await work.page.route("**/api/jobs", async () => {});
	await work.field("Prompt").fill("a star");
	await work.form.getByRole("button", { name: "Draw", exact: true }).click();
	await work.page.getByText("Waiting for the service to answer…").waitFor();
	await work.form.getByRole("button", { name: "Waiting…" }).waitFor();
});

it("keeps what was written when it is loaded again, until its user signs out", async () => {
	const work = await signIn(`http://${NAME}:${port}`);
	await work.field("Prompt").fill("a lighthouse in fog");
	await work.field(/^Personalisation/).fill("0.7");
	await work.showSettings();
	await work.field("Negative prompt").fill("people");
	await work.field("Steps").fill("7");
	const written = async () =>
		Promise.all(
			["Prompt", /^Personalisation/, "Negative prompt", "Steps"].map((name) => work.field(name).inputValue()),
		);
	await work.page.reload();
	await work.form.waitFor();
	await work.showSettings();
	expect(await written()).toEqual(["a lighthouse in fog", "0.7", "people", "7"]);
	await work.page.getByRole("button", { name: "Signed in as Anna" }).click();
	await work.page.getByRole("button", { name: "Sign out" }).click();
	await work.page.getByLabel("Token").waitFor();
	expect(JSON.stringify(await work.page.evaluate("[{...localStorage}, {...sessionStorage}]"))).not.toContain("fog");
});

it.each([
	["passes the host that was asked for", (came: object) => came],
	[
		"passes its own, and tells the other",
		(came: Record<string, unknown>) => ({ ...came, host: "inner", "x-forwarded-host": came.host }),
	],
])("draws under a path of a proxy that %s", async (_, headers) => {
	const proxy = await startProxy(port, { prefix: "/drum", headers: headers as never, afterwards });
	const work = await signIn(`http://${NAME}:${proxy}/drum/`);
	await work.draw({ prompt: "a tree", steps: 2 });
	await work.drawn(1);
	const picture = work.pictures.getByRole("img", { name: "a tree, plain" });
	await expect
		.poll(() => picture.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth))
		.toBe(64);
});
