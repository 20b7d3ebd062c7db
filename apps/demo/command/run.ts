import { DrumError, printable, shown } from "@drum/tensor";
import { CommanderError } from "commander";
import { createProgram } from "./program.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Runs one command.
 * @param argv the arguments after the program's name
 * @returns the exit code: 0 done, 1 failure, 2 wrong usage. Never throws
 */
export async function run(argv: readonly string[], around: Surroundings): Promise<number> {
	try {
		await createProgram(around).parseAsync(argv, { from: "user" });
		return 0;
	} catch (error) {
		// Commander has printed its own errors, and ends help by throwing too.
		if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
		if (DrumError.is(error)) {
			around.say(`error: ${error.message}`);
			return error.code === "argument" ? 2 : 1;
		}
		const lines = (error instanceof Error ? error.stack : undefined) ?? shown(error);
		around.say(
			`error: ${lines
				.split("\n")
				.map((line) => printable(line, { most: 2000 }))
				.join("\n")}`,
		);
		return 1;
	}
}
