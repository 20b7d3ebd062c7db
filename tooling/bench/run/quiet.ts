import { readFileSync } from "node:fs";

/** In the kernel's ticks of a hundredth of a second. */
export interface Clock {
	/** All processors' together, what a host took from this machine among it. */
	busy: number;
	/** Of the process that is measured. */
	own: number;
	/** Milliseconds. */
	at: number;
}

/** Above this share of the processors' time, other processes spoil a measurement. */
export const BUSY = 0.05;
const TICKS_A_SECOND = 100;

export function readClock(pid: number): Clock {
	const stat = readFileSync("/proc/stat", "utf8");
	const process = readFileSync(`/proc/${pid}/stat`, "utf8");
	return { busy: busyTicks(stat), own: processTicks(process), at: performance.now() };
}

/** user, nice, system, irq, softirq, steal: all but idle and iowait. */
export function busyTicks(stat: string): number {
	const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = /^cpu\s+(.*)$/m
		.exec(stat)![1]!
		.split(" ")
		.map(Number);
	return user + nice + system + irq + softirq + steal;
}

/** A process's user and system time. Its name may hold anything, and ends at the last bracket. */
export function processTicks(stat: string): number {
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	return Number(fields[11]) + Number(fields[12]);
}

/** The part of all processors' time that other processes had between these readings. */
export function othersShare(spans: readonly (readonly [Clock, Clock])[], processors: number): number {
	let [others, all] = [0, 0];
	for (const [before, after] of spans) {
		others += after.busy - before.busy - (after.own - before.own);
		all += ((after.at - before.at) / 1000) * TICKS_A_SECOND * processors;
	}
	return all > 0 ? Math.max(0, others / all) : 0;
}
