import { join } from "node:path";
import { findBrowser } from "@drum/test-browser";
import { chromium } from "playwright-core";
import { expect } from "vitest";
import { run } from "../packed/commands.ts";

/** A page's program, which sets `draw`. */
export const PAGE = join(import.meta.dirname, "page");
/** What a page needs besides the packages. */
export const RUNTIME = { "onnxruntime-web": "^1.30.0" };

interface Drawn {
	coreset: number[];
	pixels: number[];
}

/** Opens a page in Chromium, has it draw, and compares with what Node.js draws in the project with `draw.js`. */
export async function expectDrawn(url: string, project: string): Promise<void> {
	const print = 'import { draw } from "./draw.js"; console.log(JSON.stringify(await draw()));';
	const expected: Drawn = JSON.parse(await run(project, process.execPath, "--input-type=module", "-e", print));
	const browser = await chromium.launch(await findBrowser());
	try {
		const page = await browser.newPage();
		const thrown = new Promise<never>((_, reject) => page.on("pageerror", reject));
		await page.goto(url);
		await Promise.race([page.waitForFunction("globalThis.draw", null, { timeout: 120_000 }), thrown]);
		const { coreset, pixels } = (await Promise.race([page.evaluate("draw()"), thrown])) as Drawn;
		expect(coreset).toEqual(expected.coreset);
		expect(pixels).toHaveLength(expected.pixels.length);
		expect(Math.max(...pixels.map((pixel, i) => Math.abs(pixel - expected.pixels[i]!)))).toBeLessThanOrEqual(1);
	} finally {
		await browser.close();
	}
}
