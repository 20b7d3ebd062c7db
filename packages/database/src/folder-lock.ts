import { randomUUID } from "node:crypto";
import { access, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { FileError } from "@drum/tensor";
import { makePrivateFolder } from "./private-files.ts";
import { isAlive, type ProcessIdentity, thisProcess } from "./process-identity.ts";

// A folder of files, each the claim of one process, which its name tells; in it stands the folder that is claimed. Who wants the lock adds a claim and then
// looks whether others are there: of two at once at least one sees the other. A dead process's claim is nobody else's, so
// it can be taken away at any time, by anyone; no file is ever taken over.

/** How long it waits for another process to make up its mind, which takes milliseconds. */
const PATIENCE_MS = 5000;

interface Claim {
	readonly name: string;
	readonly owner: ProcessIdentity;
	/** It has the lock, for as long as it lives. */
	readonly holds: boolean;
}

/**
 * Locks a folder to this process, until the function returned is called or the process is dead, however it died.
 * @param what what is locked, for the error's text
 * @throws FileError that names the process that has it
 */
export async function lockFolder(lock: string, what: string): Promise<() => Promise<void>> {
	await makePrivateFolder(lock);
	const name = nameOf(thisProcess());
	const place = await realpath(lock);
	const release = async () => {
		for (const file of [heldName(name), name]) await rm(join(lock, file), { force: true });
	};
	const deadline = performance.now() + PATIENCE_MS;
	try {
		for (let claimed = false; ; ) {
			const others = (await readClaims(lock)).filter((claim) => claim.name !== name);
			const holder = others.find(({ holds }) => holds);
			if (holder) throw heldError(lock, what, holder);
			if (others.length === 0) {
				// Only what is seen after the claim was made counts: from then on all others see it.
				await writeFile(join(lock, claimed ? heldName(name) : name), place, { mode: 0o600 });
				if (claimed) return release;
				claimed = true;
				continue;
			}
			if (performance.now() > deadline) throw heldError(lock, what, others[0]!);
			// The first by name stays until the others have given way, or have the lock.
			if (claimed && others.some((claim) => claim.name < name)) {
				await release();
				claimed = false;
			}
			await setTimeout(5 + Math.random() * 10);
		}
	} catch (error) {
		await release();
		throw error;
	}
}

/** The claims of processes that live, or may; the others are taken away. */
async function readClaims(lock: string): Promise<Claim[]> {
	const names = new Set(await readdir(lock));
	const claims: Claim[] = [];
	for (const name of names) {
		const owner = ownerOf(name);
		if (owner === undefined) continue;
		const alive = isAlive(owner);
		const goes = alive === false || (alive && (await isCopied(lock, name)));
		if (goes) for (const file of [heldName(name), name]) await rm(join(lock, file), { force: true });
		else claims.push({ name, owner, holds: names.has(heldName(name)) || alive === undefined });
	}
	return claims;
}

/** Whether a claim came with a copy of the folder that it was made for, which still has it; that the folder is another shows in a file. */
async function isCopied(lock: string, name: string): Promise<boolean> {
	const original = await readFile(join(lock, name), "utf8").catch(() => "");
	if (original === "" || original === (await realpath(lock)) || !(await isThere(join(original, name)))) return false;
	const probe = `${randomUUID()}.probe`;
	await writeFile(join(lock, probe), "", { mode: 0o600 });
	try {
		return !(await isThere(join(original, probe)));
	} finally {
		await rm(join(lock, probe), { force: true });
	}
}

function isThere(path: string): Promise<boolean> {
	return access(path).then(
		() => true,
		() => false,
	);
}

const END = ".claim";

function nameOf({ pid, started, boot, host }: ProcessIdentity): string {
	return `${[randomUUID(), pid, started, boot, encodeURIComponent(host)].join("_")}${END}`;
}

function heldName(name: string): string {
	return `${name}.held`;
}

function ownerOf(name: string): ProcessIdentity | undefined {
	if (!name.endsWith(END)) return undefined;
	const [, pid = "", started = "", boot = "", ...host] = name.slice(0, -END.length).split("_");
	return { pid: Number(pid), started, boot, host: decodeURIComponent(host.join("_")) };
}

function heldError(lock: string, what: string, { name, owner }: Claim): FileError {
	const here = thisProcess();
	const [found, next] =
		owner.host !== here.host
			? [
					`process ${owner.pid} of host ${owner.host}, of which nothing is known here`,
					`If it runs no more, remove ${join(lock, heldName(name))} and ${join(lock, name)}`,
				]
			: owner.pid === here.pid
				? ["this process, which has it open already", "Open it once, and share what that gives"]
				: [`process ${owner.pid}, which has it open`, `Stop that process (kill ${owner.pid}), or use another folder`];
	return new FileError({ what, expected: "a folder that no other process has open", found, next });
}
