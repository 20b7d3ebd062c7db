import { rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { isObject, parseJson } from "@drum/tensor";
import { readTextFile } from "@drum/tensor/node";
import { pause } from "./retry.ts";

const BEAT_MS = 5_000;
const STALE_MS = 60_000;
const POLL_MS = 200;
/** In bytes; host names are short. */
const LONGEST_LOCK = 10_000;

/**
 * Runs `task` while no other holder of the same lock file does, in this process or another. A holder regularly updates the file's time. A
 * lock is taken over if its process is gone or its time is a minute old. A holder that was only blocked that long may then run together
 * with the new one, so `task` must allow for that.
 * @throws the signal's reason while waiting; what `task` throws
 */
export async function withLock<T>(
	path: string,
	{ onWait, signal }: { onWait: () => Promise<void>; signal: AbortSignal | undefined },
	task: () => Promise<T>,
): Promise<T> {
	const mine = JSON.stringify({ host: hostname(), pid: process.pid, id: crypto.randomUUID() });
	while (!(await created(path, mine))) {
		if (await isStale(path)) {
			await rm(path, { force: true });
		} else {
			await onWait();
			await pause(POLL_MS, signal);
		}
	}
	const beat = setInterval(() => utimes(path, new Date(), new Date()).catch(() => {}), BEAT_MS).unref();
	try {
		return await task();
	} finally {
		clearInterval(beat);
		if ((await textOf(path)) === mine) await rm(path, { force: true });
	}
}

async function created(path: string, content: string): Promise<boolean> {
	try {
		await writeFile(path, content, { flag: "wx" });
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
		throw error;
	}
}

async function isStale(path: string): Promise<boolean> {
	const info = await stat(path).catch(() => undefined);
	if (info === undefined) return false;
	if (Date.now() - info.mtimeMs > STALE_MS) return true;
	const { host, pid } = parsed(await textOf(path));
	return host === hostname() && typeof pid === "number" && !isRunning(pid);
}

async function textOf(path: string): Promise<string> {
	return readTextFile(path, { most: LONGEST_LOCK }).catch(() => "");
}

/** The lock's owner; empty if the owner has not written it yet. */
function parsed(text: string): { host?: unknown; pid?: unknown } {
	try {
		const owner = parseJson(text);
		return isObject(owner) ? owner : {};
	} catch {
		return {};
	}
}

function isRunning(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch (error) {
		return (error as NodeJS.ErrnoException).code !== "ESRCH";
	}
}
