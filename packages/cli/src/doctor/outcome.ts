import { DrumError, type ErrorCode, shown } from "@drum/tensor";

/** Why a step failed, as its error says. */
export interface Failure {
	/** `"unexpected"` for an error that is none of these packages'. */
	code: ErrorCode | "unexpected";
	message: string;
	what?: string;
	expected?: string;
	found?: string;
	next?: string;
}

/** What a step found, how long it took, and why it failed where it did: some fail by what they find. */
export interface Outcome<Found> {
	seconds: number;
	/** The most that the process has held in memory so far. */
	peakMemoryBytes: number;
	found?: Found;
	error?: Failure;
}

/** Runs a step and goes on after its error. `refuse` tells what is wrong with what was found. @throws the signal's reason */
export async function outcomeOf<Found>(
	signal: AbortSignal,
	step: () => Promise<Found>,
	refuse: (found: Found) => DrumError | undefined = () => undefined,
): Promise<Outcome<Found>> {
	signal.throwIfAborted();
	const start = performance.now();
	const end = (result: Pick<Outcome<Found>, "found" | "error">): Outcome<Found> => ({
		seconds: Math.round(performance.now() - start) / 1000,
		// Kilobytes on every system.
		peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
		...result,
	});
	try {
		const found = await step();
		const error = refuse(found);
		return end({ found, ...(error && { error: failureOf(error) }) });
	} catch (error) {
		signal.throwIfAborted();
		return end({ error: failureOf(error) });
	}
}

function failureOf(error: unknown): Failure {
	if (!DrumError.is(error)) {
		return { code: "unexpected", message: error instanceof Error ? error.message : shown(error) };
	}
	const { code, message, what, expected, found, next } = error;
	return {
		...{ code, message, what },
		...(expected !== undefined && { expected }),
		...(found !== undefined && { found }),
		...(next !== undefined && { next }),
	};
}
