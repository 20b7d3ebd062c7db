import { meanJobSeconds } from "../store/job-times.ts";
import { readUnended } from "../store/jobs.ts";
import { bytesOf } from "../store/room.ts";
import { Refusal, tooMany } from "./refusal.ts";
import type { Service } from "./service.ts";

/** Seconds a job is taken to last before the first has ended. */
const GUESS = 10;
/** Most seconds that a client is told to wait: to ask once a minute costs nothing, and jobs before its own may be cancelled. */
const LONGEST = 60;

/** Why there is no room for another job, and when there may be. */
export async function refuseForRoom(
	{ store, limits }: Service,
	userId: string,
	full: "user full" | "full",
): Promise<Refusal> {
	const seconds = (await meanJobSeconds(store)) ?? GUESS;
	const after = (jobs: number) => Math.min(Math.max(Math.ceil(seconds * jobs), 1), LONGEST);
	if (full === "full")
		return tooMany("queue-full", "The queue is full", `It holds ${limits.jobs} jobs of all users`, after(1));
	const [oldest] = await readUnended(store, userId);
	const detail = `Expected at most ${limits.jobsOfUser} that are queued or running. Wait for one, or cancel it`;
	return tooMany("too-many-jobs", "There are too many jobs of yours", detail, after((oldest?.job.ahead ?? 0) + 1));
}

const MEGABYTE = 1e6;

/** That a user keeps as much as one may. */
export async function refuseForStorage(
	{ store, limits }: Pick<Service, "store" | "limits">,
	userId: string,
): Promise<Refusal> {
	const used = Math.ceil((await bytesOf(store, userId)) / MEGABYTE);
	return new Refusal({
		...{ status: 409, kind: "storage-full", title: "There is no room left for more of yours" },
		detail:
			`Expected at most ${Math.floor(limits.bytesOfUser / MEGABYTE)} MB of histories, profiles and pictures; ` +
			`there are ${used} MB. Delete jobs or histories that you do not need any more`,
	});
}
