import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

/** Tests that each example of a package's README runs, and prints what it says. @param root the package's folder */
export function testReadme(root: string): void {
	const examples = readFileSync(join(root, "README.md"), "utf8").matchAll(/```ts\n([\s\S]*?)```/g);

	/** Within the package, so that it finds itself by its name. */
	let folder: string;
	beforeAll(() => {
		folder = mkdtempSync(join(root, "readme-"));
	});
	afterAll(() => rmSync(folder, { recursive: true }));

	it.each(Array.from(examples, ([, code = ""]) => code))("the README's example %# runs", (code) => {
		const file = join(folder, "example.ts");
		writeFileSync(file, code);
		const args = ["--conditions=@drum/source", "--no-warnings", file];
		const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", cwd: folder });
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
		// What the example says it prints.
		const said = /^console\.log.* \/\/ (.*)$/m.exec(code)?.[1];
		expect(stdout.trimEnd()).toBe(said ?? "");
	});
}
