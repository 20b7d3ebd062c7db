import { DrumError, type ErrorCode } from "@drum/tensor";
import type { Problem } from "../api/index.ts";
import { DAMAGED } from "../store/job-rows.ts";
import { withoutFolders } from "./without-folders.ts";

/** A failure that is the request's, not the service's: trying again is no use. */
class JobProblem extends Error {
	override name = "JobProblem";
	readonly problem: Problem;

	constructor(problem: Problem) {
		super(problem.title);
		this.problem = problem;
	}
}

const urn = (name: string) => `urn:drum:problem:${name}`;

export const emptyHistory = () =>
	new JobProblem({
		type: urn("empty-history"),
		title: "The history is empty",
		status: 422,
		detail: "A profile is made of at least one prompt. Add prompts that you liked.",
	});

export const historyGone = () =>
	new JobProblem({
		type: urn("history-gone"),
		title: "The history was deleted",
		status: 409,
		detail: "It was there when this was asked for, and is gone now.",
	});

export const profileGone = () =>
	new JobProblem({
		type: urn("profile-gone"),
		title: "The named profile is gone",
		status: 409,
		detail: "It was there when this was asked for. Its user has deleted it, or shares it no more.",
	});

export const profileTooLarge = (asked: number, most: number) =>
	new JobProblem({
		type: urn("profile-too-large"),
		title: "The profile would be too large",
		status: 422,
		detail: `With this model at most ${most} prompts can be kept, and ${asked} were asked for. Keep less of the history.`,
	});

export const tookTooLong = (minutes: number) =>
	new JobProblem({
		type: urn("took-too-long"),
		title: "The job took too long",
		status: 422,
		detail: `A job may take ${minutes} minutes here. Ask for smaller pictures, fewer steps or fewer alphas. What was drawn is kept.`,
	});

export const jobDamaged = () => new JobProblem(DAMAGED);

const OF_CODE: Readonly<Record<ErrorCode, { title: string; status: number }>> = {
	argument: { title: "The model does not take this", status: 422 },
	checkpoint: { title: "The model's files are damaged, or do not fit together", status: 500 },
	file: { title: "A file of the model cannot be read", status: 500 },
	download: { title: "The model could not be downloaded", status: 502 },
	device: { title: "The model does not run on this machine", status: 500 },
};

const TELL = "Tell whoever runs the service: its log says more.";

export const GIVEN_UP: Problem = {
	type: urn("given-up"),
	title: "The job failed each time it was tried",
	status: 500,
	detail: `It is not tried again. Ask for something smaller, or for another model. ${TELL}`,
};

const UNEXPECTED: Problem = {
	type: urn("internal"),
	title: "Something went wrong",
	status: 500,
	detail: "The service's log says more. Try it again, and tell whoever runs the service if it stays so.",
};

/** What a user is told of an error. */
export function problemOf(error: unknown): Problem {
	if (error instanceof JobProblem) return error.problem;
	if (!DrumError.is(error)) return UNEXPECTED;
	// Only of what they asked for can its user mend something; the rest names files and machines of the operator's.
	const detail = error.code === "argument" ? withoutFolders(error.message) : TELL;
	return { type: urn(error.code), ...OF_CODE[error.code], detail };
}

/** Whether another try may go better. Downloads have been tried several times already. */
export function mayPass(error: unknown): boolean {
	return !(error instanceof JobProblem || DrumError.is(error));
}
