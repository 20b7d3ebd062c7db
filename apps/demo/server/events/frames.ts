import type { ServerEvents } from "../../api/index.ts";

/**
 * An event as it is written. Its id is the time: a client that comes back says the last one it had, and is told of the jobs that
 * have ended since.
 */
export function frame<Name extends keyof ServerEvents>(event: Name, data: ServerEvents[Name]): string {
	return `id: ${Date.now()}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** The time alone, for clients to whom nothing else is told. */
export function timeFrame(time = Date.now()): string {
	return `id: ${time}\n\n`;
}

/** Clocks of two machines may differ by so much, and a transaction take so long. */
const SLACK_MS = 60_000;

const DAY_MS = 86_400_000;

/** When a client had its last event, by its `Last-Event-ID`; not longer ago than a day. */
export function lastEventTime(id: string | undefined): Date | undefined {
	if (id === undefined || !/^\d{1,15}$/.test(id)) return undefined;
	const [last, now] = [Number(id), Date.now()];
	// The clock was set back since then: nobody knows how long ago it was.
	if (last > now + SLACK_MS) return new Date(now - DAY_MS);
	return new Date(Math.max(Math.min(last, now) - SLACK_MS, now - DAY_MS));
}
