import { InvalidArgumentError, Option } from "commander";
import { LIMITS } from "../server/limits.ts";

/** A whole number from 1, as an option. */
function numberOption(flags: string, description: string, { most, preset }: { most: number; preset?: number }): Option {
	const parse = (text: string) => {
		const number = Number(text);
		if (/^\d+$/.test(text) && number >= 1 && number <= most) return number;
		throw new InvalidArgumentError(`Expected a whole number from 1 to ${most}.`);
	};
	const option = new Option(flags, description).argParser(parse);
	return preset === undefined ? option : option.default(preset);
}

/** How long a job may take. */
export const jobMinutesOption = () =>
	numberOption("--job-minutes <minutes>", "what a job may take once its model is there; then it fails", {
		most: 1440,
		preset: 60,
	});

/** How much a user may keep. */
export const userMegabytesOption = () =>
	numberOption("--user-megabytes <number>", "what a user may keep: histories, profiles and pictures", {
		most: 1_000_000_000,
		preset: 10_000,
	});

/** How long jobs are kept. */
export const keepDaysOption = () =>
	numberOption("--keep-days <days>", "delete jobs with their pictures so long after they ended (default: never)", {
		most: 36_500,
	});

/** How much a job may ask for. */
export const jobPicturesOption = () =>
	numberOption(
		"--job-pictures <number>",
		"what a job may ask for: width × height × steps × alphas, as so many pictures in the model's own size and steps have",
		{ most: 1_000_000, preset: 50 },
	);

/** How many jobs may wait or run at once. */
export const queueJobsOption = () =>
	numberOption("--queue-jobs <number>", "jobs of all users that wait or run; what is over is refused", {
		most: 100_000,
		preset: LIMITS.jobs,
	});

/** How many of them may be one user's. */
export const userJobsOption = () =>
	numberOption("--user-jobs <number>", "jobs of one user that wait or run", {
		most: 100_000,
		preset: LIMITS.jobsOfUser,
	});
