import { fileURLToPath } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { findBrowser } from "@drum/test-browser";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";

const SCREENSHOTS = fileURLToPath(new URL("screenshots", import.meta.url));

/** Machines that the page is made for. */
export const DEVICES = {
	desktop: { viewport: { width: 1440, height: 900 } },
	phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
} as const satisfies Record<string, BrowserContextOptions>;
export type Device = keyof typeof DEVICES;

/**
 * @param args more of the browser's own
 * @throws an Error that says how to install Chromium, where there is none
 */
export async function startBrowser(args: readonly string[] = []): Promise<Browser> {
	const found = await findBrowser();
	return chromium.launch({ ...found, args: [...found.args, ...args] });
}

export interface PageOptions {
	device?: Device;
	colors?: "light" | "dark";
	/** Troubles that the test itself makes; all others fail it. */
	expected?: RegExp;
}

/**
 * Opens the page of the service. The test fails when the browser complains, a request fails or is refused, or one goes to
 * another host.
 */
export async function openPage(browser: Browser, address: string, options: PageOptions = {}): Promise<Page> {
	const { device = "desktop", colors = "light", expected } = options;
	const context = await browser.newContext({
		...DEVICES[device],
		colorScheme: colors,
		permissions: ["clipboard-read", "clipboard-write"],
	});
	const page = await context.newPage();
	page.setDefaultTimeout(20_000);
	const troubles: string[] = [];
	const note = (trouble: string) => {
		if (!expected?.test(trouble)) troubles.push(trouble);
	};
	page.on("console", (message) => {
		if (message.type() === "error" || message.type() === "warning") note(`console: ${message.text()}`);
	});
	page.on("pageerror", (error) => note(`thrown: ${error.stack ?? error.message}`));
	page.on("requestfailed", (request) => {
		const reason = request.failure()?.errorText ?? "";
		// So ends what the page itself gives up: a stream when it is left, a question whose answer is not wanted any more.
		if (reason !== "net::ERR_ABORTED") note(`failed: ${request.method()} ${request.url()} ${reason}`);
	});
	page.on("response", (response) => {
		if (response.status() >= 400) note(`refused: ${response.status()} ${response.url()}`);
	});
	page.on("request", (request) => {
		const { protocol, origin } = new URL(request.url());
		if (protocol !== "data:" && protocol !== "blob:" && origin !== new URL(address).origin)
			note(`elsewhere: ${request.url()}`);
	});
	onTestFinished(async () => {
		await context.close();
		expect(troubles).toEqual([]);
	});
	const answer = await page.goto(address);
	expect(answer?.status(), "the page, which `pnpm --filter @drum/demo build` builds").toBe(200);
	return page;
}

/** No barrier that axe finds stands in the page as it is: WCAG 2, levels A and AA, and what is good practice. */
export async function expectAccessible(page: Page): Promise<void> {
	const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
	// In the page itself, which has no frames: else axe opens another page for each time, and takes twice as long.
	const { violations } = await new AxeBuilder({ page }).withTags(tags).setLegacyMode().analyze();
	const found = violations.flatMap(({ id, help, nodes }) =>
		nodes.map(({ html, failureSummary }) => `${id}: ${help}\n${html}\n${failureSummary}`),
	);
	expect(found.join("\n\n")).toBe("");
}

/** Keeps what is seen, for people to look at. */
export async function keepPicture(page: Page, name: string): Promise<void> {
	await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true });
}
