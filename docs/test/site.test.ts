import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { fileURLToPath } from "node:url";
import { expectAccessible, openPage, startBrowser } from "@drum/demo/test/browser";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GROUPS, linkTo } from "../.vitepress/pages.ts";
import { serve } from "./serve.ts";

// The built site in a browser, as its readers have it.

const PICTURES = fileURLToPath(new URL("pictures/", import.meta.url));
const PAGES = ["/", ...GROUPS.flatMap(({ pages }) => pages.map((page) => linkTo(page).link))];
/** Pages of the API are of one make: some stand for all. */
const LOOKED_AT = PAGES.filter((path) => !path.startsWith("/api/") || ["/api/", "/api/coreset"].includes(path));

let browser: Browser;
let server: Server;
let address: string;

beforeAll(async () => {
	({ server, address } = await serve());
	browser = await startBrowser();
});
afterAll(async () => {
	await browser?.close();
	server?.close();
});

// What fits does not depend on colours, nor do colours on the window: two of four see all.
describe.each([
	["desktop", "light"],
	["phone", "dark"],
] as const)("on a %s, %s", (device, colors) => {
	test("every page fits and has no barrier", async () => {
		const page = await openPage(browser, address, { device, colors });
		const findings: string[] = [];
		for (const path of LOOKED_AT) {
			await page.goto(new URL(path.slice(1), address).href);
			await page.locator("h1").first().waitFor();
			await page.screenshot({ path: `${PICTURES}${device}-${colors}${path.replaceAll("/", "-")}.png`, fullPage: true });
			for (const element of await pastTheEdge(page)) findings.push(`${path}: past the edge: ${element}`);
			await expectAccessible(page).catch(({ message, actual }) => findings.push(`${path}: ${actual ?? message}`));
		}
		expect(findings.join("\n\n")).toBe("");
	});
});

test("search finds a page by a word of its text, without a server", async () => {
	const page = await openPage(browser, address);
	await page.context().setOffline(false);
	await page.getByRole("button", { name: "Search" }).click();
	await page.getByRole("searchbox").fill("deepcache");
	await page.getByRole("option").filter({ hasText: "Less work in a step" }).first().click();
	await page.waitForURL("**/fast#less-work-in-a-step");
});

test("the page that draws opens within the site, and draws", async () => {
	const page = await openPage(browser, new URL("try-it", address).href);
	await page.getByRole("button", { name: "Draw here" }).click();
	const inner = page.frameLocator("iframe");
	await inner.getByRole("button", { name: /^Blue stripes/ }).click({ timeout: 60_000 });
	await inner.getByLabel("Prompt", { exact: true }).fill("a star");
	await inner.getByRole("button", { name: "Draw", exact: true }).click();
	await inner
		.getByRole("link", { name: /^Open / })
		.nth(1)
		.waitFor({ timeout: 120_000 });
	await page.screenshot({ path: `${PICTURES}try-it-open.png` });
});

test("llms.txt lists every page, which is there as Markdown", async () => {
	const list = await (await fetch(`${address}llms.txt`)).text();
	const links = Array.from(list.matchAll(/\]\(\/([^)]+)\)/g), ([, link]) => link!);
	expect(links).toHaveLength(PAGES.length - 1);
	for (const link of links) expect((await fetch(address + link)).status, link).toBe(200);
	const start = readFileSync(fileURLToPath(new URL("../start.md", import.meta.url)), "utf8");
	expect(await (await fetch(`${address}llms-full.txt`)).text()).toContain(start.slice(0, 100));
});

/** What stands past the right edge of the window, of elements that do not scroll by themselves. */
async function pastTheEdge(page: Page): Promise<string[]> {
	return page.evaluate(() => {
		const { scrollWidth, clientWidth } = document.documentElement;
		if (scrollWidth <= clientWidth) return [];
		const wide = [...document.querySelectorAll("main *, .VPHome *")].filter(
			(element) => element.getBoundingClientRect().right > clientWidth + 1,
		);
		return wide.map((element) => element.outerHTML.slice(0, 120));
	});
}
