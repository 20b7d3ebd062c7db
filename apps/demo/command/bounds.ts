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
	numberOption("--job-minutes <minutes>", "how long a job may take once its model is loaded", {
		most: 1440,
		preset: 60,
	});

/** How much a user may keep. */
export const userMegabytesOption = () =>
	numberOption("--user-megabytes <number>", "how much a user may store: histories, profiles and pictures", {
		most: 1_000_000_000,
		preset: 10_000,
	});

/** How long jobs are kept. */
export const keepDaysOption = () =>
	numberOption("--keep-days <days>", "how long after their end jobs and their pictures are deleted (default: never)", {
		most: 36_500,
	});

/** How much a job may ask for. */
export const jobPicturesOption = () =>
	numberOption(
		"--job-pictures <number>",
		"limit for a job's width × height × steps × alphas, as a number of pictures in the model's own size and steps",
		{ most: 1_000_000, preset: 50 },
	);

/** How many jobs may wait or run at once. */
export const queueJobsOption = () =>
	numberOption("--queue-jobs <number>", "how many jobs of all users may wait or run; more are refused", {
		most: 100_000,
		preset: LIMITS.jobs,
	});

/** How many of them may be one user's. */
export const userJobsOption = () =>
	numberOption("--user-jobs <number>", "how many jobs of one user may wait or run", {
		most: 100_000,
		preset: LIMITS.jobsOfUser,
	});
