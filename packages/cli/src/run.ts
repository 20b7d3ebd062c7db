import { CommanderError } from "commander";
import { EXIT, explain } from "./failure.ts";
import { Flags } from "./options/flags.ts";
import { createProgram } from "./program.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Runs one `drum` command.
 * @param argv the arguments after the program's name
 * @param given streams, environment and signal in place of the process's own
 * @returns the exit code: 0 done, 1 failure, 2 wrong usage, 3 where `drum verify` finds nothing, 130 when `signal` ended it. Never throws, never exits the process.
 */
export async function run(argv: readonly string[], given: Partial<Surroundings> = {}): Promise<number> {
	const around: Surroundings = {
		stdout: process.stdout,
		stderr: process.stderr,
		stdin: process.stdin,
		env: process.env,
		signal: new AbortController().signal,
		flags: new Flags(),
		...given,
	};
	try {
		await createProgram(around).parseAsync(argv, { from: "user" });
		return EXIT.done;
	} catch (error) {
		// Commander has printed its own errors, and ends help and version by throwing too.
		if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
		const { text, code } = explain(error, around);
		around.stderr.write(text);
		return code;
	}
}
