import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { TYPESCRIPT } from "@drum/test-process";
import { describe, expect, it } from "vitest";
import { spread } from "./testing/run.ts";
import { checkpointOf, temporaryFolder } from "./testing/temporary.ts";

const folder = await temporaryFolder();
const SCRIPT = fileURLToPath(new URL("./testing/child.ts", import.meta.url));
const MEGABYTE = 2 ** 20;

/** What a process wrote, once it has ended by itself; one that does not end is killed, which fails. */
async function child(...args: string[]): Promise<string> {
	const { stdout } = await promisify(execFile)(process.execPath, [...TYPESCRIPT, SCRIPT, ...args], { timeout: 30_000 });
	return stdout.trim();
}

describe("the worker does not keep a process alive", () => {
	it("that ran a session and did not release it", async () => {
		expect(await child("runs")).toBe("11 22");
	});

	it("but a run that is waited for does", async () => {
		expect(await child("waits")).toBe("11 22\nended");
	});

	it("that throws: it ends with its own error", async () => {
		const failure = await child("throws").catch((error: unknown) => error);
		expect(failure).toMatchObject({ code: 1, killed: false, stderr: expect.stringContaining("Error: on purpose") });
	});

	it("that fed what cannot travel to the worker", async () => {
		expect(await child("asks too much")).toContain("input x of sum: expected 2 elements, found 0");
	});
});

describe("memory comes back after release", () => {
	it("of a model of 16 MB that is loaded 20 times: less than one of them stays", async () => {
		const path = join(folder, "large.safetensors");
		await checkpointOf(path, { weight: spread([1024, 4096]) });
		expect(Number(await child("loads", path))).toBeLessThan(16 * MEGABYTE);
	});
});
