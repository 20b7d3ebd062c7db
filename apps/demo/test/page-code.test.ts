import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { openPage, startBrowser } from "./browser.ts";
import { Client } from "./client.ts";
import { afterFile, dataFolder, Program, startService, temporaryFolder } from "./service.ts";
import { Workspace } from "./workspace.ts";

const MODULES = fileURLToPath(new URL("../node_modules", import.meta.url));
const afterwards = afterFile();
let work: Workspace;
let client: Client;

beforeAll(async () => {
	const { address } = await startService({ data: await dataFolder(afterwards), afterwards });
	client = new Client(address);
});

/** Runs a module in a project that has the library; gives its folder. */
async function runCode(code: string): Promise<string> {
	const folder = await temporaryFolder();
	await symlink(MODULES, join(folder, "node_modules"));
	await writeFile(join(folder, "package.json"), '{ "type": "module" }');
	const script = join(folder, "code.ts");
	await writeFile(script, code);
	const program = new Program(script, [], { cwd: folder });
	expect(await program.ended, program.output).toEqual({ code: 0, signal: null });
	return folder;
}

/** What the page's dialog copies. */
async function copied(): Promise<string> {
	const dialog = work.page.getByRole("dialog", { name: "The same with the library" });
	await dialog.getByRole("button", { name: "Copy" }).click();
	await dialog.getByText("Copied").waitFor();
	const code = await work.page.evaluate<string>("navigator.clipboard.readText()");
	await work.page.keyboard.press("Escape");
	await dialog.waitFor({ state: "hidden" });
	return code;
}

describe("the code that the page copies", () => {
	it("draws the very pictures that the page shows, byte for byte, as it stands", async () => {
		const browser = await startBrowser();
		try {
			work = new Workspace(await openPage(browser, client.address));
			await work.takeSample("Blue stripes");
			await work.draw({ prompt: 'a "star" \\ `$`\u2028', steps: 12, seed: 5, alpha: 0.7 });
			await work.drawn(2);
			await work.pictures.getByRole("button", { name: "Copy as code" }).click();
			await work.look("code");
			const ofJob = await copied();
			await work.form.getByRole("button", { name: "Copy as code" }).click();
			const ofForm = await copied();
			const [job] = await client.jobs();
			for (const code of [ofJob, ofForm]) {
				const folder = await runCode(code);
				for (const { alpha, url } of job!.pictures) {
					const file = await readFile(join(folder, `alpha-${alpha}.png`));
					expect(file.equals(await client.picture(url)), `α = ${alpha} of\n${code}`).toBe(true);
				}
			}
		} finally {
			await browser.close();
		}
	});
});
