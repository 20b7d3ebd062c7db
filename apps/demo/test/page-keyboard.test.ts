import type { Browser, Locator } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
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

describe("the page without a pointer", () => {
	it("goes all the way from a history to pictures, by keys alone", async () => {
		const work = new Workspace(await openPage(browser, client.address));
		const { keyboard } = work.page;
		const isFocused = async (target: Locator) => (await target.and(work.page.locator(":focus")).count()) > 0;
		/** By Tab to it, in either direction; what cannot be reached so is out of reach. */
		async function goTo(target: Locator, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
			await target.waitFor();
			for (let presses = 0; presses < 250; presses++) {
				if (await isFocused(target)) return;
				await keyboard.press(key);
			}
			throw new Error(`${target} is not reached by ${key}`);
		}

		await goTo(work.page.getByRole("button", { name: /^Blue stripes Asks/ }));
		await keyboard.press("Enter");
		await work.prompts.first().waitFor();

		await goTo(work.history.getByLabel("New prompt of the history"));
		await keyboard.type("a blue anchor");
		await goTo(work.history.getByLabel("How much you liked it"));
		await keyboard.press("End");
		await goTo(work.history.getByRole("button", { name: "Add", exact: true }));
		await keyboard.press("Enter");
		await work.row("a blue anchor").waitFor();

		await goTo(work.page.getByLabel("Liked: a blue anchor"));
		await keyboard.press("ArrowLeft");
		const anchor = async () => {
			const [first] = await client.must<{ id: string }[]>("GET", "/api/histories");
			return (await client.history(first!.id)).entries.find(({ prompt }) => prompt.includes("anchor"));
		};
		await expect.poll(anchor).toMatchObject({ intensity: 4 });
		await goTo(work.page.getByRole("button", { name: "Edit: a blue anchor" }));
		await keyboard.press("Enter");
		await keyboard.type("a golden anchor");
		await keyboard.press("Enter");
		await expect.poll(anchor).toMatchObject({ prompt: "a golden anchor" });
		await goTo(work.page.getByRole("button", { name: "Delete: a golden anchor" }));
		await keyboard.press("Enter");
		const undo = work.notices.getByRole("button", { name: "Undo" });
		await goTo(undo);
		await keyboard.press("Enter");
		await work.row("a golden anchor").waitFor();

		const another = work.history.getByRole("button", { name: "New" });
		await goTo(another, "Shift+Tab");
		await keyboard.press("Enter");
		await work.page.getByRole("dialog", { name: "New history" }).waitFor();
		await keyboard.press("Escape");
		await expect.poll(() => isFocused(another)).toBe(true);

		await goTo(work.coreset.getByRole("radio", { name: "as usual" }));
		await keyboard.press("ArrowRight");
		await goTo(work.coreset.getByLabel("Share of the history to keep"));
		await keyboard.press("ArrowRight");
		await goTo(work.coreset.getByRole("button", { name: "Choose the coreset" }));
		await keyboard.press("Enter");
		const map = work.coreset.getByRole("listbox");
		await goTo(map);
		const seen = new Set<string | null>();
		for (const key of ["Home", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "End"]) {
			await keyboard.press(key);
			seen.add(await map.getAttribute("aria-activedescendant"));
		}
		expect(seen.size).toBeGreaterThan(2);
		await work.coreset.getByRole("heading", { level: 3 }).waitFor();

		await goTo(work.field("Prompt"));
		await keyboard.press("ControlOrMeta+A");
		await keyboard.type("a star");
		await goTo(work.field(/^Personalisation/));
		await keyboard.press("ArrowRight");
		await goTo(work.form.getByText("More settings"));
		await keyboard.press("Enter");
		await goTo(work.field("Steps"));
		await keyboard.type("150");
		await goTo(work.form.getByRole("button", { name: "Draw", exact: true }));
		await keyboard.press("Enter");
		await goTo(work.pictures.getByRole("button", { name: "Cancel" }));
		await keyboard.press("Enter");
		await work.pictures.getByText(/^Cancelled/).waitFor();
		await goTo(work.field("Steps"), "Shift+Tab");
		await keyboard.press("ControlOrMeta+A");
		await keyboard.type("4");
		await goTo(work.field("Prompt"), "Shift+Tab");
		await keyboard.press("Enter");
		await work.drawn(2);
		await work.pictures.getByRole("img", { name: "a star, personalised, α = 0.45" }).waitFor();

		await goTo(work.pictures.getByRole("button", { name: "Copy as code" }));
		await keyboard.press("Enter");
		await work.page.getByRole("dialog").getByText("DrUM.attach").waitFor();
		await keyboard.press("Escape");
		await goTo(work.page.getByRole("button", { name: /^Switch to dark/ }), "Shift+Tab");
		await keyboard.press("Enter");
		expect(await work.page.evaluate("document.documentElement.dataset.theme")).toBe("dark");
	});
});
