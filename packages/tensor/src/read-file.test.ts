import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { CheckpointError, FileError } from "./index.ts";
import { Checkpoint, openFile, readJsonFile, readTextFile, readWholeFile, SafetensorsFile } from "./node.ts";

const folder = await mkdtemp(join(tmpdir(), "drum-read-"));
afterAll(() => rm(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

await mkdir(at("folder.safetensors"));
await symlink("loop.safetensors", at("loop.safetensors"));
const OTHERS: [string, string][] = [
	["folder.safetensors", "a folder"],
	["loop.safetensors", "a link that leads to itself"],
	["none.safetensors", "no such file"],
];
// Windows has neither FIFOs nor devices in folders.
if (process.platform !== "win32") {
	execFileSync("mkfifo", [at("fifo.safetensors")]);
	const server = createServer().listen(at("socket.safetensors"));
	await new Promise((done) => server.once("listening", done));
	afterAll(() => server.close());
	await symlink("fifo.safetensors", at("link.safetensors"));
	await symlink("/dev/zero", at("device.safetensors"));
	OTHERS.push(["fifo.safetensors", "a FIFO"], ["link.safetensors", "a FIFO"]);
	OTHERS.push(["socket.safetensors", "a socket"], ["device.safetensors", "a device"]);
}

describe.each([
	["openFile", openFile],
	["readWholeFile", readWholeFile],
	["SafetensorsFile.open", SafetensorsFile.open],
	["Checkpoint.open", Checkpoint.open],
])("%s", (_, read) => {
	test.each(OTHERS)("refuses %s at once: %s", async (name, found) => {
		const error = await read(at(name)).catch((error: unknown) => error);
		expect(error).toBeInstanceOf(FileError);
		expect(error).toMatchObject({ what: at(name), expected: "a file that can be read", found });
	});
});

describe("readWholeFile", () => {
	test("gives all bytes, up to its limit", async () => {
		await writeFile(at("text"), "naïve");
		expect(await readTextFile(at("text"), { most: 6 })).toBe("naïve");
		expect(await readWholeFile(at("text"), { most: 6 })).toHaveLength(6);
		const reading = readWholeFile(at("text"), { most: 5, what: "history" });
		await expect(reading).rejects.toThrow("history: expected at most 5 bytes, found 6.");
	});

	test("refuses a file of many gigabytes unread", async () => {
		await writeFile(at("large.json"), "");
		await truncate(at("large.json"), 2 ** 36);
		await expect(readJsonFile(at("large.json"))).rejects.toThrow(
			/large\.json: expected at most 64000000 bytes, found 68719/,
		);
	});

	test.runIf(process.platform === "linux")("reads files that give no size", async () => {
		expect(await readTextFile("/proc/self/status")).toMatch(/^Name:/);
		await expect(readTextFile("/proc/self/status", { most: 10 })).rejects.toThrow("expected at most 10 bytes");
	});
});

describe("readJsonFile", () => {
	test.each([
		["text", "{", /Expected property name/],
		["deep lists", "[".repeat(1e6), /brackets more than 100 deep/],
		["deep objects", `${'{"a":'.repeat(1e5)}1${"}".repeat(1e5)}`, /brackets more than 100 deep/],
		["values without end", `[${"[],".repeat(3e6)}0]`, /more than 2000000 values/],
	])("refuses %s", async (name, text, found) => {
		await writeFile(at("bad.json"), text);
		const error = await readJsonFile(at("bad.json"), `x/${name}`).catch((error: unknown) => error);
		expect(error).toBeInstanceOf(CheckpointError);
		expect(error).toMatchObject({ what: `x/${name}`, found: expect.stringMatching(found) });
	});

	test("counts no bracket or comma within strings", async () => {
		const value = { "[[": ["\\", '"', `\\"${"[{,:".repeat(1e6)}`], b: "\\\\" };
		await writeFile(at("good.json"), JSON.stringify(value));
		expect(await readJsonFile(at("good.json"))).toEqual(value);
	});
});
