import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** A process, told apart from all others that ever were. Where there is no `/proc`, only its number and host are known. */
export interface ProcessIdentity {
	readonly pid: number;
	/** When it began, in ticks since the machine's start: a number used again is another process. */
	readonly started: string;
	/** Which start of the machine. */
	readonly boot: string;
	readonly host: string;
}

/** The process that calls. */
export function thisProcess(): ProcessIdentity {
	return {
		pid: process.pid,
		started: readStat(process.pid)?.started ?? "",
		boot: readText("/proc/sys/kernel/random/boot_id")?.trim() ?? "",
		host: hostname(),
	};
}

/** Whether a process of this host is there still; of one of another host nothing is known. */
export function isAlive({ pid, started, boot, host }: ProcessIdentity): boolean | undefined {
	const here = thisProcess();
	if (host !== here.host) return undefined;
	if (boot !== here.boot || !isTaken(pid)) return false;
	const stat = readStat(pid);
	return stat === undefined || (stat.started === started && !ENDED.has(stat.state));
}

/** Zombies, which wait for their parent to take notice. */
const ENDED = new Set(["Z", "X"]);

/** `/proc` may hide the processes of other users; this does not. */
function isTaken(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code !== "ESRCH";
	}
}

/** Fields 3 and 22 of proc(5)'s stat; the second, the command in parentheses, may hold anything. */
function readStat(pid: number): { state: string; started: string } | undefined {
	const text = readText(`/proc/${pid}/stat`);
	const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
	return fields && { state: fields[0]!, started: fields[19]! };
}

function readText(path: string): string | undefined {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return undefined;
	}
}
