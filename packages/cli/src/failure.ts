import { DrumError, shown } from "@drum/tensor";
import { printable } from "./printable.ts";
import type { Surroundings } from "./surroundings.ts";

export const EXIT = { done: 0, failure: 1, usage: 2, nothing: 3, interrupted: 130 } as const;

/** Ends a command that has said all, with this exit code. */
export class EndWith extends Error {
	readonly code: number;

	constructor(code: number) {
		super(`exit code ${code}`);
		this.code = code;
	}
}

/** What an error says on stderr, and the exit code that goes with it. */
export function explain(error: unknown, { env, signal, flags }: Surroundings): { text: string; code: number } {
	const stack = env.DRUM_DEBUG && error instanceof Error ? `${stackOf(error)}\n` : "";
	if (signal.aborted && error === signal.reason) return { text: `${stack}interrupted\n`, code: EXIT.interrupted };
	if (error instanceof EndWith) return { text: "", code: error.code };
	if (DrumError.is(error)) {
		const code = error.code === "argument" ? EXIT.usage : EXIT.failure;
		return { text: stack || `error: ${flags.told(error)}\n`, code };
	}
	const message = error instanceof Error ? error.message : shown(error);
	const text = stack || `error: ${printable(message)} (unexpected: DRUM_DEBUG=1 shows where)\n`;
	return { text, code: EXIT.failure };
}

function stackOf(error: Error): string {
	const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
	return `${(error.stack ?? error.message).split("\n").map(printable).join("\n")}${cause}`;
}
