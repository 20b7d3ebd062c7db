import { cp, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { lockFolder } from "./folder-lock.ts";
import { thisProcess } from "./process-identity.ts";
import { runProcess } from "./testing/run-process.ts";

const root = await mkdtemp(join(tmpdir(), "lock-"));
afterAll(() => rm(root, { recursive: true }));
let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(root, "each-"));
});

/** What a process of this kind leaves when it dies with the lock. */
async function leave(change: { pid?: number; started?: string; boot?: string; host?: string }): Promise<string[]> {
	const { pid, started, boot, host } = { ...thisProcess(), ...change };
	const claim = ["some-id", pid, started, boot, encodeURIComponent(host)].join("_");
	const files = [`${claim}.claim`, `${claim}.claim.held`];
	for (const file of files) await writeFile(join(folder, file), "");
	return files;
}

/** The number of a process that is dead. */
async function deadPid(): Promise<number> {
	const process = runProcess("no-such-process.ts");
	process.child.stderr?.resume();
	await process.ended();
	return process.child.pid!;
}

describe("a folder's lock", () => {
	it("is one's until it is given up", async () => {
		const unlock = await lockFolder(folder, "the folder");
		await expect(lockFolder(folder, "the folder")).rejects.toMatchObject({
			code: "file",
			what: "the folder",
			found: expect.stringContaining("this process"),
		});
		await unlock();
		await (await lockFolder(folder, "the folder"))();
		expect(await readdir(folder)).toEqual([]);
	});

	it("is one's of many who ask at once", async () => {
		const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder, "the folder")));
		expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
	});

	it.each([
		["whose number nobody has", async () => ({ pid: await deadPid() })],
		["whose number another process has since", async () => ({ started: "1" })],
		["of an earlier start of the machine", async () => ({ boot: "another" })],
	])("of a dead process is free: one %s", async (_, change) => {
		await leave(await change());
		const unlock = await lockFolder(folder, "the folder");
		await unlock();
		expect(await readdir(folder)).toEqual([]);
	});

	it("of a process on another host is refused, with the files to remove", async () => {
		const files = await leave({ host: "another_host/ü", pid: 42 });
		const refused = lockFolder(folder, "the folder");
		await expect(refused).rejects.toMatchObject({ found: expect.stringContaining("42 of host another_host/ü") });
		for (const file of files)
			await expect(refused).rejects.toMatchObject({ next: expect.stringContaining(join(folder, file)) });
		for (const file of files) await rm(join(folder, file));
		await (await lockFolder(folder, "the folder"))();
	});

	it("names the process that has it", async () => {
		await leave({ pid: process.ppid, started: startOf(await readFile(`/proc/${process.ppid}/stat`, "utf8")) });
		await expect(lockFolder(folder, "the folder")).rejects.toMatchObject({
			found: expect.stringContaining(`process ${process.ppid}`),
		});
	});

	it("of a folder that is copied while it is held is the original's alone", async () => {
		const unlock = await lockFolder(folder, "the folder");
		const copy = join(root, "copy");
		await cp(folder, copy, { recursive: true });
		await (await lockFolder(copy, "the copy"))();
		expect(await readdir(copy)).toEqual([]);
		await expect(lockFolder(folder, "the folder")).rejects.toThrow("this process");
		await unlock();
	});

	it("stays with a folder that has another name now, or two", async () => {
		const unlock = await lockFolder(folder, "the folder");
		await symlink(folder, join(root, "other-name"));
		await expect(lockFolder(join(root, "other-name"), "the folder")).rejects.toThrow("this process");
		const moved = join(root, "moved");
		await rename(folder, moved);
		await expect(lockFolder(moved, "the folder")).rejects.toThrow("this process");
		await rename(moved, folder);
		await unlock();
	});

	it("is never two processes' at once, of many who race for it and die with it", async () => {
		const log = join(root, "log");
		const processes = Array.from({ length: 8 }, () => runProcess("lock-process.ts", folder, log));
		const ends = await Promise.all(processes.map((each) => each.ended()));
		expect(ends.map(({ signal }) => signal)).toEqual(processes.map(() => "SIGKILL"));
		const events = (await readFile(log, "utf8")).trim().split("\n");
		expect(events).toHaveLength(8 * 3 * 2);
		for (let i = 0; i < events.length; i += 2) expect(events[i + 1]).toBe(events[i]!.replace("has", "leaves"));
		await (await lockFolder(folder, "the folder"))();
		expect(await readdir(folder)).toEqual([]);
	});
});

/** Field 22 of proc(5)'s stat. */
function startOf(stat: string): string {
	return stat.split(") ")[1]!.split(" ")[19]!;
}
