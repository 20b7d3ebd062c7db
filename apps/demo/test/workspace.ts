import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { type Device, expectAccessible, keepPicture } from "./browser.ts";

export interface DrawOptions {
	prompt: string;
	steps?: number;
	seed?: number;
	alpha?: number;
	strip?: boolean;
}

/** The page's parts, as its user names them. */
export class Workspace {
	readonly page: Page;
	readonly device: Device;
	readonly history: Locator;
	readonly coreset: Locator;
	readonly form: Locator;
	readonly pictures: Locator;
	readonly notices: Locator;

	constructor(page: Page, device: Device = "desktop") {
		this.page = page;
		this.device = device;
		this.history = page.getByRole("region", { name: "History", exact: true });
		this.coreset = page.getByRole("region", { name: "Coreset", exact: true });
		this.form = page.getByRole("region", { name: "Draw", exact: true });
		this.pictures = page.getByRole("region", { name: "Pictures", exact: true });
		this.notices = page.locator(".notices");
	}

	get prompts(): Locator {
		return this.history.getByRole("region", { name: "Prompts of the history" }).getByRole("listitem");
	}

	/** The row of one earlier prompt. */
	row(prompt: string): Locator {
		return this.prompts.filter({ hasText: prompt });
	}

	/** Opens a part that a narrow screen has folded away. */
	async unfold(part: Locator): Promise<void> {
		await part.waitFor();
		const line = part.getByRole("heading").getByRole("button", { expanded: false });
		if (await line.isVisible()) await line.click();
	}

	async takeSample(name: string): Promise<void> {
		await this.unfold(this.history);
		const sample = this.page.getByRole("button", { name: new RegExp(`^${name} Asks for`) });
		const another = this.history.getByRole("button", { name: "New" });
		await sample.or(another).first().waitFor();
		if (await another.isVisible()) await another.click();
		await sample.click();
		await expect.poll(() => this.history.getByRole("combobox").locator("option:checked").textContent()).toBe(name);
		await expect.poll(() => this.prompts.count()).toBeGreaterThan(10);
		await this.page.getByRole("dialog").waitFor({ state: "hidden" });
	}

	async chooseCoreset(): Promise<void> {
		await this.unfold(this.coreset);
		await this.coreset.getByRole("button", { name: /^Choose (the coreset|again)$/ }).click();
		await this.coreset.getByRole("button", { name: /^Choose/ }).waitFor({ state: "hidden" });
		await this.coreset.getByRole("progressbar").waitFor({ state: "hidden" });
		await this.coreset.getByRole("listbox").waitFor();
	}

	/** Fills the form in, and begins. */
	async draw({ prompt, steps, seed, alpha, strip = false }: DrawOptions): Promise<void> {
		await this.field("Prompt").fill(prompt);
		if (alpha !== undefined) await this.field(/^Personalisation/).fill(String(alpha));
		await this.showSettings();
		if (steps !== undefined) await this.field("Steps").fill(String(steps));
		if (seed === undefined) await this.form.getByRole("radio", { name: "random" }).check();
		else {
			await this.form.getByRole("radio", { name: "fixed" }).check();
			await this.field("Fixed seed").fill(String(seed));
		}
		await this.form.getByRole("button", { name: strip ? "Draw an α strip" : "Draw", exact: true }).click();
		await this.pictures.getByRole("heading", { name: prompt }).waitFor();
	}

	field(name: string | RegExp): Locator {
		return this.form.getByLabel(name, { exact: true });
	}

	async showSettings(): Promise<void> {
		if (!(await this.field("Steps").isVisible())) await this.form.getByText("More settings").click();
	}

	/** Waits for the shown job's pictures, all of them. */
	async drawn(count: number): Promise<void> {
		await expect
			.poll(() => this.pictures.getByRole("link", { name: /^Open / }).count(), { timeout: 180_000 })
			.toBe(count);
		await this.pictures.getByRole("button", { name: "Reuse settings" }).waitFor();
	}

	/** Nothing bars anyone from the page as it is, light or dark; it is kept as a picture in both. */
	async look(name: string): Promise<void> {
		for (const colorScheme of ["dark", "light"] as const) {
			await this.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
			// At the top nothing lies under what is fixed to the window's edge.
			await this.page.evaluate("scrollTo(0, 0)");
			await expectAccessible(this.page);
			await keepPicture(this.page, `${this.device}-${name}-${colorScheme}`);
		}
		const [width, scroll] = await this.page.evaluate<[number, number]>(
			"[innerWidth, document.documentElement.scrollWidth]",
		);
		expect(scroll, "the page is wider than the screen").toBeLessThanOrEqual(width);
	}
}
